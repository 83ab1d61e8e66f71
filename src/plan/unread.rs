//! Who reads a field of the legacy services: what nobody reads does not happen, and is a gap instead of data to be moved.
//!
//! A reader is looked for in every file that may be a part of a host: what the hosts' imports lead to, and what the path
//! literals of those files name. A read that cannot be followed, or whose field is computed, may be of any field.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::flow::Flow;
use super::model::Context;
use crate::repo::{Repository, hosts};
use crate::rules::{ContractField, parts};

/// Where the outputs of the repository begin, which may name modules that no host's directory does.
const FLAKE: &str = "flake.nix";

/// Whether nobody reads the legacy field `name` of any service. The rules' own list goes before what is found.
pub fn is_unread(context: &Context, name: &str) -> bool {
    let rules = context.rules();
    match &rules.unread.fields {
        Some(fields) => fields.iter().any(|field| field == name),
        None if rules.fields.get(name) != Some(&ContractField::BackupPaths) => false,
        None => fields(context).iter().any(|field| field == name),
    }
}

/// The legacy fields that say what is to be backed up and that nobody reads. Of other fields it does not matter: what they
/// say is data of the contract in any case.
pub fn fields(context: &Context) -> Vec<String> {
    let rules = context.rules();
    match &rules.unread.fields {
        Some(fields) => fields.clone(),
        None => context.model.unread_fields(|| found(context)).to_vec(),
    }
}

fn found(context: &Context) -> Vec<String> {
    let fields = &context.rules().fields;
    let backups = fields.iter().filter(|(_, field)| **field == ContractField::BackupPaths);
    let names: Vec<&String> = backups.map(|(name, _)| name).collect();
    match Reads::of(context) {
        Reads::Any => Vec::new(),
        Reads::Fields(read) => names
            .into_iter()
            .filter(|name| !read.contains(*name))
            .cloned()
            .collect(),
    }
}

/// What is read of the services.
enum Reads {
    /// Possibly everything.
    Any,
    Fields(BTreeSet<String>),
}

impl Reads {
    fn of(context: &Context) -> Reads {
        let (repo, rules) = (context.repo, context.rules());
        let from = parts(&rules.namespaces.services);
        let (last, above) = from.split_last().expect("a namespace has parts");
        // Nothing is switched to another list here; this one fits wherever the option is named.
        let to = [above, &["_", last]].concat();
        // What it shows of the contracts goes to the legacy option, and nothing comes from there.
        let bridge = rules.paths.server.join("legacy-bridge.nix");
        let mut fields = BTreeSet::new();
        for path in parts_of_hosts(repo) {
            let text = repo.text(&path).filter(|text| text.contains(from[0]) && path != bridge);
            let Some(source) = text.and_then(|_| repo.source(&path)) else {
                continue;
            };
            let flow = Flow::of(source, &from, &to);
            if source.is_faulty() || !flow.unclear.is_empty() {
                return Reads::Any;
            }
            fields.extend(flow.reads.into_iter().map(|read| read.field));
        }
        Reads::Fields(fields)
    }
}

/// The files that may be a part of some host. Tests are none, and neither is what an underscore marks as a text to copy.
fn parts_of_hosts(repo: &Repository) -> BTreeSet<PathBuf> {
    let tests = &repo.rules().paths.tests;
    let copied = |path: &Path| {
        path.components()
            .any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"_"))
    };
    let mut open: Vec<PathBuf> = hosts::names(repo)
        .iter()
        .flat_map(|host| hosts::reached(repo, host))
        .chain([PathBuf::from(FLAKE)])
        .collect();
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.starts_with(tests) || copied(&path) || !repo.has(&path) || !found.insert(path.clone()) {
            continue;
        }
        for literal in repo.path_literals(&path) {
            match repo.import_target(&literal.target) {
                Some(target) => open.push(target),
                // A directory that is no module is read file by file: `map (name: ./services + "/${name}")`.
                None => open.extend(below(repo, &literal.target)),
            }
        }
    }
    found
}

fn below<'r>(repo: &'r Repository, directory: &'r Path) -> impl Iterator<Item = PathBuf> + 'r {
    // The root as a whole, as in `src = ./.;`, is what the repository is, and names nothing in it.
    let named = !directory.as_os_str().is_empty();
    let files = repo
        .nix_files()
        .filter(move |path| named && path.starts_with(directory));
    files.map(Path::to_owned)
}
