//! The proof: what the machine's configuration evaluates to before and after, and what differs.
//!
//! - slice mode evaluates the modules of a host with nixpkgs' library and symbolic stubs for all that is not
//!   there, so that it needs neither packages nor flake inputs nor network;
//! - system mode evaluates `nixosConfigurations.<host>` itself, where the flake's inputs are at hand.
//!
//! Only [`nix`] starts a process. Nothing is written outside of scratch directories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::{Result, prove as text};

pub mod area;
pub mod compare;
mod configuration;
mod copy;
mod declared;
pub mod difference;
mod explain;
mod failure;
pub mod html;
mod kind;
mod learn;
mod library;
mod mentions;
pub mod namespaces;
pub mod nix;
mod order;
pub mod proof;
pub mod report;
mod request;
pub mod scratch;
mod sentence;
mod slice;
mod stub;
mod system;
mod tree;
mod withheld;

pub use area::Area;
pub use declared::Expected;
pub use difference::{Class, Difference, Order};
pub use namespaces::Namespaces;
pub use proof::{HostProof, Mode, Proof, Verdict};
pub use withheld::{Withheld, WithheldReason};

use nix::Nix;
use tree::SourceTree;

/// What a proof may use.
#[derive(Clone, Debug)]
pub struct ProveOptions {
    /// `nix-instantiate`; the one on `PATH` if not given.
    pub nix: Option<PathBuf>,
    /// A copy of nixpkgs or of its `lib`.
    pub nixpkgs: Option<PathBuf>,
    /// The host; if not given, all that a changed file reaches, and all that the server's modules reach.
    pub host: Option<String>,
    /// The limit of one evaluation.
    pub timeout: Duration,
    /// How to evaluate.
    pub mode: Mode,
    /// Modules to evaluate besides the host's own, relative to the root: those whose import is commented out.
    pub extra_modules: Vec<PathBuf>,
    /// Whether the trees that are compared are scratch copies: then stubs for absent files are put into them.
    pub disposable: bool,
    /// Values that only upstream has, by option path or name of a module argument.
    pub values: BTreeMap<String, Value>,
    /// The migration's option namespaces.
    pub namespaces: Namespaces,
    /// The directory of the server's modules.
    pub server: PathBuf,
    /// The directory of the hosts, one directory each.
    pub hosts: PathBuf,
}

impl Default for ProveOptions {
    fn default() -> ProveOptions {
        ProveOptions {
            nix: None,
            nixpkgs: None,
            host: None,
            timeout: Duration::from_secs(300),
            mode: Mode::Auto,
            extra_modules: Vec::new(),
            disposable: false,
            values: BTreeMap::new(),
            namespaces: Namespaces::default(),
            server: PathBuf::from("modules/server"),
            hosts: PathBuf::from("hosts"),
        }
    }
}

/// Proves changes by evaluation.
#[derive(Clone, Debug)]
pub struct Prover {
    options: ProveOptions,
}

impl Prover {
    /// A prover with these options; it looks for nix when it is used.
    pub fn new(options: ProveOptions) -> Prover {
        Prover { options }
    }

