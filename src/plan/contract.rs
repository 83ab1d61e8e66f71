//! The text of a service's contract: what the kinds of change write into it, slot by slot, with the comments of what they
//! take.

use std::path::PathBuf;

use super::Move;
use super::compact;
use super::evolve::schema::{REQUIRED, Schema};
use super::model::{self, Context, Fact, FactId, LegacyField, ServiceFacts};
use super::ops::ContractFragment;
use super::placement;
use super::restated;
use super::texts;
use crate::edit::{GroupId, trivia};
use crate::error::{self, Error, Result};
use crate::resolve::Eval;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// Comments that stood in the legacy declarations beside their fields.
#[derive(Default)]
pub struct Comments {
    /// Above the declarations as a whole.
    pub above: Vec<String>,
    /// In the service's declarations.
    pub of_service: Vec<String>,
    /// In and above its backup jobs.
    pub of_jobs: Vec<String>,
}

/// The parts of a contract, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Required,
    Persistence,
    Backups,
    /// What the service's own declarations say of backups, and what nothing reads.
    OtherBackups,
    Routing,
    Requirements,
    Logs,
    Extra,
}

impl Slot {
    /// All of them.
    pub const ALL: [Slot; 8] = [
        Slot::Required,
        Slot::Persistence,
        Slot::Backups,
        Slot::OtherBackups,
        Slot::Routing,
        Slot::Requirements,
        Slot::Logs,
        Slot::Extra,
    ];

    /// Whether an empty line is above it.
    fn stands_apart(self) -> bool {
        matches!(self, Slot::Routing | Slot::Requirements | Slot::Logs | Slot::Extra)
    }
}

/// Builds the contract, fragment by fragment.
pub struct Writer<'c, 'a> {
    context: &'a Context<'a>,
    facts: &'c ServiceFacts<'a>,
    /// The group of what no other kind writes.
    contract: GroupId,
    /// The contract's option path, for people.
    path: String,
    /// The module in which the contract stands afterwards.
    module: PathBuf,
    comments: Comments,
    fragments: Vec<ContractFragment>,
    /// The first error of what was written.
    error: Option<Error>,
    /// An empty line comes before the next fragment.
    apart: bool,
    /// The fields that are said.
    said: Vec<ContractField>,
    /// Nodes whose comments have been carried already (an `inherit` of several fields has one set of comments).
    carried: Vec<std::ops::Range<usize>>,
    /// The text of the directory of the state.
    data_dir: Option<String>,
    /// The repository's contract, where it can be read.
    schema: Option<Schema<'a>>,
}

/// The contract's option path, as source.
pub fn path(context: &Context, facts: &ServiceFacts) -> String {
    let namespace = &context.rules().namespaces.contract;
    format!("{namespace}.{}", syntax::attr_text(&facts.name))
}

impl<'c, 'a> Writer<'c, 'a> {
    /// A contract with nothing in it, for the file `module`. `contract` is the group of what no other kind of change
    /// writes.
    pub fn new(
        context: &'a Context<'a>,
        facts: &'c ServiceFacts<'a>,
        contract: GroupId,
        module: PathBuf,
        comments: Comments,
    ) -> Writer<'c, 'a> {
        Writer {
            context,
            facts,
            contract,
            path: path(context, facts),
            module,
            comments,
            fragments: Vec::new(),
            error: None,
            apart: false,
            said: Vec::new(),
            carried: Vec::new(),
            data_dir: None,
            schema: Schema::read(context).ok(),
        }
    }

    /// Says the directory of the state, which the other fields read.
    pub fn data_dir(&mut self, text: &str) {
        self.core(format!("{} = {text};\n", ContractField::DataDir));
        self.data_dir = Some(text.to_owned());
    }

    /// Begins a slot: what is written from here on stands in it.
    pub fn begin(&mut self, slot: Slot) {
        self.apart = slot.stands_apart();
    }

