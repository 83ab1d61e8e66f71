//! Runs that were interrupted, and what changed in between.

use super::list;
use crate::commit::{Outcome, Pending, Recovered};

/// After an interrupted run was ended.
pub fn recovered(recovered: &Recovered) -> String {
    let (intent, files) = (&recovered.intent, list(&recovered.paths));
    let mut lines = vec![match &recovered.outcome {
        Outcome::RolledBack if files.is_empty() => format!("an earlier run, `{intent}`, was interrupted"),
        Outcome::RolledBack => format!("an earlier run, `{intent}`, was interrupted; it is taken back: {files}"),
        Outcome::Finished(None) => format!("an earlier run, `{intent}`, was interrupted; it is finished now: {files}"),
        Outcome::Finished(Some(id)) => {
            format!("an earlier run, `{intent}`, was interrupted; it is finished now, at commit {id}: {files}")
        }
        Outcome::Followed => format!(
            "an earlier run, `{intent}`, was interrupted, and HEAD was moved by hand since; its files are as HEAD has them: {files}"
        ),
        Outcome::ByHand(id) => format!(
            "an earlier run, `{intent}`, was interrupted, and your own commit {id} has its change: {files}\n`qgroget undo` does not know that commit; `git revert {id}` takes it back"
        ),
        Outcome::Dropped => format!(
            "an earlier run, `{intent}`, was interrupted, and commits were made by hand since; nothing of it was touched"
        ),
    }];
    lines.extend(recovered.left.lines());
    if let Some(branch) = &recovered.branch {
        lines.push(format!(
            "the branch {branch} that it had made is removed: nothing was committed on it"
        ));
    }
    let locks = recovered.locks.iter();
    lines.extend(locks.map(|lock| format!("its lock {} is removed", lock.display())));
    lines.join("\n")
}

/// Where an unfinished run is found by a command that only reads.
pub fn pending(pending: &Pending) -> String {
    let intent = &pending.intent;
    let begin = match pending.running {
        Some(pid) => format!("another run, `{intent}`, is writing now (process {pid})"),
        None => format!("an earlier run, `{intent}`, was interrupted"),
    };
    if let (None, Some(pid)) = (pending.running, pending.committing) {
        return format!(
            "{begin}, and its commit is still being made (process {pid}); what is shown is without it, and the next run waits for it"
        );
    }
    match (&pending.outcome, pending.running) {
        (Outcome::Followed, None) => {
            format!("{begin}; what is shown is as HEAD has it, as the next run that writes will leave it")
        }
        (Outcome::Dropped | Outcome::ByHand(_), _) => format!("{begin}; what is shown is what is there"),
        (_, Some(_)) => format!("{begin}; what is shown is without its unfinished half"),
        (Outcome::RolledBack, None) => {
            format!("{begin}; what is shown is without it, as the next run that writes will leave it")
        }
        (Outcome::Finished(_), None) => {
            format!("{begin}; what is shown is with it, as the next run that writes will finish it")
        }
    }
}

/// Where something was changed between a plan and its writing.
pub fn planned_again(error: &crate::error::Error) -> String {
    let mut text = format!("{}; it is planned again", error.message());
    for hint in error.hints().iter().filter(|hint| !hint.starts_with("run again")) {
        text.push_str(&format!("\n  {hint}"));
    }
    text
}
