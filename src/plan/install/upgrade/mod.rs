//! An installed contract as the program would install it now: the newer version's changes, made in what a person has written
//! since.
//!
//! What was installed is read from the commits that wrote it ([`Past`]). It is the base of a three-way merge, so a change of the
//! person's stays, and one that meets a change of the new version is a refusal: the contract is upgraded as a whole or not at all.
//! Where the base is not known, a file of the contract can only be replaced, which is a group that needs a yes of its own.
//! Template, tests and documents are upgraded file by file, and are left where that cannot be done.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::names::Names;
use super::{Part, Parts, version};
use crate::edit::merge::{Merged, merge};
use crate::edit::past::{Past, Written};
use crate::edit::{GroupId, SourceChange};
use crate::error::{self, Error, Place, Result};
use crate::plan::model::Context;
use crate::plan::ops::Ops;
use crate::plan::{Move, Skipped};
use crate::syntax::Source;

pub mod core;
mod declared;
mod merging;
mod others;
pub mod stand;
pub mod texts;

use self::core::File;
use merging::merged;

/// What an upgrade makes of the installed files.
#[derive(Default)]
pub(super) struct Upgrade {
    pieces: Vec<Piece>,
    pub skipped: Vec<Skipped>,
}

/// What it makes of one of them.
struct Piece {
    /// `None` for the contract itself.
    part: Option<Part>,
    path: PathBuf,
    text: Arc<str>,
    /// The version that it was of.
    from: Option<u32>,
    edits: Vec<(Range<usize>, String)>,
    /// Whether what a person has written is replaced, since it cannot be told from what was installed.
    replaces: bool,
}

impl Upgrade {
    /// What it makes of a repository in which the contract is installed.
    ///
    /// # Errors
    /// `does-not-parse`, `upgrade-conflict`, `hard-link`, and where the history cannot be read.
    pub fn of(context: &Context, parts: &Parts, past: &dyn Past) -> Result<Upgrade> {
        let names = Names::of(context.rules());
        let mut upgrade = Upgrade::default();
        let mut clashes = Vec::new();
        let files = self::core::files(context);
        if !files.iter().any(File::is_newer) {
            for file in &files {
                if !file.is_older() && !file.is_renamed(context, &names, past)? {
                    continue;
                }
                match of_core(context, &names, file, past)? {
                    Made::Piece(piece) => upgrade.pieces.push(piece),
                    Made::Clashes(merged) => clashes.push((file, merged)),
                }
            }
        }
        if let Some(error) = conflict(&clashes) {
            return Err(error);
        }
        others::add(&mut upgrade, context, &names, parts, past)?;
        match upgrade
            .pieces
            .iter()
            .find(|piece| context.repo.is_hard_linked(&piece.path))
        {
            Some(piece) => Err(error::repo::hard_linked(&piece.path)),
            None => Ok(upgrade),
        }
    }

    /// The files of a part, `None` for the contract itself.
    fn of_part(&self, part: Option<Part>) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.part == part)
    }

    pub fn has(&self, part: Option<Part>) -> bool {
        self.of_part(part).next().is_some()
    }

    /// The files of a part that are replaced.
    pub fn replaced(&self, part: Option<Part>) -> Vec<&Path> {
        let replaced = self.of_part(part).filter(|piece| piece.replaces);
        replaced.map(|piece| piece.path.as_path()).collect()
    }

    /// The oldest version that files of the contract are of.
    pub fn from(&self) -> Option<u32> {
        self.of_part(None).map(|piece| piece.from).min().flatten()
    }

    /// Edits the files of a part.
    pub fn render(&self, ops: &mut Ops, part: Option<Part>, group: GroupId) {
        for piece in self.of_part(part) {
            ops.edit_text(&piece.path, &piece.text, &piece.edits, group);
            let what = texts::brought(piece.from, version::current());
            let moved = Move {
                what,
                from: Some(Place::new(&piece.path, &piece.text, 0..0)),
                to: Some(piece.path.display().to_string()),
            };
            ops.tell(group, [moved]);
        }
    }

    /// The change of the contract itself.
    fn of_the_contract(&self, context: &Context) -> Result<SourceChange> {
        let mut ops = Ops::new(context.repo);
        self.render(&mut ops, None, GroupId(0));
        ops.finish()
    }
}

