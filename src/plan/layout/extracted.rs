//! The module of a service that leaves a shared file: a new file, put together from texts that move.

use std::ops::Range;

use super::statements::{self, Statement};
use super::{Orphan, flatten, sections};
use crate::edit::{Brackets, GroupId, trivia};
use crate::error::{self, Result};
use crate::plan::alias::{self, ContractAlias};
use crate::plan::compact;
use crate::plan::kinds::{Draft, enablement};
use crate::plan::model::contract_names;
use crate::plan::ops::{ContractFragment, Ops};
use crate::plan::share::along;
use crate::plan::share::bindings::{self, CapturedScope};
use crate::plan::share::imports::{self, ImportPosition};
use crate::plan::share::leftovers::RemainingFile;
use crate::plan::share::marker;
use crate::plan::share::parts::ExtractedParts;
use crate::plan::share::position;
use crate::plan::taking::Removed;
use crate::plan::{contract, data_dir, placement};
use crate::resolve::module::Def;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// A range of the shared file, and what the new one has in its place.
type Replaced = (Range<usize>, String);

/// What leaves a shared file, and what stays of that.
pub struct Extracted<'c, 'a> {
    draft: &'c Draft<'c, 'a>,
    parts: &'c ExtractedParts<'a>,
    /// The nodes that go from other files.
    elsewhere: Removed,
    remaining: RemainingFile<'a>,
    /// Where the new module's import goes beside the shared file's own, and whether the shared file has it instead.
    position: ImportPosition,
    inside: bool,
}

impl<'c, 'a> Extracted<'c, 'a> {
    /// The layout of a draft whose `parts` leave the shared file with the nodes `removed`.
    pub fn new(draft: &'c Draft<'c, 'a>, parts: &'c ExtractedParts<'a>, mut removed: Removed) -> Extracted<'c, 'a> {
        let contract = draft.contract();
        let home = draft.facts().home;
        let mut nodes: Vec<(SyntaxNode, GroupId)> = removed.remove(home.source.path()).unwrap_or_default();
        nodes.extend(parts.nodes().into_iter().map(|node| (node, contract)));
        let position = position::position(draft.context(), parts);
        let inside = position == ImportPosition::ByName && imports::takes_inside(home, &draft.facts().target);
        Extracted {
            draft,
            position,
            inside,
            parts,
            elsewhere: removed,
            remaining: RemainingFile::of(home, &nodes, inside)
                .reading(draft.context(), draft.facts())
                .sharing(draft.context(), &draft.facts().names, &parts.nodes()),
        }
    }

    /// Removes what goes; returns the comments that lose their place.
    pub fn remove(&self, ops: &mut Ops) -> Vec<Orphan> {
        let mut orphans = super::remove_nodes(self.draft, ops, &self.elsewhere);
        self.remaining.remove(ops, &self.gone(), self.draft.contract());
        let own = self.remaining.orphans.iter();
        orphans.extend(own.map(|(at, text)| Orphan {
            elsewhere: false,
            at: *at,
            text: text.clone(),
        }));
        orphans
    }

    /// The services that have left the shared file then, sorted: this one, and those of its marker that have contracts
    /// elsewhere.
    fn gone(&self) -> Vec<String> {
        let (context, facts) = (self.draft.context(), self.draft.facts());
        let marked = marker::shared_by(facts.home).unwrap_or_default();
        let contracts = match marked.is_empty() {
            true => Vec::new(),
            false => contract_names(context.model, context.rules()),
        };
        let mut gone: Vec<String> = marked.into_iter().filter(|name| contracts.contains(name)).collect();
        gone.push(facts.name.clone());
        gone.sort();
        gone.dedup();
        gone
    }

    /// Of the comments that stood above the declarations, those that go with the service.
    pub fn above(&self, ops: &mut Ops, comments: Vec<String>) -> Vec<String> {
        if self.remaining.deleted {
            return comments;
        }
        // What stood above several services' declarations stays with those that are left.
        self.remaining.keep(ops, &comments, self.draft.contract());
        Vec::new()
    }

    /// Makes the module's file and imports it.
    ///
    /// # Errors
    /// `unmovable`, `target-exists`, `computed-path`.
    pub fn render(&self, ops: &mut Ops, fragments: Vec<ContractFragment>, above: &[String]) -> Result<()> {
        let moved = self.moved()?;
        let target = &self.draft.facts().target;
        if self.draft.context().repo.exists(target) {
            return Err(error::plan::target_exists(self.parts.source.place(0..0), target));
        }
        let along = along::of_parts(self.draft.context(), self.parts, target);
        ops.tell(self.draft.contract(), along);
        let text = self.module(ops, fragments, above, moved)?;
        ops.create_formatted(target.clone(), text);
        let (repo, group) = (self.draft.context().repo, self.draft.contract());
        let (home, remaining) = (self.draft.facts().home, &self.remaining);
        if self.inside {
            imports::add_inside(ops, repo, home, target, remaining.only_imports, group);
        } else {
            let paths = [self.parts.source.path(), target];
            imports::add(ops, repo, paths, self.position, remaining.deleted, group);
        }
        Ok(())
    }

