//! A change of the contract itself: a field that is added, renamed or removed, in the schema and in every contract.

use std::collections::BTreeMap;

use super::documents::Facts;
use super::documents::renew::Renewal;
use super::groups::Proposed;
use super::model::Context;
use super::ops::Ops;
use super::{Accepted, Group, Groups, Move, Proposal, Skipped, texts};
use crate::edit::{GroupId, SourceChange, indent, trivia};
use crate::error::{self, Place, Result};
use crate::repo::hosts;
use crate::rules::parts;
use crate::syntax::{self, AstNode, Source, ast};
use references::References;
use schema::Schema;

mod add;
pub mod field;
pub mod references;
pub mod schema;

pub use field::{Default, NewField};

/// The fields that the installed contract has: the collector, the bridge and the planner know them by name.
const EMBEDDED: &str = include_str!("../../../nix/options.nix");

/// What is to change.
#[derive(Clone, Debug)]
pub enum Change {
    Add(NewField),
    Rename { old: String, new: String },
    Remove { field: String },
}

impl Change {
    /// The field as it is called before, or will be called.
    fn field(&self) -> &str {
        match self {
            Change::Add(field) => &field.name,
            Change::Rename { old, .. } => old,
            Change::Remove { field } => field,
        }
    }

    /// The commit's subject.
    pub fn subject(&self) -> String {
        match self {
            Change::Add(field) => format!("feat(server): add {} to the service contract", field.name),
            Change::Rename { old, new } => format!("refactor(server): rename {old} to {new} in the service contract"),
            Change::Remove { field } => format!("refactor(server): remove {field} from the service contract"),
        }
    }
}

/// The planned change.
pub struct Evolution<'a> {
    context: &'a Context<'a>,
    change: Change,
    schema: Schema<'a>,
    references: References,
    /// The value that each service gets, by name, for a field that is added.
    values: BTreeMap<String, String>,
    /// What the change makes of installed documents.
    renewal: Renewal,
    groups: Groups,
    skipped: Vec<Skipped>,
    name: String,
}

/// The group that changes the schema, and everything without which the contracts would not evaluate.
const SCHEMA: GroupId = GroupId(0);
/// The kind of the group that sets a field that is added in contracts, where it need not be set.
const SERVICES: &str = "services";
/// The kind of the group that shows a field that is added in the template.
const TEMPLATE: &str = "template";
/// The kind of the group that says in installed documents what becomes of the field.
const DOCUMENTS: &str = "documents";

