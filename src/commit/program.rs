//! Commits made by the program `git`, with the repository's hooks and signatures.
//!
//! Hooks are programs: they can refuse, they can change files, and they take their time, in which a person goes on
//! working. What they do to other files stays, as with git. A commit with another tree than the approved one is taken
//! back.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use git2::{Index, Oid};
use serde::Deserialize;

use super::disk::Disk;
use super::draft::{self, Draft, put_changes};
use super::index::{self, Locked};
use super::journal::{Goal, Journal, Move, Side, Wanted};
use super::place::Place;
use super::{Committed, Ended, Landing, Left, Message, branch, committed, files, put_in_place, stage, takeback};
use crate::error::{self, Error, Result};
use crate::process::{self, Group, Guarded};
use crate::repo::git::{GitState, Unhonoured};

/// How often, and how far apart, to look whether the `git commit` of a killed run has ended.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Among the notes: the index that `git commit` uses, which is HEAD and the change.
const INDEX: &str = "index";
/// Among the notes: the process of `git commit`.
const CHILD: &str = "child";

/// Makes the commit.
///
/// # Errors
/// As [`commit`](super::commit). What this run had written is taken back then.
pub(super) fn commit(
    disk: &mut Disk<'_>,
    landing: Landing<'_>,
    message: &Message,
    unhonoured: &[Unhonoured],
) -> Result<Committed> {
    let Landing {
        git,
        place,
        lock,
        targets,
        below,
        checked,
        intent,
    } = landing;
    let locked = Locked::take(git, disk, &place)?;
    let drafted = Draft::of(git, disk, targets).and_then(|draft| {
        let index = locked.read()?;
        super::refuse_lost_staging(git, &index, targets, &draft)?;
        let message = draft.marked(git, message)?;
        let first = match below {
            Some(below) => Some((Draft::of(git, disk, &below.targets)?, below.message_like(&message))),
            None => None,
        };
        Ok((draft, index, message, first))
    });
    let (draft, index, message, first) = match drafted {
        Ok(drafted) => drafted,
        Err(error) => {
            locked.release(disk);
            return Err(error);
        }
    };
    let wanted = Wanted {
        is_first: first.is_some(),
        ..Wanted::of(first.as_ref().map_or(&draft, |(first, _)| first), &message)
    };
    let mut journal = Journal::new(&place, intent, Goal::Commit(wanted), &checked);
    draft::note_entries(git, &index, &draft.changes, &mut journal.files);
    let ready = stage(disk, &place, &journal, &checked)
        .and_then(|()| files::still_before(&place, &journal))
        .and_then(|()| put_in_place(disk, &place, &journal))
        // Hooks that evaluate the flake read the person's index, whatever `GIT_INDEX_FILE` says, and nix sees no file
        // that is not in it.
        .and_then(|()| locked.prepare(disk, &journal, Side::After, true))
        .and_then(|()| locked.install(disk));
    locked.release(disk);
    let with_git = WithGit {
        git,
        place: &place,
        unhonoured,
    };
    let made = ready.and_then(|()| match &first {
        Some((first, text)) => with_git.make_both(disk, &mut journal, [(first, text), (&draft, &message)]),
        None => with_git.make(disk, &journal, &draft, &message),
    });
    let wanted = wanted_of(&journal)?.clone();
    match made {
        Ok(Made { id, tree, output }) => {
            follow_hooks(disk, git, &place, &journal, tree)?;
            let left = Left::made(git, Some(id), &wanted.reference, files::not_as_made(&place, &journal)?)?;
            let unmarked = match wanted.is_marked(git, id)? {
                true => None,
                false => Some(branch::short(git, id)?),
            };
            let left = Left { unmarked, ..left };
            let first = wanted.below.and_then(|below| below.to);
            committed(git, id, first, output, left, Ended(Some((place, journal, lock))))
        }
        Err(error) => Err(take_back(disk, git, &place, &journal, &wanted, error)),
    }
}

impl Wanted {
    /// The commit of a draft.
    fn of(draft: &Draft<'_>, message: &Message) -> Wanted {
        Wanted {
            reference: draft.head.reference().to_owned(),
            parent: draft.head.id(),
            tree: Some(draft.tree),
            mark: message.mark_line().map(str::to_owned),
            is_first: false,
            below: None,
        }
    }
}

fn wanted_of(journal: &Journal) -> Result<&Wanted> {
    match &journal.goal {
        Goal::Commit(wanted) => Ok(wanted),
        _ => Err(Error::internal("the notes are not of a commit")),
    }
}

