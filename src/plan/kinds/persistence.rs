//! What survives a reboot: from the legacy field and from lists of persistent directories into the contract.

use super::{ChangeKind, Draft, Outline, PERSISTENCE};
use crate::edit::{GroupId, trivia};
use crate::error::{self, Result};
use crate::plan::contract::{Slot, Writer, element_with_comments};
use crate::plan::groups::Proposed;
use crate::plan::model::{Fact, LegacyField, ServiceFacts};
use crate::plan::ops::Taken;
use crate::plan::taking::Taking;
use crate::plan::{owner, texts};
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, ast};

pub struct Persistence;

impl ChangeKind for Persistence {
    fn name(&self) -> &'static str {
        PERSISTENCE
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let facts = outline.facts;
        let there = facts.first(&ContractField::PersistedData).is_some() || !facts.persisted.is_empty();
        there.then(|| Proposed::preserving(texts::persistence_title(&facts.name), texts::PERSISTENCE_WHY))
    }

    fn follows_switch(&self, facts: &ServiceFacts) -> Option<&'static str> {
        let mut persisted = facts.persisted.iter();
        persisted
            .any(|entry| entry.holds_when_off)
            .then_some(texts::PERSISTENCE)
    }

    fn take(&self, draft: &Draft, group: GroupId, taking: &mut Taking) {
        for fact in draft.facts().of(&ContractField::PersistedData) {
            taking.whole(fact, group);
        }
        for entry in &draft.facts().persisted {
            let element = entry.element.syntax();
            let taken = Taken {
                what: format!("persistence of {}", element.text()),
                place: entry.module.source.place_of(element),
            };
            taking.values(entry.id, vec![taken]);
            for node in owner::removal_nodes(std::slice::from_ref(entry)) {
                taking.remove(entry.module.source.path(), node, group);
            }
        }
    }

    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot != Slot::Persistence {
            return Ok(());
        }
        let facts: Vec<&Fact> = draft.facts().of(&ContractField::PersistedData).collect();
        let entries = &draft.facts().persisted;
        let scattered: Vec<String> = entries
            .iter()
            .map(|p| {
                let source = &p.module.source;
                contract.relocated(source, p.element.syntax(), &element_with_comments(source, &p.element))
            })
            .collect();
        if let ([fact], true) = (facts.as_slice(), scattered.is_empty()) {
            contract.carry(group, fact);
            return Ok(());
        }
        let merge = facts.iter().map(|fact| ListMerge::of(&fact.origin));
        let merge = merge.collect::<Result<Vec<ListMerge>>>()?;
        let merge = merge.into_iter().max().unwrap_or(ListMerge::Concat);
        let mut lists: Vec<String> = Vec::new();
        for fact in &facts {
            let (before, after) = contract.comments_of(fact);
            // A comment ends with its line.
            let after = if after.is_empty() { after } else { format!("{after}\n") };
            let text = match fact.origin.value.as_ref().is_none_or(|value| merge.takes(value)) {
                true => contract.value(fact),
                false => format!("({})", contract.value(fact)),
            };
            // An empty list beside others says nothing.
            if fact.origin.is_empty_list() && before.is_empty() && after.is_empty() {
                continue;
            }
            lists.push(format!("{before}{text}{after}"));
        }
        if !scattered.is_empty() || lists.is_empty() {
            lists.push(format!("[\n{}\n]", scattered.join("\n")));
        }
        let lists = match merge {
            ListMerge::Concat => lists.join(" ++ "),
            ListMerge::Merge => format!("lib.mkMerge [\n{}\n]", lists.join("\n")),
        };
        let comments = comments_of_lists(draft);
        let field = ContractField::PersistedData;
        let all = facts
            .iter()
            .map(|fact| fact.id)
            .chain(entries.iter().map(|entry| entry.id));
        let all: Vec<_> = all.map(|id| (id, &field)).collect();
        contract.put(group, format!("{comments}{field} = {lists};\n"), all);
        Ok(())
    }
}

/// The comments above and beside whole lists of persistent directories that are the service's.
fn comments_of_lists(draft: &Draft) -> String {
    let mut comments: Vec<String> = Vec::new();
    for entry in &draft.facts().persisted {
        let Some(binding) = &entry.whole else { continue };
        let text = entry.module.source.text();
        let (own, extent) = (syntax::span(binding), trivia::extent(text, binding).text);
        for comment in [&text[extent.start..own.start], &text[own.end..extent.end]] {
            let comment = format!("{}\n", comment.trim());
            if comment != "\n" && !comments.contains(&comment) {
                comments.push(comment);
            }
        }
    }
    comments.concat()
}

/// How lists from several places become one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ListMerge {
    /// `a ++ b`.
    Concat,
    /// `lib.mkMerge [ a b ]`, where one of them is no list itself, but a property that the module system reads.
    Merge,
}

impl ListMerge {
    /// # Errors
    /// `unsupported-value` for a list with a priority, which would hide the others.
    fn of(field: &LegacyField) -> Result<ListMerge> {
        let Some(value) = &field.value else {
            return Ok(ListMerge::Concat);
        };
        let (function, arguments) = syntax::call(&syntax::unparen(value.clone()));
        let name = syntax::function_name(&function).filter(|_| !arguments.is_empty());
        match name.as_deref() {
            Some("mkIf" | "mkMerge" | "mkBefore" | "mkAfter" | "mkOrder") => Ok(ListMerge::Merge),
            Some("mkDefault" | "mkForce" | "mkOverride" | "mkOptionDefault" | "mkVMOverride") => {
                let place = field.module.source.place_of(&field.node);
                Err(error::plan::unsupported_value(
                    place,
                    "its priority would hide the directories that stand elsewhere",
                ))
            }
            _ => Ok(ListMerge::Concat),
        }
    }

    /// Whether an expression needs no parentheses to be one of them (Nix manual, "Operators").
    fn takes(self, value: &ast::Expr) -> bool {
        match value {
            ast::Expr::List(_) | ast::Expr::Ident(_) | ast::Expr::Select(_) | ast::Expr::Paren(_) => true,
            ast::Expr::Apply(_) => self == ListMerge::Concat,
            ast::Expr::BinOp(op) => self == ListMerge::Concat && op.operator() == Some(ast::BinOpKind::Concat),
            _ => false,
        }
    }
}
