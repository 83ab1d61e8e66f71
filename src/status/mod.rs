//! How far the migration is: every service, what is kept and backed up of it, and what stands in its way.
//!
//! The answer comes from the code alone. What it does not determine is unknown, with the reason and its place.

mod detail;
mod discover;
mod gaps;
mod holds;
mod json;
mod kept;
mod left;
mod look;
pub mod pieces;
mod read;
pub mod stand;
mod state;
mod surroundings;
mod table;
#[cfg(test)]
mod tests;
mod texts;

use std::path::{Path, PathBuf};

pub use detail::{Detail, Plan};
pub use gaps::{FOREIGN_STATE, KEPT_BY_ANOTHER, UNSAVED_DATABASE, UNSAVED_STATE, contract_says};
pub use look::{Look, look_at};
use pieces::Piece;

use crate::edit::SourceChange;
use crate::error::{Error, Place, Result};
use crate::plan::computed;
use crate::plan::model::Context;
use crate::repo::Repository;
use crate::repo::hosts::{self, Host};
use crate::resolve::{Model, UnknownReason};
use crate::review::summary::Page;
use crate::rules::parts;

/// The state of a repository's services on one host.
pub struct Status {
    /// The host's name.
    pub host: String,
    /// The directory of the server's modules.
    pub server: PathBuf,
    /// Whether the repository has the contract.
    pub installed: bool,
    /// Every service, by name.
    pub services: Vec<Service>,
    /// How many Nix files there are, and how many of them were read.
    pub files: Files,
    /// Where services are defined in files that no host is made of, sorted.
    pub elsewhere: Elsewhere,
    /// The migrated services of which nobody has said that they were tested on the server, by name; those without a commit
    /// of this program are none of them.
    pub untested: Vec<String>,
    /// Files of the hosts that could not be read or do not parse, and definitions that are not written out: what they
    /// declare is missing here.
    pub faults: Vec<Error>,
}

/// Files that no host is made of.
pub enum Elsewhere {
    /// The definitions in them.
    Sure(Vec<Place>),
    /// Those that seem to have some, where they are too many to be parsed for a status.
    Likely(Vec<PathBuf>),
}

/// How many files that no host is made of are parsed. A repository has a few; a tree with more has copies of it.
const PARSED: usize = 200;

/// Counts of Nix files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files {
    pub total: usize,
    pub read: usize,
}

/// The service `name`, as the code says it now; `None` where there is none of that name.
pub fn service(context: &Context, name: &str) -> Option<Service> {
    read::one(context, name)
}

/// Every service, by name, with its pieces.
pub fn entries(context: &Context) -> Vec<(Service, Vec<Piece>)> {
    read::with_pieces(context)
}

/// The services that are declared nowhere, each with the module that runs it: `migrate --from` takes it.
pub fn undeclared(context: &Context) -> Vec<(String, PathBuf)> {
    let found = discover::services(context).into_iter();
    found
        .filter(|service| service.pattern == Pattern::Undeclared)
        .map(|service| (service.name, service.module.source.path().to_owned()))
        .collect()
}

/// How a service is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// In the scattered options that are migrated from.
    Legacy,
    /// By a contract.
    Contract,
    /// Not at all: it is only a container, a pod or a backup job.
    Undeclared,
}

impl Pattern {
    /// Its name, for programs and for people.
    pub fn name(self) -> &'static str {
        match self {
            Pattern::Legacy => "legacy",
            Pattern::Contract => "contract",
            Pattern::Undeclared => "undeclared",
        }
    }
}

/// Something that the code says, or why it does not.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    Known(T),
    Unknown(UnknownReason),
}

impl<T> Answer<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Answer::Known(value) => Some(value),
            Answer::Unknown(_) => None,
        }
    }
}

/// One service.
pub struct Service {
    pub name: String,
    pub pattern: Pattern,
    /// Where it is declared, or the container, pod or job that it is found by.
    pub place: Place,
    /// Whether it runs on the host.
    pub enabled: Answer<bool>,
    /// The port it listens on; `None` if it has none.
    pub port: Option<Answer<u16>>,
    /// Who may reach it: `public`, `private`, or whatever the type is; `None` if it is not exposed.
    pub exposed: Option<Answer<String>>,
    /// What survives a reboot.
    pub persisted: Vec<Kept>,
    /// What is backed up.
    pub backed_up: Vec<BackedUp>,
    /// Why it is not known what survives a reboot and what is backed up, where its definitions could not be collected.
    pub unseen: Option<UnknownReason>,
    /// The directories of its state that no backup has.
    pub unsaved: Vec<String>,
    /// The directory of its state that its contract names.
    pub state: Option<State>,
    /// The directories in which what runs it keeps state, whoever says so.
    pub holds: Vec<State>,
    /// What a person would want to know.
    pub gaps: Vec<Gap>,
    /// Why `migrate` would refuse; `None` if it would not, and for a service that is migrated.
    pub blocked: Option<Error>,
}

/// A path that is kept, and where that is said.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The path, or its source text where the value is not known.
    pub path: String,
    pub place: Place,
}

