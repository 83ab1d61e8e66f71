//! The format that new code gets: which one it is, why, and the formatter that makes it.
//!
//! `qgroget.toml` says it, or the repository does ([`detect`]), or it is the one that leaves most files as they are, of those
//! that are at hand. alejandra is built in; the others are programs ([`program`]). Where one is missing or fails, nothing is
//! refused: new code is indented by its brackets, and what is to be formatted is named.

mod detect;
mod program;
mod texts;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::edit::{FileChange, SourceChange, relaid};
use crate::error::Place;
use crate::rules::{self, Format};
use crate::syntax::Source;

pub use detect::{Declarations, may_declare};
use program::Fault;
pub use program::{LIMITS, Program};

/// Why a repository has its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// A file says so, at a line.
    Said(PathBuf, Option<u32>),
    /// It leaves so many files as they are.
    Files {
        /// How many.
        kept: usize,
        /// Of how many.
        of: usize,
    },
    /// Nothing says another.
    Default,
}

impl From<Place> for Because {
    fn from(place: Place) -> Because {
        Because::Said(place.path, Some(place.line))
    }
}

/// What lays out the new code of one repository.
pub struct Formatter {
    format: Format,
    because: Because,
    program: Option<Program>,
    known: Mutex<Known>,
}

/// What a program has done so far.
#[derive(Default)]
struct Known {
    /// What it made of texts.
    formatted: HashMap<String, String>,
    /// The texts that it did not format.
    left: HashSet<String>,
    /// Why not, the first time.
    fault: Option<String>,
    /// Whether it is not asked any more.
    is_broken: bool,
}

impl Formatter {
    /// That of a repository: `own` is what its `qgroget.toml` says, `declared` what else it says, `files` are its Nix files
    /// and `find` finds programs by their names.
    pub fn of<'s>(
        own: Option<Format>,
        declared: impl FnOnce() -> Option<(Format, Place)>,
        files: impl FnOnce() -> Vec<&'s Source>,
        find: &dyn Fn(&str) -> Option<Program>,
    ) -> Formatter {
        let said = || declared().map(|(format, place)| (format, place.into()));
        let (format, because) = own
            .map(|format| (format, Because::Said(rules::FILE.into(), None)))
            .or_else(said)
            .unwrap_or_else(|| majority(files, find));
        let program = format.is_program().then(|| find(format.name())).flatten();
        Formatter {
            format,
            because,
            program,
            known: Mutex::default(),
        }
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The texts as the repository's program formats them; `None` for one that it does not format, or of which it makes
    /// other code.
    pub fn formatted(&self, texts: &[&str]) -> Vec<Option<String>> {
        let mut new: Vec<&str> = Vec::new();
        let (program, is_broken) = {
            let known = self.known();
            let asked = |text: &str| known.formatted.contains_key(text) || known.left.contains(text);
            for text in texts.iter().copied().filter(|text| !asked(text)) {
                if !new.contains(&text) {
                    new.push(text);
                }
            }
            (self.program.as_ref(), known.is_broken)
        };
        let results = match program {
            _ if new.is_empty() => Vec::new(),
            Some(program) if !is_broken => program.format(&new),
            Some(_) => vec![Err(Fault::Broken(String::new())); new.len()],
            None => vec![Err(Fault::Broken(texts::NOT_ON_PATH.to_owned())); new.len()],
        };
        let mut known = self.known();
        for (text, result) in new.into_iter().zip(results) {
            known.note(text, result);
        }
        texts.iter().map(|text| known.formatted.get(*text).cloned()).collect()
    }

    /// How the new code of `change` is laid out; `None` for alejandra, and where there is none.
    pub fn said(&self, change: &SourceChange) -> Option<String> {
        if self.format == Format::Alejandra || !change.files.iter().any(has_new_code) {
            return None;
        }
        let is_left = !self.left(change).is_empty();
        let known = self.known();
        if let (Some(fault), true) = (&known.fault, is_left) {
            return Some(texts::unformatted(self.format, &self.because, fault));
        }
        let unlike = |file: &&FileChange| {
            let formatted = known.formatted.get(&*file.before);
            file.from.is_some() && formatted.is_some_and(|formatted| *formatted != *file.before)
        };
        let unlike = change.files.iter().filter(|file| has_new_code(file)).filter(unlike);
        let unlike: Vec<PathBuf> = unlike.filter_map(|file| file.to.clone()).collect();
        let mut said = texts::formatted_by(self.format, &self.because);
        if !unlike.is_empty() {
            said.push_str(&texts::unlike(&unlike));
        }
        Some(said)
    }

    /// What has to be formatted once `change` is written; `None` where nothing has.
    pub fn afterwards(&self, change: &SourceChange) -> Option<String> {
        let left = self.left(change);
        (!left.is_empty()).then(|| texts::afterwards(self.format, &left))
    }

    /// The files with new code that the program has not formatted.
    fn left(&self, change: &SourceChange) -> Vec<PathBuf> {
        let known = self.known();
        let left = change.files.iter().filter(|file| known.left.contains(&*file.after));
        left.filter_map(|file| file.to.clone()).collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Notes what became of a text.
    fn note(&mut self, text: &str, result: Result<String, Fault>) {
        let result = result.and_then(|formatted| match relaid(text, &formatted) {
            Some(_) => Ok(formatted),
            None => Err(Fault::Refused(texts::CHANGES_THE_CODE.to_owned())),
        });
        match result {
            Ok(formatted) => {
                self.formatted.insert(text.to_owned(), formatted);
            }
            Err(fault) => {
                self.left.insert(text.to_owned());
                let (Fault::Refused(why) | Fault::Broken(why)) = &fault;
                self.is_broken |= matches!(fault, Fault::Broken(_));
                self.fault.get_or_insert_with(|| why.clone());
            }
        }
    }
}

/// Whether a file is Nix and has text that it had not before.
fn has_new_code(file: &FileChange) -> bool {
    let is_nix = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "nix");
    file.to.as_ref().is_some_and(is_nix) && file.before != file.after
}

/// The format that most files have, of those whose formatters are at hand; alejandra where no other one has more.
fn majority<'s>(files: impl FnOnce() -> Vec<&'s Source>, find: &dyn Fn(&str) -> Option<Program>) -> (Format, Because) {
    let programs = Format::ALL.into_iter().filter(|format| format.is_program());
    let programs: Vec<(Format, Program)> = programs
        .filter_map(|format| Some((format, find(format.name())?)))
        .collect();
    if programs.is_empty() {
        return (Format::Alejandra, Because::Default);
    }
    let files = files();
    let texts: Vec<&str> = files.iter().map(|file| &**file.text()).collect();
    let by_alejandra = files
        .iter()
        .filter(|file| file.formatted().as_deref() == Some(&**file.text()));
    let (mut format, mut kept) = (Format::Alejandra, by_alejandra.count());
    for (other, program) in programs {
        let formatted = program.format(&texts);
        let same = formatted
            .iter()
            .zip(&texts)
            .filter(|(formatted, text)| formatted.as_deref() == Ok(**text));
        let same = same.count();
        if same > kept {
            (format, kept) = (other, same);
        }
    }
    match format {
        Format::Alejandra => (format, Because::Default),
        _ => (format, Because::Files { kept, of: texts.len() }),
    }
}

#[cfg(test)]
mod tests;
