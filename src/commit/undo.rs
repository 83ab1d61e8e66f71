//! Takes back a commit that the tool made.
//!
//! The last commit of a branch, which nobody else has, is removed from it; any other is reverted by a new commit, so
//! that no history is rewritten. Commits are known by their [`Mark`]; one that carries a mark and changes something else
//! than what the mark says is refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use git2::{Oid, Tree};

use super::disk::Disk;
use super::index::Locked;
use super::library::{Moving, advance};
use super::mark::{self, CLEANUP, INIT, UPGRADE};
use super::pair::Unit;
use super::{Committed, Ended, Landing, Message, Target, begin, check, record};
use crate::edit::{FileChange, SourceChange};
use crate::error::{self, Result};
use crate::repo::git::{DirtyFile, GitState, Head, IndexChange, refusals};

mod history;
mod merge;
mod needed;
mod trees;

pub(super) use history::{Change, changes};
pub use history::{Entry, State, Successor, is_as_made, list};
pub(super) use merge::merge as merge_touching;
pub use needed::Kept;

use history::is_pushed;
use trees::Difference;

/// What a run was asked for that takes a commit back.
const INTENT: &str = "undo";

/// How a commit is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is removed from its branch.
    Remove,
    /// A new commit reverts it, since other commits came after it.
    RevertLater,
    /// A new commit reverts it, since a remote-tracking branch has it.
    RevertPushed,
}

/// What taking a commit back comes to.
pub struct Plan {
    /// The commit.
    pub entry: Entry,
    /// How.
    pub way: Way,
    head: Head,
    /// What HEAD's branch is to name, for a commit that is removed.
    parent: Option<Oid>,
    differences: Vec<Difference>,
    targets: Vec<Target>,
    /// What the commit brought and others have come to need.
    pub kept: Vec<Kept>,
}

/// What was taken back.
#[derive(Debug)]
#[must_use = "dropping it ends the journal: say what was taken back before"]
pub struct Undone {
    /// The commit's abbreviated id; `git show` still finds a removed one for a while.
    pub short: String,
    /// The commit's title.
    pub title: String,
    /// The abbreviated id of the commit before it that was taken back with it.
    pub first: Option<String>,
    /// The files, relative to the top of the working tree, sorted.
    pub paths: Vec<PathBuf>,
    /// Those of them that are gone now.
    pub removed: Vec<PathBuf>,
    /// How.
    pub way: Way,
    /// The new commit, where one reverts it.
    pub commit: Option<Committed>,
    _ended: Option<Ended>,
}

impl Plan {
    /// The commit, to be found again.
    pub fn chosen(&self) -> Chosen {
        Chosen(self.entry.id)
    }

    /// Whether the commit brought an installed contract to another version.
    pub fn is_upgrade(&self) -> bool {
        self.entry.name == UPGRADE
    }

    /// What it changes, relative to the top of the working tree; files that are no text are left out.
    pub fn change(&self) -> SourceChange {
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(std::sync::Arc::<str>::from);
        let files = self.targets.iter().filter_map(|target| {
            let before = target.before.as_deref().map(text);
            let after = target.after.as_ref().map(|after| text(&after.bytes));
            let (before, after) = (
                before.map_or(Some(None), |b| b.map(Some))?,
                after.map_or(Some(None), |a| a.map(Some))?,
            );
            Some(FileChange {
                from: before.is_some().then(|| target.path.clone()),
                to: after.is_some().then(|| target.path.clone()),
                before: before.unwrap_or_default(),
                after: after.unwrap_or_default(),
                ..FileChange::default()
            })
        });
        SourceChange { files: files.collect() }
    }

    /// The files, relative to the top of the working tree, sorted.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.targets.iter().map(|target| target.path.clone()).collect()
    }
}

/// Which commit is to be taken back.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// The last one that is not taken back.
    Last,
    /// The last one about this service that is not taken back.
    LastOf(&'a str),
    /// This one and no other, since it was chosen before.
    This(Chosen),
}

