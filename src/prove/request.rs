//! What evaluation is asked with: the stubs and symbols that are read off the sources, and added to by each round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::configuration::SEPARATOR;
use super::functions::Functions;
use super::mentions::Mentions;
use super::nix::Nix;
use super::stub::{Stubs, dotted};
use super::tree::SourceTree;
use super::withheld::Withheld;
use crate::rules::parts;

/// What a slice is made of.
#[derive(Clone, Debug)]
pub struct SliceInput<'a> {
    /// Where to evaluate.
    pub nix: &'a Nix,
    /// nixpkgs/lib.
    pub library: &'a Path,
    /// The host.
    pub host: &'a str,
    /// The directories before and after.
    pub roots: [&'a Path; 2],
    /// Their Nix files.
    pub trees: [&'a SourceTree; 2],
    /// Modules besides the host's own.
    pub extra: &'a [PathBuf],
    /// Values of the repository's `qgroget.toml`: by option path, or by the name of a module argument.
    pub values: &'a BTreeMap<String, Value>,
    /// The contract's own option namespaces.
    pub own: &'a [String],
    /// The option of the legacy services.
    pub legacy: &'a str,
    /// The directories of the hosts and of the server's modules.
    pub places: [&'a Path; 2],
    /// Whether the trees are copies that may be written to.
    pub disposable: bool,
    /// What the copies leave out.
    pub withheld: &'a Withheld,
}

/// The first two names of the option paths that the files of both sides mention: second names by first name.
pub(super) fn mentioned(trees: [&SourceTree; 2]) -> BTreeMap<String, BTreeSet<String>> {
    let mut mentioned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (first, second) in trees
        .iter()
        .flat_map(|tree| tree.files.values())
        .flat_map(|file| &file.pairs)
    {
        mentioned.entry(first.clone()).or_default().insert(second.clone());
    }
    mentioned
}

/// What both sides are evaluated with, the same for both; rounds add to it.
pub(super) struct EvalRequest {
    /// Names that symbols must have.
    pub(super) names: BTreeSet<String>,
    pub(super) stubs: Stubs,
    /// Down to which depth the names of a set do not depend on conditions.
    pub(super) lazy: usize,
    /// Which functions are called with a symbolic argument.
    pub(super) apply: Functions,
    /// Second names by first name of option paths: `environment.persistence`.
    mentioned: BTreeMap<String, BTreeSet<String>>,
    /// Names that may come from a `with` of a symbol.
    scoped: BTreeSet<String>,
    /// Flake inputs.
    pub(super) inputs: BTreeSet<String>,
    /// Module arguments.
    arguments: BTreeSet<String>,
}

impl EvalRequest {
    /// What the sources of both sides ask for.
    pub(super) fn collect(input: &SliceInput) -> EvalRequest {
        let mut request = EvalRequest {
            names: BTreeSet::new(),
            scoped: BTreeSet::new(),
            inputs: BTreeSet::new(),
            arguments: BTreeSet::new(),
            stubs: Stubs::default(),
            mentioned: mentioned(input.trees),
            lazy: 2,
            apply: Functions::All,
        };
        for tree in input.trees {
            let mut starts = tree.starts(input.places[0], input.host);
            starts.extend(input.extra.iter().cloned());
            let reached = tree.reached_from(&starts, input.host);
            for (path, file) in &tree.files {
                request.names.extend(file.selected.iter().cloned());
                request.scoped.extend(file.scoped.iter().cloned());
                request.inputs.extend(file.inputs.iter().cloned());
                if reached.contains(path) {
                    request.module(file);
                }
            }
        }
        for own in ["config", "lib", "options", "pkgs", "modulesPath", "inputs", "self"] {
            request.arguments.remove(own);
        }
        request
    }

    /// What a module of the host asks for.
    fn module(&mut self, file: &Mentions) {
        self.arguments.extend(file.arguments.iter().cloned());
        for read in file.reads.iter().filter(|read| read.needs_stub) {
            self.stubs.add(&read.path, read.kind, false);
        }
    }

    /// The form that the Nix files read. Paths below `roots` and `depot` are compared without them.
    pub(super) fn to_json(&self, input: &SliceInput, roots: &[PathBuf; 2], depot: &Path) -> Value {
        let rewrite: Vec<Value> = roots
            .iter()
            .map(|root| json!({"from": root, "to": "<repository>"}))
            .chain([json!({"from": depot, "to": "/symbolic/inputs"})])
            .collect();
        let values = input.values.iter().filter(|(path, _)| path.contains('.'));
        let options: Vec<Value> = values
            .map(|(path, value)| {
                let path = dotted(path);
                let names: Vec<&str> = path.iter().map(|name| name.as_deref().unwrap_or("*")).collect();
                json!({"path": names, "value": value})
            })
            .collect();
        let own: Vec<Vec<&str>> = input.own.iter().map(|path| path.split('.').collect()).collect();
        json!({
            "host": input.host,
            "hosts": input.places[0],
            "server": input.places[1],
            "system": "x86_64-linux",
            "library": input.library,
            "names": self.names,
            "scopedNames": self.scoped,
            "inputs": self.inputs,
            "arguments": self.arguments,
            "values": input.values,
            "options": options,
            "own": own,
            "legacy": parts(input.legacy),
            "mentioned": self.mentioned,
            "stubs": self.stubs.to_json(),
            "switches": self.stubs.switches_on(),
            "lazyDepth": self.lazy,
            "applyFunctions": self.apply.number(),
            "separator": SEPARATOR,
            "rewrite": rewrite,
        })
    }
}
