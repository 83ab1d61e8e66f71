//! Schema 1: a plan and what became of it, for programs. `docs/json.md` explains every field,
//! `docs/schema/plan-1.json` is the JSON Schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::decision::{Decision, Reason};
use crate::edit::{FileChange, GroupId, SourceChange};
use crate::error::json::Json;
use crate::error::{Error, Place, Result};
use crate::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};

/// The number of the schema: it grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// What a run planned or did.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    schema: u32,
    command: String,
    /// One entry a service, in the order in which they were asked for.
    pub services: Vec<Service>,
    /// What else is to be said, a sentence each.
    pub notes: Vec<String>,
    /// What refuses the run as a whole, and none of its services by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Json>,
}

impl Document {
    /// An empty document of `command` (`migrate`, `init` …).
    pub fn new(command: &str) -> Document {
        Document {
            schema: SCHEMA,
            command: command.to_owned(),
            services: Vec::new(),
            notes: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// The document as text, with a newline at its end.
    ///
    /// # Errors
    /// When `proof` holds what JSON can't.
    pub fn to_text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|cause| Error::internal("the plan has no JSON form").because(cause))
    }
}

/// What became of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceOutcome {
    /// It would be migrated; nothing is written (`--dry-run`).
    Planned,
    /// It is migrated.
    Migrated,
    /// Nothing of it was accepted.
    Declined,
    /// The tool will not migrate it.
    Refused,
    /// There is nothing to do.
    Nothing,
}

/// One service.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    service: String,
    outcome: ServiceOutcome,
    groups: Vec<GroupEntry>,
    refusals: Vec<Json>,
    left: Vec<LeftEntry>,
    /// What the proof found; `null` if none was made.
    pub proof: Option<serde_json::Value>,
    /// The commit; `null` if none is made.
    pub commit: Option<Commit>,
}

/// A commit, made or planned.
#[derive(Clone, Debug, Serialize)]
pub struct Commit {
    /// The whole message of the commit before it that only moves files, where there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The whole message.
    pub message: String,
    /// Its object name; `null` as long as it is only planned.
    pub id: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct GroupEntry {
    id: GroupId,
    kind: &'static str,
    title: String,
    why: String,
    safety: Safety,
    needs: Vec<GroupId>,
    accepted: bool,
    /// The group that this one is declined with.
    declined_with: Option<GroupId>,
    moves: Vec<MoveEntry>,
    edits: Vec<EditEntry>,
}

#[derive(Clone, Debug, Serialize)]
struct MoveEntry {
    what: String,
    from: Option<PlaceEntry>,
    to: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct PlaceEntry {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Clone, Debug, Serialize)]
struct EditEntry {
    /// Path before; `null` for a new file.
    file: Option<String>,
    /// Path after; `null` for a deleted file.
    new_file: Option<String>,
    range: RangeEntry,
    before: String,
    after: String,
}

#[derive(Clone, Debug, Serialize)]
struct RangeEntry {
    start: usize,
    end: usize,
}

#[derive(Clone, Debug, Serialize)]
struct LeftEntry {
    what: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    why: String,
    next: Option<String>,
}

impl Service {
    /// A service with its groups: what `decision` took, with the exact edits of its change.
    ///
    /// # Errors
    /// When the proposal refuses to render a part of what was accepted.
    pub fn decided(proposal: &dyn Proposal, decision: &Decision, outcome: ServiceOutcome) -> Result<Service> {
        let mut edits = edits(proposal, decision)?;
        let groups = proposal.groups().iter().map(|group| {
            let edits = edits.remove(&group.id).unwrap_or_default();
            entry(group, decision, edits)
        });
        Ok(Service {
            groups: groups.collect(),
            left: proposal.skipped().iter().map(left).collect(),
            ..Service::bare(proposal.name(), outcome)
        })
    }

    /// A service that is refused.
    pub fn refused<'e>(name: &str, errors: impl IntoIterator<Item = &'e Error>) -> Service {
        Service {
            refusals: errors.into_iter().map(Json::from).collect(),
            ..Service::bare(name, ServiceOutcome::Refused)
        }
    }

