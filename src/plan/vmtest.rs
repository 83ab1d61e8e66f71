//! The virtual machine test of a service: a new one from the template, or the one that is there, moved to the
//! contract's switch.

use std::path::{Path, PathBuf};

use super::flake::{Check, Flake};
use super::install::names::Names;
use super::model::{Context, Guard, ServiceFacts};
use super::ops::Ops;
use super::setting::Setting;
use super::{Move, Skipped, placement, removal, tested, texts};
use crate::edit::{GroupId, indent, trivia};
use crate::error::Result;
use crate::repo::literals;
use crate::resolve::module::{Def, Module, attribute, list_elements};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, Source, ast};

/// The template; its marks are listed in `nix/README.md`.
const TEMPLATE: &str = include_str!("../../nix/tests/vm/service.nix");

/// A test that a service does not have yet.
pub struct NewTest<'a> {
    flake: Flake<'a>,
    /// Its file, relative to the root.
    pub path: PathBuf,
    /// The flake's check.
    pub check: String,
    service: String,
    unit: String,
}

impl<'a> NewTest<'a> {
    /// The test for a service that has none: no file of its own, no check, and no test that imports its module or turns
    /// it on.
    pub fn of(context: &Context<'a>, facts: &ServiceFacts) -> Option<NewTest<'a>> {
        let own = facts.co_located.is_none().then(|| facts.home.source.path());
        let tested = !tested::tests_of(context.repo, &facts.name, own).is_empty();
        let unit = unit(context, facts);
        (!tested)
            .then(|| NewTest::plan(context, &facts.name, unit.as_deref()))
            .flatten()
    }

    /// The test for a service without a file and a check of that name. A name that cannot be a directory's has no place
    /// for one.
    pub fn plan(context: &Context<'a>, service: &str, unit: Option<&str>) -> Option<NewTest<'a>> {
        let path = context.rules().paths.tests.join(service).join("default.nix");
        let check = format!("{service}Test");
        let taken = context.repo.exists(path.parent().unwrap_or(&path)) || super::flake::has(context.repo, &check);
        let unit = match unit.filter(|unit| !unit.is_empty()) {
            Some(unit) if unit.contains('.') => unit.to_owned(),
            Some(unit) => format!("{unit}.service"),
            None => format!("{service}.service"),
        };
        (!taken && is_file_name(service)).then(|| NewTest {
            flake: Flake::read(context.repo),
            path,
            check,
            service: service.to_owned(),
            unit,
        })
    }

    /// What it adds, for people.
    pub fn moves(&self) -> Vec<Move> {
        let added = |what: String, path: &Path| Move {
            what,
            from: None,
            to: Some(path.display().to_string()),
        };
        let mut moves = vec![added(texts::test_of(&self.service), &self.path)];
        if self.flake.takes() {
            moves.push(added(texts::check_named(&self.check), Path::new("flake.nix")));
        }
        moves
    }

    /// Whether the flake has a place for its check.
    pub fn has_check(&self) -> bool {
        self.flake.takes()
    }

    /// What is left to a person.
    pub fn skipped(&self) -> Vec<Skipped> {
        self.flake.skipped(&[self.check(GroupId(0))])
    }

    fn check(&self, group: GroupId) -> Check {
        Check {
            name: self.check.clone(),
            test: self.path.parent().unwrap_or(&self.path).to_owned(),
            inputs: true,
            group,
        }
    }

    /// Writes the test of the module at `module`, and its check.
    ///
    /// # Errors
    /// An internal error where the test's text cannot be made.
    pub fn render(&self, work: &mut Ops, context: &Context, module: &Path, group: GroupId) -> Result<()> {
        let text = TEMPLATE
            .replace("@service@", &self.service)
            .replace("\"@unit@\"", &syntax::string_text(&self.unit))
            .replace("@modulePath@", &module.display().to_string());
        work.create(self.path.clone(), Names::of(context.rules()).fitted(&self.path, &text)?);
        self.flake.insert(work, &[self.check(group)]);
        work.tell(group, self.moves());
        Ok(())
    }
}

/// Whether a name can be that of a directory and stand in a comment and a string as it is.
pub fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The unit that a service's legacy declaration names, if it is known.
fn unit(context: &Context, facts: &ServiceFacts) -> Option<String> {
    let fact = facts.first(&ContractField::UnitName)?;
    context
        .eval(fact.origin.module)
        .string(fact.origin.value.as_ref()?)
        .ok()
}

/// A machine in a test that imports the service's module, and what turns the service on there.
struct Machine<'a> {
    module: Module,
    /// The element of its imports that names the service's module.
    import: ast::Expr,
    /// `None` where nothing has to be switched.
    switch: Option<Switch>,
    source: &'a Source,
}

enum Switch {
    /// The legacy switch is set: moved.
    Set { binding: Def, value: &'static str },
    /// The module had no switch, so importing it was enough: set.
    Imported,
}

/// The files of existing tests that import the service's module, those across services included.
fn importing(context: &Context, facts: &ServiceFacts) -> Vec<PathBuf> {
    let tests = &context.rules().paths.tests;
    let mut files: Vec<PathBuf> = facts
        .references(context.repo)
        .iter()
        .map(|reference| reference.file.clone())
        .filter(|file| file.starts_with(tests))
        .collect();
    files.dedup();
    files
}

/// The machines of existing tests that import the service's module.
fn machines<'a>(context: &Context<'a>, facts: &ServiceFacts) -> Vec<Machine<'a>> {
    let home = facts.home.source.path();
    let mut found = Vec::new();
    for file in importing(context, facts) {
        let Some(source) = context.repo.source(&file) else {
            continue;
        };
        for set in source.root().descendants().filter_map(ast::AttrSet::cast) {
            let Some(import) = import_of(context, source, &set, home) else {
                continue;
            };
            let module = Module::within(source, set);
            found.push(Machine {
                import,
                switch: switch(context, facts, &module),
                module,
                source,
            });
        }
    }
    found
}