impl<'a> Evolution<'a> {
    /// Plans the change.
    ///
    /// # Errors
    /// `contract-absent`, `schema-unreadable`, `bad-name`, `field-exists`, `no-such-field`, `own-field`, `field-read`,
    /// `not-all-migrated`, `no-such-contract`, `value-needed`.
    pub fn plan(context: &'a Context<'a>, change: Change) -> Result<Evolution<'a>> {
        let schema = Schema::read(context)?;
        let references = References::find(context, schema.source.path(), change.field());
        check(&schema, &references, &change)?;
        let values = match &change {
            Change::Add(field) => add::values(context, field)?,
            _ => BTreeMap::new(),
        };
        let mut evolution = Evolution {
            name: format!("contract field {}", change.field()),
            skipped: skipped(&references, &change),
            context,
            change,
            schema,
            references,
            values,
            renewal: Renewal::default(),
            groups: Groups::default(),
        };
        evolution.renewal = evolution.renewal()?;
        evolution.skipped.extend(evolution.renewal.skipped());
        evolution.groups = evolution.propose();
        let ops = evolution.ops(&evolution.groups.all())?;
        evolution.groups.try_all(ops)?;
        Ok(evolution)
    }

    /// What is to change.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// Whether the contract of a service is written out, so that a value can be put there.
    pub fn writes(&self, service: &str) -> bool {
        contracts(self.context).iter().any(|(name, _)| name == service)
    }

    /// Source that sets every field that was added and is required, as a contract that says only what it has to does; `None`
    /// where a value of one of them is not known.
    pub fn required_values(&self) -> Option<String> {
        let own = embedded_fields();
        let is_added = |name: &&str| !own.iter().any(|own| own == name);
        let old = match &self.change {
            Change::Rename { old, .. } => Some(old.as_str()),
            Change::Remove { field } => Some(field.as_str()),
            Change::Add(_) => None,
        };
        let mut text = String::new();
        for name in self.schema.required().filter(is_added) {
            let value = self.schema.template_value(self.context, name)?;
            let name = match &self.change {
                Change::Rename { new, .. } if Some(name) == old => new,
                _ if Some(name) == old => continue,
                _ => name,
            };
            text.push_str(&format!("{} = {value};", syntax::attr_text(name)));
        }
        if let Change::Add(field) = &self.change
            && field.is_required()
        {
            let value = field.value.as_ref().or_else(|| self.values.values().next())?;
            text.push_str(&format!("{} = {value};", syntax::attr_text(&field.name)));
        }
        Some(text)
    }

    /// What the documents say of the fields, before and after the schema is changed.
    fn renewal(&self) -> Result<Renewal> {
        let change = self.ops(&[SCHEMA].into())?.finish()?;
        let repo = self.context.repo.after(&change);
        let model = hosts::model(&repo, self.context.host);
        let after = Context {
            repo: &repo,
            model: &model,
            ..*self.context
        };
        let facts = Facts::of(self.context)?;
        Renewal::of(self.context.repo, &facts, &facts.with_fields_of(&after)?)
    }

    fn propose(&self) -> Groups {
        let field = self.change.field();
        let mut groups = Groups::default();
        let schema = match &self.change {
            Change::Add(new) if new.is_required() => (texts::field_add_title(field), texts::FIELD_REQUIRED_WHY),
            Change::Add(_) => (texts::field_add_title(field), texts::FIELD_ADD_WHY),
            Change::Rename { old, new } => (texts::field_rename_title(old, new), texts::FIELD_RENAME_WHY),
            Change::Remove { field } => (texts::field_remove_title(field), texts::FIELD_REMOVE_WHY),
        };
        groups.propose("schema", Proposed::preserving(schema.0, schema.1));
        if let Change::Add(new) = &self.change {
            if !new.is_required() && !self.values.is_empty() {
                let set = Proposed::preserving(texts::field_set_title(field), texts::FIELD_SET_WHY);
                groups.propose(SERVICES, set.needing([SCHEMA]));
            }
            if self.context.repo.has(&schema::template(self.context)) {
                let shown = Proposed::preserving(texts::field_template_title(field), texts::FIELD_TEMPLATE_WHY);
                groups.propose(TEMPLATE, shown.needing([SCHEMA]));
            }
        }
        if !self.renewal.is_empty() {
            let documents = Proposed::preserving(texts::DOCUMENTS_TITLE, texts::documents_why(field));
            groups.propose(DOCUMENTS, documents.needing([SCHEMA]));
        }
        groups
    }

    /// The operations of the accepted groups.
    fn ops(&self, accepted: &Accepted) -> Result<Ops<'a>> {
        let mut ops = Ops::new(self.context.repo);
        if !accepted.contains(&SCHEMA) {
            return Ok(ops);
        }
        match &self.change {
            Change::Add(field) => self.add(&mut ops, field, accepted)?,
            Change::Rename { old, new } => self.rename(&mut ops, old, new),
            Change::Remove { field } => self.remove(&mut ops, field),
        }
        if let Some(group) = self.groups.accepted(DOCUMENTS, accepted) {
            self.renewal.render(&mut ops, group);
        }
        Ok(ops)
    }

    /// Where the field is declared.
    fn declared(&self, field: &str) -> Option<Place> {
        let binding = self.schema.binding(field)?;
        Some(self.schema.source.place_of(binding.syntax()))
    }

    fn rename(&self, work: &mut Ops, old: &str, new: &str) {
        let path = self.schema.source.path();
        for (range, text) in own_mentions(&self.schema, old) {
            let text = if text.starts_with('"') {
                syntax::string_text(new)
            } else {
                syntax::attr_text(new)
            };
            work.replace(path, range, text, SCHEMA);
        }
        let settings = self.references.settings.iter().map(|s| (&s.file, &s.name));
        let reads = self.references.reads.iter().map(|r| (&r.file, &r.name));
        for (file, name) in settings.chain(reads) {
            work.replace(file, name.clone(), syntax::attr_text(new), SCHEMA);
        }
        let renamed = |what: &str, from: Option<Place>, to: String| Move {
            what: what.to_owned(),
            from,
            to: Some(to),
        };
        let schema = format!("{}: {new}", path.display());
        work.tell(SCHEMA, [renamed(texts::FIELD, self.declared(old), schema)]);
        let settings = self.references.settings.iter().map(|setting| (old, &setting.place));
        let reads = self
            .references
            .reads
            .iter()
            .map(|read| (texts::FIELD_READ, &read.place));
        let moves = settings.chain(reads);
        work.tell(
            SCHEMA,
            moves.map(|(what, place)| renamed(what, Some(place.clone()), new.to_owned())),
        );
    }

    fn remove(&self, work: &mut Ops, field: &str) {
        let source = self.schema.source;
        let message = self.schema.messages().and_then(|set| binding_of(&set, field));
        let own = [self.schema.binding(field).cloned(), message];
        for binding in own.into_iter().flatten() {
            remove(work, source, &binding, true);
        }
        work.tell(SCHEMA, [Move::removed(texts::FIELD, self.declared(field))]);
        let template = schema::template(self.context);
        for setting in &self.references.settings {
            work.tell(SCHEMA, [Move::removed(field, Some(setting.place.clone()))]);
            if let Some(source) = self.context.repo.source(&setting.file) {
                remove(work, source, &setting.binding, setting.file == template);
            }
        }
    }
}