    /// The nodes whose text the contract has.
    fn moved(&self) -> Result<Vec<SyntaxNode>> {
        let facts = self.draft.facts();
        let values = facts.facts.iter().chain(facts.of_jobs()).flat_map(|fact| fact.values());
        let mut nodes: Vec<SyntaxNode> = values.map(|value| value.syntax().clone()).collect();
        nodes.extend(facts.persisted.iter().map(|entry| entry.element.syntax().clone()));
        nodes.extend(data_dir::of_node(self.draft.context(), facts)?);
        Ok(nodes)
    }

    fn module(
        &self,
        work: &mut Ops,
        fragments: Vec<ContractFragment>,
        above: &[String],
        mut nodes: Vec<SyntaxNode>,
    ) -> Result<String> {
        nodes.extend(self.parts.bindings.iter().filter_map(value_of));
        nodes.extend(self.parts.bindings.iter().flat_map(dynamic_names));
        nodes.extend(
            self.parts
                .elements
                .iter()
                .flat_map(|(_, elements)| imports::nodes(elements)),
        );
        nodes.extend(self.guard_nodes());
        let mut needs = bindings::needs(
            self.draft.facts().home,
            &nodes,
            &|node| self.relocated(node, &[]),
            &|entry| {
                self.remaining
                    .common
                    .as_ref()?
                    .inherit(entry, &self.draft.facts().target)
            },
        )?;
        work.tell(
            self.draft.contract(),
            along::of_scope(
                self.draft.facts().home,
                &needs,
                self.remaining.common.as_ref(),
                &self.remaining.nodes(),
                &self.draft.facts().target,
            ),
        );
        needs.arguments.insert("config".to_owned());
        let namespace = contract::path(self.draft.context(), self.draft.facts());
        let alias = ContractAlias::new(&namespace, self.draft.names_contract().then(|| contract_name(&needs)));
        let reads = self.draft.read_texts(alias.text()).into_iter();
        let reads: Vec<Replaced> = reads.map(|(_, range, text)| (range, text)).collect();
        self.draft.tell_reads(work);
        let guard = alias.condition(&self.draft.facts().guard);
        let sections = self.sections(&guard, &reads)?;
        let fields: String = fragments.iter().map(|fragment| work.put_fragment(fragment)).collect();
        let named = alias.within(&fields);
        let follow = alias.within(&enablement::follow(self.draft));
        let is_read = !sections.is_empty() || named != fields || !follow.is_empty();
        let binding = alias.binding().filter(|_| is_read);
        let body = match sections.is_empty() {
            true => sections::alone(&namespace, above, &named, &follow),
            false => format!(
                "{{\nconfig = lib.mkMerge [\n{}{named}{}{sections}];\n}}\n",
                sections::before_contract(&namespace, above),
                sections::behind_contract(&follow),
            ),
        };
        if body.contains("lib.") {
            needs.arguments.insert("lib".to_owned());
        }
        let text = Brackets::new("", "  ", true).put(&(head(needs, binding) + &body));
        let target = &self.draft.facts().target;
        let text = flatten::flattened(target, text);
        // What the module called otherwise may be gone now.
        Ok(flatten::renamed(target, text, alias.text(), alias::NAMES[0]))
    }

    /// The sections behind the contract; empty where nothing but the contract leaves the shared file.
    fn sections(&self, guard: &str, reads: &[Replaced]) -> Result<String> {
        let (secrets, implementation): (Vec<Statement>, Vec<Statement>) = Statement::all(self.parts)
            .into_iter()
            .partition(Statement::is_of_secrets);
        let implementation = self.blocks(&implementation, reads)?;
        let secrets = self.blocks(&secrets, reads)?;
        let mut text = String::new();
        if !implementation.is_empty() {
            text.push_str(&sections::before_implementation());
            text.push_str(&sections::guarded(guard, &implementation.join("\n\n")));
        }
        if !secrets.is_empty() {
            text.push_str(&format!("\n{}", sections::secrets(guard, &secrets.join("\n"))));
        }
        Ok(text)
    }

    /// Statements as they are written: those that stood in one set of the shared file stand in one set again.
    fn blocks(&self, statements: &[Statement], reads: &[Replaced]) -> Result<Vec<String>> {
        let mut blocks = Vec::new();
        for block in statements::blocks(statements) {
            let mut inner = Vec::new();
            for statement in block.statements {
                inner.push(self.statement(statement, block.prefix.len(), reads)?);
            }
            blocks.push(match block.prefix.is_empty() {
                true => inner.concat(),
                false => format!("{} = {{\n{}\n}};", block.prefix.join("."), inner.join("\n")),
            });
        }
        Ok(blocks)
    }

    fn statement(&self, statement: &Statement, skipped: usize, reads: &[Replaced]) -> Result<String> {
        match statement.elements {
            Some(elements) => self.list(statement.def, elements, skipped, reads),
            None => self.binding(statement.def, skipped, reads),
        }
    }