    /// The fragments, with the comments of the service's declarations behind them. Where the module has a name for its
    /// contract, fields read from it what it says already.
    ///
    /// # Errors
    /// `computed-path` for a path in a value that is computed from where it stood; `required-unknown` where a new contract
    /// lacks a field that was added as a required one.
    pub fn finish(mut self, is_named: bool) -> Result<Vec<ContractFragment>> {
        self.apart = false;
        if self.facts.contract.is_none() {
            self.check_added()?;
        }
        for comment in std::mem::take(&mut self.comments.of_service) {
            self.core(format!("{comment}\n"));
        }
        if is_named {
            let own = restated::OwnValues::new(self.facts, self.data_dir.as_deref());
            let contract = format!("config.{}", self.path);
            for fragment in &mut self.fragments {
                fragment.text = own.read_in(&fragment.text, &contract);
            }
        }
        for fragment in &mut self.fragments {
            fragment.text = compact::short_lists(&fragment.text);
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.fragments),
        }
    }

    /// Checks that the contract says every field that was added to it and is required.
    fn check_added(&self) -> Result<()> {
        let Some(schema) = &self.schema else { return Ok(()) };
        let said: Vec<String> = self.said.iter().map(ContractField::path).collect();
        let mut required = schema.required().filter(|field| !REQUIRED.contains(field));
        match required.find(|field| !said.iter().any(|said| said == field)) {
            Some(field) => {
                let place = schema.place_of(field);
                Err(error::evolve::required_unknown(place, field, &self.facts.name))
            }
            None => Ok(()),
        }
    }

    /// A fact's value as source, with relative paths as the contract's module needs them.
    pub fn value(&mut self, fact: &Fact) -> String {
        let origin = &fact.origin;
        self.relocated(&origin.module.source, &origin.node, &origin.text)
    }

    /// Text that stands at `node`, with relative paths as the contract's module needs them.
    pub fn relocated(&mut self, source: &Source, node: &SyntaxNode, text: &str) -> String {
        placement::relocated_text(source, node, text, &self.module).unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            String::new()
        })
    }

    /// Text of a group that says no fact.
    pub fn push(&mut self, group: GroupId, text: impl Into<String>) {
        self.append(group, text.into(), None, Vec::new(), Vec::new());
    }

    /// Text of the contract's own group that says no fact.
    pub fn core(&mut self, text: impl Into<String>) {
        self.push(self.contract, text);
    }

    /// Text that says facts, each as the field of the contract.
    pub fn put(&mut self, group: GroupId, text: impl Into<String>, facts: Vec<(FactId, &ContractField)>) {
        self.said.extend(facts.iter().map(|(_, field)| (*field).clone()));
        self.note(group, text, facts);
    }

    fn note(&mut self, group: GroupId, text: impl Into<String>, facts: Vec<(FactId, &ContractField)>) {
        let path = &self.path;
        let field = facts.first().map(|(_, field)| (*field).clone());
        let facts = facts.into_iter().map(|(fact, field)| (fact, format!("{path}.{field}")));
        let facts = facts.collect();
        self.append(group, text.into(), field, facts, Vec::new());
    }

    fn append(
        &mut self,
        group: GroupId,
        mut text: String,
        field: Option<ContractField>,
        facts: Vec<(FactId, String)>,
        added: Vec<Move>,
    ) {
        if !text.is_empty() && std::mem::take(&mut self.apart) {
            text.insert(0, '\n');
        }
        self.fragments.push(ContractFragment {
            group,
            text,
            field,
            facts,
            added,
        });
    }

    /// Text that says something new of a field, a move for each `what`.
    pub fn add(&mut self, group: GroupId, text: String, field: &ContractField, what: Vec<String>) {
        let to = format!("{}.{field}", self.path);
        let added = what.into_iter().map(|what| Move {
            what,
            from: None,
            to: Some(to.clone()),
        });
        self.said.push(field.clone());
        let added = added.collect();
        self.append(group, text, Some(field.clone()), Vec::new(), added);
    }

    /// Whether a field is said.
    pub fn says(&self, field: &ContractField) -> bool {
        self.said.contains(field)
    }

    /// Whether a fact is said, or kept as a comment.
    pub fn has(&self, fact: FactId) -> bool {
        let mut all = self.fragments.iter().flat_map(|fragment| &fragment.facts);
        all.any(|(own, _)| *own == fact)
    }

    /// A fact as a binding of the contract, with the comments that belong to it. One that says what the contract's field
    /// is without it is said by that.
    pub fn carry(&mut self, group: GroupId, fact: &Fact) {
        let (before, after) = self.comments_of(fact);
        if before.is_empty() && after.is_empty() && self.is_default(fact) {
            self.said.push(fact.field.clone());
            let facts = vec![(fact.id, texts::by_default(&format!("{}.{}", self.path, fact.field)))];
            return self.append(group, String::new(), Some(fact.field.clone()), facts, Vec::new());
        }
        let rest = match fact.origin.rest.as_str() {
            "" => String::new(),
            rest => format!(".{rest}"),
        };
        let text = format!("{before}{}{rest} = {};{after}\n", fact.field, self.value(fact));
        self.put(group, text, vec![(fact.id, &fact.field)]);
    }

    /// Whether a fact is a literal that the repository's contract has as the default of its field; of those that strictness
    /// asks for none is.
    fn is_default(&self, fact: &Fact) -> bool {
        let asked = [ContractField::PersistedData, ContractField::BackupPaths];
        let origin = &fact.origin;
        if asked.contains(&fact.field) || !origin.rest.is_empty() {
            return false;
        }
        let default = self
            .schema
            .as_ref()
            .and_then(|schema| schema.default(&fact.field.path()));
        match (&origin.value, default) {
            (Some(ast::Expr::Str(value)), Some(ast::Expr::Ident(name))) => {
                syntax::ident_text(&name) == "name" && syntax::string_value(value).as_ref() == Some(&self.facts.name)
            }
            (Some(ast::Expr::Str(value)), Some(ast::Expr::Str(default))) => {
                let value = syntax::string_value(value);
                value.is_some() && value == syntax::string_value(&default)
            }
            _ => false,
        }
    }

    /// A fact of the contract's own group as another field or with another value, with the comments that belong to it.
    pub fn say(&mut self, fact: &Fact, field: &ContractField, value: &str) {
        let (before, after) = self.comments_of(fact);
        let text = format!("{before}{field} = {value};{after}\n");
        self.put(self.contract, text, vec![(fact.id, field)]);
    }

    /// Carries what the declarations say for a field; returns whether they say anything.
    pub fn carried_as(&mut self, field: &ContractField) -> bool {
        let facts = self.facts;
        let before = self.fragments.len();
        facts.of(field).for_each(|fact| self.carry(self.contract, fact));
        self.fragments.len() > before
    }

    /// What nothing reads is kept as a comment beside the contract, so that nobody takes it for a backup.
    pub fn comment_out(&mut self, fact: &Fact) {
        let (before, after) = self.comments_of(fact);
        let value = self.value(fact);
        let lines: Vec<String> = crate::edit::indent::dedent(&value, white(&fact.origin))
            .lines()
            .map(|l| format!("# {l}"))
            .collect();
        let first = lines.join("\n").replacen("# ", &format!("# {} = ", fact.field), 1);
        let gap = match self.backed_up(fact) {
            true => texts::no_gap_comment(&fact.origin.name),
            false => texts::gap_comment(&fact.origin.name),
        };
        // The first of several lines alone would be part of this comment.
        let text = match after.contains('\n') {
            true => format!("{before}{}\n# {gap}\n{first};\n", after.trim()),
            false => format!("{before}# {gap}\n{first};{after}\n"),
        };
        self.note(self.contract, text, vec![(fact.id, &fact.field)]);
    }

    /// Whether the service's backup jobs have every path that a fact names.
    fn backed_up(&self, fact: &Fact) -> bool {
        let jobs = self
            .facts
            .of_jobs()
            .filter(|fact| fact.field == ContractField::BackupPaths);
        let saved: Vec<String> = jobs
            .flat_map(|fact| directories(self.context, fact))
            .flatten()
            .collect();
        let has = |path: &Option<String>| path.as_ref().is_some_and(|path| saved.contains(path));
        let named = directories(self.context, fact);
        !named.is_empty() && named.iter().all(has)
    }

    /// The comments that stood in and above the service's backup jobs.
    pub fn comments_of_jobs(&mut self, group: GroupId) {
        for comment in std::mem::take(&mut self.comments.of_jobs) {
            self.push(group, format!("{comment}\n"));
        }
    }

    /// The comments above and beside a field, ready to stand around a new binding.
    pub fn comments_of(&mut self, fact: &Fact) -> (String, String) {
        let field = &fact.origin;
        let own = syntax::span(&field.node);
        if self.carried.contains(&own) {
            return (String::new(), String::new());
        }
        self.carried.push(own.clone());
        let text = field.module.source.text();
        let extent = trivia::extent(text, &field.node);
        let before = text[extent.text.start..own.start].trim();
        let after = text[own.end..extent.text.end].trim();
        let inner: Vec<String> = inner_comments(field);
        let mut above = String::new();
        for comment in inner
            .iter()
            .map(String::as_str)
            .chain([before])
            .filter(|c| !c.is_empty())
        {
            above.push_str(comment);
            above.push('\n');
        }
        (
            above,
            if after.is_empty() {
                String::new()
            } else {
                format!(" {after}")
            },
        )
    }
}

