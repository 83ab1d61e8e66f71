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

use crate::error::prove::Side;
use crate::error::{Error, Result, prove as text};

pub mod area;
mod beside;
pub mod compare;
mod configuration;
mod copy;
mod declared;
pub mod difference;
mod explain;
mod failure;
mod fetchers;
mod functions;
mod how;
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
mod switches;
mod symbolic;
mod system;
mod tree;
mod withheld;

pub use area::Area;
pub use declared::Expected;
pub use difference::{Class, Difference, Order};
pub use how::{How, NoSystem};
pub use namespaces::Namespaces;
pub use proof::{HostProof, Mode, OnPurpose, Proof, Verdict};
pub use switches::Switches;
pub use withheld::{Withheld, WithheldReason};

use beside::Beside;
use configuration::Configuration;
use failure::Failed;
use nix::Nix;
use slice::Slice;
use system::Systems;
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
    /// Whether other hosts that a changed file reaches are proved as well where a host is given.
    pub others: bool,
    /// The limit of one evaluation.
    pub timeout: Duration,
    /// How to evaluate.
    pub mode: Mode,
    /// Modules to evaluate besides the host's own where no state imports them, relative to the root: those whose import is
    /// commented out.
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
            others: false,
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

    /// Leaves other hosts than the given one alone.
    pub fn only_that_host(&mut self) {
        self.options.others = false;
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

    /// The library of nixpkgs that slice mode evaluates the repository at `root` with.
    ///
    /// # Errors
    /// Refuses when there is none.
    pub fn library(&self, root: &Path) -> Result<PathBuf> {
        library::find(&self.nix()?, self.options.nixpkgs.as_deref(), root)
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
        let systems = self.systems(&nix, roots, trees, withheld)?;
        let mut proof = Proof {
            mode: Mode::Slice,
            hosts: Vec::new(),
            unproved: Vec::new(),
            on_purpose: OnPurpose::default(),
            elapsed: start.elapsed(),
        };
        let sides = Sides {
            nix: &nix,
            roots,
            trees,
            withheld,
            expected,
        };
        for (host, required) in hosts {
            match self.host(&systems, &host, &sides) {
                Ok(proved) => proof.hosts.push(proved),
                Err(error) if required => return Err(error),
                // Another host may be broken already; what only the change breaks is refused.
                Err(error) if text::is_of_the_change(&error) => return Err(text::on_host(error, &host)),
                Err(error) => proof.unproved.push((host, error.message().to_owned())),
            }
        }
        if !proof.hosts.is_empty() && proof.hosts.iter().all(|host| host.how.mode == Mode::System) {
            proof.mode = Mode::System;
        }
        proof.elapsed = start.elapsed();
        Ok(proof)
    }

    /// Whether whole systems may be evaluated.
    pub fn sees_systems(&self) -> bool {
        self.options.mode != Mode::Slice
    }

    /// Whether a check of the flake at `root` evaluates: why not, if it does not; `None` where the flake's inputs are not at
    /// hand.
    ///
    /// # Errors
    /// Where there is no nix, and where a signal stops it.
    pub fn evaluates_check(&self, root: &Path, withheld: &Withheld, check: &str) -> Result<Option<Result<(), String>>> {
        let nix = self.nix()?;
        let names = &self.options.namespaces;
        let Ok(systems) = Systems::new(&nix, [root, root], names, withheld, &BTreeMap::new(), false) else {
            return Ok(None);
        };
        match systems.check(check) {
            Ok(()) => Ok(Some(Ok(()))),
            Err(error) if error.code() == "does-not-evaluate" => Ok(Some(Err(error.message().to_owned()))),
            Err(error) if is_of_the_mode(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Both sides as flakes; the reason why not where system mode is not possible and need not be.
    fn systems<'a>(
        &'a self,
        nix: &'a Nix,
        roots: [&Path; 2],
        trees: [&SourceTree; 2],
        withheld: &'a Withheld,
    ) -> Result<Result<Systems<'a>, Option<NoSystem>>> {
        let names = &self.options.namespaces;
        let mentioned = request::mentioned(trees);
        let systems = || Systems::new(nix, roots, names, withheld, &mentioned, self.options.disposable);
        match self.options.mode {
            Mode::Slice => Ok(Err(None)),
            Mode::System => Ok(Ok(systems()?)),
            Mode::Auto => Ok(systems().map_err(|error| no_system(&error, false))),
        }
    }

    /// The proof for one host, in the mode that is asked for or possible.
    fn host(&self, systems: &Result<Systems, Option<NoSystem>>, host: &str, sides: &Sides) -> Result<HostProof> {
        let beside = Beside::of(&self.options.extra_modules, sides.trees, &self.options.hosts, host);
        let unimported = beside.unimported.clone();
        self.in_a_mode(systems, host, sides, beside)
            .map_err(|error| match unimported.is_empty() {
                true => error,
                false => error.hint(text::imports_no_more(host, &unimported)),
            })
    }

    fn in_a_mode(
        &self,
        systems: &Result<Systems, Option<NoSystem>>,
        host: &str,
        sides: &Sides,
        beside: Beside,
    ) -> Result<HostProof> {
        let auto = self.options.mode == Mode::Auto;
        let why = match systems {
            Err(why) => why.clone(),
            Ok(_) if auto && !beside.extra.is_empty() => Some(NoSystem {
                reason: text::no_part_of_the_system(&beside.extra),
                tried: true,
            }),
            Ok(systems) => match self.system(systems, host, sides.expected) {
                Ok(mut proof) => {
                    proof.how.unimported = beside.unimported;
                    proof.how.imported = beside.imported;
                    return Ok(proof);
                }
                // What does not evaluate as it is says nothing of a change. What the change breaks does.
                Err(Failed(Side::Before, error)) if auto && is_of_the_mode(&error) => no_system(&error, true),
                Err(Failed(_, error)) => return Err(error),
            },
        };
        let mut proof = self.slice(host, sides, &beside.extra)?;
        proof.how = How {
            no_system: why,
            extra: beside.extra,
            unimported: beside.unimported,
            imported: beside.imported,
            ..proof.how
        };
        Ok(proof)
    }

    fn slice(&self, host: &str, sides: &Sides, extra: &[PathBuf]) -> Result<HostProof> {
        let names = &self.options.namespaces;
        let library = self.library(sides.roots[0])?;
        let input = request::SliceInput {
            nix: sides.nix,
            library: &library,
            host,
            roots: sides.roots,
            trees: sides.trees,
            extra,
            values: &self.options.values,
            own: &names.contract,
            legacy: &names.services,
            disposable: self.options.disposable,
            withheld: sides.withheld,
            places: [&self.options.hosts, &self.options.server],
        };
        let mut session = slice::SliceSession::new(input)?;
        let slice = session.evaluate().map_err(|Failed(_, error)| error)?;
        declared::check(&slice.before.whole, sides.expected)?;
        let mut differences = compared(&slice, names);
        explain::explain(&mut differences, &session, names);
        let switches = with_switches_on(&slice, &mut session, &mut differences, names)?;
        Ok(HostProof {
            host: host.to_owned(),
            how: How {
                mode: Mode::Slice,
                gone: gone(&slice.before, &slice.after),
                switches,
                functions: slice.functions,
                ..How::default()
            },
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

    fn system(&self, systems: &Systems, host: &str, expected: &[Expected]) -> Result<HostProof, Failed> {
        let names = &self.options.namespaces;
        let mut proof = HostProof {
            host: host.to_owned(),
            how: How {
                mode: Mode::System,
                ..How::default()
            },
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
            system::System::Same(derivation, whole) => {
                declared::check(&whole, expected).map_err(|error| Failed(Side::After, error))?;
                proof.derivations = Some([derivation.clone(), derivation]);
            }
            system::System::Different(sides, derivations) => {
                let [before, after] = *sides;
                declared::check(&before.whole, expected).map_err(|error| Failed(Side::After, error))?;
                let none = stub::Stubs::default();
                let mut differences = compare::compare(&before, &after, &none, names);
                // What has moved into the contract makes no other system.
                if differences.iter().all(|difference| difference.class == Class::Moved) {
                    differences.push(Difference::of_the_system(&derivations));
                }
                proof.verdict = Verdict::new(differences);
                proof.how.gone = gone(&before, &after);
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
        let asked = self.options.host.as_ref();
        if let Some(host) = asked {
            // A flake may name a host that has no directory of its own.
            if !known.is_empty() && !known.contains(host) {
                let known: Vec<String> = known.into_iter().collect();
                return Err(text::no_such_host(host, &known));
            }
            if !self.options.others {
                return Ok(vec![(host.clone(), true)]);
            }
        }
        let changed = trees[0].changed(trees[1]);
        let mut hosts: Vec<(String, bool)> = asked.map(|host| (host.clone(), true)).into_iter().collect();
        for host in known.into_iter().filter(|host| Some(host) != asked) {
            let reached: BTreeSet<PathBuf> = trees
                .iter()
                .flat_map(|tree| tree.reached_from(&tree.starts(root, &host), &host))
                .collect();
            let of_server = |path: &PathBuf| path.starts_with(&self.options.server);
            // What a file imports that cannot be read is not known: evaluation tells what is wrong with it.
            let server = asked.is_none()
                && reached
                    .iter()
                    .any(|path| of_server(path) || trees.iter().any(|tree| tree.is_faulty(path)));
            if server || reached.intersection(&changed).next().is_some() {
                hosts.push((host, server));
            }
        }
        if hosts.is_empty() {
            Err(text::no_host(&self.options.server, root))
        } else {
            Ok(hosts)
        }
    }
}

/// Both sides, and what evaluates them.
struct Sides<'a> {
    nix: &'a Nix,
    roots: [&'a Path; 2],
    trees: [&'a SourceTree; 2],
    withheld: &'a Withheld,
    /// What the first side has to have.
    expected: &'a [Expected],
}

fn no_system(error: &Error, tried: bool) -> Option<NoSystem> {
    Some(NoSystem {
        reason: error.message().to_owned(),
        tried,
    })
}

/// Whether an error may be one of system mode alone, which slice mode may not have.
fn is_of_the_mode(error: &Error) -> bool {
    let codes = [
        "does-not-evaluate",
        "evaluation-too-large",
        "evaluation-too-long",
        "no-system-evaluation",
        "reads-withheld-file",
    ];
    codes.contains(&error.code())
}

/// The legacy options that one side declares and the other does not.
fn gone(before: &Configuration, after: &Configuration) -> Vec<Vec<String>> {
    before.options.difference(&after.options).cloned().collect()
}

/// What differs between the sides of a slice.
fn compared(slice: &Slice, names: &Namespaces) -> Vec<Difference> {
    let mut differences = compare::compare(&slice.before, &slice.after, &slice.stubs, names);
    differences.extend(failing_assertions(slice));
    differences
}

/// Adds what differs only where the switches are on that nothing in the repository defines.
///
/// # Errors
/// Refuses where only the change makes it not evaluate with them on.
fn with_switches_on(
    off: &Slice,
    session: &mut slice::SliceSession,
    differences: &mut Vec<Difference>,
    names: &Namespaces,
) -> Result<Switches> {
    let switches = Switches::of(off);
    if switches.is_empty() {
        return Ok(switches);
    }
    let on = match session.evaluate_with_switches_on() {
        Ok(on) => on,
        // What does not evaluate as it is says nothing of a change. What the change breaks does.
        Err(Failed(Side::Before, error)) => {
            return Ok(Switches {
                not_compared: Some(error.message().to_owned()),
                ..switches
            });
        }
        Err(Failed(Side::After, error)) => return Err(text::broken_where_on(error)),
    };
    let mut more = switches::only_where_on(differences, compared(&on, names));
    explain::explain(&mut more, session, names);
    for difference in &mut more {
        difference.sentence = text::where_on(&difference.sentence, &switches.options);
    }
    differences.extend(more);
    Ok(switches)
}

/// Assertions that fail after the change and did not before.
fn failing_assertions(slice: &Slice) -> impl Iterator<Item = Difference> {
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
