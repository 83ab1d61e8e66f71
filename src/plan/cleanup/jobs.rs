//! Backup jobs that the legacy pattern declared for several services, and that have no path of their own any more: what they
//! stop meanwhile becomes a field of the services that share them, and they go.

use std::path::PathBuf;

use crate::edit::{GroupId, indent, trivia};
use crate::error::Place;
use crate::plan::group::Move;
use crate::plan::model::{Context, OwnContract, contract_names};
use crate::plan::ops::Ops;
use crate::plan::removal;
use crate::resolve::module::{Def, Module, list_elements};
use crate::resolve::value::{Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, HasEntry, ast};

/// A job that goes.
pub struct EmptyJob<'a> {
    pub name: String,
    module: &'a Module,
    def: Def,
    /// The units that it stops, sorted as it says them.
    units: Vec<String>,
    /// The services that share it, with their contracts.
    services: Vec<(String, OwnContract<'a>)>,
}

/// The jobs that have no paths but those of contracts, and say nothing that is no field of a contract's.
pub fn find<'a>(context: &Context<'a>) -> Vec<EmptyJob<'a>> {
    let namespace = parts(&context.rules().namespaces.backups);
    let whole = context
        .model
        .under(&namespace)
        .into_iter()
        .filter(|(_, def)| def.path.len() == namespace.len() + 1);
    let whole: Vec<(&Module, &Def)> = whole.collect();
    let mut found = Vec::new();
    for (module, def) in &whole {
        let Some(name) = def.name(namespace.len()) else {
            continue;
        };
        let alone = whole
            .iter()
            .filter(|(_, other)| other.name(namespace.len()) == Some(name))
            .count()
            == 1;
        let plain = !def.context.opaque && def.context.conditions.is_empty() && def.context.priorities.is_empty();
        let Some(units) = units(context, module, def).filter(|_| alone && plain) else {
            continue;
        };
        let Some(services) = services(context, name) else {
            continue;
        };
        found.push(EmptyJob {
            name: name.to_owned(),
            module,
            def: (*def).clone(),
            units,
            services,
        });
    }
    found
}

/// The units of a job that says nothing else; `None` for one that does, or where one of them is not known.
fn units(context: &Context, module: &Module, def: &Def) -> Option<Vec<String>> {
    let Some(ast::Expr::AttrSet(set)) = &def.value else {
        return None;
    };
    if syntax::is_recursive(set) || !syntax::comments(set.syntax()).is_empty() {
        return None;
    }
    let fields = &context.rules().backup_fields;
    let mut units = Vec::new();
    for entry in set.entries() {
        let ast::Entry::AttrpathValue(binding) = entry else {
            return None;
        };
        let names = syntax::attrpath_names(&binding.attrpath()?);
        let [Some(name)] = names.as_slice() else { return None };
        let ast::Expr::List(list) = binding.value()? else {
            return None;
        };
        let mut elements = Vec::new();
        list_elements(&ast::Expr::List(list), &mut elements);
        match fields.get(name) {
            _ if elements.is_empty() => {}
            Some(ContractField::BackupUnits) => {
                let eval = context.eval(module);
                for element in &elements {
                    match eval.force(element) {
                        Value::Known(Known::Str(unit)) => units.push(unit),
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
    }
    Some(units)
}

/// The services that share a job and can say what it stops; `None` where there are none, or one of them says it already or is
/// not written as one set.
fn services<'a>(context: &Context<'a>, job: &str) -> Option<Vec<(String, OwnContract<'a>)>> {
    let mut found = Vec::new();
    for name in contract_names(context.model, context.rules()) {
        let path: Vec<&str> = parts(&context.rules().namespaces.contract)
            .into_iter()
            .chain([name.as_str(), "backupJob"])
            .collect();
        let said = context.model.definitions(&path).into_iter();
        let mut jobs = said.map(|(module, def)| def.value.as_ref().map(|value| context.eval(module).force(value)));
        let named = match (jobs.next(), jobs.next()) {
            (None, _) => name.clone(),
            (Some(Some(Value::Known(Known::Str(named)))), None) => named,
            _ => return None,
        };
        if named != job {
            continue;
        }
        let contract = OwnContract::find(context, &name)?;
        if !contract.says(&ContractField::BackupPaths) {
            continue;
        }
        if contract.entry(&ContractField::BackupUnits).is_some() {
            return None;
        }
        found.push((name, contract));
    }
    (!found.is_empty()).then_some(found)
}

impl EmptyJob<'_> {
    /// Where it stands.
    pub fn place(&self) -> Place {
        self.module.source.place_of(self.def.entry.syntax())
    }

    /// The file and the ranges of it that go.
    pub fn gone(&self) -> (PathBuf, Vec<std::ops::Range<usize>>) {
        let removal = removal::remove(&self.module.source, &[self.def.entry.syntax().clone()]);
        (self.module.source.path().to_owned(), removal.ranges)
    }

    /// Removes the job, and lets each contract say what it stopped.
    pub fn render(&self, ops: &mut Ops, group: GroupId) {
        let (file, ranges) = self.gone();
        ranges.into_iter().for_each(|range| ops.remove(&file, range, group));
        let units: Vec<String> = self.units.iter().map(|unit| syntax::string_text(unit)).collect();
        let mut moves = Vec::new();
        for (name, contract) in self.services.iter().filter(|_| !units.is_empty()) {
            let anchor = contract
                .entry(&ContractField::BackupJob)
                .or(contract.entry(&ContractField::BackupPaths));
            let anchor = anchor.expect("a contract that shares a job says its paths");
            let text = contract.module.source.text();
            let extent = trivia::extent(text, &anchor.node).text;
            let pad = indent::of_line(text, syntax::span(&anchor.node).start);
            let field = ContractField::BackupUnits;
            ops.insert(
                contract.module.source.path(),
                extent.end,
                format!("\n{pad}{field} = [{}];", units.join(" ")),
                group,
            );
            moves.push(Move {
                what: super::texts::job_units(&self.name),
                from: Some(self.place()),
                to: Some(format!("{name}.{field}")),
            });
        }
        moves.push(Move::removed(super::texts::job_left(&self.name), Some(self.place())));
        ops.tell(group, moves);
    }
}
