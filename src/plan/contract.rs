//! The text of a service's contract: its legacy fields under their new names, with their comments.

use super::facts::{Context, Field, Guard, Job, ServiceFacts};
use super::groups::Groups;
use super::needs::Requirements;
use super::{Accepted, data_dir, url};
use crate::edit::{GroupId, trivia};
use crate::error::{self, Result};
use crate::syntax::{self, AstNode, ast};

/// A stretch of new text and the group that asks for it.
pub struct ContractFragment {
    pub group: GroupId,
    pub text: String,
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
        self.fragments.push(ContractFragment {
            group,
            text: text.into(),
        });
    }

    fn core(&mut self, text: impl Into<String>) {
        self.push(self.groups.contract, text);
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
        let data_dir = data_dir::text(self.context, self.facts)?;
        let domain = self.context.rules().values.domain.clone();
        self.core(format!("domain = {domain};\ndataDir = {data_dir};\n"));
        Ok(())
    }

    /// A legacy field as a binding of the contract, with the comments that belong to it.
    fn carry(&mut self, group: GroupId, field: &Field<'a>, name: &str) {
        let (before, after) = self.comments_of(field);
        let rest = if field.rest.is_empty() {
            String::new()
        } else {
            format!(".{}", field.rest)
        };
        self.push(group, format!("{before}{name}{rest} = {};{after}\n", field.text));
    }

    /// The comments above and beside a field, ready to stand around a new binding.
    fn comments_of(&mut self, field: &Field<'a>) -> (String, String) {
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
        let fields: Vec<Field> = self.facts.named("persistedData").cloned().collect();
        let scattered: Vec<String> = self
            .facts
            .persisted
            .iter()
            .map(|p| element_with_comments(&p.module.source, &p.element))
            .collect();
        if let ([field], true) = (fields.as_slice(), scattered.is_empty()) {
            self.carry(group, &field.clone(), "persistedData");
            return Ok(());
        }
        let merge = fields.iter().map(ListMerge::of).collect::<Result<Vec<ListMerge>>>()?;
        let merge = merge.into_iter().max().unwrap_or(ListMerge::Concat);
        let mut lists: Vec<String> = Vec::new();
        for field in &fields {
            let (before, after) = self.comments_of(field);
            // A comment ends with its line.
            let after = if after.is_empty() { after } else { format!("{after}\n") };
            let text = match field.value.as_ref().is_none_or(|value| merge.takes(value)) {
                true => field.text.clone(),
                false => format!("({})", field.text),
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
        self.push(group, format!("{comments}persistedData = {lists};\n"));
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
        let unread: Vec<Field> = facts.named("backupDirectories").cloned().collect();
        let mut explicit = false;
        if let Some(group) = moved {
            for job in &facts.jobs {
                explicit |= self.job(group, job);
            }
            for comment in comments {
                self.push(group, format!("{comment}\n"));
            }
        } else if let Some(group) = gained {
            for field in &unread {
                self.carry(group, field, "backupPaths");
                explicit = true;
            }
        }
        if gained.is_none() || moved.is_some() {
            self.gap(&unread);
        }
        if !explicit {
            self.core("backupPaths = [];\n");
        }
    }

    /// A backup job's fields; returns whether it names paths.
    fn job(&mut self, group: GroupId, job: &Job<'a>) -> bool {
        if let Some(part) = &job.part {
            return self.part(group, job, part);
        }
        let names = &self.context.rules().backup_fields;
        let mut fields = job.fields.clone();
        let order = |field: &Field| {
            BACKUP_ORDER
                .iter()
                .position(|n| Some(*n) == names.get(&field.name).map(String::as_str))
        };
        fields.sort_by_key(order);
        let mut paths = false;
        for field in &fields {
            let name = names[&field.name].clone();
            paths |= name == "backupPaths";
            self.carry(group, field, &name);
            if name == "backupPaths" && job.name != self.facts.name {
                self.push(group, format!("backupJob = {};\n", syntax::string_text(&job.name)));
            }
        }
        paths
    }

    /// The service's part of a job that others share: its paths and units, and the job's name.
    fn part(&mut self, group: GroupId, job: &Job<'a>, part: &[(Field<'a>, Vec<ast::Expr>)]) -> bool {
        let mut paths = false;
        for (field, elements) in part {
            let name = self.context.rules().backup_fields[&field.name].clone();
            let items: Vec<String> = elements
                .iter()
                .map(|e| element_with_comments(&field.module.source, e))
                .collect();
            self.push(group, format!("{name} = [\n{}\n];\n", items.join("\n")));
            if name == "backupPaths" {
                paths = true;
                self.push(group, format!("backupJob = {};\n", syntax::string_text(&job.name)));
            }
        }
        paths
    }

    /// What nothing reads is kept as a comment beside the contract, so that nobody takes it for a backup.
    fn gap(&mut self, unread: &[Field<'a>]) {
        for field in unread {
            let (before, after) = self.comments_of(field);
            let lines: Vec<String> = crate::edit::indent::dedent(&field.text, white(field))
                .lines()
                .map(|l| format!("# {l}"))
                .collect();
            let first = lines.join("\n").replacen("# ", "# backupPaths = ", 1);
            let gap = super::texts::GAP_COMMENT;
            // The first of several lines alone would be part of this comment.
            match after.contains('\n') {
                true => self.core(format!("{before}{}\n# {gap}\n{first};\n", after.trim())),
                false => self.core(format!("{before}# {gap}\n{first};{after}\n")),
            }
        }
    }

    fn routing(&mut self) {
        if self.facts.declarations.is_empty() {
            return self.core("\nexposed = false;\n");
        }
        self.core("\nexposed = true;\n");
        for field in self
            .facts
            .named("name")
            .chain(self.facts.named("subdomain"))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.carry(self.groups.contract, &field, "subdomain");
        }
        for field in self.facts.named("url").cloned().collect::<Vec<_>>() {
            self.url(&field);
        }
        let types: Vec<Field> = self.facts.named("type").cloned().collect();
        match types.is_empty() {
            true => self.core("type = \"private\";\n"),
            false => types
                .iter()
                .for_each(|field| self.carry(self.groups.contract, field, "type")),
        }
        for name in ["middlewares", "traefikDynamicConfig"] {
            for field in self.facts.named(name).cloned().collect::<Vec<_>>() {
                self.carry(self.groups.contract, &field, name);
            }
        }
    }

    fn url(&mut self, field: &Field<'a>) {
        let backend = field.value.as_ref().map(url::read);
        let (before, after) = self.comments_of(field);
        match backend {
            Some(url::Backend {
                port: Some(port),
                derived: true,
            }) => self.core(format!("{before}port = {port};{after}\n")),
            Some(url::Backend {
                port: Some(port),
                derived: false,
            }) => {
                self.core(format!("port = {port};\n{before}url = {};{after}\n", field.text));
            }
            _ => self.core(format!("{before}url = {};{after}\n", field.text)),
        }
    }

    fn needs(&mut self, needs: &Requirements) {
        let fields = [
            (self.groups.depends, needs.depends_text()),
            (self.groups.databases, needs.databases_text()),
        ];
        let mut gap = "\n";
        for (group, text) in fields {
            if let Some(group) = group.filter(|group| self.accepted.contains(group)) {
                self.push(group, format!("{}{text}", std::mem::take(&mut gap)));
            }
        }
    }

    fn logs(&mut self) {
        let mut first = true;
        for name in ["journalctl", "unitName", "logPath"] {
            for field in self.facts.named(name).cloned().collect::<Vec<_>>() {
                if std::mem::take(&mut first) {
                    self.core("\n");
                }
                self.carry(self.groups.contract, &field, name);
            }
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
    fn of(field: &Field) -> Result<ListMerge> {
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
pub const BACKUP_ORDER: [&str; 7] = [
    "backupPaths",
    "backupUnits",
    "backupExclude",
    "backupPrepare",
    "backupCleanup",
    "backupPriority",
    "backupRequiresNetwork",
];

/// Comments within a binding but outside its value: between the name, `=`, the value and `;`.
fn inner_comments(field: &Field) -> Vec<String> {
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
fn white<'f>(field: &'f Field) -> &'f str {
    crate::edit::indent::of_line(field.module.source.text(), syntax::span(&field.node).start)
}

/// A list element's source with the comments that belong to it.
pub fn element_with_comments(source: &syntax::Source, element: &ast::Expr) -> String {
    let extent = trivia::extent(source.text(), element.syntax());
    source.text()[extent.text].to_owned()
}
