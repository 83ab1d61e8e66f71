//! Commits made by the program `git`, with the repository's hooks and signatures.
//!
//! Hooks are programs: they can refuse, and they can change files. What they refuse is taken back; so is what they
//! change, since the commit would no longer be the one that was approved.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use git2::{Index, Oid};
use serde::Deserialize;

use super::surroundings::Surroundings;
use super::{Draft, put_changes, take_back};
use crate::apply::{Applied, Target};
use crate::error::{self, Error, Result};
use crate::repo::git::{GitState, Unhonoured};

/// Makes the commit and gives its id and what was printed.
///
/// # Errors
/// Refuses if `git commit` fails or the commit is not as drafted. HEAD, the user's index, and all files but
/// those of the change are then as before.
pub(super) fn commit(
    git: &GitState,
    applied: &Applied,
    draft: &Draft<'_>,
    unhonoured: &[Unhonoured],
) -> Result<(Oid, String)> {
    let surroundings = match unhonoured.iter().any(Unhonoured::runs_hooks) {
        true => Some(Surroundings::record(git, applied.targets(), applied.notes())?),
        false => None,
    };
    // Hooks that evaluate the flake read the user's index, whatever `GIT_INDEX_FILE` says, and nix sees no file
    // that is not in it.
    let prepared = match &surroundings {
        Some(_) => git.update_index(&draft.changes),
        None => Ok(()),
    };
    let made = prepared
        .and_then(|()| run(git, applied.notes(), draft, unhonoured))
        .and_then(|run| judge(git, applied.targets(), draft, unhonoured, run));
    if made.is_err() {
        if let Ok(Some(id)) = git.head().map(|head| head.id())
            && draft.head.id() != Some(id)
            && is_child_of(git, id, draft.head.id())
        {
            take_back(git, &draft.head, id);
        }
        if let Some(surroundings) = surroundings {
            surroundings.restore(git)?;
        }
    }
    made
}

/// How a run of `git commit` ended.
struct Run {
    success: bool,
    output: String,
    /// The hook that failed, where git told.
    failed_hook: Option<String>,
}

fn run(git: &GitState, notes: &Path, draft: &Draft<'_>, unhonoured: &[Unhonoured]) -> Result<Run> {
    let cannot_note = |cause| error::apply::no_journal(notes, cause);
    let index_path = notes.join("index");
    write_index(&index_path, draft)?;
    let message = notes.join("message");
    fs::write(&message, draft.message).map_err(cannot_note)?;
    let output = notes.join("output");
    let printed = File::create(&output).map_err(cannot_note)?;
    let trace = notes.join("trace");

    let mut command = git.command();
    if !draft.message.is_ascii() {
        // The message is UTF-8; under another name it would be read wrongly for ever.
        command.args(["-c", "i18n.commitEncoding=UTF-8"]);
    }
    command.args(["commit", "--quiet", "--file"]).arg(&message);
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
    let status = command
        .status()
        .map_err(|cause| error::git::program_missing(&crate::repo::git::needed_for(unhonoured), cause))?;
    Ok(Run {
        success: status.success(),
        output: String::from_utf8_lossy(&fs::read(&output).unwrap_or_default()).into_owned(),
        failed_hook: fs::read_to_string(&trace).ok().and_then(|trace| failed_hook(&trace)),
    })
}

fn write_index(path: &Path, draft: &Draft<'_>) -> Result<()> {
    let failed = |cause| error::git::failed("write an index for the commit", cause);
    let mut index = Index::open(path).map_err(failed)?;
    put_changes(&mut index, draft.head_tree.as_ref(), &draft.changes).map_err(failed)?;
    index.write().map_err(failed)
}

/// Checks that the commit was made, and is the drafted one.
fn judge(
    git: &GitState,
    targets: &[Target],
    draft: &Draft<'_>,
    unhonoured: &[Unhonoured],
    run: Run,
) -> Result<(Oid, String)> {
    let before = draft.head.id();
    let id = match git.head()?.id() {
        Some(id) if run.success && Some(id) != before => id,
        _ => return Err(refusal(unhonoured, &run)),
    };
    if !is_child_of(git, id, before) {
        return Err(error::git::head_moved());
    }
    let mut changed = changed_in_commit(git, draft, id)?;
    for target in targets {
        let path = super::text(&target.path);
        let on_disk = fs::read(git.workdir().join(&target.path)).ok();
        if on_disk.as_deref() != target.after.as_ref().map(|after| &*after.bytes) && !changed.contains(&path) {
            changed.push(path);
        }
    }
    if changed.is_empty() {
        return Ok((id, run.output));
    }
    // Only a hook that runs before the commit can have changed it.
    let hooks: Vec<&str> = unhonoured.iter().filter_map(Unhonoured::hook).collect();
    Err(error::git::hook_changed(&hooks, &changed, &run.output))
}

fn refusal(unhonoured: &[Unhonoured], run: &Run) -> Error {
    if let Some(hook) = &run.failed_hook {
        return error::git::hook_failed(hook, &run.output);
    }
    let hooks: Vec<&str> = unhonoured.iter().filter_map(Unhonoured::hook).collect();
    match hooks.as_slice() {
        [hook] if !unhonoured.contains(&Unhonoured::Signing) => error::git::hook_failed(hook, &run.output),
        _ => error::git::commit_failed(&run.output),
    }
}

/// The paths at which the commit differs from the drafted tree.
fn changed_in_commit(git: &GitState, draft: &Draft<'_>, id: Oid) -> Result<Vec<String>> {
    let failed = |cause| error::git::failed("read the commit", cause);
    let repo = git.repo();
    let made = repo.find_commit(id).and_then(|commit| commit.tree()).map_err(failed)?;
    let drafted = repo.find_tree(draft.tree).map_err(failed)?;
    let diff = repo
        .diff_tree_to_tree(Some(&drafted), Some(&made), None)
        .map_err(failed)?;
    let path = |delta: git2::DiffDelta<'_>| {
        let path = delta.new_file().path().map(super::text);
        path.or_else(|| delta.old_file().path().map(super::text))
    };
    Ok(diff.deltas().filter_map(path).collect())
}

/// Whether the only parent of the commit `id` is `parent`.
fn is_child_of(git: &GitState, id: Oid, parent: Option<Oid>) -> bool {
    let commit = git.repo().find_commit(id);
    commit.is_ok_and(|commit| commit.parent_ids().eq(parent))
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