/// A commit that a plan takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen(Oid);

impl Which<'_> {
    fn is(self, entry: &Entry) -> bool {
        match self {
            Which::Last => true,
            Which::LastOf(name) => entry.name == name,
            Which::This(Chosen(id)) => entry.id == id,
        }
    }
}

/// What taking a commit of the tool back comes to; `None` if there is no such commit that is not taken back already.
///
/// # Errors
/// Refuses while a git operation is under way; a commit that was changed since; if its files have uncommitted changes;
/// if later commits changed the same lines. Nothing is changed.
pub fn plan_undo(git: &GitState, which: Which<'_>) -> Result<Option<Plan>> {
    if let Some(operation) = git.operation() {
        return Err(refusals::operation_under_way(operation));
    }
    let entries = list(git)?;
    let left = |which: Which<'_>| {
        entries
            .iter()
            .any(|entry| entry.state != State::Undone && which.is(entry))
    };
    // A service that is named like another kind of commit stands in quotes, and a field's commits say that it is one.
    let others = match which {
        Which::LastOf(name) if !left(which) => vec![mark::of_service(name), mark::of_field(name)],
        _ => Vec::new(),
    };
    let other = others.iter().map(|name| Which::LastOf(name)).find(|other| left(*other));
    let which = other.unwrap_or(which);
    for (at, entry) in entries.iter().enumerate() {
        if entry.state == State::Undone || !which.is(entry) {
            continue;
        }
        match &entry.state {
            State::Changed => return Err(error::git::undo_changed(&entry.title, &entry.short, &entry.name)),
            State::OldMark => return Err(error::git::undo_old_mark(&entry.title, &entry.short)),
            State::Shallow => return Err(error::git::undo_shallow(&entry.title, &entry.short)),
            State::Replaced(by) => {
                return Err(error::git::undo_replaced(&entry.title, &by.short, &by.title, &by.name));
            }
            State::Intact | State::Undone => {}
        }
        let later = &entries[..at];
        let planned = plan(git, entry.clone(), later);
        refuse_needed(entry, later)?;
        return planned.map(Some);
    }
    Ok(None)
}

/// Refuses to take away what later commits build upon, newest first.
fn refuse_needed(entry: &Entry, later: &[Entry]) -> Result<()> {
    let builds_upon = |other: &&Entry| entry.name == INIT || other.name == CLEANUP;
    let mut names: Vec<String> = Vec::new();
    for other in later.iter().filter(builds_upon) {
        if other.state != State::Undone && !names.contains(&other.name) {
            names.push(other.name.clone());
        }
    }
    match names.is_empty() {
        true => Ok(()),
        false => Err(error::git::undo_needed(&entry.title, &names)),
    }
}

fn plan(git: &GitState, entry: Entry, later: &[Entry]) -> Result<Plan> {
    let failed = |cause| error::git::failed("read the commit to take back", cause);
    let head = git.head()?;
    let commit = git.repo().find_commit(entry.id).map_err(failed)?;
    let unit = Unit::ending_with(git, commit, &entry.mark)?;
    let parent = unit.parent();
    let way = match head.id() == Some(entry.id) {
        false => Way::RevertLater,
        true if is_pushed(git, &entry)? => Way::RevertPushed,
        true if parent.is_none() && matches!(head, Head::Detached(_)) => Way::RevertLater,
        true => Way::Remove,
    };
    let from = git.head_tree()?.ok_or_else(error::git::head_moved)?;
    let (to, kept) = match (way, &parent) {
        (Way::Remove, Some(parent)) => (Some(parent.tree().map_err(failed)?), Vec::new()),
        (Way::Remove, None) => (None, Vec::new()),
        _ => {
            let to = reverted(git, &entry, &unit, later)?;
            let (to, kept) = needed::keep(git, &from, to).map_err(failed)?;
            (Some(to), kept)
        }
    };
    let differences = trees::differences(git, &entry, &from, to.as_ref())?;
    refuse_dirty(git, &entry, &differences)?;
    let targets = trees::targets(git, to.as_ref(), &differences)?;
    Ok(Plan {
        entry,
        way,
        head,
        parent: parent.map(|parent| parent.id()),
        differences,
        targets,
        kept,
    })
}