/// What `git commit` is run with.
struct WithGit<'r> {
    git: &'r GitState,
    place: &'r Place,
    unhonoured: &'r [Unhonoured],
}

/// A commit that git has made.
struct Made {
    id: Oid,
    tree: Oid,
    output: String,
}

impl<'r> WithGit<'r> {
    /// Makes the commit that the journal is about.
    fn make(&self, disk: &mut Disk<'_>, journal: &Journal, draft: &Draft<'_>, message: &Message) -> Result<Made> {
        let git = self.git;
        let run = run(disk, git, self.place, draft, message, self.unhonoured)?;
        // A git that was killed, or could not remove them, has left the locks that it held.
        branch::remove_stale(git, disk, self.place, journal)
            .map_err(|cause| error::apply::no_journal(git.git_dir(), cause))?;
        let (id, output) = judge(disk, git, wanted_of(journal)?, self.unhonoured, run)?;
        Ok(Made {
            id,
            tree: draft.tree,
            output,
        })
    }

    /// Makes the first of two commits and then the second, whatever hooks have committed in between that is not about
    /// the same paths. The journal tells of the second once the first is made.
    fn make_both(
        &self,
        disk: &mut Disk<'_>,
        journal: &mut Journal,
        [(first, text), (draft, message)]: [(&Draft<'r>, &Message); 2],
    ) -> Result<Made> {
        let made = self.make(disk, journal, first, text)?;
        let below = Move {
            reference: first.head.reference().to_owned(),
            from: first.head.id(),
            to: Some(made.id),
        };
        let noted = |wanted| {
            Goal::Commit(Wanted {
                below: Some(below.clone()),
                ..wanted
            })
        };
        // From here on taking back means this move, too.
        journal.goal = noted(Wanted::of(draft, message));
        follow_hooks(disk, self.git, self.place, journal, made.tree)?;
        let draft = draft.upon(self.git, disk, first)?;
        if draft.head.reference() != below.reference {
            return Err(error::git::head_moved());
        }
        journal.goal = noted(Wanted::of(&draft, message));
        let write = journal.write(disk, self.place);
        write.map_err(|cause| error::apply::no_journal(&self.place.notes, cause))?;
        let second = self.make(disk, journal, &draft, message)?;
        Ok(Made {
            output: made.output + &second.output,
            ..second
        })
    }
}

/// Has the person's index follow what hooks have done after the commit to the index that they were given: with git that
/// is the person's own.
fn follow_hooks(disk: &mut Disk<'_>, git: &GitState, place: &Place, journal: &Journal, tree: Oid) -> Result<()> {
    let used = place.notes.join(INDEX);
    // A hook may have removed it, and the library takes one that is not there for empty.
    let Some(used) = used.exists().then(|| Index::open(&used).ok()).flatten() else {
        return Ok(());
    };
    let tree = git
        .repo()
        .find_tree(tree)
        .map_err(|cause| error::git::failed("read the commit", cause))?;
    index::follow(disk, git, place, journal, &tree, &used)
}

/// Takes back what was written for a commit that was not made.
fn take_back(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    journal: &Journal,
    wanted: &Wanted,
    error: Error,
) -> Error {
    let back = match takeback::first_is_built_upon(git, wanted) {
        Ok(true) if !takeback::all_committed(git, journal) => {
            return leave(disk, git, place, journal, wanted, error);
        }
        Ok(_) => takeback::first_back(git, disk, wanted),
        Err(cause) => Err(cause),
    };
    if let Err(cause) = back {
        // The next run takes all of it back.
        return cause.reason_before(&error);
    }
    let left = match takeback::files_back(disk, place, Some(git), journal) {
        Ok(left) => left,
        Err((path, cause)) => return error::apply::half_done(&path, cause, &place.notes).reason_before(&error),
    };
    let ended = index_back(disk, git, place, journal, &left).and_then(|()| {
        takeback::end(disk, place, journal).map_err(|cause| error::apply::no_journal(&place.notes, cause))
    });
    let parent = wanted.below.as_ref().map_or(wanted.parent, |below| below.from);
    let ended = ended.and_then(|()| left.with_head(git, parent, &wanted.reference));
    match ended {
        Ok(left) => left.taken_back(error),
        Err(cause) => cause.reason_before(&error),
    }
}

/// Ends a change of which the first commit is made and built upon by now, and the second is not made: what it changes
/// stays in the files and in the index, so that HEAD and they are of one state but for that.
fn leave(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    journal: &Journal,
    wanted: &Wanted,
    error: Error,
) -> Error {
    let first = wanted.below.as_ref().and_then(|below| below.to);
    let named = first.map(|first| branch::short(git, first)).transpose();
    let ended = takeback::end(disk, place, journal).map_err(|cause| error::apply::no_journal(&place.notes, cause));
    match (named, ended) {
        (Ok(first), Ok(())) => error.hint(error::git::first_built_upon(first.as_deref().unwrap_or_default())),
        (Err(cause), _) | (_, Err(cause)) => cause.reason_before(&error),
    }
}

/// Takes the index entries of a change back, but for those of files that somebody has committed.
pub(super) fn index_back(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    journal: &Journal,
    left: &Left,
) -> Result<()> {
    let locked = Locked::take(git, disk, place)?;
    let back = locked.take_back(disk, journal, &left.committed);
    locked.release(disk);
    back
}

/// How a run of `git commit` ended.
struct Run {
    success: bool,
    /// Whether a signal ended it.
    killed: bool,
    output: String,
    /// The hook that failed, where git told.
    failed_hook: Option<String>,
}

fn run(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    draft: &Draft<'_>,
    message: &Message,
    unhonoured: &[Unhonoured],
) -> Result<Run> {
    let notes = &place.notes;
    let cannot_note = |cause| error::apply::no_journal(notes, cause);
    disk.step(notes).map_err(cannot_note)?;
    let index_path = notes.join(INDEX);
    write_index(&index_path, draft)?;
    let text = notes.join("message");
    fs::write(&text, message.text()).map_err(cannot_note)?;
    let output = notes.join("output");
    let printed = File::create(&output).map_err(cannot_note)?;
    let trace = notes.join("trace");
    // Git adds to it, and there may be that of the commit before.
    disk.remove_file(&trace).map_err(cannot_note)?;

    let mut command = git.command();
    if !message.text().is_ascii() {
        // The message is UTF-8; under another name it would be read wrongly for ever.
        command.args(["-c", "i18n.commitEncoding=UTF-8"]);
    }
    // The journal goes once the commit is made: by then the commit has to last. What git does now and then behind a
    // commit would leave a lock in the objects if it were killed with this run, and waits for a commit of the person.
    let settings = ["core.fsync=all", "maintenance.auto=false", "gc.auto=0"];
    command.args(settings.iter().flat_map(|setting| ["-c", setting]));
    command.args(["commit", "--quiet", "--file"]).arg(&text);
    if !unhonoured.contains(&Unhonoured::Cleanup) {
        command.arg("--cleanup=verbatim");
    }
    command.env("GIT_INDEX_FILE", &index_path);
    if git.variable("GIT_TRACE2_EVENT").is_none() {
        command.env("GIT_TRACE2_EVENT", &trace);
    }
    // One file for both streams keeps their order, and unlike a pipe it waits for no process that a hook leaves
    // running.
    command.stdin(Stdio::null());
    command
        .stdout(printed.try_clone().map_err(cannot_note)?)
        .stderr(printed);
    let missing = |cause| error::git::program_missing(&crate::repo::git::needed_for(unhonoured), cause);
    process::adopt_orphans();
    // In the run's own group, since a signature may ask for its passphrase at the terminal.
    let mut child = Guarded::spawn(&mut command, Group::Shared).map_err(missing)?;
    // By this a later run waits for a commit that goes on although this run was killed.
    let _ = fs::write(notes.join(CHILD), process_line(child.child().id()).unwrap_or_default());
    let status = child.wait().map_err(missing)?;
    if status.signal().is_some() {
        // What it wrote is taken back now: a hook that the signal did not end must not go on writing.
        child.end_left_behind();
    }
    Ok(Run {
        success: status.success(),
        killed: status.signal().is_some(),
        output: String::from_utf8_lossy(&fs::read(&output).unwrap_or_default()).into_owned(),
        failed_hook: fs::read_to_string(&trace).ok().and_then(|trace| failed_hook(&trace)),
    })
}

/// A process by its number and the time at which it began, by which no later process is taken for it.
fn process_line(pid: u32) -> Option<String> {
    let start = i32::try_from(pid).ok().and_then(process::table::start_of)?;
    Some(format!("{pid} {start}"))
}

/// The `git commit` of a killed run, if it goes on.
pub(super) fn running_child(place: &Place) -> Option<u32> {
    let line = fs::read_to_string(place.notes.join(CHILD)).ok()?;
    let pid = line.split(' ').next().and_then(|pid| pid.parse().ok())?;
    (process_line(pid).as_ref() == Some(&line)).then_some(pid)
}

/// Waits for the `git commit` of a killed run.
///
/// # Errors
/// `locked` if it goes on.
pub(super) fn wait_for_child(place: &Place) -> Result<()> {
    for _ in 0..TRIES {
        if running_child(place).is_none() {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    match running_child(place) {
        Some(pid) => Err(error::apply::commit_goes_on(pid)),
        None => Ok(()),
    }
}

fn write_index(path: &Path, draft: &Draft<'_>) -> Result<()> {
    let failed = |cause| error::git::failed("write an index for the commit", cause);
    let mut index = Index::open(path).map_err(failed)?;
    put_changes(&mut index, draft.head_tree.as_ref(), &draft.changes).map_err(failed)?;
    index.write().map_err(failed)
}

/// Checks that the commit was made, and is the drafted one; takes one with another tree back.
fn judge(
    disk: &mut Disk<'_>,
    git: &GitState,
    wanted: &Wanted,
    unhonoured: &[Unhonoured],
    run: Run,
) -> Result<(Oid, String)> {
    let (id, as_wanted) = match (branch::find_made(git, wanted)?, process::interrupted()) {
        (Some(made), _) => made,
        // What git and its hooks say is of no weight then: they were ended.
        (None, Some(signal)) => return Err(error::process::stopped_commit(signal)),
        (None, None) if run.success || (run.failed_hook.is_none() && git.head()?.id() != wanted.parent) => {
            return Err(error::git::head_moved());
        }
        (None, None) => return Err(refusal(unhonoured, &run)),
    };
    if as_wanted {
        return Ok((id, run.output));
    }
    // Only a hook that runs before the commit can have changed it.
    let changed = changed_in_commit(git, wanted, id)?;
    let hooks: Vec<&str> = unhonoured.iter().filter_map(Unhonoured::hook).collect();
    let error = error::git::hook_changed(&hooks, &changed, &run.output);
    for reference in [wanted.reference.as_str(), git.head()?.reference()] {
        let back = Move {
            reference: reference.to_owned(),
            from: wanted.parent,
            to: Some(id),
        };
        if branch::stands_at(git, reference)? == Some(id) {
            branch::take_back(git, disk, &back)?;
            return Err(error);
        }
    }
    let short = branch::short(git, id)?;
    Err(error.hint(error::git::built_upon(&short)))
}

fn refusal(unhonoured: &[Unhonoured], run: &Run) -> Error {
    if let Some(hook) = &run.failed_hook {
        return error::git::hook_failed(hook, &run.output);
    }
    let hooks: Vec<&str> = unhonoured.iter().filter_map(Unhonoured::hook).collect();
    match hooks.as_slice() {
        [hook] if !run.killed && !unhonoured.contains(&Unhonoured::Signing) => {
            error::git::hook_failed(hook, &run.output)
        }
        _ => error::git::commit_failed(&run.output),
    }
}

/// The paths at which the commit differs from the drafted tree.
fn changed_in_commit(git: &GitState, wanted: &Wanted, id: Oid) -> Result<Vec<String>> {
    let failed = |cause| error::git::failed("read the commit", cause);
    let repo = git.repo();
    let made = repo.find_commit(id).and_then(|commit| commit.tree()).map_err(failed)?;
    let drafted = wanted
        .tree
        .map(|tree| repo.find_tree(tree))
        .transpose()
        .map_err(failed)?;
    let diff = repo
        .diff_tree_to_tree(drafted.as_ref(), Some(&made), None)
        .map_err(failed)?;
    let path = |delta: git2::DiffDelta<'_>| {
        let path = delta.new_file().path().map(super::text);
        path.or_else(|| delta.old_file().path().map(super::text))
    };
    Ok(diff.deltas().filter_map(path).collect())
}

/// An event of git's trace, of the few kinds that tell about hooks.
#[derive(Deserialize)]
struct Event {
    event: String,
    sid: String,
    child_id: Option<i64>,
    hook_name: Option<String>,
    code: Option<i64>,
}

/// The hook that failed, from git's trace (a JSON object a line).
fn failed_hook(trace: &str) -> Option<String> {
    let events: Vec<Event> = trace
        .lines()
        .filter_map(|line| serde_json::from_str::<Event>(line).ok())
        // The git commands that hooks run add to the same trace; their ids are paths below ours.
        .filter(|event| !event.sid.contains('/'))
        .collect();
    let failed = events.iter().find(|event| {
        event.event == "child_exit" && event.code.is_some_and(|code| code != 0) && {
            let child = event.child_id;
            events
                .iter()
                .any(|start| start.child_id == child && start.hook_name.is_some())
        }
    })?;
    events
        .iter()
        .find(|event| event.child_id == failed.child_id && event.hook_name.is_some())
        .and_then(|event| event.hook_name.clone())
}