    /// The condition's own names are needed where it is the guard.
    fn guard_nodes(&self) -> Vec<SyntaxNode> {
        let conditions = self
            .draft
            .facts()
            .declarations
            .first()
            .map(|declaration| declaration.def.context.conditions.clone())
            .unwrap_or_default();
        conditions.iter().map(|c| c.syntax().clone()).collect()
    }

    /// A binding under its option path but for its first names, with its comments.
    fn binding(&self, def: &Def, skipped: usize, reads: &[Replaced]) -> Result<String> {
        let text = self.parts.source.text();
        let own = syntax::span(def.entry.syntax());
        let extent = trivia::extent(text, def.entry.syntax()).text;
        let ast::Entry::AttrpathValue(binding) = &def.entry else {
            return Err(error::plan::unsupported_value(
                self.parts.source.place_of(def.entry.syntax()),
                "it is inherited",
            ));
        };
        let value = binding.value().map(|v| v.syntax().clone());
        let value = value
            .map(|v| self.relocated(&v, reads))
            .transpose()?
            .unwrap_or_default();
        let path = path(def, skipped);
        let before = text[extent.start..own.start].trim();
        let newline = if before.is_empty() { "" } else { "\n" };
        Ok(compact::empty_sets(&format!(
            "{before}{newline}{path} = {value};{}",
            space(&text[own.end..extent.end])
        )))
    }

    fn list(&self, def: &Def, elements: &[ast::Expr], skipped: usize, reads: &[Replaced]) -> Result<String> {
        let mut items = Vec::new();
        for element in elements {
            let extent = trivia::extent(self.parts.source.text(), element.syntax()).text;
            let own = syntax::span(element.syntax());
            let text = self.parts.source.text();
            items.push(format!(
                "{}{}{}",
                &text[extent.start..own.start],
                self.relocated(element.syntax(), reads)?,
                &text[own.end..extent.end]
            ));
        }
        let order: String = def
            .context
            .priorities
            .iter()
            .map(|priority| format!("{priority} "))
            .collect();
        Ok(format!("{} = {order}[\n{}\n];", path(def, skipped), items.join("\n")))
    }

    /// A node's text as it has to be in the new file.
    fn relocated(&self, node: &SyntaxNode, reads: &[Replaced]) -> Result<String> {
        placement::relocated(self.parts.source, node, &self.draft.facts().target, reads)
    }
}

/// The module's function and its `let`, with the contract's binding first.
fn head(needs: CapturedScope, contract: Option<String>) -> String {
    let arguments: String = needs.arguments.iter().map(|name| format!("{name},\n")).collect();
    let with = if needs.with_lib { "with lib; " } else { "" };
    let bindings = contract.into_iter().chain(needs.bindings.into_values());
    let bindings: String = bindings.map(|binding| format!("{binding}\n")).collect();
    let bindings = match bindings.as_str() {
        "" => bindings,
        _ => format!("let\n{bindings}in "),
    };
    format!("{{\n{arguments}...\n}}: {with}{bindings}")
}

/// A name for the contract that the moved code does not use.
fn contract_name(needs: &CapturedScope) -> String {
    alias::choose(|name| {
        needs.arguments.contains(name)
            || needs.bindings.values().any(|text| {
                text.split(|c: char| !(c.is_alphanumeric() || "_-'".contains(c)))
                    .any(|word| word == name)
            })
    })
}

/// A definition's value as written.
fn value_of(def: &Def) -> Option<SyntaxNode> {
    match &def.entry {
        ast::Entry::AttrpathValue(binding) => binding.value().map(|v| v.syntax().clone()),
        ast::Entry::Inherit(_) => None,
    }
}

/// Computed parts of a definition's own attrpath, which need their names too.
fn dynamic_names(def: &Def) -> Vec<SyntaxNode> {
    match &def.entry {
        ast::Entry::AttrpathValue(binding) => binding
            .attrpath()
            .map(|path| {
                path.attrs()
                    .filter(|a| syntax::attr_name(a).is_none())
                    .map(|a| a.syntax().clone())
                    .collect()
            })
            .unwrap_or_default(),
        ast::Entry::Inherit(_) => Vec::new(),
    }
}

/// The option path but for its first names as source, its own computed parts as they are.
fn path(def: &Def, skipped: usize) -> String {
    let own: Vec<String> = match &def.entry {
        ast::Entry::AttrpathValue(binding) => binding
            .attrpath()
            .map(|p| p.attrs().map(|a| syntax::text_of(a.syntax())).collect())
            .unwrap_or_default(),
        ast::Entry::Inherit(_) => Vec::new(),
    };
    let own = own[own.len() - def.own..].to_vec();
    let outer = def.path[..def.path.len() - def.own]
        .iter()
        .map(|p| p.as_deref().map_or_else(String::new, syntax::attr_text));
    outer.chain(own).skip(skipped).collect::<Vec<_>>().join(".")
}

fn space(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        String::new()
    } else {
        format!(" {text}")
    }
}
