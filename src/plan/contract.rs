//! The text of a service's contract: its legacy fields under their new names, with their comments.

use super::groups::Groups;
use super::model::{Context, Fact, FactId, Guard, Job, LegacyField, ServiceFacts};
use super::needs::Requirements;
use super::{Accepted, Move, data_dir, url};
use crate::edit::{GroupId, trivia};
use crate::error::{self, Result};
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, ast};

/// A stretch of the contract's text, the group that asks for it, and the facts that it says.
pub struct ContractFragment {
    pub group: GroupId,
    pub text: String,
    /// Each with the option path that it has there; for people.
    pub facts: Vec<(FactId, String)>,
    /// What it says besides; for people.
    pub added: Vec<Move>,
}

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

/// Builds the contract's body, field by field.
struct Body<'c, 'a> {
    context: &'c Context<'a>,
    facts: &'c ServiceFacts<'a>,
    groups: &'c Groups,
    accepted: &'c Accepted,
    fragments: Vec<ContractFragment>,
    /// Nodes whose comments have been carried already (an `inherit` of several fields has one set of comments).
    carried: Vec<std::ops::Range<usize>>,
}

/// The bindings of `qgroget.serviceModules.<service>`, in the contract's order.
///
/// # Errors
/// Refuses values whose names would mean something else at the contract's place, and an unclear `dataDir`.
pub fn body(
    context: &Context,
    facts: &ServiceFacts,
    needs: &Requirements,
    groups: &Groups,
    accepted: &Accepted,
    comments: Comments,
) -> Result<Vec<ContractFragment>> {
    let mut body = Body {
        context,
        facts,
        groups,
        accepted,
        fragments: Vec::new(),
        carried: Vec::new(),
    };
    body.required()?;
    body.persistence()?;
    body.backups(&comments.of_jobs);
    body.routing();
    body.needs(needs);
    body.logs();
    body.extra();
    for comment in &comments.of_service {
        body.core(format!("{comment}\n"));
    }
    Ok(body.fragments)
}

/// The contract's option path, as source.
pub fn path(context: &Context, facts: &ServiceFacts) -> String {
    let namespace = &context.rules().namespaces.contract;
    format!("{namespace}.{}", syntax::attr_text(&facts.name))
}

/// The line that lets the service's own switch follow the contract's, where that is what turns it on.
pub fn follow(context: &Context, facts: &ServiceFacts, groups: &Groups, accepted: &Accepted) -> String {
    match &facts.guard {
        Guard::Switch { path: switch, .. } if groups.enables(accepted) => {
            let switch: Vec<String> = switch.iter().map(|p| syntax::attr_text(p)).collect();
            let contract = path(context, facts);
            format!(
                "{}\n{} = lib.mkDefault config.{contract}.enable;\n",
                super::texts::FOLLOW_COMMENT,
                switch.join(".")
            )
        }
        _ => String::new(),
    }
}