enum Made {
    Piece(Piece),
    Clashes(Merged),
}

/// What becomes of a file of the contract.
fn of_core(context: &Context, names: &Names, file: &File, past: &dyn Past) -> Result<Made> {
    if let Some(error) = Source::new(file.path.as_path(), Arc::clone(&file.text)).syntax_error() {
        return Err(error);
    }
    let installed = file.installed(past)?;
    if let Some(installed) = &installed
        && let Some(now) = file.now(context, names, Some(installed))?
    {
        let merged = checked(merged(context, &file.path, &installed.text, &file.text, &now), file);
        return Ok(match merged.clashes.is_empty() {
            true => Made::Piece(file.piece(merged, false)),
            false => Made::Clashes(merged),
        });
    }
    // What was added to the schema by command is known without a history.
    let Some(now) = file.now(context, names, None)? else {
        let place = Place::new(&file.path, &file.text, 0..0);
        return Err(error::evolve::schema_unreadable(place));
    };
    let without = file.without_additions(context);
    let replaces = version::without(&without) != version::without(&now);
    let merged = checked(merged(context, &file.path, &without, &file.text, &now), file);
    Ok(match merged.clashes.is_empty() {
        true => Made::Piece(file.piece(merged, replaces)),
        false => Made::Clashes(merged),
    })
}

/// A merge whose result parses; one that does not clashes as a whole.
fn checked(mut merged: Merged, file: &File) -> Merged {
    let parses = |text: String| Source::new(file.path.as_path(), text).expr().is_ok();
    if merged.clean(&file.text).is_some_and(|text| !parses(text)) {
        merged.clashes.push(crate::edit::merge::Clash {
            range: 0..0,
            base: String::new(),
            theirs: String::new(),
        });
    }
    merged
}

impl File {
    fn piece(&self, merged: Merged, replaces: bool) -> Piece {
        Piece {
            part: None,
            path: self.path.clone(),
            text: Arc::clone(&self.text),
            from: self.version,
            edits: merged.edits,
            replaces,
        }
    }
}

/// The refusal where changes meet.
fn conflict(clashes: &[(&File, Merged)]) -> Option<Error> {
    let all = clashes
        .iter()
        .flat_map(|(file, merged)| merged.clashes.iter().map(move |clash| (file, clash)));
    let all: Vec<error::install::Met> = all
        .map(|(file, clash)| error::install::Met {
            place: Place::new(&file.path, &file.text, clash.range.clone()),
            installed: clash.base.clone(),
            now: clash.theirs.clone(),
        })
        .collect();
    (!all.is_empty()).then(|| error::install::upgrade_conflict(&all, version::current()))
}

/// How many lines of one text another one has no more, and how many it has besides.
pub(super) fn counted(from: &str, to: &str) -> (usize, usize) {
    let lines = |text: &str| text.split_inclusive('\n').count();
    let edits = merge(from, from, to).edits;
    let gone = edits.iter().map(|(range, _)| lines(&from[range.clone()])).sum();
    let new = edits.iter().map(|(_, text)| lines(text)).sum();
    (gone, new)
}

/// Whether a text is what was installed, or that as the repository's formatter lays it out.
fn is_as_installed(context: &Context, ours: &str, installed: &str) -> bool {
    let installed = merging::like(ours, installed);
    ours == installed || merging::laid_out(context.repo, [&installed]).is_some_and(|[installed]| installed == ours)
}

/// The commit that wrote a text, where it is known.
fn commit_of(written: Option<&Written>) -> Option<String> {
    written.map(|written| written.commit.clone())
}
