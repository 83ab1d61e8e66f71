//! `qgroget undo --format json`.

use serde_json::{Value, json};

use crate::commit::{Entry, Outcome, Recovered, State, UndoKept, UndoPlan, UndoWay, Undone};
use crate::error::Error;
use crate::error::json::Json;

/// The commits of the tool.
pub fn list(entries: &[Entry]) -> Value {
    let state = |entry: &Entry| match &entry.state {
        State::Intact => "intact",
        State::Changed => "changed",
        State::OldMark => "old-mark",
        State::Shallow => "shallow",
        State::Undone => "undone",
        State::Replaced(_) => "replaced",
    };
    let commits: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "service": entry.name,
                "commit": entry.short,
                "first": entry.first,
                "title": entry.title,
                "state": state(entry),
            })
        })
        .collect();
    json!({ "schema": 1, "command": "undo", "commits": commits })
}

/// Where there is nothing to take back.
pub fn nothing(service: Option<&str>) -> Value {
    document("nothing", service, Vec::new(), None, None)
}

/// Where it is refused.
pub fn refused(service: Option<&str>, error: &Error) -> Value {
    let mut document = document("refused", service, Vec::new(), None, None);
    document["refusals"] = json!([Json::from(error)]);
    document
}

/// Where it was interrupted, and what was begun then is finished now.
pub fn finished(recovered: &Recovered, service: Option<&str>) -> Value {
    let new_commit = match &recovered.outcome {
        Outcome::Finished(Some(id)) => Some(id.as_str()),
        _ => None,
    };
    let mut document = document("undone", service, Vec::new(), None, new_commit);
    document["files"] = json!(recovered.paths);
    document
}

/// What would be taken back.
pub fn planned(plan: &UndoPlan) -> Value {
    let Entry {
        short, title, first, ..
    } = &plan.entry;
    let mut document = document(
        "planned",
        Some(&plan.entry.name),
        taken(short, first.as_deref(), title),
        Some(plan.way),
        None,
    );
    document["files"] = json!(plan.paths());
    document["kept"] = kept(&plan.kept);
    document
}

/// What was taken back.
pub fn done(plan: &UndoPlan, undone: &Undone) -> Value {
    let mut document = document(
        "undone",
        Some(&plan.entry.name),
        taken(&undone.short, undone.first.as_deref(), &undone.title),
        Some(undone.way),
        undone.commit.as_ref().map(|commit| commit.id.as_str()),
    );
    document["files"] = json!(undone.paths);
    document["kept"] = kept(&plan.kept);
    document
}

/// The commits, the last one first.
fn taken(short: &str, first: Option<&str>, title: &str) -> Vec<Value> {
    let first = first.map(|first| json!({ "commit": first, "title": Value::Null }));
    std::iter::once(json!({ "commit": short, "title": title }))
        .chain(first)
        .collect()
}

fn document(
    outcome: &str,
    service: Option<&str>,
    commits: Vec<Value>,
    way: Option<UndoWay>,
    new_commit: Option<&str>,
) -> Value {
    let way = way.map(|way| match way {
        UndoWay::Remove => "removed",
        UndoWay::RevertLater | UndoWay::RevertPushed => "reverted",
    });
    json!({
        "schema": 1,
        "command": "undo",
        "outcome": outcome,
        "service": service,
        "commits": commits,
        "way": way,
        "new_commit": new_commit,
        "files": [],
        "kept": [],
    })
}

fn kept(kept: &[UndoKept]) -> Value {
    kept.iter()
        .map(|kept| json!({ "file": kept.path, "named_by": kept.by }))
        .collect()
}
