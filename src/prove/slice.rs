//! Slice mode: both sides evaluated with nixpkgs' library and the same symbolic stubs, in as many rounds as
//! evaluation needs to name what is missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::configuration::Configuration;
use super::failure::{Failed, failure};
use super::fetchers;
use super::functions::Functions;
use super::learn::{self, RetryHint};
use super::nix::{Evaluation, Outcome, headline, path_expression, string_expression};
use super::request::{EvalRequest, SliceInput};
use super::scratch;
use super::stub::Stubs;
use crate::error::prove::Side;
use crate::error::{Error, Result, prove as text};
use crate::scratch::Directory;

/// Rounds after which an evaluation that still asks is given up.
const ROUNDS: usize = 16;
/// The deepest level at which sets may be taken for option sets.
const MOST_LAZY: usize = 4;

/// The directory that every flake input is a link to; no input has such a name.
const INPUT: &str = "@input";
const EMPTY_MODULE: &str = "{...}: {}\n";

const FILES: [(&str, &str); 7] = [
    ("slice.nix", include_str!("nix/slice.nix")),
    ("packages.nix", include_str!("nix/packages.nix")),
    ("upstream.nix", include_str!("nix/upstream.nix")),
    ("wiring.nix", include_str!("nix/wiring.nix")),
    ("symbol.nix", include_str!("nix/symbol.nix")),
    ("normal.nix", include_str!("nix/normal.nix")),
    ("loose.nix", include_str!("nix/loose.nix")),
];

/// Both sides, and what it took.
#[derive(Debug)]
pub struct Slice {
    /// Before.
    pub before: Configuration,
    /// After.
    pub after: Configuration,
    /// Rounds of evaluation.
    pub rounds: usize,
    /// The stubs that both sides were evaluated with.
    pub stubs: Stubs,
    /// Files that the sources name and the tree does not have; they were taken for empty.
    pub absent: BTreeSet<PathBuf>,
    /// Which functions were compared by what they yield.
    pub functions: Functions,
}

/// A prepared evaluation: its files are written, its request can grow.
pub struct SliceSession<'a> {
    input: SliceInput<'a>,
    directory: Directory,
    roots: [PathBuf; 2],
    request: EvalRequest,
    /// Files that the sources name and the tree does not have, such as images that were not checked out.
    absent: BTreeSet<PathBuf>,
    /// Whether there are stand-ins for what is fetched.
    fetches: bool,
}