    /// Whether there is a nix to evaluate with.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn available(&self) -> Result<()> {
        self.nix().map(drop)
    }

    fn nix(&self) -> Result<Nix> {
        Nix::find(self.options.nix.as_deref(), self.options.timeout)
    }

    /// Compares what two directories evaluate to.
    ///
    /// # Errors
    /// Refuses when there is nothing to evaluate with, or one side does not evaluate.
    pub fn prove(&self, before: &Path, after: &Path) -> Result<Proof> {
        self.prove_copies(before, after, &Withheld::default(), &[])
    }

    /// As [`Prover::prove`], of copies that leave something out, and of which the first has the definitions that are
    /// `expected` to be found in it.
    ///
    /// # Errors
    /// As [`Prover::prove`]; where evaluation reads what it is not given; `declared-otherwise` where the first side does not
    /// have what is expected.
    pub fn prove_copies(
        &self,
        before: &Path,
        after: &Path,
        withheld: &Withheld,
        expected: &[Expected],
    ) -> Result<Proof> {
        let start = Instant::now();
        let nix = self.nix()?;
        let roots = [before, after];
        let [first, second] = SourceTree::of_sides(roots)?;
        let trees = [&first, &second];
        let hosts = self.hosts(trees)?;
        let systems = match self.options.mode {
            Mode::Slice => None,
            Mode::System => Some(system::Systems::new(&nix, roots, &self.options.namespaces, withheld)?),
            Mode::Auto => system::Systems::new(&nix, roots, &self.options.namespaces, withheld).ok(),
        };
        let mut proof = Proof {
            mode: Mode::Slice,
            hosts: Vec::new(),
            unproved: Vec::new(),
            elapsed: start.elapsed(),
        };
        if systems.is_some() {
            proof.mode = Mode::System;
        }
        for (host, required) in hosts {
            let proved = match &systems {
                Some(systems) => self.system(systems, &host, expected),
                None => self.slice(&nix, &host, roots, trees, withheld, expected),
            };
            match proved {
                Ok(proved) => proof.hosts.push(proved),
                Err(error) if required => return Err(error),
                Err(error) => proof.unproved.push((host, error.message().to_owned())),
            }
        }
        proof.elapsed = start.elapsed();
        Ok(proof)
    }

    fn slice(
        &self,
        nix: &Nix,
        host: &str,
        roots: [&Path; 2],
        trees: [&SourceTree; 2],
        withheld: &Withheld,
        expected: &[Expected],
    ) -> Result<HostProof> {
        let names = &self.options.namespaces;
        let library = library::find(nix, self.options.nixpkgs.as_deref(), roots[0])?;
        let input = request::SliceInput {
            nix,
            library: &library,
            host,
            roots,
            trees,
            extra: &self.options.extra_modules,
            values: &self.options.values,
            own: &names.contract,
            disposable: self.options.disposable,
            withheld,
            places: [&self.options.hosts, &self.options.server],
        };
        let (slice, session) = slice::SliceSession::new(input)?.evaluate()?;
        declared::check(&slice.before.whole, expected)?;
        let mut differences = compare::compare(&slice.before, &slice.after, &slice.stubs, names);
        differences.extend(failing_assertions(&slice));
        explain::explain(&mut differences, &session, names);
        Ok(HostProof {
            host: host.to_owned(),
            verdict: Verdict::new(differences),
            compared: proof::count_values(&slice.before.whole, names),
            unreadable: proof::unreadable(&slice.before.whole),
            rounds: slice.rounds,
            stubs: slice.stubs.len(),
            absent_files: slice.absent.into_iter().collect(),
            derivations: None,
            failing: slice.after.assertions,
        })
    }

    fn system(&self, systems: &system::Systems, host: &str, expected: &[Expected]) -> Result<HostProof> {
        let names = &self.options.namespaces;
        let mut proof = HostProof {
            host: host.to_owned(),
            verdict: Verdict::default(),
            compared: BTreeMap::new(),
            unreadable: Vec::new(),
            rounds: 1,
            stubs: 0,
            absent_files: Vec::new(),
            derivations: None,
            failing: Vec::new(),
        };
        match systems.compare(host)? {
            system::System::Same(derivation) => {
                if !expected.is_empty() {
                    declared::check(&systems.observed_before(host)?, expected)?;
                }
                proof.derivations = Some([derivation.clone(), derivation]);
            }
            system::System::Different(sides, derivations) => {
                let [before, after] = *sides;
                declared::check(&before.whole, expected)?;
                let none = stub::Stubs::default();
                let mut differences = compare::compare(&before, &after, &none, names);
                if differences.is_empty() {
                    differences.push(Difference::of_the_system(&derivations));
                }
                proof.verdict = Verdict::new(differences);
                proof.compared = proof::count_values(&before.whole, names);
                proof.unreadable = proof::unreadable(&before.whole);
                proof.derivations = Some(derivations);
            }
        }
        Ok(proof)
    }

    /// The hosts to prove, and whether the proof depends on each: on those that have the server's modules it does.
    fn hosts(&self, trees: [&SourceTree; 2]) -> Result<Vec<(String, bool)>> {
        let root = &self.options.hosts;
        let known: BTreeSet<String> = trees.iter().flat_map(|tree| tree.hosts(root)).collect();
        if let Some(host) = &self.options.host {
            // A flake may name a host that has no directory of its own.
            if known.is_empty() || known.contains(host) {
                return Ok(vec![(host.clone(), true)]);
            }
            let known: Vec<String> = known.into_iter().collect();
            return Err(text::no_such_host(host, &known));
        }
        let changed = trees[0].changed(trees[1]);
        let mut hosts = Vec::new();
        for host in known {
            let reached: BTreeSet<PathBuf> = trees
                .iter()
                .flat_map(|tree| tree.reached_from(&tree.starts(root, &host), &host))
                .collect();
            let server = reached.iter().any(|p| p.starts_with(&self.options.server));
            if server || reached.intersection(&changed).next().is_some() {
                hosts.push((host, server));
            }
        }
        if hosts.is_empty() {
            Err(text::no_host(&self.options.server))
        } else {
            Ok(hosts)
        }
    }
}

/// Assertions that fail after the change and did not before.
fn failing_assertions(slice: &slice::Slice) -> impl Iterator<Item = Difference> {
    let new = slice
        .after
        .assertions
        .iter()
        .filter(|m| !slice.before.assertions.contains(m));
    new.map(|message| Difference {
        class: Class::Changed,
        area: Area::Other,
        path: vec!["assertions".to_owned()],
        before: None,
        after: Some(Value::String(message.clone())),
        order: None,
        sentence: format!("an assertion fails now: {message}"),
        inside: Vec::new(),
    })
}