/// The tree of HEAD without what a commit changes.
fn reverted<'r>(git: &'r GitState, entry: &Entry, unit: &Unit<'_>, later: &[Entry]) -> Result<Tree<'r>> {
    let failed = |cause| error::git::failed("revert the commit", cause);
    let repo = git.repo();
    let head = repo.head().and_then(|head| head.peel_to_commit()).map_err(failed)?;
    let mut index = unit.reverted_from(git, &head).map_err(failed)?;
    let before = history::parents(git)?;
    trees::resolve_touching(git, &mut index, &before).map_err(failed)?;
    if index.has_conflicts() {
        let conflicts = trees::conflicts(git, &index).map_err(failed)?;
        let names = named_in(git, &conflicts, later).map_err(failed)?;
        let error = error::git::undo_conflict(&entry.title, &entry.short, &conflicts, &names);
        let reversals = match names.is_empty() {
            true => history::reversals(git, entry.id, &conflicts)?,
            false => Vec::new(),
        };
        return Err(match reversals.is_empty() {
            true => error,
            false => error.hint(error::git::reversed_since(&reversals)),
        });
    }
    index
        .write_tree_to(repo)
        .and_then(|id| repo.find_tree(id))
        .map_err(failed)
}

/// The names of the commits among `later` that conflicts are with, newest first: those from which the lines of HEAD come
/// that stand in them, and where no line stands there, those that change the file.
fn named_in(git: &GitState, conflicts: &[(String, String)], later: &[Entry]) -> Result<Vec<String>, git2::Error> {
    let mut ids = BTreeSet::new();
    for (path, merged) in conflicts {
        let lines = writers(git, path, &trees::ours(merged))?;
        match later.iter().flat_map(Entry::ids).any(|id| lines.contains(&id)) {
            true => ids.extend(lines),
            false => {
                for id in later.iter().flat_map(Entry::ids) {
                    if trees::changes(git, id, path)? {
                        ids.insert(id);
                    }
                }
            }
        }
    }
    let mut names: Vec<String> = Vec::new();
    for entry in later
        .iter()
        .filter(|entry| entry.state != State::Undone && entry.ids().any(|id| ids.contains(&id)))
    {
        if !names.contains(&entry.name) {
            names.push(entry.name.clone());
        }
    }
    Ok(names)
}

/// The commits from which these lines of a file in HEAD come.
fn writers(git: &GitState, path: &str, lines: &[&str]) -> Result<BTreeSet<Oid>, git2::Error> {
    let mut ids = BTreeSet::new();
    let tree = git.head_tree().ok();
    let Some((id, _)) = tree.and_then(|tree| git.in_tree(tree.as_ref(), path).ok()?) else {
        return Ok(ids);
    };
    let blob = git.repo().find_blob(id)?;
    let text = String::from_utf8_lossy(blob.content()).into_owned();
    let blame = git.repo().blame_file(Path::new(path), None)?;
    for (number, line) in text.lines().enumerate() {
        if lines.contains(&line)
            && let Some(hunk) = blame.get_line(number + 1)
        {
            ids.insert(hunk.final_commit_id());
        }
    }
    Ok(ids)
}

fn refuse_dirty(git: &GitState, entry: &Entry, differences: &[Difference]) -> Result<()> {
    let names: Vec<String> = differences.iter().map(|difference| difference.path.clone()).collect();
    let dirty = git.dirty_repo_paths(&names)?;
    if dirty.is_empty() {
        return Ok(());
    }
    let dirty: Vec<DirtyFile> = dirty
        .into_iter()
        .map(|(path, state)| DirtyFile {
            path: PathBuf::from(path),
            state,
        })
        .collect();
    Err(refusals::undo_dirty(&entry.title, &dirty))
}