/// The directories that a fact names; `None` for one that is not known.
fn directories(context: &Context, fact: &Fact) -> Vec<Option<String>> {
    let eval = Eval::new(context.model, fact.origin.module);
    let elements = fact.list().into_iter();
    elements.map(|element| model::directory(&eval, &element)).collect()
}

/// The contract's backup fields in the order in which they are written.
pub const BACKUP_ORDER: [ContractField; 7] = [
    ContractField::BackupPaths,
    ContractField::BackupUnits,
    ContractField::BackupExclude,
    ContractField::BackupPrepare,
    ContractField::BackupCleanup,
    ContractField::BackupPriority,
    ContractField::BackupRequiresNetwork,
];

/// Comments within a binding but outside its value: between the name, `=`, the value and `;`.
fn inner_comments(field: &LegacyField) -> Vec<String> {
    let tokens = field
        .node
        .children_with_tokens()
        .filter_map(syntax::SyntaxElement::into_token);
    tokens
        .filter(syntax::is_comment)
        .map(|t| t.text().trim_end().to_owned())
        .collect()
}

/// What the field's line is indented by.
fn white<'f>(field: &'f LegacyField) -> &'f str {
    crate::edit::indent::of_line(field.module.source.text(), syntax::span(&field.node).start)
}

/// A list element's source with the comments that belong to it.
pub fn element_with_comments(source: &syntax::Source, element: &ast::Expr) -> String {
    let extent = trivia::extent(source.text(), element.syntax());
    source.text()[extent.text].to_owned()
}
