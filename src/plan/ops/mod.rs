//! The one language in which plans change a repository: take a fact, put it into a slot, insert, replace, remove, move a
//! file, create one, delete one; each with its group. The operations of one rendering are collected here and become a
//! source change at the end, if they balance.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::edit::{FileChange, GroupId, SourceChange, TextEdit, reformat};
use crate::error::Result;
use crate::plan::group::Move;
use crate::plan::model::{Fact, FactId};
use crate::repo::Repository;
use crate::rules::Format;
use crate::syntax;

mod balance;
mod file;
mod fragment;

use balance::Balance;
pub use balance::{Put, Taken};
use file::{FileEdits, laid_out};
pub use fragment::ContractFragment;

/// Edits under way.
pub struct Ops<'a> {
    repo: &'a Repository,
    files: BTreeMap<PathBuf, FileEdits>,
    new: BTreeMap<PathBuf, NewFile>,
    /// Files that are no Nix, as they are changed.
    texts: Vec<FileChange>,
    balance: Balance,
    /// What is done besides moving facts, in words, by group.
    told: Vec<(GroupId, Move)>,
}

/// A file to be made.
struct NewFile {
    text: String,
    origin: Origin,
}

/// Where the text of a new file comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It stands as it is.
    Plain,
    /// It is one of the tool's templates, and stands as it is.
    Template,
    /// It is put together from others, and is laid out.
    Composed,
}

