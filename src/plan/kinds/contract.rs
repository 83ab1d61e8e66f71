//! The contract in place of the legacy declarations: everything that no other kind takes.

use super::{CONTRACT, ChangeKind, Draft, ENABLEMENT, Outline, PERSISTENCE};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{BACKUP_ORDER, Slot, Writer};
use crate::plan::groups::Proposed;
use crate::plan::model::{Declaration, Fact, Guard, literal};
use crate::plan::ops::Ops;
use crate::plan::taking::Taking;
use crate::plan::{data_dir, texts, url, vmtest};
use crate::rules::ContractField;
use crate::syntax::{HasEntry, ast};

pub struct Contract;

impl ChangeKind for Contract {
    fn name(&self) -> &'static str {
        CONTRACT
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        if outline.facts.contract.is_some() {
            return None;
        }
        let declared = !outline.facts.declarations.is_empty();
        let why = match declared {
            true => texts::CONTRACT_WHY,
            false => texts::CONTRACT_ALONE_WHY,
        };
        Some(Proposed::preserving(
            texts::contract_title(&outline.facts.name, declared),
            why,
        ))
    }

    fn take(&self, draft: &Draft, group: GroupId, taking: &mut Taking) {
        let facts = draft.facts();
        let persisted = |fact: &&Fact| fact.field == ContractField::PersistedData;
        for fact in facts.facts.iter().filter(|fact| !persisted(fact)) {
            taking.whole(fact, group);
        }
        let keeps = draft.accepts(PERSISTENCE).is_none() && facts.facts.iter().any(|fact| persisted(&fact));
        let whole =
            |declaration: &&Declaration| no_fields(declaration) || (literal::is_compound(declaration) && !keeps);
        for declaration in facts.declarations.iter().filter(whole) {
            taking.remove(declaration.path(), declaration.node().clone(), group);
        }
    }

    fn write(&self, draft: &Draft, _: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        match slot {
            Slot::Required => required(draft, contract)?,
            Slot::Persistence if draft.accepts(PERSISTENCE).is_none() => contract.core("persistedData = [];\n"),
            Slot::OtherBackups => other_backups(draft, contract),
            Slot::Routing => routing(draft, contract),
            Slot::Requirements => {
                contract.carried_as(&ContractField::DependsOn);
                contract.carried_as(&ContractField::Databases);
            }
            Slot::Logs => {
                let fields = [
                    ContractField::Journalctl,
                    ContractField::UnitName,
                    ContractField::LogPath,
                ];
                for field in &fields {
                    contract.carried_as(field);
                }
            }
            Slot::Extra => extra(draft, contract),
            Slot::Persistence | Slot::Backups => {}
        }
        Ok(())
    }

    fn edit(&self, draft: &Draft, group: GroupId, ops: &mut Ops) -> Result<()> {
        vmtest::import(ops, draft.context(), draft.facts(), group);
        Ok(())
    }
}

/// Whether a declaration is a set with nothing in it.
fn no_fields(declaration: &Declaration) -> bool {
    matches!(&declaration.def.value, Some(ast::Expr::AttrSet(set)) if set.entries().next().is_none())
}

fn required(draft: &Draft, contract: &mut Writer) -> Result<()> {
    let enabled = draft.accepts(ENABLEMENT).is_some();
    match &draft.facts().guard {
        Guard::Condition { text, shared, .. } => {
            if !shared.is_empty() {
                contract.core(texts::shared_switch_comment(shared));
            }
            let home = &draft.facts().home.source;
            let text = contract.relocated(home, &home.root(), text);
            contract.core(format!("enable = lib.mkDefault ({text});\n"));
        }
        Guard::Switch { text, .. } if !enabled => contract.core(format!("enable = {text};\n")),
        Guard::Always if !enabled => contract.core("enable = lib.mkDefault true;\n"),
        _ => {}
    }
    if !contract.carried_as(&ContractField::Domain) {
        contract.core(format!("domain = {};\n", draft.context().rules().values.domain));
    }
    if !contract.carried_as(&ContractField::DataDir) {
        let data_dir = data_dir::text(draft.context(), draft.facts(), &draft.module_path())?;
        contract.data_dir(&data_dir);
    }
    Ok(())
}

/// What the service's own declarations say of backups, and what nothing reads.
fn other_backups(draft: &Draft, contract: &mut Writer) {
    for field in &BACKUP_ORDER {
        contract.carried_as(field);
    }
    for fact in draft
        .facts()
        .unread()
        .filter(|fact| !contract.has(fact.id))
        .collect::<Vec<_>>()
    {
        contract.comment_out(fact);
    }
    if !contract.says(&ContractField::BackupPaths) {
        contract.core("backupPaths = [];\n");
    }
}

fn routing(draft: &Draft, contract: &mut Writer) {
    if draft.facts().declarations.is_empty() {
        return contract.core("exposed = false;\n");
    }
    if !contract.carried_as(&ContractField::Exposed) {
        contract.core("exposed = true;\n");
    }
    contract.carried_as(&ContractField::Subdomain);
    let port = contract.carried_as(&ContractField::Port);
    for fact in draft.facts().of(&ContractField::Url) {
        address(fact, port, contract);
    }
    // Unsaid, a route is private: the schema's default.
    contract.carried_as(&ContractField::Type);
    contract.carried_as(&ContractField::Middlewares);
    contract.carried_as(&ContractField::TraefikDynamicConfig);
}

/// The address of the backend: as its port, where that says the same and is not `said` already.
fn address(fact: &Fact, said: bool, contract: &mut Writer) {
    let backend = fact.origin.value.as_ref().map(url::read).filter(|_| !said);
    match backend {
        Some(url::Backend {
            port: Some(port),
            derived: true,
        }) => contract.say(fact, &ContractField::Port, &port),
        Some(url::Backend {
            port: Some(port),
            derived: false,
        }) => {
            contract.core(format!("port = {port};\n"));
            let url = contract.value(fact);
            contract.say(fact, &ContractField::Url, &url);
        }
        _ => {
            let url = contract.value(fact);
            contract.say(fact, &ContractField::Url, &url);
        }
    }
}

/// What the contract has for everything else.
fn extra(draft: &Draft, contract: &mut Writer) {
    let read = draft.facts().facts.iter().filter(|fact| !fact.unread);
    let mut fields: Vec<&ContractField> = Vec::new();
    for field in read
        .map(|fact| &fact.field)
        .filter(|field| matches!(field, ContractField::Extra(_)))
    {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    for field in fields {
        contract.carried_as(field);
    }
}