    /// A service that needs nothing.
    pub fn nothing(name: &str) -> Service {
        Service::bare(name, ServiceOutcome::Nothing)
    }

    fn bare(name: &str, outcome: ServiceOutcome) -> Service {
        Service {
            service: name.to_owned(),
            outcome,
            groups: Vec::new(),
            refusals: Vec::new(),
            left: Vec::new(),
            proof: None,
            commit: None,
        }
    }
}

fn entry(group: &Group, decision: &Decision, edits: Vec<EditEntry>) -> GroupEntry {
    let declined = decision.declined.iter().find(|declined| declined.group == group.id);
    GroupEntry {
        id: group.id,
        kind: group.kind,
        title: group.title.clone(),
        why: group.why.clone(),
        safety: group.safety,
        needs: group.needs.clone(),
        accepted: decision.accepted.contains(&group.id),
        declined_with: declined.and_then(|declined| match declined.reason {
            Reason::Needs(other) => Some(other),
            Reason::Answer | Reason::GainNotAccepted | Reason::OverwriteNotAccepted | Reason::Skipped => None,
        }),
        moves: group.moves.iter().map(movement).collect(),
        edits,
    }
}

fn movement(one: &Move) -> MoveEntry {
    MoveEntry {
        what: one.what.clone(),
        from: one.from.as_ref().map(place),
        to: one.to.clone(),
    }
}

fn place(place: &Place) -> PlaceEntry {
    PlaceEntry {
        file: text(&place.path),
        line: place.line,
        column: place.column,
    }
}

fn left(left: &Skipped) -> LeftEntry {
    let place = left.place.as_ref();
    LeftEntry {
        what: left.what.clone(),
        file: place.map(|place| text(&place.path)),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        why: left.why.clone(),
        next: left.next.clone(),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The edits of the decision's change by the group that asks for them.
///
/// A file that is new, deleted or moved is one edit of the group that first makes it so: every group is
/// rendered with the accepted ones before it to see which that is.
fn edits(proposal: &dyn Proposal, decision: &Decision) -> Result<BTreeMap<GroupId, Vec<EditEntry>>> {
    let mut edits: BTreeMap<GroupId, Vec<EditEntry>> = BTreeMap::new();
    let placed = placed(proposal, &decision.accepted, &decision.change)?;
    for file in &decision.change.files {
        for edit in &file.edits {
            let entry = part(file, edit.range.clone(), &edit.text);
            edits.entry(edit.group).or_default().push(entry);
        }
        let whole = file.from != file.to && (file.edits.is_empty() || file.from.is_none());
        if let (true, Some(group)) = (whole, placed.get(file.path())) {
            let entry = part(file, 0..file.before.len(), &file.after);
            edits.entry(*group).or_default().push(entry);
        }
    }
    Ok(edits)
}

fn part(file: &FileChange, range: std::ops::Range<usize>, after: &str) -> EditEntry {
    EditEntry {
        file: file.from.as_deref().map(text),
        new_file: file.to.as_deref().map(text),
        before: file.before[range.clone()].to_owned(),
        after: after.to_owned(),
        range: RangeEntry {
            start: range.start,
            end: range.end,
        },
    }
}

/// Which group makes each new, deleted or moved file so.
fn placed(proposal: &dyn Proposal, accepted: &Accepted, change: &SourceChange) -> Result<BTreeMap<PathBuf, GroupId>> {
    let elsewhere = |file: &&FileChange| file.from != file.to;
    let mut open: Vec<&FileChange> = change.files.iter().filter(elsewhere).collect();
    let mut placed = BTreeMap::new();
    let mut so_far = Accepted::new();
    for group in accepted {
        if open.is_empty() {
            break;
        }
        so_far.insert(*group);
        let rendered = proposal.render(&so_far)?;
        open.retain(|file| {
            let same = |other: &FileChange| other.from == file.from && other.to == file.to;
            let found = rendered.files.iter().any(same);
            if found {
                placed.insert(file.path().to_owned(), *group);
            }
            !found
        });
    }
    Ok(placed)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