/// Takes one binding out. The set that it stands in stays, empty or not: it is a contract, or the schema.
///
/// Comments above it go along only where they were written for the field; in a contract they may be about anything.
fn remove(work: &mut Ops, source: &Source, binding: &ast::AttrpathValue, comments: bool) {
    let extent = trivia::extent(source.text(), binding.syntax());
    let own = syntax::span(binding.syntax());
    let line = source.text()[..own.start].rfind('\n').map_or(0, |at| at + 1);
    let start = match comments || extent.text.start == own.start {
        true => extent.whole.start,
        false => extent.whole.start.max(line),
    };
    work.remove(source.path(), start..extent.whole.end, SCHEMA);
}

fn binding_of(set: &ast::AttrSet, name: &str) -> Option<ast::AttrpathValue> {
    syntax::HasEntry::attrpath_values(set)
        .find(|binding| crate::resolve::scope::first_name(binding).as_deref() == Some(name))
}

/// Mentions of a field in the schema's file: its declaration, its message, and strings that name it to either.
fn own_mentions(schema: &Schema, field: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    let message = schema.messages().and_then(|set| binding_of(&set, field));
    for binding in [schema.binding(field).cloned(), message].into_iter().flatten() {
        let attrs: Vec<ast::Attr> = binding.attrpath().iter().flat_map(ast::Attrpath::attrs).collect();
        let name = attrs
            .iter()
            .find(|attr| syntax::attr_name(attr).as_deref() == Some(field));
        let strings = binding.syntax().descendants().filter_map(ast::Str::cast);
        let named = strings.filter(|string| {
            let parent = string.syntax().parent();
            let argument = parent.is_some_and(|parent| ast::Apply::can_cast(parent.kind()));
            argument && syntax::string_value(string).as_deref() == Some(field)
        });
        let nodes = named.map(|string| string.syntax().clone());
        for node in name.map(|name| name.syntax().clone()).into_iter().chain(nodes) {
            found.push((syntax::span(&node), syntax::text_of(&node)));
        }
    }
    let selects = schema.source.root().descendants().filter_map(ast::Select::cast);
    for select in selects {
        let of_service = select
            .expr()
            .is_some_and(|base| ["config", "options"].contains(&syntax::text_of(base.syntax()).as_str()));
        let first = select.attrpath().and_then(|path| path.attrs().next());
        if let (true, Some(attr)) = (of_service, first)
            && syntax::attr_name(&attr).as_deref() == Some(field)
        {
            found.push((syntax::span(attr.syntax()), syntax::text_of(attr.syntax())));
        }
    }
    found
}

