//! What of a shared file speaks of the service that leaves it, and stays: said with its place and the reason, so that nobody
//! has to look for it.

use std::ops::Range;

use super::ownership::movable_elements;
use super::parts::ExtractedParts;
use crate::plan::Skipped;
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::texts;
use crate::resolve::list::list_elements;
use crate::resolve::module::Def;
use crate::rules::{Meaning, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Something that stays.
struct Stay {
    node: SyntaxNode,
    option: String,
    why: Why,
}

/// Why it stays.
#[derive(Clone, PartialEq)]
enum Why {
    /// An element of a list of which the order counts; the reason, where one is known.
    Order(Option<String>),
    /// An element of a list that is not divided, though its order means nothing.
    Undivided,
    /// It holds under other conditions than the service's declarations, or a priority or a place of its own goes with it.
    Condition,
    /// It speaks of these services too.
    Others(Vec<String>),
    /// Only its text speaks of the service.
    Text,
}

/// What stays of the service's shared file, without `own`, what leaves it.
pub fn left(context: &Context, facts: &ServiceFacts, own: &ExtractedParts) -> Vec<Skipped> {
    let gone = gone(facts, own);
    let conditions = &own.conditions;
    let mut found: Vec<(Stay, usize)> = Vec::new();
    for def in &facts.home.defs {
        if is_apart(context, def) || covers(&gone, def.entry.syntax()) {
            continue;
        }
        for stay in in_definition(context, facts, def, conditions) {
            if covers(&gone, &stay.node) {
                continue;
            }
            // What is said once of a list is enough.
            match found
                .iter_mut()
                .find(|(one, _)| one.option == stay.option && one.why == stay.why)
            {
                Some((_, count)) => *count += 1,
                None => found.push((stay, 1)),
            }
        }
    }
    let source = &facts.home.source;
    let said = found.into_iter().map(|(stay, count)| Skipped {
        what: texts::stays(&facts.name, &stay.option, count),
        place: Some(source.place_of(&stay.node)),
        why: match &stay.why {
            Why::Order(known) => texts::stays_order(known.as_deref()),
            Why::Undivided => texts::STAYS_UNDIVIDED.to_owned(),
            Why::Condition => texts::STAYS_CONDITION.to_owned(),
            Why::Others(others) => texts::stays_others(others),
            Why::Text => texts::STAYS_TEXT.to_owned(),
        },
        next: None,
    });
    said.collect()
}

/// What nothing of the repository runs: the service is a route and nothing else.
pub fn without_implementation(context: &Context, facts: &ServiceFacts, own: &ExtractedParts) -> Option<Skipped> {
    if facts.declarations.is_empty() || !own.bindings.is_empty() || !own.elements.is_empty() {
        return None;
    }
    let speaks = |def: &Def| {
        let start = def.path.len() - def.own;
        let named = def.path[start..].iter().flatten();
        let mut named = named.filter_map(|name| facts.names.owner(name));
        named.any(|owner| owner == facts.name)
    };
    let implemented = context.model.modules().any(|module| {
        let mut defs = module.defs.iter().filter(|def| !is_apart(context, def));
        defs.any(speaks)
    });
    (!implemented).then(|| Skipped {
        what: texts::no_implementation(&facts.name),
        place: Some(facts.place()),
        why: texts::NO_IMPLEMENTATION_WHY.to_owned(),
        next: Some(texts::no_implementation_next(&facts.target)),
    })
}

/// Whether a definition is of the pattern, of the contract, a switch or a list of persistent directories.
fn is_apart(context: &Context, def: &Def) -> bool {
    let rules = context.rules();
    let namespaces = &rules.namespaces;
    let own = [
        &namespaces.services,
        &namespaces.contract,
        &namespaces.backups,
        &namespaces.switches,
    ];
    let mut all = own.into_iter().chain(&rules.persistence.options);
    all.any(|option| def.under(&parts(option)))
}

/// The ranges of the shared file that go with the service.
fn gone(facts: &ServiceFacts, own: &ExtractedParts) -> Vec<Range<usize>> {
    let mut gone: Vec<Range<usize>> = own.nodes().iter().map(syntax::span).collect();
    for (_, elements) in &own.elements {
        gone.extend(elements.iter().map(|element| syntax::span(element.syntax())));
    }
    let jobs = facts.jobs.iter().flat_map(|job| &job.declarations);
    let declarations = facts.declarations.iter().chain(jobs);
    let here = declarations.filter(|one| std::ptr::eq(one.module, facts.home));
    gone.extend(here.map(|one| syntax::span(one.node())));
    gone
}

fn covers(gone: &[Range<usize>], node: &SyntaxNode) -> bool {
    let own = syntax::span(node);
    gone.iter().any(|range| syntax::covers(range, &own))
}

/// What a definition says of the service: elements of its list, or its text.
fn in_definition(context: &Context, facts: &ServiceFacts, def: &Def, conditions: &[String]) -> Vec<Stay> {
    let Some(value) = def.value.clone().map(syntax::unparen) else {
        return Vec::new();
    };
    let mut elements = Vec::new();
    let is_list = !matches!(value, ast::Expr::Str(_) | ast::Expr::AttrSet(_));
    match &value {
        ast::Expr::Str(_) => elements.push(value.clone()),
        // What a set says, its own definitions say.
        ast::Expr::AttrSet(_) => {}
        _ => list_elements(&value, &mut elements),
    }
    let movable = context.rules().shared.movable_lists.iter();
    let is_movable = movable.map(|list| parts(list)).any(|list| def.ends_with(&list));
    let movable = movable_elements(def, conditions);
    let named: Option<Vec<String>> = def.path.iter().map(|name| name.as_deref().map(str::to_owned)).collect();
    let order = named.and_then(|path| context.rules().list_orders.of(&path).cloned());
    let undivided = match order {
        Some(order) if order.meaning == Meaning::None => Why::Undivided,
        order => Why::Order(order.map(|order| order.reason)),
    };
    // What is another service's to say is no part of this one.
    let is_others = {
        let mut owners = def.path.iter().flatten().filter_map(|name| facts.names.owner(name));
        owners.any(|owner| owner != facts.name)
    };
    let why = |element: &ast::Expr| {
        let speaks = facts.names.owners_of_text(element.syntax());
        if !speaks.contains(&facts.name.as_str()) {
            return None;
        }
        let others: Vec<String> = speaks
            .into_iter()
            .filter(|one| *one != facts.name)
            .map(str::to_owned)
            .collect();
        Some(
            match (others.is_empty(), is_list, is_movable, movable.contains(element)) {
                (false, ..) => Why::Others(others),
                (true, true, false, _) => undivided.clone(),
                (true, true, true, false) => Why::Condition,
                _ if is_others => return None,
                _ => Why::Text,
            },
        )
    };
    let stays = elements.into_iter().filter_map(|element| {
        Some(Stay {
            why: why(&element)?,
            node: element.syntax().clone(),
            option: def.path_text(),
        })
    });
    stays.collect()
}
