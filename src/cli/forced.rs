//! Every field of every contract evaluated once: what nobody has read yet may be of another type than the field's, or throw.
//!
//! The module system is lazy, and the proof compares what does not evaluate as what does not. So a module is put beside the
//! host's own that looks into each field; where one fails, the next evaluation is of that one alone, for what nix says of it.

use std::path::Path;

use serde::Deserialize;

use super::args::{ProofMode, Proving};
use super::proving::Verifier;
use super::session::Session;
use crate::edit::SourceChange;
use crate::error::{Error, Result};
use crate::plan::model::Context;

/// The service that stands for one which says no more than it has to.
pub const SAMPLE: &str = "qgroget-sample";

/// How many fields nix is asked about one by one.
const ASKED: usize = 5;

/// A field that does not evaluate, of which service, and what nix says.
pub struct Failing {
    pub service: String,
    pub field: String,
    pub why: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    service: String,
    field: String,
}

/// What is looked into.
pub struct Fields<'f> {
    /// `None` for all of them.
    pub only: Option<&'f str>,
    /// What the sample says besides what every contract has to say; `None` for no sample.
    pub sample: Option<&'f str>,
}

/// Values that evaluation needs of every contract.
const REQUIRED: &str =
    "enable = false; domain = \"example.org\"; dataDir = null; persistedData = []; backupPaths = [];";

/// The fields that do not evaluate once `change` is made; of those of one name, the first.
///
/// # Errors
/// Where it cannot be evaluated at all.
pub fn failing(
    fields: &Fields,
    change: &SourceChange,
    context: &Context,
    session: &Session,
    proving: &Proving,
    commits: bool,
) -> Result<Vec<Failing>> {
    let rules = context.rules();
    let module = rules.paths.server.join("qgroget-fields.nix");
    let proving = Proving {
        mode: ProofMode::Slice,
        ..proving.clone()
    };
    let host = Some(context.host.name.clone());
    let verifier = Verifier::new(session, &proving, rules, host, vec![module.clone()]).without_commit(!commits);
    let namespace = &rules.namespaces.contract;
    let sample = fields
        .sample
        .map(|more| format!("{namespace}.{SAMPLE} = {{{REQUIRED} {more}}};"))
        .unwrap_or_default();
    let only = match fields.only {
        Some(field) => format!("[{}]", crate::syntax::string_text(field)),
        None => "null".to_owned(),
    };
    let all = format!(
        "{sample} assertions = map (found: {{ assertion = false; message = builtins.toJSON found; }}) (failing config.{namespace} {only});"
    );
    let said = evaluated(&verifier, change, &module, &all)??;
    let found: Vec<Found> = said
        .iter()
        .filter_map(|message| serde_json::from_str(message).ok())
        .collect();
    let mut failing: Vec<Failing> = Vec::new();
    for Found { service, field } in found {
        if failing.iter().any(|known| known.field == field) {
            continue;
        }
        let mut why = None;
        if failing.len() < ASKED {
            let [service, field] = [&service, &field].map(|name| crate::syntax::attr_text(name));
            let one = format!("{sample} assertions = builtins.seq (force 8 config.{namespace}.{service}.{field}) [];");
            why = evaluated(&verifier, change, &module, &one)?
                .err()
                .map(|error| said_by_nix(&error));
        }
        failing.push(Failing { service, field, why });
    }
    Ok(failing)
}

/// The assertions that fail where the module stands beside the others; the inner error where that does not evaluate.
fn evaluated(
    verifier: &Verifier,
    change: &SourceChange,
    module: &Path,
    definitions: &str,
) -> Result<Result<Vec<String>>> {
    // A symbol stands for what is not there, and has no end.
    let text = format!(
        "{{ config, lib, ... }}: let\n\
         force = depth: v:\n\
         if depth == 0 then true\n\
         else if builtins.isAttrs v then v ? __symbol || v ? _type || (v.type or null) == \"derivation\" || builtins.all (name: force (depth - 1) v.${{name}}) (builtins.attrNames v)\n\
         else if builtins.isList v then builtins.all (force (depth - 1)) v\n\
         else builtins.seq v true;\n\
         failing = services: only: lib.concatLists (lib.mapAttrsToList (service: fields:\n\
         map (field: {{ inherit service field; }}) (lib.filter (field: !(builtins.tryEval (force 8 fields.${{field}})).success)\n\
         (if only == null then builtins.attrNames fields else lib.intersectLists only (builtins.attrNames fields)))) services);\n\
         in {{ {definitions} }}\n"
    );
    match verifier.proof_with(change, module.to_path_buf(), &text) {
        Ok(proof) => Ok(Ok(proof.hosts.iter().flat_map(|host| host.failing.clone()).collect())),
        Err(error) if crate::error::prove::is_of_the_change(&error) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// The words of nix in an error of evaluation.
fn said_by_nix(error: &Error) -> String {
    let whole = error.hints().iter().find_map(|hint| hint.strip_prefix("nix says:\n"));
    let first = || {
        error
            .message()
            .split_once(": ")
            .map_or(error.message(), |(_, said)| said)
    };
    whole.unwrap_or_else(first).trim().to_owned()
}

/// The working tree as it is.
pub const NO_CHANGE: SourceChange = SourceChange { files: Vec::new() };
