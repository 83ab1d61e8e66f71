//! The virtual machine test of a service: a new one on the library that all share, or the one that is there, moved to the
//! contract's switch.

use std::path::{Path, PathBuf};

use super::flake::{Check, Flake};
use super::install::names::Names;
use super::install::version;
use super::model::{Context, ServiceFacts};
use super::ops::Ops;
use super::{Move, Skipped, placement, tested, texts as plan_texts};
use crate::edit::{GroupId, SourceChange};
use crate::error::Result;
use crate::repo::hosts;
use crate::resolve::Module;
use crate::syntax;

mod existing;
mod modules;
mod texts;
mod units;

pub use existing::{follow, follows, import};
use modules::Surroundings;
use units::Running;

/// The units that `module` runs for a service, as far as it says them.
pub fn units(context: &Context, module: &Module, service: &str) -> Vec<String> {
    Running::new(context, module, service).units()
}

/// The library that tests of services share.
const LIBRARY: &str = include_str!("../../../nix/tests/lib/service-test.nix");
/// Its file below the directory of tests.
const LIBRARY_FILE: &str = "lib/service-test.nix";
/// The most lines that a service's own test has.
const MOST_LINES: usize = 15;

/// Whether a new test may become a check of the flake.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// It evaluates with the flake's own nixpkgs.
    Resolves,
    /// It does not, for this reason.
    Fails(String),
}

/// What becomes of the check of a new test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The flake has it.
    Registered,
    /// The flake has no place for it, or there is no flake.
    NoPlace,
    /// That its options and units exist was not shown: why, and what to do.
    Unshown { why: String, next: String },
}

/// A test that a service does not have yet.
pub struct NewTest<'a> {
    flake: Flake<'a>,
    /// Its file, relative to the root.
    pub path: PathBuf,
    /// The flake's check.
    pub check: String,
    pub registration: Registration,
    service: String,
    units: Vec<String>,
    surroundings: Surroundings,
    /// The service's module where nothing else is said of the machine.
    module: PathBuf,
    brings_proxy: bool,
    images: Vec<String>,
    library: bool,
}

/// Whether a service has neither a test nor a check of its name, and can have one. A name that cannot be a directory's has
/// no place for it.
pub fn is_wanted(context: &Context, service: &str) -> bool {
    let path = path_of(context, service);
    let directory = path.parent().unwrap_or(&path);
    is_file_name(service) && !context.repo.exists(directory) && !super::flake::has(context.repo, &check_name(service))
}

/// Whether a service that is there has no test: no file of its own, no check, and none that imports its module or turns it
/// on.
pub fn lacks(context: &Context, facts: &ServiceFacts) -> bool {
    let own = facts.co_located.is_none().then(|| facts.home.source.path());
    is_wanted(context, &facts.name) && tested::tests_of(context.repo, &facts.name, own).is_empty()
}

/// The library's file, where a repository has it or gets it.
pub fn library_path(context: &Context) -> PathBuf {
    context.rules().paths.tests.join(LIBRARY_FILE)
}

/// The library's text in a repository.
///
/// # Errors
/// An internal error where it cannot be made.
pub fn library_text(context: &Context) -> Result<String> {
    let path = library_path(context);
    Names::of(context.rules()).fitted(&path, &version::marked(&path, LIBRARY))
}

fn path_of(context: &Context, service: &str) -> PathBuf {
    context.rules().paths.tests.join(service).join("default.nix")
}