impl<'a> Body<'_, 'a> {
    fn push(&mut self, group: GroupId, text: impl Into<String>) {
        self.put(group, text, []);
    }

    fn core(&mut self, text: impl Into<String>) {
        self.push(self.groups.contract, text);
    }

    /// Text that says facts, as the contract's `field`.
    fn put<'f>(
        &mut self,
        group: GroupId,
        text: impl Into<String>,
        facts: impl IntoIterator<Item = (FactId, &'f ContractField)>,
    ) {
        let namespace = path(self.context, self.facts);
        let facts = facts
            .into_iter()
            .map(|(fact, field)| (fact, format!("{namespace}.{field}")));
        self.fragments.push(ContractFragment {
            group,
            text: text.into(),
            facts: facts.collect(),
            added: Vec::new(),
        });
    }

    /// Text that says something new, one for each `what`.
    fn add(&mut self, group: GroupId, text: String, field: &ContractField, what: Vec<String>) {
        self.push(group, text);
        let to = format!("{}.{field}", path(self.context, self.facts));
        let added = what.into_iter().map(|what| Move {
            what,
            from: None,
            to: Some(to.clone()),
        });
        let last = self.fragments.last_mut().expect("the fragment that was pushed");
        last.added.extend(added);
    }

    fn required(&mut self) -> Result<()> {
        match &self.facts.guard {
            Guard::Condition { text } => self.core(format!("enable = lib.mkDefault ({text});\n")),
            Guard::Switch { text, .. } if !self.groups.enables(self.accepted) => {
                self.core(format!("enable = {text};\n"))
            }
            Guard::Always if !self.groups.enables(self.accepted) => self.core("enable = lib.mkDefault true;\n"),
            _ => {}
        }
        if !self.carried_as(&ContractField::Domain) {
            self.core(format!("domain = {};\n", self.context.rules().values.domain));
        }
        if !self.carried_as(&ContractField::DataDir) {
            let data_dir = data_dir::text(self.context, self.facts)?;
            self.core(format!("dataDir = {data_dir};\n"));
        }
        Ok(())
    }

    /// A fact as a binding of the contract, with the comments that belong to it.
    fn carry(&mut self, group: GroupId, fact: &Fact<'a>) {
        let (before, after) = self.comments_of(fact);
        let rest = match fact.origin.rest.as_str() {
            "" => String::new(),
            rest => format!(".{rest}"),
        };
        let text = format!("{before}{}{rest} = {};{after}\n", fact.field, fact.origin.text);
        self.put(group, text, [(fact.id, &fact.field)]);
    }

    /// Carries what the declarations say for a field; returns whether they say anything.
    fn carried_as(&mut self, field: &ContractField) -> bool {
        let facts = self.facts;
        let mut said = false;
        for fact in facts.of(field) {
            self.carry(self.groups.contract, fact);
            said = true;
        }
        said
    }

    /// The comments above and beside a field, ready to stand around a new binding.
    fn comments_of(&mut self, fact: &Fact<'a>) -> (String, String) {
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

    fn persistence(&mut self) -> Result<()> {
        let accepted = self.groups.persistence.filter(|group| self.accepted.contains(group));
        let Some(group) = accepted else {
            self.core("persistedData = [];\n");
            return Ok(());
        };
        let facts: Vec<&Fact> = self.facts.of(&ContractField::PersistedData).collect();
        let scattered: Vec<String> = self
            .facts
            .persisted
            .iter()
            .map(|p| element_with_comments(&p.module.source, &p.element))
            .collect();
        if let ([fact], true) = (facts.as_slice(), scattered.is_empty()) {
            self.carry(group, fact);
            return Ok(());
        }
        let merge = facts.iter().map(|fact| ListMerge::of(&fact.origin));
        let merge = merge.collect::<Result<Vec<ListMerge>>>()?;
        let merge = merge.into_iter().max().unwrap_or(ListMerge::Concat);
        let mut lists: Vec<String> = Vec::new();
        for fact in &facts {
            let (before, after) = self.comments_of(fact);
            // A comment ends with its line.
            let after = if after.is_empty() { after } else { format!("{after}\n") };
            let text = match fact.origin.value.as_ref().is_none_or(|value| merge.takes(value)) {
                true => fact.origin.text.clone(),
                false => format!("({})", fact.origin.text),
            };
            lists.push(format!("{before}{text}{after}"));
        }
        if !scattered.is_empty() || lists.is_empty() {
            lists.push(format!("[\n{}\n]", scattered.join("\n")));
        }
        let lists = match merge {
            ListMerge::Concat => lists.join(" ++ "),
            ListMerge::Merge => format!("lib.mkMerge [\n{}\n]", lists.join("\n")),
        };
        let comments = self.comments_of_lists();
        let field = ContractField::PersistedData;
        let persisted = self.facts.persisted.iter().map(|entry| entry.id);
        let all = facts.iter().map(|fact| fact.id).chain(persisted).map(|id| (id, &field));
        self.put(group, format!("{comments}{field} = {lists};\n"), all);
        Ok(())
    }

    /// The comments above and beside whole lists of persistent directories that are the service's.
    fn comments_of_lists(&self) -> String {
        let mut comments: Vec<String> = Vec::new();
        for entry in &self.facts.persisted {
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

    fn backups(&mut self, comments: &[String]) {
        let facts = self.facts;
        let moved = self.groups.backup.filter(|group| self.accepted.contains(group));
        let gained = self.groups.gain.filter(|group| self.accepted.contains(group));
        let mut explicit = false;
        if let Some(group) = moved {
            for job in &facts.jobs {
                explicit |= self.job(group, job);
            }
            for comment in comments {
                self.push(group, format!("{comment}\n"));
            }
        } else if let Some(group) = gained {
            for fact in facts.unread().filter(|fact| fact.field == ContractField::BackupPaths) {
                self.carry(group, fact);
                explicit = true;
            }
        }
        for field in &BACKUP_ORDER {
            explicit |= self.carried_as(field) && *field == ContractField::BackupPaths;
        }
        for fact in facts.unread() {
            let gained = gained.is_some() && moved.is_none() && fact.field == ContractField::BackupPaths;
            if !gained {
                self.gap(fact);
            }
        }
        if !explicit {
            self.core("backupPaths = [];\n");
        }
    }

    /// A backup job's fields; returns whether it names paths.
    fn job(&mut self, group: GroupId, job: &Job<'a>) -> bool {
        let mut facts: Vec<&Fact<'a>> = job.facts.iter().collect();
        if !job.shared {
            facts.sort_by_key(|fact| BACKUP_ORDER.iter().position(|field| *field == fact.field));
        }
        let mut paths = false;
        for fact in facts {
            match &fact.elements {
                None => self.carry(group, fact),
                Some(elements) => {
                    let source = &fact.origin.module.source;
                    let items: Vec<String> = elements.iter().map(|e| element_with_comments(source, e)).collect();
                    let text = format!("{} = [\n{}\n];\n", fact.field, items.join("\n"));
                    self.put(group, text, [(fact.id, &fact.field)]);
                }
            }
            if fact.field == ContractField::BackupPaths {
                paths = true;
                if job.shared || job.name != self.facts.name {
                    self.push(group, format!("backupJob = {};\n", syntax::string_text(&job.name)));
                }
            }
        }
        paths
    }

    /// What nothing reads is kept as a comment beside the contract, so that nobody takes it for a backup.
    fn gap(&mut self, fact: &Fact<'a>) {
        let (before, after) = self.comments_of(fact);
        let lines: Vec<String> = crate::edit::indent::dedent(&fact.origin.text, white(&fact.origin))
            .lines()
            .map(|l| format!("# {l}"))
            .collect();
        let first = lines.join("\n").replacen("# ", &format!("# {} = ", fact.field), 1);
        let gap = super::texts::GAP_COMMENT;
        // The first of several lines alone would be part of this comment.
        let text = match after.contains('\n') {
            true => format!("{before}{}\n# {gap}\n{first};\n", after.trim()),
            false => format!("{before}# {gap}\n{first};{after}\n"),
        };
        self.put(self.groups.contract, text, [(fact.id, &fact.field)]);
    }

    fn routing(&mut self) {
        if self.facts.declarations.is_empty() {
            return self.core("\nexposed = false;\n");
        }
        self.core("\n");
        if !self.carried_as(&ContractField::Exposed) {
            self.core("exposed = true;\n");
        }
        self.carried_as(&ContractField::Subdomain);
        let port = self.carried_as(&ContractField::Port);
        for fact in self.facts.of(&ContractField::Url) {
            self.url(fact, port);
        }
        if !self.carried_as(&ContractField::Type) {
            self.core("type = \"private\";\n");
        }
        self.carried_as(&ContractField::Middlewares);
        self.carried_as(&ContractField::TraefikDynamicConfig);
    }

    /// The address of the backend: as its port, where that says the same and is not `said` already.
    fn url(&mut self, fact: &Fact<'a>, said: bool) {
        let backend = fact.origin.value.as_ref().map(url::read).filter(|_| !said);
        let (before, after) = self.comments_of(fact);
        let (text, field) = match backend {
            Some(url::Backend {
                port: Some(port),
                derived: true,
            }) => (format!("{before}port = {port};{after}\n"), ContractField::Port),
            Some(url::Backend {
                port: Some(port),
                derived: false,
            }) => {
                self.core(format!("port = {port};\n"));
                (
                    format!("{before}url = {};{after}\n", fact.origin.text),
                    ContractField::Url,
                )
            }
            _ => (
                format!("{before}url = {};{after}\n", fact.origin.text),
                ContractField::Url,
            ),
        };
        self.put(self.groups.contract, text, [(fact.id, &field)]);
    }

    fn needs(&mut self, needs: &Requirements) {
        let depends = needs.depends.iter().map(|depends| depends.text()).collect();
        let databases = needs.databases.iter().map(|database| database.line()).collect();
        let fields: [(_, _, _, Vec<String>); 2] = [
            (
                ContractField::DependsOn,
                self.groups.depends,
                needs.depends_text(),
                depends,
            ),
            (
                ContractField::Databases,
                self.groups.databases,
                needs.databases_text(),
                databases,
            ),
        ];
        let mut gap = "\n";
        for (field, group, text, what) in fields {
            if self.facts.first(&field).is_some() {
                self.core(std::mem::take(&mut gap));
                self.carried_as(&field);
            } else if let Some(group) = group.filter(|group| self.accepted.contains(group)) {
                let text = format!("{}{text}", std::mem::take(&mut gap));
                self.add(group, text, &field, what);
            }
        }
    }

    fn logs(&mut self) {
        let fields = [
            ContractField::Journalctl,
            ContractField::UnitName,
            ContractField::LogPath,
        ];
        self.block(fields.iter().collect());
    }

    /// What the contract has for everything else.
    fn extra(&mut self) {
        let extra = self
            .facts
            .facts
            .iter()
            .filter(|fact| !fact.unread)
            .map(|fact| &fact.field);
        let mut fields: Vec<&ContractField> = Vec::new();
        for field in extra.filter(|field| matches!(field, ContractField::Extra(_))) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        self.block(fields);
    }

    /// Fields with an empty line above, where the declarations say any of them.
    fn block(&mut self, fields: Vec<&ContractField>) {
        let said: Vec<&ContractField> = fields
            .into_iter()
            .filter(|field| self.facts.first(field).is_some())
            .collect();
        if !said.is_empty() {
            self.core("\n");
        }
        for field in said {
            self.carried_as(field);
        }
    }
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

/// The contract's backup fields in the order in which they are written.
const BACKUP_ORDER: [ContractField; 7] = [
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
