//! The machines of tests that are there already: moved to the contract's switch, and to the module's new place.

use std::path::{Path, PathBuf};

use crate::edit::{GroupId, indent, trivia};
use crate::error::Result;
use crate::plan::model::{Context, Guard, ServiceFacts};
use crate::plan::ops::Ops;
use crate::plan::setting::Setting;
use crate::plan::{Move, placement, removal, texts};
use crate::repo::literals;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module, attribute};
use crate::rules::parts;
use crate::syntax::{self, AstNode, Source, ast};

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
