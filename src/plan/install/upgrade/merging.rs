//! What was installed, what a person has made of it, and what would be installed now, as one text.

use std::path::Path;
use std::sync::Arc;

use crate::edit::merge::{Clash, Merged, merge};
use crate::plan::model::Context;
use crate::repo::Repository;
use crate::rules::Format;
use crate::syntax::{self, HasEntry, Source, ast};

/// `ours` with what leads from `installed` to `now`. Where the repository's formatter has laid out the installed file, the
/// two others are laid out like it; entries that both have put into a set at the same place are both there.
pub fn merged(context: &Context, path: &Path, installed: &str, ours: &Arc<str>, now: &str) -> Merged {
    let [installed, now] = [installed, now].map(|text| like(ours, text));
    let is_nix = path.extension().is_some_and(|extension| extension == "nix");
    let plain = merge(&installed, ours, &now);
    if !is_nix {
        return plain;
    }
    let plain = united(plain, ours);
    if plain.clashes.is_empty() {
        return plain;
    }
    match laid_out(context.repo, [&**ours, &installed, &now]) {
        Some([own, installed, now]) if own == **ours => {
            let merged = united(merge(&installed, ours, &now), ours);
            match merged.clashes.len() < plain.clashes.len() {
                true => merged,
                false => plain,
            }
        }
        _ => plain,
    }
}

/// The texts as the repository's formatter lays them out.
pub fn laid_out<const N: usize>(repo: &Repository, texts: [&str; N]) -> Option<[String; N]> {
    let formatter = repo.formatter();
    let formatted: Vec<Option<String>> = match formatter.format() {
        Format::Alejandra => texts.iter().map(|text| syntax::format(text)).collect(),
        format if format.is_program() => formatter.formatted(&texts),
        _ => return None,
    };
    let formatted: Option<Vec<String>> = formatted.into_iter().collect();
    formatted?.try_into().ok()
}

/// A text with the line ends of another one.
pub fn like(ours: &str, text: &str) -> String {
    match ours.contains("\r\n") && !text.contains('\r') {
        true => text.replace('\n', "\r\n"),
        false => text.to_owned(),
    }
}

/// Without the clashes at which both have put entries of other names into a set.
fn united(mut merged: Merged, ours: &str) -> Merged {
    let mut clashes = Vec::new();
    for clash in std::mem::take(&mut merged.clashes) {
        match both(&clash, &ours[clash.range.clone()]) {
            Some(text) => merged.edits.push((clash.range, text)),
            None => clashes.push(clash),
        }
    }
    merged.edits.sort_by_key(|(range, _)| (range.start, range.end));
    Merged { clashes, ..merged }
}

fn both(clash: &Clash, ours: &str) -> Option<String> {
    let (own, new) = (names(ours)?, names(&clash.theirs)?);
    let is_plain = clash.base.trim().is_empty() && !own.is_empty() && !new.is_empty();
    let differ = own.iter().all(|name| !new.contains(name));
    (is_plain && differ).then(|| format!("{}{ours}", clash.theirs))
}

/// The names of the entries that lines are; `None` where they are anything else.
fn names(lines: &str) -> Option<Vec<String>> {
    let source = Source::new("entries.nix", format!("{{\n{lines}\n}}"));
    let Ok(ast::Expr::AttrSet(set)) = source.expr() else {
        return None;
    };
    let names = set.entries().map(|entry| match entry {
        ast::Entry::AttrpathValue(binding) => crate::resolve::scope::first_name(&binding),
        ast::Entry::Inherit(_) => None,
    });
    names.collect()
}