fn check(schema: &Schema, references: &References, change: &Change) -> Result<()> {
    match change {
        Change::Add(new) => {
            field_name(&new.name)?;
            absent(schema, &new.name)
        }
        Change::Rename { old, new } => {
            present(schema, references, old)?;
            field_name(new)?;
            absent(schema, new)?;
            let stuck: Vec<Place> = places(references.reads.iter().filter(|read| !read.plain));
            match stuck.is_empty() {
                true => Ok(()),
                false => Err(error::evolve::field_read(old, &stuck, "renamed there")),
            }
        }
        Change::Remove { field } => {
            present(schema, references, field)?;
            match references.reads.is_empty() {
                true => Ok(()),
                false => {
                    let all = places(references.reads.iter());
                    Err(error::evolve::field_read(field, &all, "done without"))
                }
            }
        }
    }
}

fn places<'r>(reads: impl Iterator<Item = &'r references::Read>) -> Vec<Place> {
    reads.map(|read| read.place.clone()).collect()
}

fn field_name(name: &str) -> Result<()> {
    match super::new::is_name(name) {
        true => Ok(()),
        false => Err(error::evolve::bad_field_name(name)),
    }
}

fn absent(schema: &Schema, field: &str) -> Result<()> {
    match schema.binding(field) {
        None => Ok(()),
        Some(binding) => {
            let place = schema.source.place_of(binding.syntax());
            Err(error::evolve::field_exists(place, field))
        }
    }
}

fn present(schema: &Schema, references: &References, field: &str) -> Result<()> {
    if !schema.has(field) {
        return Err(error::evolve::no_such_field(field, &schema.names()));
    }
    match embedded_fields().iter().any(|own| own == field) {
        true => Err(error::evolve::own_field(
            field,
            &places(references.reads.iter().filter(|read| read.own)),
        )),
        false => Ok(()),
    }
}

/// The names of the installed contract's fields.
pub fn embedded_fields() -> Vec<String> {
    let source = Source::new("options.nix", EMBEDDED);
    let bindings = source.root().descendants().filter_map(ast::AttrpathValue::cast);
    // The service's options are the ones that have the required `dataDir`.
    let mut sets = bindings
        .filter(|binding| crate::resolve::scope::first_name(binding).as_deref() == Some("options"))
        .filter_map(|binding| match binding.value()? {
            ast::Expr::AttrSet(set) => Some(set),
            _ => None,
        })
        .filter(|set| binding_of(set, "dataDir").is_some());
    let set = sets.next();
    set.iter()
        .flat_map(syntax::HasEntry::attrpath_values)
        .filter_map(|binding| crate::resolve::scope::first_name(&binding))
        .collect()
}

fn skipped(references: &References, change: &Change) -> Vec<Skipped> {
    let field = change.field();
    let mut left = Vec::new();
    if !matches!(change, Change::Add(_)) {
        left.extend(references.unclear.iter().map(|place| Skipped {
            what: format!("a selection of '{field}'"),
            place: Some(place.clone()),
            why: "what it selects from is not known statically".to_owned(),
            next: Some("change it there if that is a service".to_owned()),
        }));
    }
    left
}

impl Proposal for Evolution<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn groups(&self) -> &[Group] {
        self.groups.list()
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.ops(accepted)?.finish()
    }
}

/// A line of a set with the comment above it, indented.
fn line(comment: &str, text: &str, pad: &str) -> String {
    let whole = match comment.is_empty() {
        true => text.to_owned(),
        false => format!("{comment}\n{text}"),
    };
    format!("\n{}", indent::indent(&whole, pad))
}

/// The services that have a contract, each with the module that declares it.
fn contracts<'a>(context: &Context<'a>) -> Vec<(String, &'a crate::resolve::Module)> {
    let namespace = parts(&context.rules().namespaces.contract);
    let mut found: Vec<(String, &crate::resolve::Module)> = Vec::new();
    for module in context.model.modules() {
        for def in module.under(&namespace) {
            let (Some(service), Some("dataDir")) = (def.name(namespace.len()), def.name(namespace.len() + 1)) else {
                continue;
            };
            if module.source.path() != schema::template(context) && !found.iter().any(|(name, _)| name == service) {
                found.push((service.to_owned(), module));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}