impl<'a> SliceSession<'a> {
    /// Reads what the sources mention and writes the evaluation's files.
    ///
    /// # Errors
    /// Refuses when the scratch directory cannot be written.
    pub fn new(input: SliceInput<'a>) -> Result<SliceSession<'a>> {
        let directory = Directory::new()?;
        let mut roots = [PathBuf::new(), PathBuf::new()];
        for (root, given) in roots.iter_mut().zip(input.roots) {
            *root = given
                .canonicalize()
                .map_err(|cause| text::scratch("read", given, cause))?;
        }
        let request = EvalRequest::collect(&input);
        let mut session = SliceSession {
            input,
            directory,
            roots,
            request,
            absent: BTreeSet::new(),
            fetches: false,
        };
        for (name, content) in FILES {
            session.write(Path::new(name), content)?;
        }
        session.depot()?;
        session.put_absent()?;
        Ok(session)
    }

    fn path(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    fn write(&self, name: &Path, content: &str) -> Result<()> {
        scratch::write(&self.directory.path().join(name), content.as_bytes())
    }

    /// Empty modules where flake inputs and `modulesPath` have files, and packages where an input is imported. All inputs
    /// are links to one, since what stands in for one stands in for all.
    fn depot(&self) -> Result<()> {
        let below: BTreeSet<&String> = self
            .input
            .trees
            .iter()
            .flat_map(|tree| tree.files.values())
            .flat_map(|file| &file.below)
            .collect();
        for place in [INPUT, "modulesPath"] {
            for file in &below {
                let relative = file.trim_start_matches('/');
                if !relative.split('/').any(|part| part == "..") && relative != "default.nix" {
                    self.write(&Path::new("depot").join(place).join(relative), EMPTY_MODULE)?;
                }
            }
        }
        let depot = self.directory.path().join("depot");
        self.write(&Path::new("depot").join(INPUT).join("default.nix"), &self.packages())?;
        for input in &self.request.inputs {
            let link = depot.join(input);
            std::os::unix::fs::symlink(INPUT, &link).map_err(|cause| text::scratch("link", &link, cause))?;
        }
        Ok(())
    }

    /// What importing a flake input yields.
    fn packages(&self) -> String {
        format!(
            "_: (import {} {{ requestFile = {}; }}).pkgs\n",
            path_expression(&self.path().join("packages.nix")),
            path_expression(&self.path().join("request.json")),
        )
    }

    /// Writes a file of a flake input that evaluation asked for.
    fn put_file(&self, relative: &Path) -> Result<bool> {
        let file = Path::new("depot").join(relative);
        let file = if relative.extension().is_some_and(|e| e == "nix") {
            file
        } else {
            file.join("default.nix")
        };
        if self.directory.path().join(&file).exists() {
            return Ok(false);
        }
        let of_input = file.components().count() == 3 && file.ends_with("default.nix");
        let content = if of_input {
            self.packages()
        } else {
            EMPTY_MODULE.to_owned()
        };
        self.write(&file, &content)?;
        Ok(true)
    }

    /// Puts an empty file wherever a source names one that the tree as it is does not have; in copies of both
    /// trees, unless the ones that were given are copies already. A file that only the change makes absent stays so.
    fn put_absent(&mut self) -> Result<()> {
        let mut absent = self.input.trees[0].absent(&self.roots[0]);
        // What is only absent from the copy is none of these.
        absent.retain(|file| self.input.withheld.why(file).is_none());
        if absent.is_empty() {
            return Ok(());
        }
        self.own_copies()?;
        for root in &self.roots {
            for file in absent.iter().map(|file| root.join(file)) {
                if !file.exists() {
                    scratch::write(&file, b"")?;
                }
            }
        }
        self.absent = absent;
        Ok(())
    }

    /// Has both sides be copies that may be written to.
    fn own_copies(&mut self) -> Result<()> {
        for (side, name) in ["before", "after"].into_iter().enumerate() {
            let to = self.path().join(name);
            if !self.input.disposable && self.roots[side] != to {
                scratch::materialise(&self.roots[side], None, &to)?;
                self.roots[side] = to;
            }
        }
        Ok(())
    }

    /// Has both sides fetch nothing; whether either did.
    fn stand_in_for_fetchers(&mut self) -> Result<bool> {
        if std::mem::replace(&mut self.fetches, true) {
            return Ok(false);
        }
        self.own_copies()?;
        let depot = self.path().join("depot");
        let mut found = false;
        for (root, tree) in self.roots.iter().zip(self.input.trees) {
            for (path, file) in &tree.files {
                if let Some(text) = fetchers::stand_in(path, &file.text, &depot) {
                    scratch::write(&root.join(path), text.as_bytes())?;
                    found = true;
                }
            }
        }
        Ok(found)
    }

    /// Evaluates until both sides have a value.
    ///
    /// # Errors
    /// Refuses when a side does not evaluate, or the limits are reached.
    pub fn evaluate(&mut self) -> Result<Slice, Failed> {
        for round in 1..=ROUNDS {
            let (before, after) = self.round(false)?;
            if let (Outcome::Value(before, said_before), Outcome::Value(after, said_after)) = (&before, &after) {
                let slice = Slice {
                    before: Configuration::read(before, said_before)?,
                    after: Configuration::read(after, said_after)?,
                    rounds: round,
                    stubs: self.request.stubs.clone(),
                    absent: self.absent.clone(),
                    functions: self.request.apply,
                };
                return Ok(slice);
            }
            for (side, outcome) in [&before, &after].into_iter().enumerate() {
                if let Outcome::Failed(message) = outcome
                    && let Some(refusal) = self.input.withheld.refusal(&self.roots[side], message)
                {
                    return Err(Failed(Side::Before, refusal));
                }
            }
            let mut learned = false;
            // Both from what was known when the round began: what one side teaches must not be untaught by the other.
            let mut hints = [&before, &after]
                .into_iter()
                .enumerate()
                .map(|(side, outcome)| match outcome {
                    Outcome::Failed(message) => self.hints(side, message),
                    Outcome::Value(..) => Vec::new(),
                });
            let (first, second) = (hints.next().unwrap_or_default(), hints.next().unwrap_or_default());
            drop(hints);
            if first != second {
                learned |= self.learn(second)?;
            }
            learned |= self.learn(first)?;
            if !learned || round == ROUNDS {
                return Err(failure(&before, &after, round));
            }
        }
        Err(Error::internal("rounds of evaluation ended without an answer").into())
    }

    /// The same with the switches on that nothing in the repository defines.
    ///
    /// # Errors
    /// As [`SliceSession::evaluate`].
    pub fn evaluate_with_switches_on(&mut self) -> Result<Slice, Failed> {
        self.request.stubs.turn_on();
        self.evaluate()
    }

    /// The same once more, with what generated files contain.
    ///
    /// # Errors
    /// As [`SliceSession::evaluate`].
    pub fn expose(&self) -> Result<[Configuration; 2]> {
        match self.round(true)? {
            (Outcome::Value(before, said_before), Outcome::Value(after, said_after)) => Ok([
                Configuration::read(&before, &said_before)?,
                Configuration::read(&after, &said_after)?,
            ]),
            (before, after) => Err(failure(&before, &after, 1).1),
        }
    }

    /// Why the value of an option cannot be evaluated on a side (0 before, 1 after).
    pub fn why(&self, side: usize, path: &[String]) -> Option<String> {
        match self.side(side, false, path) {
            Ok(Outcome::Failed(message)) => Some(headline(&message)),
            _ => None,
        }
    }

    fn round(&self, expose: bool) -> Result<(Outcome, Outcome)> {
        let request = self
            .request
            .to_json(&self.input, &self.roots, &self.path().join("depot"));
        self.write(Path::new("request.json"), &request.to_string())?;
        let (before, after) = rayon::join(|| self.side(0, expose, &[]), || self.side(1, expose, &[]));
        Ok((before?, after?))
    }

    fn side(&self, side: usize, expose: bool, select: &[String]) -> Result<Outcome> {
        let here = self.path();
        let root = &self.roots[side];
        let extra: Vec<String> = self
            .input
            .extra
            .iter()
            .filter(|p| root.join(p).exists())
            .map(|p| string_expression(&p.to_string_lossy()))
            .collect();
        let select: Vec<String> = select.iter().map(|name| string_expression(name)).collect();
        let library = self.input.library;
        self.input.nix.evaluate(&Evaluation {
            file: here.join("slice.nix"),
            arguments: vec![
                ("root".to_owned(), path_expression(root)),
                (
                    "depot".to_owned(),
                    string_expression(&here.join("depot").to_string_lossy()),
                ),
                ("requestFile".to_owned(), path_expression(&here.join("request.json"))),
                ("extra".to_owned(), format!("[{}]", extra.join(" "))),
                ("expose".to_owned(), expose.to_string()),
                ("select".to_owned(), format!("[{}]", select.join(" "))),
            ],
            readable: vec![root.clone(), here, library.parent().unwrap_or(library).to_owned()],
        })
    }

    /// What a failed evaluation says to try.
    fn hints(&self, side: usize, message: &str) -> Vec<RetryHint> {
        let depot = self.path().join("depot");
        learn::hints(
            message,
            &self.roots[side],
            self.input.trees[side],
            &depot,
            &self.request,
        )
    }

    /// Takes the first hint that is new; whether the next round can get further.
    fn learn(&mut self, hints: Vec<RetryHint>) -> Result<bool> {
        for hint in hints {
            let learned = match hint {
                RetryHint::Stub { path, kind, replace } => self.request.stubs.add(&path, kind, replace),
                RetryHint::Name(name) => self.request.names.insert(name),
                RetryHint::File(relative) => self.put_file(&relative)?,
                RetryHint::Recursion => {
                    let deeper = self.request.lazy < MOST_LAZY;
                    self.request.lazy += usize::from(deeper);
                    deeper
                }
                RetryHint::Fetchers => self.stand_in_for_fetchers()?,
                RetryHint::Functions => self.request.apply.fewer(),
            };
            if learned {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