/// The element of a set's imports that names the module.
fn import_of(context: &Context, source: &Source, set: &ast::AttrSet, home: &Path) -> Option<ast::Expr> {
    let mut elements = Vec::new();
    attribute(set, "imports")
        .iter()
        .for_each(|list| list_elements(list, &mut elements));
    elements
        .into_iter()
        .find(|element| match syntax::unparen(element.clone()) {
            ast::Expr::PathRel(path) => literals::target(source, &path)
                .and_then(|path| context.repo.import_target(&path))
                .is_some_and(|target| target == home),
            _ => false,
        })
}

fn switch(context: &Context, facts: &ServiceFacts, machine: &Module) -> Option<Switch> {
    let contract = [parts(&context.rules().namespaces.contract), vec![facts.name.as_str()]].concat();
    if machine.under(&contract).next().is_some() {
        return None;
    }
    let path = match &facts.guard {
        Guard::Switch { path, .. } => path,
        Guard::Always => return Some(Switch::Imported),
        Guard::Condition { .. } => return None,
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut definitions = machine.defs.iter().filter(|def| def.is(&path));
    let (Some(def), None) = (definitions.next(), definitions.next()) else {
        return None;
    };
    let plain = def.context.conditions.is_empty() && def.context.priorities.is_empty() && !def.context.opaque;
    let value = match syntax::text_of(def.value.as_ref()?.syntax()).as_str() {
        "true" => "true",
        "false" => "false",
        // What is computed goes on setting the legacy switch, which wins over the contract's default.
        _ => return None,
    };
    plain.then(|| Switch::Set {
        binding: def.clone(),
        value,
    })
}

/// Moves the switch in existing tests: they turn the service on as the host does.
///
/// # Errors
/// `unsupported-module` where a machine has no set that the switch could go into.
pub fn follow(work: &mut Ops, context: &Context, facts: &ServiceFacts, group: GroupId) -> Result<()> {
    let namespace = parts(&context.rules().namespaces.contract);
    let option = format!("{}.{}.enable", namespace.join("."), syntax::attr_text(&facts.name));
    for machine in machines(context, facts) {
        let Some(switch) = &machine.switch else { continue };
        let (value, from) = match switch {
            Switch::Set { binding, value } => {
                let removal = removal::remove(machine.source, std::slice::from_ref(binding.entry.syntax()));
                for range in removal.ranges {
                    work.remove(machine.source.path(), range, group);
                }
                (*value, machine.source.place_of(binding.entry.syntax()))
            }
            Switch::Imported => ("true", machine.source.place_of(machine.import.syntax())),
        };
        let setting = Setting {
            prefix: &namespace,
            name: &facts.name,
            rest: "enable",
            value,
            comment: "",
            last: false,
        };
        setting.insert(work, &machine.module, group)?;
        let moved = Move {
            what: texts::SWITCH_IN_TEST.to_owned(),
            from: Some(from),
            to: Some(format!("{}: {option}", machine.source.path().display())),
        };
        work.tell(group, [moved]);
    }
    Ok(())
}

/// Whether an existing test is moved to the contract's switch.
pub fn follows(context: &Context, facts: &ServiceFacts) -> bool {
    machines(context, facts).iter().any(|machine| machine.switch.is_some())
}

/// Imports the service's own module in the tests of a file that several services share, which it leaves.
pub fn import(work: &mut Ops, context: &Context, facts: &ServiceFacts, group: GroupId) {
    if facts.co_located.is_none() {
        return;
    }
    for machine in machines(context, facts) {
        let source = machine.source;
        let at = trivia::extent(source.text(), machine.import.syntax()).text.end;
        let pad = indent::of_line(source.text(), syntax::span(machine.import.syntax()).start);
        let module = placement::relative(source.path(), facts.target.parent().unwrap_or(&facts.target));
        work.insert(source.path(), at, format!("\n{pad}{module}"), group);
    }
}
