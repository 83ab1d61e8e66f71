//! The status for programs: schema 1.

use std::path::PathBuf;

use serde::Serialize;

use super::stand::Stand;
use super::{Answer, BackedUp, Detail, Elsewhere, Gap, Kept, Plan, Service, Status, Totals};
use crate::error::json::Json;
use crate::error::{Error, Place, Result};

/// The number of the schema: it grows when a field changes its meaning or goes away.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'s> {
    schema: u32,
    command: &'static str,
    host: &'s str,
    contract_installed: bool,
    totals: Numbers,
    services: Vec<Entry<'s>>,
    untested: &'s [String],
    elsewhere: Vec<Other>,
    faults: Vec<Json>,
}

#[derive(Serialize)]
struct Numbers {
    services: usize,
    migrated: usize,
    legacy: usize,
    undeclared: usize,
    gaps: usize,
    blocked: usize,
    nix_files: usize,
    nix_files_read: usize,
}

#[derive(Serialize)]
struct Entry<'s> {
    service: &'s str,
    pattern: &'static str,
    #[serde(flatten)]
    place: Position,
    enabled: Option<bool>,
    port: Option<u16>,
    exposed: bool,
    #[serde(rename = "type")]
    access: Option<&'s str>,
    persisted: Vec<Path<'s>>,
    backed_up: Vec<Path<'s>>,
    gaps: Vec<Missing<'s>>,
    blocked: Option<Json>,
    unknown: Vec<Unknown<'s>>,
    #[serde(flatten)]
    closely: Option<Closely<'s>>,
}

/// What is said of a service that was asked for by its name.
#[derive(Serialize)]
struct Closely<'s> {
    plan: Planned<'s>,
    pieces: Vec<PieceEntry<'s>>,
}

#[derive(Serialize)]
struct Planned<'s> {
    outcome: &'static str,
    installs_contract: bool,
    offered: &'s [String],
    refusal: Option<Json>,
}

#[derive(Serialize)]
struct PieceEntry<'s> {
    kind: &'static str,
    name: &'s str,
    says: &'s [String],
    stands: Vec<Position>,
    will_stand: Option<Vec<Position>>,
}

#[derive(Serialize)]
struct Position {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Path<'s> {
    path: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'s str>,
    #[serde(flatten)]
    place: Position,
}

#[derive(Serialize)]
struct Missing<'s> {
    code: &'static str,
    message: &'s str,
    #[serde(flatten)]
    place: Position,
}

#[derive(Serialize)]
struct Unknown<'s> {
    field: &'static str,
    why: &'s str,
    #[serde(flatten)]
    place: Position,
}

#[derive(Serialize)]
struct Other {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
}

/// The document as text, with a newline at its end.
pub fn text(status: &Status, details: &[Detail]) -> Result<String> {
    let services = match details {
        [] => status.services.iter().map(entry).collect(),
        details => details.iter().map(closely).collect(),
    };
    let document = Document {
        schema: SCHEMA,
        command: "status",
        host: &status.host,
        contract_installed: status.installed,
        totals: numbers(status),
        services,
        untested: &status.untested,
        elsewhere: elsewhere(&status.elsewhere),
        faults: status.faults.iter().map(Json::from).collect(),
    };
    let text = serde_json::to_string_pretty(&document);
    text.map(|text| text + "\n")
        .map_err(|cause| Error::internal("the status has no JSON form").because(cause))
}

fn elsewhere(elsewhere: &Elsewhere) -> Vec<Other> {
    let sure = |place: &Place| Other {
        file: place.path.to_string_lossy().into_owned(),
        line: Some(place.line),
        column: Some(place.column),
    };
    let likely = |path: &PathBuf| Other {
        file: path.to_string_lossy().into_owned(),
        line: None,
        column: None,
    };
    match elsewhere {
        Elsewhere::Sure(places) => places.iter().map(sure).collect(),
        Elsewhere::Likely(paths) => paths.iter().map(likely).collect(),
    }
}

fn numbers(status: &Status) -> Numbers {
    let Totals {
        services,
        migrated,
        legacy,
        undeclared,
        gaps,
        blocked,
    } = status.totals();
    Numbers {
        services,
        migrated,
        legacy,
        undeclared,
        gaps,
        blocked,
        nix_files: status.files.total,
        nix_files_read: status.files.read,
    }
}

fn entry(service: &Service) -> Entry<'_> {
    let mut unknown = Vec::new();
    let enabled = known(&service.enabled, "enabled", &mut unknown).copied();
    let port = service
        .port
        .as_ref()
        .and_then(|port| known(port, "port", &mut unknown))
        .copied();
    let access = service
        .exposed
        .as_ref()
        .and_then(|access| known(access, "type", &mut unknown));
    for field in ["persisted", "backed_up"] {
        unknown.extend(service.unseen.iter().map(|why| Unknown {
            field,
            why: &why.reason,
            place: position(&why.place),
        }));
    }
    Entry {
        service: &service.name,
        pattern: service.pattern.name(),
        place: position(&service.place),
        enabled,
        port,
        exposed: service.exposed.is_some(),
        access: access.map(String::as_str),
        persisted: service.persisted.iter().map(|kept| path(kept, None)).collect(),
        backed_up: service
            .backed_up
            .iter()
            .map(|BackedUp { kept, job }| path(kept, job.as_ref()))
            .collect(),
        gaps: service.gaps.iter().map(missing).collect(),
        blocked: service.blocked.as_ref().map(Json::from),
        unknown,
        closely: None,
    }
}

fn closely(detail: &Detail) -> Entry<'_> {
    let (outcome, installs_contract, offered, refusal) = match &detail.plan {
        Plan::Planned { installs, offered } => ("planned", *installs, offered.as_slice(), None),
        Plan::Nothing => ("nothing", false, &[][..], None),
        Plan::Refused(error) => ("refused", false, &[][..], Some(Json::from(error))),
    };
    Entry {
        closely: Some(Closely {
            plan: Planned {
                outcome,
                installs_contract,
                offered,
                refusal,
            },
            pieces: detail.stands.iter().map(piece_entry).collect(),
        }),
        ..entry(&detail.service)
    }
}

fn piece_entry(stand: &Stand) -> PieceEntry<'_> {
    let places = |places: &[Place]| places.iter().map(position).collect();
    PieceEntry {
        kind: stand.piece.kind.name(),
        name: &stand.piece.name,
        says: &stand.piece.says,
        stands: places(&stand.stands),
        will_stand: stand.will_stand.as_deref().map(places),
    }
}

fn known<'s, T>(answer: &'s Answer<T>, field: &'static str, unknown: &mut Vec<Unknown<'s>>) -> Option<&'s T> {
    match answer {
        Answer::Known(value) => Some(value),
        Answer::Unknown(why) => {
            unknown.push(Unknown {
                field,
                why: &why.reason,
                place: position(&why.place),
            });
            None
        }
    }
}

fn path<'s>(kept: &'s Kept, job: Option<&'s String>) -> Path<'s> {
    Path {
        path: &kept.path,
        job: job.map(String::as_str),
        place: position(&kept.place),
    }
}

fn missing(gap: &Gap) -> Missing<'_> {
    Missing {
        code: gap.code,
        message: &gap.text,
        place: position(&gap.place),
    }
}

fn position(place: &Place) -> Position {
    Position {
        file: place.path.to_string_lossy().into_owned(),
        line: place.line,
        column: place.column,
    }
}
