//! What a change may make different: what it declares to alter, options that go, orders.

use crate::edit::SourceChange;
use crate::error::Result;
use crate::plan::definition::{self, Definition};
use crate::plan::model::Context;
use crate::prove::{Class, Difference, Expected, Namespaces, OnPurpose, Order, Proof};
use crate::rules::is_within;

/// What a change alters on purpose, and the change that alters the state before by the same.
pub struct Declared {
    /// The definitions; none where what is altered is a part of the change itself.
    pub definitions: Vec<Definition>,
    /// What alters the state before by them.
    pub change: SourceChange,
}

impl Declared {
    /// What these definitions alter; `None` where there are none.
    ///
    /// # Errors
    /// As [`definition::change`].
    pub fn new(context: &Context, definitions: Vec<Definition>) -> Result<Option<Declared>> {
        if definitions.is_empty() {
            return Ok(None);
        }
        let change = definition::change(context, &definitions)?;
        Ok(Some(Declared { definitions, change }))
    }

    /// What a part of a change alters, whatever that is.
    pub fn part(change: &SourceChange) -> Declared {
        Declared {
            definitions: Vec::new(),
            change: change.clone(),
        }
    }

    /// How each of them must read back.
    pub fn expected(&self) -> Vec<Expected> {
        let expected = self.definitions.iter().map(|definition| Expected {
            option: definition.option.clone(),
            elements: definition.known.clone(),
        });
        expected.collect()
    }

    /// What is changed on purpose.
    pub fn on_purpose(&self) -> OnPurpose {
        let (orders, gains): (Vec<&Definition>, _) = self.definitions.iter().partition(|one| one.is_order());
        let said = |all: Vec<&Definition>| all.into_iter().map(|one| one.sentence.clone()).collect();
        OnPurpose {
            gains: said(gains),
            orders: said(orders),
        }
    }

    /// What is gained, a sentence each.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.definitions.iter().map(|definition| definition.sentence.as_str())
    }
}

/// What may differ.
#[derive(Default)]
pub struct Allowed<'a> {
    /// What the change declares to alter.
    pub declared: Option<&'a Declared>,
    /// Options that go: what becomes of them and of what is below them is no difference.
    pub removed: &'a [&'a str],
    /// Whether lists may have another order that counts.
    pub orders: bool,
    /// Options whose lists may have one.
    pub ordered: &'a [String],
    /// The repository, where a set that is read in another order is to be shown to have no other effect.
    pub context: Option<&'a Context<'a>>,
}

/// The proof against the state before with its backup jobs in the order that they have afterwards, where that alone makes the
/// difference: a job is a set, and what is generated of it lists the same in another order. `compared` proves with what is
/// declared.
pub fn in_the_new_order(
    proof: &Proof,
    allowed: &Allowed,
    compared: impl Fn(&Declared) -> Result<Proof>,
) -> Result<Option<Proof>> {
    let Some(context) = allowed.context else {
        return Ok(None);
    };
    let names = Namespaces::of(context.rules());
    let orders = proof.differences().filter_map(|(_, difference)| {
        let set = difference.order == Some(Order::Nothing) && names.of_job(&difference.path).is_some();
        let elements = difference.after.as_ref().filter(|_| set)?.as_array()?;
        let elements: Option<Vec<String>> = elements.iter().map(|one| one.as_str().map(str::to_owned)).collect();
        Some(Definition::forced(difference.path.clone(), &elements?))
    });
    let orders: Vec<Definition> = orders.collect();
    if orders.is_empty() {
        return Ok(None);
    }
    let declared = allowed.declared.map(|declared| declared.definitions.clone());
    let definitions = declared.into_iter().flatten().chain(orders).collect();
    let Some(declared) = Declared::new(context, definitions)? else {
        return Ok(None);
    };
    // Where a forced order cannot be evaluated, the first proof says what differs.
    let again = compared(&declared).ok();
    Ok(again.filter(|again| forbidden(again, allowed).is_empty()))
}

/// The differences for which a change is refused, each with its host.
pub fn forbidden<'p>(proof: &'p Proof, allowed: &Allowed) -> Vec<(&'p str, &'p Difference)> {
    let goes = |path: &[String]| allowed.removed.iter().any(|option| is_within(path, option));
    let bad = |(_, difference): &(&str, &Difference)| {
        let ordered = allowed.orders || allowed.ordered.contains(&difference.option());
        let taken = ordered && difference.order.is_some();
        matches!(difference.class, Class::Lost | Class::Changed | Class::Gained) && !taken && !goes(&difference.path)
    };
    proof.differences().filter(bad).collect()
}
