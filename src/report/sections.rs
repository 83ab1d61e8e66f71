//! What the pages have beside the table and the commits: lists, those alone that have something to say.

use super::{Run, Verdict, texts};

/// A list with its heading.
pub struct Section {
    pub title: &'static str,
    /// Of which service, and what.
    pub items: Vec<(String, String)>,
}

/// The lists that are not empty; what has to be looked at comes first.
pub fn sections(run: &Run) -> Vec<Section> {
    let of = |what: fn(&super::Migrated) -> &[String]| {
        let all = run.migrated().flat_map(move |(service, migrated)| {
            let items = what(migrated).iter();
            items.map(move |item| (service.to_owned(), item.clone()))
        });
        all.collect::<Vec<_>>()
    };
    let refused = run
        .refused()
        .map(|(service, error)| (service.to_owned(), texts::reason(error)));
    let left = run.migrated().flat_map(|(service, migrated)| {
        let items = migrated.left.iter();
        items.map(move |left| {
            let place = left
                .place
                .as_ref()
                .map(|place| format!(" ({place})"))
                .unwrap_or_default();
            let next = left.next.as_ref().map(|next| format!("; {next}")).unwrap_or_default();
            (service.to_owned(), format!("{}{place}: {}{next}", left.what, left.why))
        })
    });
    let all = [
        (texts::GAINED, of(|migrated| &migrated.gained)),
        (texts::FOLLOWS, of(|migrated| &migrated.follows)),
        (texts::REORDERED, of(|migrated| &migrated.reordered)),
        (texts::REFUSED, refused.collect()),
        (
            texts::OFFERED,
            run.offered()
                .map(|(service, title)| (service.to_owned(), title.to_owned()))
                .collect(),
        ),
        (texts::DECLINED, of(|migrated| &migrated.declined)),
        (texts::LEFT, left.collect()),
        (
            texts::UNREADABLE,
            run.unreadable
                .iter()
                .map(|error| (String::new(), error.to_string()))
                .collect(),
        ),
        (
            texts::UNDECLARED,
            run.undeclared
                .iter()
                .map(|(service, module)| (service.clone(), module.display().to_string()))
                .collect(),
        ),
        (
            texts::NOT_REACHED,
            run.not_reached
                .iter()
                .map(|service| (service.clone(), String::new()))
                .collect(),
        ),
        (texts::PROOFS, proofs(run)),
    ];
    let sections = all.into_iter().map(|(title, items)| Section { title, items });
    sections.filter(|section| !section.items.is_empty()).collect()
}

/// What is particular to single proofs.
fn proofs(run: &Run) -> Vec<(String, String)> {
    let said = run.migrated().flat_map(|(service, migrated)| {
        let lines = match &migrated.verdict {
            Verdict::SameSystem => Vec::new(),
            Verdict::Preserved { how, .. } => how.clone(),
            Verdict::NotProved(why) => vec![format!("not proved: {why}")],
        };
        lines.into_iter().map(move |line| (service.to_owned(), line))
    });
    said.collect()
}