/// Carries a plan out.
///
/// # Errors
/// `head-moved` and `changed-since` if anything has changed since it was planned; as [`commit`](super::commit). Nothing
/// is changed then.
pub fn undo(git: &GitState, plan: &Plan) -> Result<Undone> {
    undo_on(&mut Disk::real(), git, plan)
}

pub(super) fn undo_on(disk: &mut Disk<'_>, git: &GitState, plan: &Plan) -> Result<Undone> {
    // Since it was shown somebody may have gone on.
    if let Some(operation) = git.operation() {
        return Err(refusals::operation_under_way(operation));
    }
    if git.head()? != plan.head {
        return Err(error::git::head_moved());
    }
    if plan.way == Way::Remove && is_pushed(git, &plan.entry)? {
        return Err(error::git::pushed_since(&plan.entry.title));
    }
    let intent = format!("{INTENT} {}", plan.entry.name);
    let (commit, ended) = match plan.way {
        Way::Remove => (None, Some(remove(disk, git, plan, &intent)?)),
        _ => (
            Some(record(
                disk,
                git,
                &plan.targets,
                &message(&plan.entry),
                None,
                &intent,
                None,
            )?),
            None,
        ),
    };
    Ok(Undone {
        short: plan.entry.short.clone(),
        title: plan.entry.title.clone(),
        first: plan.entry.first.clone(),
        paths: plan.paths(),
        removed: plan
            .targets
            .iter()
            .filter(|target| target.after.is_none())
            .map(|target| target.path.clone())
            .collect(),
        way: plan.way,
        commit,
        _ended: ended,
    })
}

/// The message of a commit that reverts one.
fn message(entry: &Entry) -> Message {
    let title = format!("Revert \"{}\"", entry.title);
    let body = match entry.first_id {
        None => format!("This reverts commit {}.", entry.id),
        Some(first) => format!(
            "This reverts commit {},\nand the move of its files before it, {first}.",
            entry.id
        ),
    };
    Message::new(&title, &[body], &[]).with_last_trailer(&entry.mark.undo_line())
}

/// Moves the branch to the commit's parent, and the commit's files with it.
fn remove(disk: &mut Disk<'_>, git: &GitState, plan: &Plan, intent: &str) -> Result<Ended> {
    let place = super::Place::of(git);
    git.check_index()?;
    let lock = Rc::new(begin(disk, &place)?);
    let checked = check::check(&place.base, &plan.targets)?;
    let changes: Vec<IndexChange> = plan
        .differences
        .iter()
        .map(|difference| IndexChange {
            path: difference.path.clone(),
            blob: difference.to,
        })
        .collect();
    let locked = Locked::take(git, disk, &place)?;
    let moving = Moving {
        locked,
        head: plan.head.clone(),
        to: plan.parent,
        changes: &changes,
        log: &format!("qgroget undo: remove {}", plan.entry.short),
    };
    let landing = Landing {
        git,
        place,
        lock,
        targets: &plan.targets,
        below: None,
        checked,
        intent,
    };
    let (_, ended) = advance(disk, landing, moving)?;
    Ok(ended)
}

#[cfg(test)]
impl Undone {
    /// The end of the change alone.
    pub(super) fn into_ended(self) -> Ended {
        match (self._ended, self.commit) {
            (Some(ended), _) => ended,
            (None, Some(commit)) => commit._ended,
            (None, None) => Ended(None),
        }
    }
}

impl super::Recovered {
    /// Whether the interrupted run was to take a commit back.
    pub fn was_undo(&self) -> bool {
        self.intent.split(' ').next() == Some(INTENT)
    }
}
