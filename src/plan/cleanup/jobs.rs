//! Backup jobs that the legacy pattern declared for several services, and that have no path of their own any more: what they
//! stop meanwhile becomes a field of the services that share them, and they go.

use std::path::PathBuf;

use crate::edit::{GroupId, indent, trivia};
use crate::error::Place;
use crate::plan::group::Move;
use crate::plan::model::{Context, OwnContract, contract_names};
use crate::plan::ops::Ops;
use crate::plan::removal;
use crate::resolve::Eval;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, HasEntry, ast};

/// A job that goes.
pub struct EmptyJob<'a> {
    pub name: String,
    module: &'a Module,
    def: Def,
    /// What it says besides its paths.
    says: Vec<Said>,
    /// The services that share it, with their contracts.
    services: Vec<(String, OwnContract<'a>)>,
}

/// A list that a job says, which the contracts say each: the collector takes each element once.
struct Said {
    field: ContractField,
    /// The comments above it.
    comments: String,
    elements: Vec<String>,
}

/// Fields of which the collector takes each element once (`nix/collector.nix`, `backupJob`).
const SHARED: [ContractField; 2] = [ContractField::BackupUnits, ContractField::BackupExclude];

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
        let Some(says) = said(context, module, def).filter(|_| alone && plain) else {
            continue;
        };
        let Some(services) = services(context, name, &says) else {
            continue;
        };
        found.push(EmptyJob {
            name: name.to_owned(),
            module,
            def: (*def).clone(),
            says,
            services,
        });
    }
    found
}

/// What a job says besides its paths; `None` where it has a path, or says what is no shared list of known strings.
fn said(context: &Context, module: &Module, def: &Def) -> Option<Vec<Said>> {
    let Some(ast::Expr::AttrSet(set)) = &def.value else {
        return None;
    };
    // What an option says is not written out: the machine may set it otherwise.
    let (text, eval) = (module.source.text(), Eval::alone(module));
    let mut found = Vec::new();
    let mut comments = syntax::comments(set.syntax()).len();
    for entry in set.entries() {
        let ast::Entry::AttrpathValue(binding) = entry else {
            return None;
        };
        let names = syntax::attrpath_names(&binding.attrpath()?);
        let [Some(name)] = names.as_slice() else { return None };
        let value = binding.value().filter(|value| matches!(value, ast::Expr::List(_)))?;
        let mut elements = Vec::new();
        list_elements(&value, &mut elements);
        if elements.is_empty() {
            continue;
        }
        let field = context
            .rules()
            .backup_fields
            .get(name)
            .filter(|field| SHARED.contains(field))?;
        let extent = trivia::extent(text, binding.syntax()).text;
        let above = text[extent.start..syntax::span(binding.syntax()).start].trim();
        comments -= above
            .lines()
            .filter(|line| line.trim_start().starts_with('#'))
            .count()
            .min(comments);
        let known = elements.iter().map(|element| match eval.force(element) {
            Value::Known(Known::Str(text)) => Some(text),
            _ => None,
        });
        found.push(Said {
            field: field.clone(),
            comments: above.to_owned(),
            elements: known.collect::<Option<_>>()?,
        });
    }
    // Another comment would have nothing left to be about.
    (comments == 0 && !syntax::is_recursive(set)).then_some(found)
}

/// The services that share a job and can say what it stops; `None` where there are none, or one of them says it already or is
/// not written as one set.
fn services<'a>(context: &Context<'a>, job: &str, says: &[Said]) -> Option<Vec<(String, OwnContract<'a>)>> {
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
        if says.iter().any(|said| contract.entry(&said.field).is_some()) {
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
        let mut moves = Vec::new();
        for (name, contract) in self.services.iter().filter(|_| !self.says.is_empty()) {
            let anchor = contract
                .entry(&ContractField::BackupJob)
                .or(contract.entry(&ContractField::BackupPaths));
            let anchor = anchor.expect("a contract that shares a job says its paths");
            let text = contract.module.source.text();
            let extent = trivia::extent(text, &anchor.node).text;
            let pad = indent::of_line(text, syntax::span(&anchor.node).start);
            let mut lines = String::new();
            for Said {
                field,
                comments,
                elements,
            } in &self.says
            {
                let elements: Vec<String> = elements.iter().map(|element| syntax::string_text(element)).collect();
                let comments = comments.lines().map(|line| format!("\n{pad}{}", line.trim()));
                lines.extend(comments);
                lines.push_str(&format!("\n{pad}{field} = [{}];", elements.join(" ")));
                moves.push(Move {
                    what: super::texts::job_field(&self.name, field),
                    from: Some(self.place()),
                    to: Some(format!("{name}.{field}")),
                });
            }
            ops.insert(contract.module.source.path(), extent.end, lines, group);
        }
        moves.push(Move::removed(super::texts::job_left(&self.name), Some(self.place())));
        ops.tell(group, moves);
    }
}
