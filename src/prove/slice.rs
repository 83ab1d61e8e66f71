//! Slice mode: both sides evaluated with nixpkgs' library and the same symbolic stand-ins, in as many rounds as
//! evaluation needs to name what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::facts::Facts;
use super::learn::{self, Lesson};
use super::nix::{Evaluation, Nix, Outcome, headline, path_expression, string_expression};
use super::scan::Part;
use super::scratch;
use super::sources::Sources;
use super::standin::{StandIns, dotted};
use super::withheld::Withheld;
use crate::error::{Error, Result, prove as text, prove::Side};
use crate::scratch::Directory;

/// Rounds after which an evaluation that still asks is given up.
const ROUNDS: usize = 16;
/// The deepest level at which sets may be taken for option sets.
const MOST_LAZY: usize = 4;
/// Stands between two definitions of one text: a line break, and a character that no source contains.
pub const SEPARATOR: &str = "\n\u{2063}";

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

/// What a slice is made of.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where to evaluate.
    pub nix: &'a Nix,
    /// nixpkgs/lib.
    pub library: &'a Path,
    /// The host.
    pub host: &'a str,
    /// The directories before and after.
    pub roots: [&'a Path; 2],
    /// What their sources mention.
    pub sources: [&'a Sources; 2],
    /// Modules besides the host's own.
    pub extra: &'a [PathBuf],
    /// Values of the repository's `qgroget.toml`: by option path, or by the name of a module argument.
    pub values: &'a BTreeMap<String, Value>,
    /// The contract's own option namespaces.
    pub own: &'a [String],
    /// The directories of the hosts and of the server's modules.
    pub places: [&'a Path; 2],
    /// Whether the trees are copies that may be written to.
    pub disposable: bool,
    /// What the copies leave out.
    pub withheld: &'a Withheld,
}

/// One side's configuration.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The whole configuration, in comparable form.
    pub whole: Value,
    /// Messages of the assertions that fail.
    pub assertions: Vec<String>,
    /// The sets that have a definition of their own, among those that hold stand-ins.
    pub declared: BTreeSet<Vec<String>>,
    /// The arguments of symbolic functions (what generated files contain), by digest; only if asked for.
    pub generated: BTreeMap<String, Value>,
}

/// Both sides, and what it took.
#[derive(Debug)]
pub struct Slice {
    /// Before.
    pub before: Configuration,
    /// After.
    pub after: Configuration,
    /// Rounds of evaluation.
    pub rounds: usize,
    /// The stand-ins that both sides were evaluated with.
    pub stand_ins: StandIns,
    /// Files that the sources name and the tree does not have; they were taken for empty.
    pub absent: BTreeSet<PathBuf>,
}

/// A prepared evaluation: its files are written, its facts can grow.
pub struct Session<'a> {
    request: Request<'a>,
    directory: Directory,
    roots: [PathBuf; 2],
    facts: Facts,
    /// Files that the sources name and the tree does not have, such as images that were not checked out.
    absent: BTreeSet<PathBuf>,
}