/// The directory that a contract names as that of the service's state.
#[derive(Clone, Debug)]
pub struct State {
    pub kept: Kept,
    /// Whether some list of persistent directories has it; `None` where that is not known, where there is no such list at all,
    /// and where it lies on a file system of its own.
    pub survives: Option<bool>,
    /// Whether it lies where nothing has to be named to survive: on a file system of its own, or where persistent directories
    /// are kept.
    pub lasts: bool,
    /// Whether some backup has it, or something in it.
    pub saved: bool,
}

impl Kept {
    /// Whether it is a directory whose loss costs something.
    pub fn matters(&self) -> bool {
        !state::is_expendable(&self.path)
    }
}

/// A path that a job backs up.
#[derive(Clone, Debug)]
pub struct BackedUp {
    pub kept: Kept,
    /// The job; `None` where whatever reads the service's declaration makes one.
    pub job: Option<String>,
}

/// Something that is missing or left over.
#[derive(Clone, Debug)]
pub struct Gap {
    /// A stable name for its kind.
    pub code: &'static str,
    /// What it is, in a sentence without its full stop.
    pub text: String,
    pub place: Place,
}

/// How many services there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub services: usize,
    pub migrated: usize,
    pub legacy: usize,
    pub undeclared: usize,
    pub gaps: usize,
    pub blocked: usize,
}

impl Status {
    /// Reads the repository at `root` as far as is needed, and collects the state of the services on `host`, or on the
    /// only host that has some; with `to_come`, as that change would leave it.
    ///
    /// # Errors
    /// As [`Repository::survey`] and [`hosts::find`].
    pub fn read(root: &Path, host: Option<&str>, to_come: Option<&SourceChange>) -> Result<Status> {
        let mut survey = Repository::survey(root)?;
        if let Some(change) = to_come {
            survey.repo = survey.repo.settled(change);
        }
        // What is counted on the disk: all but the directories of the hosts and the server.
        let own = [&survey.repo.rules().paths.hosts, &survey.repo.rules().paths.server];
        let counts = |path: &Option<PathBuf>| {
            let path = path.as_ref();
            path.is_some_and(|path| {
                path.extension().is_some_and(|extension| extension == "nix")
                    && !own.iter().any(|own| path.starts_with(own))
            })
        };
        let changed = to_come.iter().flat_map(|change| &change.files);
        let difference: isize = changed
            .map(|file| isize::from(counts(&file.to)) - isize::from(counts(&file.from)))
            .sum();
        // The rest of the tree is searched while the services are collected: neither needs the other.
        let mut status = std::thread::scope(|scope| {
            let beyond = scope.spawn(|| survey.beyond());
            let host = hosts::find(&survey.repo, host)?;
            let model = hosts::model(&survey.repo, &host);
            let mut status = Status::collect(&survey.repo, &host, &model);
            let beyond = beyond.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            status.files.total = beyond.files.saturating_add_signed(difference);
            status.elsewhere = match beyond.mentions.len() {
                ..=PARSED => Elsewhere::Sure(survey.definitions(&beyond.mentions)),
                _ => Elsewhere::Likely(beyond.mentions),
            };
            Ok::<_, Error>(status)
        })?;
        status.faults.splice(0..0, survey.unreadable);
        Ok(status)
    }

    /// The state of the services on `host`, in the files of `repo`.
    pub fn collect(repo: &Repository, host: &Host, model: &Model) -> Status {
        let choices = Default::default();
        let context = Context {
            repo,
            model,
            host,
            choices: &choices,
        };
        let services = read::services(&context);
        let contract = parts(&repo.rules().namespaces.contract);
        let broken = hosts::module_files(repo, host).into_iter();
        let read = repo.nix_files().count();
        Status {
            host: host.name.clone(),
            server: repo.rules().paths.server.clone(),
            installed: model.declaration(&contract).is_some(),
            services,
            files: Files { total: read, read },
            untested: Vec::new(),
            elsewhere: Elsewhere::Sure(Vec::new()),
            faults: broken
                .filter_map(|path| repo.source(&path)?.syntax_error())
                .chain(computed::unreadable(&context))
                .collect(),
        }
    }

    /// The numbers.
    pub fn totals(&self) -> Totals {
        let of = |pattern| self.services.iter().filter(|s| s.pattern == pattern).count();
        Totals {
            services: self.services.len(),
            migrated: of(Pattern::Contract),
            legacy: of(Pattern::Legacy),
            undeclared: of(Pattern::Undeclared),
            gaps: self.services.iter().map(|s| s.gaps.len()).sum(),
            blocked: self.services.iter().filter(|s| s.blocked.is_some()).count(),
        }
    }

    /// For people, styled: whole where it goes to a file, and as wide as the page where that is a terminal.
    pub fn human(&self, page: Page) -> String {
        table::render(self, page)
    }

    /// For programs: schema 1. With `details`, of these services alone, with their pieces.
    ///
    /// # Errors
    /// An internal error if the document has no JSON form.
    pub fn json(&self, details: &[Detail]) -> Result<String> {
        json::text(self, details)
    }
}
