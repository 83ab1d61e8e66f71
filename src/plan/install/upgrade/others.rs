//! The files that are installed besides the contract itself: template, tests, documents.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::missing::{across_services, evaluation};
use super::super::names::Names;
use super::super::{Part, Parts, text, version};
use super::core::of_version;
use super::{Piece, Upgrade, counted, merged, texts};
use crate::edit::past::{Past, Writer};
use crate::error::{Place, Result};
use crate::plan::Skipped;
use crate::plan::documents::{self, Document, Facts, Legacy};
use crate::plan::model::Context;
use crate::plan::vmtest;
use crate::repo::hosts;
use crate::syntax::Source;

/// A file and what it may be now, of which the text that is most like the installed one is meant.
struct Installed {
    part: Part,
    path: PathBuf,
    now: Vec<String>,
    /// What other commands have written there is like the installation's own, or else like a person's.
    by: Writer,
}

/// Adds what becomes of them.
///
/// # Errors
/// Where the history cannot be read, or a text not be fitted.
pub(super) fn add(
    upgrade: &mut Upgrade,
    context: &Context,
    names: &Names,
    parts: &Parts,
    past: &dyn Past,
) -> Result<()> {
    let mut all = code(context, names)?;
    all.extend(documents(upgrade, context)?);
    // Tests across services are no usual part, and there only where somebody wanted them.
    let wished = |part: Part| parts.contains(&part) || !part.is_usual();
    for file in all.into_iter().filter(|file| wished(file.part)) {
        let Some(own) = text_of(context, &file.path) else {
            continue;
        };
        let from = version::of(&own);
        if from.is_none_or(|version| version < version::current()) {
            bring(upgrade, context, &file, own, from, past)?;
        }
    }
    Ok(())
}

/// Template and tests.
fn code(context: &Context, names: &Names) -> Result<Vec<Installed>> {
    let has_guide = Document::Template.is_there(context.repo);
    let (path, text) = text::template(context, names, has_guide)?;
    let mut all = vec![Installed {
        part: Part::Template,
        path,
        now: vec![text],
        by: Writer::Installation,
    }];
    let tests = [
        (Part::Tests, evaluation(context)),
        (Part::Integration, across_services(context)),
    ];
    for (part, tests) in tests {
        for (_, path, text) in tests {
            let now = vec![text::test(names, &path, text)?];
            let by = Writer::Installation;
            all.push(Installed { part, path, now, by });
        }
    }
    all.push(Installed {
        part: Part::Tests,
        path: vmtest::library_path(context),
        now: vec![vmtest::library_text(context)?],
        // The first migration with a test has brought it.
        by: Writer::Any,
    });
    Ok(all)
}

/// The documents, as they are true of the repository with the upgraded contract.
fn documents(upgrade: &Upgrade, context: &Context) -> Result<Vec<Installed>> {
    let there = Document::ALL
        .into_iter()
        .filter(|document| document.is_there(context.repo));
    let there: Vec<Document> = there.collect();
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let repo = context.repo.after(&upgrade.of_the_contract(context)?);
    let model = hosts::model_after(&repo, context.host, context.model);
    let facts = Facts::of(&Context {
        repo: &repo,
        model: &model,
        ..*context
    })?;
    // What tells of the legacy pattern after it is gone are the documents themselves.
    let facts = match facts.legacy {
        Legacy::Unknown => vec![facts.without_legacy(), facts],
        _ => vec![facts],
    };
    let installed = there.into_iter().map(|document| {
        let now: Result<Vec<String>> = facts.iter().map(|facts| documents::text(document, facts)).collect();
        Ok(Installed {
            part: Part::Documents,
            path: document.path().to_owned(),
            now: now?,
            by: Writer::Any,
        })
    });
    installed.collect()
}

fn text_of(context: &Context, path: &Path) -> Option<Arc<str>> {
    let other = || context.repo.other_texts().find(|(other, _)| *other == path);
    let nix = context.repo.text(path).map(Arc::clone);
    nix.or_else(|| other().map(|(_, text)| text))
}

/// Adds what becomes of a file, or why it is left.
fn bring(
    upgrade: &mut Upgrade,
    context: &Context,
    file: &Installed,
    own: Arc<str>,
    from: Option<u32>,
    past: &dyn Past,
) -> Result<()> {
    let installed = of_version(past, &file.path, file.by, from)?;
    let like = installed.as_ref().map_or(&*own, |installed| &installed.text);
    let nearest = file.now.iter().min_by_key(|now| {
        let (gone, new) = counted(like, now);
        gone + new
    });
    let Some(now) = nearest else { return Ok(()) };
    let left = |place: Option<Place>, why: &str| Skipped {
        what: texts::left(&file.path, version::current()),
        place,
        why: why.to_owned(),
        next: Some(texts::left_next(&file.path)),
    };
    let Some(installed) = installed else {
        // A file that begins otherwise is somebody's own.
        let first = |text: &str| version::without(text).lines().next().map(str::to_owned);
        if from.is_some() || first(&own) == first(now) {
            upgrade.skipped.push(left(None, texts::BASE_UNKNOWN));
        }
        return Ok(());
    };
    let merged = merged(context, &file.path, &installed.text, &own, now);
    let is_nix = file.path.extension().is_some_and(|extension| extension == "nix");
    let is_sound = |text: String| !is_nix || Source::new(file.path.as_path(), text).expr().is_ok();
    match merged.clashes.first() {
        Some(clash) => {
            let place = Place::new(&file.path, &own, clash.range.clone());
            upgrade.skipped.push(left(Some(place), texts::MEETS));
        }
        None if !is_sound(merged.applied(&own)) => upgrade.skipped.push(left(None, texts::UNSOUND)),
        None => upgrade.pieces.push(Piece {
            part: Some(file.part),
            path: file.path.clone(),
            text: own,
            from,
            edits: merged.edits,
            replaces: false,
        }),
    }
    Ok(())
}
