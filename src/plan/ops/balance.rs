//! Conservation of facts: what is taken is put, and what is put was taken.

use std::collections::BTreeMap;

use crate::edit::GroupId;
use crate::error::{Error, Place, Result};
use crate::plan::group::Move;
use crate::plan::model::FactId;

/// What becomes of the facts that a plan takes from where they stand.
#[derive(Debug, Default)]
pub struct Balance {
    taken: BTreeMap<FactId, Vec<Taken>>,
    put: BTreeMap<FactId, Put>,
    /// Facts that were put a second time.
    twice: Vec<FactId>,
}

/// A value that goes from where it stands.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What it is, as a person would say it.
    pub what: String,
    pub place: Place,
}

/// Where a fact stands afterwards.
#[derive(Clone, Debug)]
pub struct Put {
    pub group: GroupId,
    /// As [`Move::to`] says it.
    pub to: String,
}

impl Balance {
    /// Notes that a fact goes from where it stands: one value, or several elements of a list.
    pub fn take(&mut self, fact: FactId, values: Vec<Taken>) {
        self.taken.entry(fact).or_default().extend(values);
    }

    /// Notes where a fact stands afterwards.
    pub fn put(&mut self, fact: FactId, put: Put) {
        if self.put.insert(fact, put).is_some() {
            self.twice.push(fact);
        }
    }

    /// Whether the fact goes from where it stands.
    pub fn takes(&self, fact: FactId) -> bool {
        self.taken.contains_key(&fact)
    }

    /// Checks that every fact that is taken is put once, and that nothing else is put.
    ///
    /// # Errors
    /// An internal error with the place of the fact that would be lost, or would stand twice.
    pub fn check(&self) -> Result<()> {
        for (fact, values) in &self.taken {
            let Some(first) = values.first() else { continue };
            if !self.put.contains_key(fact) {
                return Err(unbalanced(&first.what, "is taken and put nowhere").at(first.place.clone()));
            }
            if self.twice.contains(fact) {
                return Err(unbalanced(&first.what, "is put twice").at(first.place.clone()));
            }
        }
        match self.put.iter().find(|(fact, _)| !self.taken.contains_key(fact)) {
            Some((_, put)) => Err(unbalanced(&put.to, "is put and stands in its old place too")),
            None => Ok(()),
        }
    }

    /// What goes where for a group, in the order of the facts.
    pub fn moves(&self, group: GroupId) -> Vec<Move> {
        let mut moves = Vec::new();
        for (fact, put) in self.put.iter().filter(|(_, put)| put.group == group) {
            let values = self.taken.get(fact).into_iter().flatten();
            moves.extend(values.map(|taken| Move {
                what: taken.what.clone(),
                from: Some(taken.place.clone()),
                to: Some(put.to.clone()),
            }));
        }
        moves
    }
}

fn unbalanced(what: &str, how: &str) -> Error {
    Error::internal(format!("the plan does not balance: {what} {how}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn taken(what: &str) -> Vec<Taken> {
        vec![Taken {
            what: what.to_owned(),
            place: Place::new(Path::new("x.nix"), &"{ }".into(), 0..1),
        }]
    }

    fn put() -> Put {
        Put {
            group: GroupId(0),
            to: "contract.x".to_owned(),
        }
    }

    fn refusal(balance: &Balance) -> String {
        balance.check().expect_err("it does not balance").to_string()
    }

    #[test]
    fn what_is_taken_is_put() {
        let mut balance = Balance::default();
        balance.take(FactId(1), taken("guards"));
        let refused = balance.check().expect_err("it does not balance");
        assert!(
            refused.place().is_some() && refused.to_string().contains("guards is taken and put nowhere"),
            "{refused}"
        );
        balance.put(FactId(1), put());
        assert!(balance.check().is_ok());
        assert_eq!(balance.moves(GroupId(0)).len(), 1);
        assert!(balance.moves(GroupId(1)).is_empty());
    }

    #[test]
    fn nothing_is_put_twice_or_from_nowhere() {
        let mut balance = Balance::default();
        balance.put(FactId(1), put());
        assert!(refusal(&balance).contains("stands in its old place too"));
        balance.take(FactId(1), taken("x"));
        balance.put(FactId(1), put());
        assert!(refusal(&balance).contains("x is put twice"));
    }
}