impl<'a> Ops<'a> {
    /// Nothing changed yet.
    pub fn new(repo: &'a Repository) -> Ops<'a> {
        Ops {
            repo,
            files: BTreeMap::new(),
            new: BTreeMap::new(),
            texts: Vec::new(),
            balance: Balance::default(),
            told: Vec::new(),
        }
    }

    /// Notes that values of a fact go from where they stand; the nodes are removed by [`Ops::remove`].
    pub fn take(&mut self, fact: FactId, values: Vec<Taken>) {
        self.balance.take(fact, values);
    }

    /// Notes where a fact stands afterwards; the text is put in by [`Ops::insert`] or [`Ops::create`].
    pub fn put(&mut self, fact: FactId, put: Put) {
        self.balance.put(fact, put);
    }

    /// The text of a fragment of the contract, for the place where it is put.
    pub fn put_fragment<'f>(&mut self, fragment: &'f ContractFragment) -> &'f str {
        for (fact, to) in &fragment.facts {
            let put = Put {
                group: fragment.group,
                to: to.clone(),
            };
            self.put(*fact, put);
        }
        self.tell(fragment.group, fragment.added.iter().cloned());
        &fragment.text
    }

    /// Notes for people what a group does besides moving facts.
    pub fn tell(&mut self, group: GroupId, what: impl IntoIterator<Item = Move>) {
        self.told.extend(what.into_iter().map(|one| (group, one)));
    }

    /// What goes where for a group, as the operations have it.
    pub fn moves(&self, group: GroupId) -> Vec<Move> {
        let told = self.told.iter().filter(|(own, _)| *own == group);
        let mut moves = self.balance.moves(group);
        moves.extend(told.map(|(_, one)| one.clone()));
        moves
    }

    /// Checks that no fact is lost: each that is taken is put once, and none stands in what is removed without having
    /// been taken.
    ///
    /// # Errors
    /// An internal error at the fact's place.
    pub fn check<'f, 'g: 'f>(&self, facts: impl IntoIterator<Item = &'f Fact<'g>>) -> Result<()> {
        self.balance.check()?;
        for fact in facts {
            let removed = |node| self.removes(fact.path(), &syntax::span(node));
            if !self.balance.takes(fact.id) && fact.nodes().iter().any(removed) {
                let text = format!(
                    "the plan does not balance: {} is removed and not taken",
                    fact.origin.name
                );
                return Err(crate::error::Error::internal(text).at(fact.place()));
            }
        }
        Ok(())
    }

    /// Whether a range of a file is gone afterwards.
    fn removes(&self, path: &Path, range: &Range<usize>) -> bool {
        self.files.get(path).is_some_and(|edits| edits.removes(range))
    }

    fn file(&mut self, path: &Path) -> &mut FileEdits {
        self.files.entry(path.to_owned()).or_default()
    }

    /// Puts `text` in at `offset`. Texts at one offset keep the order of the calls.
    pub fn insert(&mut self, path: &Path, offset: usize, text: impl Into<String>, group: GroupId) {
        self.replace(path, offset..offset, text, group);
    }

    /// Replaces a range.
    pub fn replace(&mut self, path: &Path, range: Range<usize>, text: impl Into<String>, group: GroupId) {
        let text = text.into();
        self.file(path).inserts.push(TextEdit { range, text, group });
    }

    /// Removes a range; ranges may touch and overlap.
    pub fn remove(&mut self, path: &Path, range: Range<usize>, group: GroupId) {
        self.file(path).removals.push((range, group));
    }

    /// Indents lines; those that are removed are left out.
    pub fn shift(&mut self, path: &Path, edits: Vec<TextEdit>) {
        self.file(path).shifts.extend(edits);
    }

    /// Moves the file, with whatever edits it has.
    pub fn move_file(&mut self, from: &Path, to: PathBuf) {
        self.file(from).moved_to = Some(to);
    }

    /// Deletes the file.
    pub fn delete(&mut self, path: &Path) {
        self.file(path).deleted = true;
    }

    /// Makes a file.
    pub fn create(&mut self, path: PathBuf, text: String) {
        self.new.insert(
            path,
            NewFile {
                text,
                origin: Origin::Plain,
            },
        );
    }

    /// Makes a file from one of the tool's templates.
    pub fn create_from_template(&mut self, path: PathBuf, text: String) {
        self.new.insert(
            path,
            NewFile {
                text,
                origin: Origin::Template,
            },
        );
    }

    /// Makes a file of text that is formatted.
    pub fn create_formatted(&mut self, path: PathBuf, text: String) {
        self.new.insert(
            path,
            NewFile {
                text,
                origin: Origin::Composed,
            },
        );
    }

    /// Edits a file that is no Nix and reads `before`: disjoint ranges in their order, and what stands there afterwards.
    pub fn edit_text(&mut self, path: &Path, before: &Arc<str>, edits: &[(Range<usize>, String)], group: GroupId) {
        let mut after = before.to_string();
        for (range, text) in edits.iter().rev() {
            after.replace_range(range.clone(), text);
        }
        let edits = edits.iter().cloned();
        self.texts.push(FileChange {
            from: Some(path.to_owned()),
            to: Some(path.to_owned()),
            before: Arc::clone(before),
            after: after.into(),
            edits: edits.map(|(range, text)| TextEdit { range, text, group }).collect(),
            ..FileChange::default()
        });
    }

    /// The change that all of it makes, laid out as the repository is.
    ///
    /// # Errors
    /// `hard-link`; an internal error where edits overlap or a file that parsed would not parse any more.
    pub fn finish(self) -> Result<SourceChange> {
        let formatter = self.repo.formatter();
        let mut change = self.edited(formatter.format())?;
        if !change.files.is_empty() && formatter.format().is_program() {
            reformat(&mut change.files, &|texts| formatter.formatted(texts));
        }
        Ok(change)
    }

    /// The change that all of it makes, for what reads it and shows it to nobody: its texts are not laid out.
    ///
    /// # Errors
    /// As [`Ops::finish`].
    pub fn finish_unformatted(self) -> Result<SourceChange> {
        self.edited(Format::None)
    }

    fn edited(self, format: Format) -> Result<SourceChange> {
        let repo = self.repo;
        let change = |(path, edits): (PathBuf, FileEdits)| edits.change(repo, path, format).transpose();
        let changes = self.files.into_iter().filter_map(change);
        let new = self.new.into_iter().map(|(path, new)| match new.origin {
            Origin::Composed => laid_out(path, &new.text, format),
            Origin::Plain | Origin::Template => Ok(FileChange {
                to: Some(path),
                after: new.text.into(),
                template: new.origin == Origin::Template,
                ..FileChange::default()
            }),
        });
        let mut files = changes.chain(new).collect::<Result<Vec<FileChange>>>()?;
        files.extend(self.texts);
        files.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(SourceChange { files })
    }
}