impl<'a> Session<'a> {
    /// Reads what the sources mention and writes the evaluation's files.
    ///
    /// # Errors
    /// Refuses when the scratch directory cannot be written.
    pub fn new(request: Request<'a>) -> Result<Session<'a>> {
        let directory = Directory::new()?;
        let mut roots = [PathBuf::new(), PathBuf::new()];
        for (root, given) in roots.iter_mut().zip(request.roots) {
            *root = given
                .canonicalize()
                .map_err(|cause| text::scratch("read", given, cause))?;
        }
        let facts = Facts::collect(&request);
        let mut session = Session {
            request,
            directory,
            roots,
            facts,
            absent: BTreeSet::new(),
        };
        for (name, content) in FILES {
            session.write(Path::new(name), content)?;
        }
        session.depot()?;
        session.stand_in_absent()?;
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
            .request
            .sources
            .iter()
            .flat_map(|s| s.files.values())
            .flat_map(|s| &s.below)
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
        for input in &self.facts.inputs {
            let link = depot.join(input);
            std::os::unix::fs::symlink(INPUT, &link).map_err(|cause| text::scratch("link", &link, cause))?;
        }
        Ok(())
    }

    /// What importing a flake input yields.
    fn packages(&self) -> String {
        format!(
            "_: (import {} {{ scan = {}; }}).pkgs\n",
            path_expression(&self.path().join("packages.nix")),
            path_expression(&self.path().join("scan.json")),
        )
    }

    /// Writes a file of a flake input that evaluation asked for.
    fn stand_in_file(&self, relative: &Path) -> Result<bool> {
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
    fn stand_in_absent(&mut self) -> Result<()> {
        let mut absent = self.request.sources[0].absent(&self.roots[0]);
        // What is only absent from the copy is none of these.
        absent.retain(|file| self.request.withheld.why(file).is_none());
        if absent.is_empty() {
            return Ok(());
        }
        for (side, name) in ["before", "after"].into_iter().enumerate() {
            if !self.request.disposable {
                let to = self.path().join(name);
                scratch::materialise(&self.roots[side], None, &to)?;
                self.roots[side] = to;
            }
            for file in &absent {
                let file = self.roots[side].join(file);
                if !file.exists() {
                    scratch::write(&file, b"")?;
                }
            }
        }
        self.absent = absent;
        Ok(())
    }

    /// Evaluates until both sides have a value.
    ///
    /// # Errors
    /// Refuses when a side does not evaluate, or the limits are reached.
    pub fn evaluate(mut self) -> Result<(Slice, Session<'a>)> {
        for round in 1..=ROUNDS {
            let (before, after) = self.round(false)?;
            if let (Outcome::Value(before, _), Outcome::Value(after, _)) = (&before, &after) {
                let slice = Slice {
                    before: configuration(before, "")?,
                    after: configuration(after, "")?,
                    rounds: round,
                    stand_ins: self.facts.stand_ins.clone(),
                    absent: self.absent.clone(),
                };
                return Ok((slice, self));
            }
            for (side, outcome) in [&before, &after].into_iter().enumerate() {
                if let Outcome::Failed(message) = outcome
                    && let Some(refusal) = self.request.withheld.refusal(&self.roots[side], message)
                {
                    return Err(refusal);
                }
            }
            let mut learned = false;
            // Both from what was known when the round began: what one side teaches must not be untaught by the other.
            let mut lessons = [&before, &after]
                .into_iter()
                .enumerate()
                .map(|(side, outcome)| match outcome {
                    Outcome::Failed(message) => self.lessons(side, message),
                    Outcome::Value(..) => Vec::new(),
                });
            let (first, second) = (lessons.next().unwrap_or_default(), lessons.next().unwrap_or_default());
            drop(lessons);
            if first != second {
                learned |= self.learn(second)?;
            }
            learned |= self.learn(first)?;
            if !learned || round == ROUNDS {
                return Err(failure(&before, &after, round));
            }
        }
        Err(Error::internal("rounds of evaluation ended without an answer"))
    }

    /// The same once more, with what generated files contain.
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn expose(&self) -> Result<[Configuration; 2]> {
        match self.round(true)? {
            (Outcome::Value(before, said_before), Outcome::Value(after, said_after)) => Ok([
                configuration(&before, &said_before)?,
                configuration(&after, &said_after)?,
            ]),
            (before, after) => Err(failure(&before, &after, 1)),
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
        self.write(Path::new("scan.json"), &self.facts_json().to_string())?;
        let (before, after) = rayon::join(|| self.side(0, expose, &[]), || self.side(1, expose, &[]));
        Ok((before?, after?))
    }

    fn side(&self, side: usize, expose: bool, select: &[String]) -> Result<Outcome> {
        let here = self.path();
        let root = &self.roots[side];
        let extra: Vec<String> = self
            .request
            .extra
            .iter()
            .filter(|p| root.join(p).exists())
            .map(|p| string_expression(&p.to_string_lossy()))
            .collect();
        let select: Vec<String> = select.iter().map(|name| string_expression(name)).collect();
        let library = self.request.library;
        self.request.nix.evaluate(&Evaluation {
            file: here.join("slice.nix"),
            arguments: vec![
                ("root".to_owned(), path_expression(root)),
                (
                    "depot".to_owned(),
                    string_expression(&here.join("depot").to_string_lossy()),
                ),
                ("scan".to_owned(), path_expression(&here.join("scan.json"))),
                ("extra".to_owned(), format!("[{}]", extra.join(" "))),
                ("expose".to_owned(), expose.to_string()),
                ("select".to_owned(), format!("[{}]", select.join(" "))),
            ],
            readable: vec![root.clone(), here, library.parent().unwrap_or(library).to_owned()],
        })
    }

    fn facts_json(&self) -> Value {
        let rewrite: Vec<Value> = self
            .roots
            .iter()
            .map(|root| json!({"from": root, "to": "<repository>"}))
            .chain([json!({"from": self.path().join("depot"), "to": "/symbolic/inputs"})])
            .collect();
        let options: Vec<Value> = self
            .request
            .values
            .iter()
            .filter(|(path, _)| path.contains('.'))
            .map(|(path, value)| json!({"path": names(&dotted(path)), "value": value}))
            .collect();
        let own: Vec<Vec<&str>> = self.request.own.iter().map(|path| path.split('.').collect()).collect();
        json!({
            "host": self.request.host,
            "hosts": self.request.places[0],
            "server": self.request.places[1],
            "system": "x86_64-linux",
            "library": self.request.library,
            "names": self.facts.names,
            "scopedNames": self.facts.scoped,
            "inputs": self.facts.inputs,
            "arguments": self.facts.arguments,
            "values": self.request.values,
            "options": options,
            "own": own,
            "mentioned": self.facts.mentioned,
            "standIns": self.facts.stand_ins.to_json(),
            "lazyDepth": self.facts.lazy,
            "applyFunctions": self.facts.apply,
            "separator": SEPARATOR,
            "rewrite": rewrite,
        })
    }

    /// What a failed evaluation teaches.
    fn lessons(&self, side: usize, message: &str) -> Vec<Lesson> {
        let depot = self.path().join("depot");
        learn::lessons(
            message,
            &self.roots[side],
            self.request.sources[side],
            &depot,
            &self.facts,
        )
    }

    /// Takes the first lesson that is new; whether the next round can get further.
    fn learn(&mut self, lessons: Vec<Lesson>) -> Result<bool> {
        for lesson in lessons {
            let learned = match lesson {
                Lesson::StandIn { path, kind, replace } => self.facts.stand_ins.add(&path, kind, replace),
                Lesson::Name(name) => self.facts.names.insert(name),
                Lesson::File(relative) => self.stand_in_file(&relative)?,
                Lesson::Recursion => {
                    let deeper = self.facts.lazy < MOST_LAZY;
                    self.facts.lazy += usize::from(deeper);
                    deeper
                }
                Lesson::Functions => {
                    let fewer = self.facts.apply > 0;
                    self.facts.apply = self.facts.apply.saturating_sub(1);
                    fewer
                }
            };
            if learned {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn names(path: &[Part]) -> Vec<&str> {
    path.iter()
        .map(|part| match part {
            Part::Name(name) => name.as_str(),
            Part::Any => "*",
        })
        .collect()
}

fn configuration(output: &[u8], messages: &str) -> Result<Configuration> {
    let mut value: Value = serde_json::from_slice(output).map_err(text::unreadable_result)?;
    let assertions = match value["assertions"].take() {
        Value::Array(list) => list
            .iter()
            .map(|m| m.as_str().map_or_else(|| m.to_string(), str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let declared = serde_json::from_value(value["declared"].take()).map_err(text::unreadable_result)?;
    let mut generated = BTreeMap::new();
    for line in messages.lines() {
        let Some(json) = line.strip_prefix("trace: generated ") else {
            continue;
        };
        let Ok(mut entry) = serde_json::from_str::<Value>(json) else {
            continue;
        };
        if let Some(digest) = entry["digest"].as_str().map(str::to_owned) {
            generated.insert(digest, entry["value"].take());
        }
    }
    Ok(Configuration {
        whole: value["whole"].take(),
        assertions,
        declared,
        generated,
    })
}

/// The error for a round from which nothing was learned.
fn failure(before: &Outcome, after: &Outcome, rounds: usize) -> Error {
    match (before, after) {
        (Outcome::Failed(message), _) => {
            let excerpt = excerpt(message);
            if learn::may_be_a_missing_value(&excerpt) {
                text::no_stand_in(&excerpt, rounds)
            } else {
                text::does_not_evaluate(Side::Before, &excerpt, Vec::new())
            }
        }
        (_, Outcome::Failed(message)) => text::does_not_evaluate(Side::After, &excerpt(message), Vec::new()),
        _ => Error::internal("two values are no failure"),
    }
}

/// The message and where it is, without the trace.
fn excerpt(message: &str) -> String {
    let mut excerpt = headline(message);
    if let Some((file, line, column)) = super::nix::positions(message).into_iter().next() {
        excerpt.push_str(&format!("\nat {}:{line}:{column}", file.display()));
    }
    without_scratch(&excerpt)
}

/// A text with the paths of scratch copies as paths in the repository.
fn without_scratch(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/qgroget-") {
        let begin = rest[..at].rfind([' ', '\n', '\'', '"', '«', '(']).map_or(0, |i| i + 1);
        let inside = &rest[at + 1..];
        let mut parts = inside.splitn(3, '/');
        let (_, side, path) = (parts.next(), parts.next(), parts.next());
        match (side, path) {
            (Some("before" | "after"), Some(path)) => {
                out.push_str(&rest[..begin]);
                rest = path;
            }
            _ => {
                out.push_str(&rest[..at + 1]);
                rest = inside;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_scratch;

    #[test]
    fn paths_of_scratch_copies_are_shown_as_the_repository_has_them() {
        let said = "attribute 'a' already defined at /tmp/qgroget-Ab1/before/modules/a.nix:3:1\nat /tmp/qgroget-Ab1/after/b.nix:1:1";
        assert_eq!(
            without_scratch(said),
            "attribute 'a' already defined at modules/a.nix:3:1\nat b.nix:1:1"
        );
        let other = "path /home/me/qgroget-notes/x.nix does not exist";
        assert_eq!(without_scratch(other), other);
    }
}