impl<'a> NewTest<'a> {
    /// The test of the module that a service has at `module` after `change`.
    ///
    /// # Errors
    /// Why there is none: no unit is known to wait for.
    pub fn plan(
        context: &Context<'a>,
        service: &str,
        module: &Path,
        change: &SourceChange,
    ) -> Result<NewTest<'a>, Box<Skipped>> {
        let after = context.repo.after(change);
        let model = hosts::model_after(&after, context.host, context.model);
        let context_after = Context {
            repo: &after,
            model: &model,
            ..*context
        };
        let none = |option: Option<&str>| {
            Box::new(Skipped {
                what: texts::test(service),
                place: after.source(module).map(|source| source.place(0..0)),
                why: option.map_or_else(|| texts::NO_UNIT.to_owned(), texts::no_unit_of),
                next: Some(texts::no_unit_next(
                    &path_of(context, service),
                    &library_path(context),
                    option,
                )),
            })
        };
        let Some(home) = model.module(module) else {
            return Err(none(None));
        };
        let running = Running::new(&context_after, home, service);
        let units = running.units();
        if units.is_empty() {
            return Err(none(running.unknown_upstream().as_deref()));
        }
        let mut surroundings = Surroundings::of(&context_after, module);
        if let Some(backend) = running.backend_elsewhere() {
            let backend = syntax::string_text(&backend);
            surroundings.settings.push((units::BACKEND.to_owned(), backend));
        }
        let brings_proxy = surroundings.modules.iter().any(|path| {
            let module = model.module(path);
            module.is_some_and(|module| Running::new(&context_after, module, service).brings_proxy())
        });
        let mut test = NewTest {
            flake: Flake::read(context.repo),
            path: path_of(context, service),
            check: check_name(service),
            registration: Registration::NoPlace,
            service: service.to_owned(),
            units,
            images: running.images(),
            surroundings,
            module: module.to_owned(),
            brings_proxy,
            library: !context.repo.has(&library_path(context)),
        };
        test.registration = test.registers(context);
        Ok(test)
    }

    /// What becomes of its check.
    fn registers(&self, context: &Context) -> Registration {
        if !self.flake.takes() {
            return Registration::NoPlace;
        }
        let line = self.flake.line(&self.check(GroupId(0)));
        let resolution = context.choices.tests.get(&self.service);
        match (&self.surroundings.unknown, resolution) {
            (_, Some(Resolution::Resolves)) => Registration::Registered,
            (Some((name, module)), _) => Registration::Unshown {
                why: texts::no_argument(name, module),
                next: texts::give_argument(name, &line),
            },
            (None, Some(Resolution::Fails(why))) => Registration::Unshown {
                why: texts::unresolved(why),
                next: texts::register(&line),
            },
            (None, None) => Registration::Unshown {
                why: texts::NOT_EVALUATED.to_owned(),
                next: texts::register(&line),
            },
        }
    }

    /// What it adds, for people.
    pub fn moves(&self, context: &Context) -> Vec<Move> {
        let mut moves = vec![Move::added_to(plan_texts::test_of(&self.service), &self.path)];
        if self.library {
            moves.push(Move::added_to(plan_texts::TEST_LIBRARY, &library_path(context)));
        }
        if self.has_check() {
            moves.push(Move::added_to(
                plan_texts::check_named(&self.check),
                Path::new("flake.nix"),
            ));
        }
        moves
    }

    /// Whether the flake gets its check.
    pub fn has_check(&self) -> bool {
        self.registration == Registration::Registered
    }

    /// Whether the flake has a place for its check.
    pub fn has_place(&self) -> bool {
        self.flake.takes()
    }

    /// What is left to a person.
    pub fn skipped(&self) -> Vec<Skipped> {
        match &self.registration {
            Registration::Registered => Vec::new(),
            Registration::NoPlace => self.flake.skipped(&[self.check(GroupId(0))]),
            Registration::Unshown { why, next } => vec![Skipped {
                what: plan_texts::check_named(&self.check),
                place: None,
                why: why.clone(),
                next: Some(next.clone()),
            }],
        }
    }

    fn check(&self, group: GroupId) -> Check {
        Check {
            name: self.check.clone(),
            test: self.path.parent().unwrap_or(&self.path).to_owned(),
            inputs: true,
            group,
        }
    }

    /// Writes the test of the module at `module`, its check where that resolves, and the library where it is missing.
    ///
    /// # Errors
    /// An internal error where the library's text cannot be made.
    pub fn render(&self, work: &mut Ops, context: &Context, module: &Path, group: GroupId) -> Result<()> {
        work.create_from_template(self.path.clone(), self.text(context, module));
        if self.library {
            work.create_from_template(library_path(context), library_text(context)?);
        }
        if self.has_check() {
            self.flake.insert(work, &[self.check(group)]);
        }
        work.tell(group, self.moves(context));
        Ok(())
    }

    /// The test's text: one line a module where that is short enough.
    fn text(&self, context: &Context, module: &Path) -> String {
        let long = self.written(context, module, "\n");
        match long.lines().count() > MOST_LINES {
            true => self.written(context, module, " "),
            false => long,
        }
    }

    fn written(&self, context: &Context, module: &Path, between: &str) -> String {
        let relative = |path: &Path| {
            let directory = match path.file_name().is_some_and(|name| name == "default.nix") {
                true => path.parent().unwrap_or(path),
                false => path,
            };
            placement::relative(&self.path, directory)
        };
        let paths = self.surroundings.modules.iter().map(|path| match *path == self.module {
            true => relative(module),
            false => relative(path),
        });
        let paths: Vec<String> = paths.collect();
        let modules = match (paths.len(), between) {
            (0 | 1, _) | (_, " ") => paths.join(" "),
            _ => format!("\n{}\n", paths.join("\n")),
        };
        let units: Vec<String> = self.units.iter().map(|unit| syntax::string_text(unit)).collect();
        let mut lines = vec![
            format!("service = {};", syntax::string_text(&self.service)),
            format!("modules = [{modules}];"),
            format!("units = [{}];", units.join(" ")),
        ];
        if self.brings_proxy {
            lines.push("proxy = false;".to_owned());
        }
        let named = |(name, value): &(String, String)| (name.clone(), value.clone());
        for (name, value) in self.surroundings.arguments.iter().map(named) {
            lines.push(format!("arguments.{name} = {value};"));
        }
        for (option, value) in self.surroundings.settings.iter().map(named) {
            lines.push(format!("settings.{option} = {value};"));
        }
        if !self.images.is_empty() {
            lines.push(texts::images(&self.images));
        }
        let library = library_path(context);
        let text = format!(
            "{}\nargs:\nimport {} (args\n// {{\n{}\n}})\n",
            texts::head(&self.service, &library),
            placement::relative(&self.path, &library),
            lines.join("\n"),
        );
        syntax::format(&text).unwrap_or(text)
    }
}

/// The check of a service's test: its name in small letters, with dashes between words.
fn check_name(service: &str) -> String {
    let (mut name, mut in_word) = (String::new(), false);
    for c in service.chars() {
        if c.is_ascii_uppercase() && in_word {
            name.push('-');
        }
        in_word = c.is_ascii_lowercase() || c.is_ascii_digit();
        name.push(match c {
            '_' | '.' => '-',
            c => c.to_ascii_lowercase(),
        });
    }
    name
}

/// Whether a name can be that of a directory and stand in a comment and a string as it is.
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests;
