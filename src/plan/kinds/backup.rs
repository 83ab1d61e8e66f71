//! The service's backup jobs, or its part of them: into the contract.

use super::{BACKUP, ChangeKind, Draft, Outline};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{BACKUP_ORDER, Slot, Writer, element_with_comments};
use crate::plan::groups::Proposed;
use crate::plan::model::{Fact, Job, ServiceFacts, literal};
use crate::plan::ops::Taken;
use crate::plan::taking::Taking;
use crate::plan::texts;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, ast};

pub struct Backup;

/// Whether a backup job says something about the service.
pub fn is_there(facts: &ServiceFacts) -> bool {
    facts.of_jobs().next().is_some()
}

impl ChangeKind for Backup {
    fn name(&self) -> &'static str {
        BACKUP
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let jobs = outline.facts.jobs.iter().map(|job| (job.name.as_str(), job.shared));
        let title = texts::backup_title(&jobs.collect::<Vec<_>>());
        is_there(outline.facts).then(|| Proposed::preserving(title, texts::BACKUP_WHY))
    }

    fn follows_switch(&self, facts: &ServiceFacts) -> Option<&'static str> {
        let mut jobs = facts.jobs.iter();
        jobs.any(|job| job.holds_when_off).then_some(texts::BACKUPS)
    }

    fn take(&self, draft: &Draft, group: GroupId, taking: &mut Taking) {
        for job in &draft.facts().jobs {
            for fact in &job.facts {
                match &fact.elements {
                    None => taking.whole(fact, group),
                    Some(elements) => {
                        taking.values(
                            fact.id,
                            elements.iter().map(|element| taken(job, fact, element)).collect(),
                        );
                        let nodes = fact.nodes().into_iter();
                        nodes.for_each(|node| taking.remove(fact.path(), node, group));
                    }
                }
            }
            let compound = job.declarations.iter().filter(|_| !job.shared);
            for declaration in compound.filter(|declaration| literal::is_compound(declaration)) {
                taking.remove(declaration.path(), declaration.node().clone(), group);
            }
        }
    }

    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Backups {
            for job in &draft.facts().jobs {
                fields(draft, group, job, contract);
            }
            contract.comments_of_jobs(group);
        }
        Ok(())
    }
}

/// An element that leaves a job which others share.
fn taken(job: &Job, fact: &Fact, element: &ast::Expr) -> Taken {
    Taken {
        what: format!("{} of the job {}", element.syntax().text(), job.name),
        place: fact.origin.module.source.place_of(element.syntax()),
    }
}

fn fields(draft: &Draft, group: GroupId, job: &Job, contract: &mut Writer) {
    let mut facts: Vec<&Fact> = job.facts.iter().collect();
    if !job.shared {
        facts.sort_by_key(|fact| BACKUP_ORDER.iter().position(|field| *field == fact.field));
    }
    for fact in &facts {
        match &fact.elements {
            None => contract.carry(group, fact),
            // The parts of a list that stands at several places become one list, where the first of them is.
            Some(_) => {
                let parts: Vec<&Fact> = facts.iter().copied().filter(|part| part.field == fact.field).collect();
                if parts[0].id != fact.id {
                    continue;
                }
                let items: Vec<String> = parts.iter().flat_map(|part| items(part, contract)).collect();
                let text = format!("{} = [\n{}\n];\n", fact.field, items.join("\n"));
                let ids = parts.iter().map(|part| (part.id, &part.field)).collect();
                contract.put(group, text, ids);
            }
        }
        if fact.field == ContractField::BackupPaths && (job.shared || job.name != draft.facts().name) {
            contract.push(group, format!("backupJob = {};\n", syntax::string_text(&job.name)));
        }
    }
}

/// The elements of a job's list that are the service's, as they stand in the contract.
fn items(fact: &Fact, contract: &mut Writer) -> Vec<String> {
    let source = &fact.origin.module.source;
    let elements = fact.elements.iter().flatten();
    let text = |element: &ast::Expr| element_with_comments(source, element);
    elements
        .map(|element| contract.relocated(source, element.syntax(), &text(element)))
        .collect()
}
