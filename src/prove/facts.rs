//! What a slice's stand-ins and symbols are made from: read off the sources, and added to by each round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::scan::{Part, Source};
use super::slice::Request;
use super::sources::Sources;
use super::standin::StandIns;

/// The state that rounds add to.
pub(super) struct Facts {
    pub(super) names: BTreeSet<String>,
    pub(super) stand_ins: StandIns,
    pub(super) lazy: usize,
    /// Which functions are called with a symbolic argument: 2 all, 1 those that name their arguments, 0 none.
    pub(super) apply: u8,
    /// Second names by first name of option paths: `environment.persistence`.
    pub(super) mentioned: BTreeMap<String, BTreeSet<String>>,
    pub(super) scoped: BTreeSet<String>,
    pub(super) inputs: BTreeSet<String>,
    pub(super) arguments: BTreeSet<String>,
}

impl Facts {
    pub(super) fn collect(request: &Request) -> Facts {
        let mut facts = Facts {
            names: BTreeSet::new(),
            scoped: BTreeSet::new(),
            inputs: BTreeSet::new(),
            arguments: BTreeSet::new(),
            stand_ins: StandIns::default(),
            mentioned: BTreeMap::new(),
            lazy: 2,
            apply: 2,
        };
        for sources in request.sources {
            let reached = sources.reached_from(
                &starts(sources, request.places[0], request.host, request.extra),
                request.host,
            );
            for (path, source) in &sources.files {
                facts.names.extend(source.selected.iter().cloned());
                facts.scoped.extend(source.scoped.iter().cloned());
                facts.inputs_of(path, source);
                for (first, second) in &source.pairs {
                    facts.mentioned.entry(first.clone()).or_default().insert(second.clone());
                }
                if reached.contains(path) {
                    facts.arguments.extend(source.formals.iter().cloned());
                    facts.reads_of(source);
                }
            }
        }
        for own in ["config", "lib", "options", "pkgs", "modulesPath", "inputs", "self"] {
            facts.arguments.remove(own);
        }
        facts
    }

    fn inputs_of(&mut self, path: &Path, source: &Source) {
        let flake = path == Path::new("flake.nix");
        for chain in &source.chains {
            if let (true, Some(Part::Name(name))) = (chain.root == "inputs", chain.parts.first()) {
                self.inputs.insert(name.clone());
            }
        }
        if flake {
            self.inputs.extend(source.flake_arguments.iter().cloned());
        }
        self.inputs.retain(|name| name != "self");
    }

    fn reads_of(&mut self, source: &Source) {
        for chain in &source.chains {
            let alias = chain.bound_to.as_ref().is_some_and(|name| source.selects_from(name));
            if chain.guarded || chain.parts.is_empty() || alias {
                continue;
            }
            for path in source.resolve(&chain.root, &chain.parts, "config") {
                if path.len() > 1 {
                    self.stand_ins.add(&path, chain.kind, false);
                }
            }
        }
    }
}

/// The files that a host's modules start from.
pub fn starts(sources: &Sources, hosts: &Path, host: &str, extra: &[PathBuf]) -> Vec<PathBuf> {
    let own = hosts.join(host);
    sources
        .files
        .keys()
        .filter(|p| p.parent() == Some(&own))
        .cloned()
        .chain(extra.iter().cloned())
        .collect()
}
