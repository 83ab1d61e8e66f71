//! The migrated module's three sections (Pattern 5): contract, implementation, secrets, under one `lib.mkMerge`.
//!
//! The implementation stays where it is: text is put in before and behind it, and its lines are indented.

use std::collections::BTreeSet;
use std::ops::Range;

use super::contract::Chunk;
use super::facts::{Context, Facts, Guard};
use super::groups::Groups;
use super::handle::{self, Handle};
use super::needs::reads::Reads;
use super::texts;
use super::workset::Workset;
use super::{Accepted, placement, removal};
use crate::edit::{indent, trivia};
use crate::error::{self, Result};
use crate::resolve::module::{self, Module};
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// Where the module's configuration stands.
enum Shape {
    /// `config = <expr>;`: the expression below `let` and `with`.
    Config { expr: ast::Expr },
    /// `config = lib.mkMerge [ … ];`
    Merge { expr: ast::Expr, list: ast::List },
    /// The module's set is the configuration.
    Body,
}

/// The parts of the home module that the sections are built around.
pub struct Sections<'c, 'a> {
    context: &'c Context<'a>,
    facts: &'c Facts<'a>,
    groups: &'c Groups,
    accepted: &'c Accepted,
    shape: Shape,
    /// The condition of the implementation and of the secrets, as source.
    guard: String,
    /// The contract, with a name where the guard needs one or the implementation reads it more than once.
    handle: Handle,
    /// What is read from it, where that is accepted.
    reads: Option<&'c Reads>,
}

impl<'c, 'a> Sections<'c, 'a> {
    /// Finds the sections' places.
    ///
    /// # Errors
    /// `unsupported-module` where the module's configuration has another form.
    pub fn find(
        context: &'c Context<'a>,
        facts: &'c Facts<'a>,
        groups: &'c Groups,
        accepted: &'c Accepted,
        reads: Option<&'c Reads>,
    ) -> Result<Sections<'c, 'a>> {
        let shape = shape(facts.home)?;
        let handle = Handle::new(context, facts, reads, || handle::fresh(facts.home));
        let guard = handle.condition(&facts.guard);
        Ok(Sections {
            context,
            facts,
            groups,
            accepted,
            shape,
            guard,
            handle,
            reads,
        })
    }

    /// The node in whose scope the contract's text will stand.
    pub fn destination(&self) -> SyntaxNode {
        match &self.shape {
            Shape::Config { expr } | Shape::Merge { expr, .. } => expr.syntax().clone(),
            Shape::Body => self.facts.home.body.syntax().clone(),
        }
    }

    /// Puts the sections in. `chunks` are the contract's bindings, `above` the comments over them.
    ///
    /// # Errors
    /// Refuses a module whose arguments cannot be extended.
    pub fn render(&self, work: &mut Workset, chunks: Vec<Chunk>, above: &[String]) -> Result<()> {
        let path = self.facts.home.source.path();
        let core = self.groups.contract;
        let (at, end, range, columns) = self.extent();
        let secrets = self.secrets();
        let (open, close) = match &self.shape {
            // A call is no argument without parentheses.
            Shape::Config { expr } if matches!(self.facts.guard, Guard::Always) => {
                match matches!(expr, ast::Expr::AttrSet(_) | ast::Expr::Paren(_)) {
                    true => (format!("(lib.mkIf {} ", self.guard), ")"),
                    false => (format!("(lib.mkIf {} (", self.guard), "))"),
                }
            }
            Shape::Config { .. } => ("(".to_owned(), ")"),
            Shape::Merge { .. } if matches!(self.facts.guard, Guard::Always) => {
                (format!("(lib.mkIf {} (", self.guard), "))")
            }
            Shape::Merge { .. } => (String::new(), ""),
            Shape::Body => (format!("(lib.mkIf {} {{\n", self.guard), "})"),
        };
        let extends_list = matches!(self.shape, Shape::Merge { .. }) && !matches!(self.facts.guard, Guard::Always);
        let head = match &self.shape {
            _ if extends_list => "\n",
            Shape::Body => "config = lib.mkMerge [\n",
            _ => "lib.mkMerge [\n",
        };
        if matches!(self.shape, Shape::Body) {
            self.structure_first(work, at)?;
        }
        work.insert(
            path,
            at,
            format!("{head}{}\n{{\n{}", texts::CONTRACT_HEADER, lines(above)),
            core,
        );
        let namespace = format!(
            "{}.{}",
            self.context.rules().namespaces.contract,
            syntax::attr_text(&self.facts.name)
        );
        work.insert(path, at, format!("{namespace} = {{\n"), core);
        for chunk in chunks {
            work.insert(path, at, chunk.text, chunk.group);
        }
        work.insert(
            path,
            at,
            format!("}};\n{}}}\n\n{}\n{open}", self.follow(), texts::IMPLEMENTATION_HEADER),
            core,
        );
        let indentation = indent::shift(
            self.facts.home.source.text(),
            self.facts.home.body.syntax(),
            range,
            columns,
            core,
        );
        work.shift(path, indentation);
        let tail = match &self.shape {
            _ if extends_list => String::new(),
            Shape::Body => "\n];\n".to_owned(),
            _ => "\n]".to_owned(),
        };
        let section = self.secrets_section(work, &secrets);
        work.insert(path, end, format!("{close}\n\n{section}{tail}"), core);
        // A module that was no function becomes one around everything, the guard's `let` too.
        self.formals(work, &["config", "lib"])?;
        self.guard_edits(work);
        self.read(work);
        Ok(())
    }

    /// Lets the implementation read its database's connection from the contract.
    fn read(&self, work: &mut Workset) {
        let (Some(group), Some(reads)) = (self.groups.reads, self.reads) else {
            return;
        };
        for (range, text) in reads.texts(self.handle.text()) {
            work.replace(self.facts.home.source.path(), range, text, group);
        }
    }

    /// Moves structural bindings before the configuration, with their paths as the module's new place needs them.
    fn structure_first(&self, work: &mut Workset, at: usize) -> Result<()> {
        let source = &self.facts.home.source;
        let moves = self
            .groups
            .placement
            .is_some_and(|group| self.accepted.contains(&group));
        let target = if moves { &self.facts.target } else { source.path() };
        for node in late_structure(&self.facts.home.body) {
            let own = syntax::span(&node);
            let extent = trivia::extent(source.text(), &node);
            let text = placement::relocated(source, &node, target, &[])?;
            let (before, after) = (
                &source.text()[extent.text.start..own.start],
                &source.text()[own.end..extent.text.end],
            );
            work.insert(
                source.path(),
                at,
                format!("{before}{text}{after}\n\n"),
                self.groups.contract,
            );
            work.remove(source.path(), extent.whole, self.groups.contract);
        }
        Ok(())
    }

    /// Where the sections begin and end, the range whose lines are indented, and by how much.
    fn extent(&self) -> (usize, usize, Range<usize>, usize) {
        let text = self.facts.home.source.text();
        match &self.shape {
            Shape::Config { expr } => {
                let span = syntax::span(expr.syntax());
                (span.start, span.end, span, 2)
            }
            Shape::Merge { expr, list } => {
                let span = syntax::span(expr.syntax());
                if matches!(self.facts.guard, Guard::Always) {
                    return (span.start, span.end, span, 2);
                }
                let open = list.l_brack_token().map_or(span.start, |t| syntax::token_span(&t).end);
                let close = list.r_brack_token().map_or(span.end, |t| syntax::token_span(&t).start);
                (open, close, close..close, 0)
            }
            Shape::Body => {
                let body = &self.facts.home.body;
                let close = body.r_curly_token().map_or(0, |t| syntax::token_span(&t).start);
                let first = implementation(body).next();
                let start = first.map_or(close, |entry| {
                    let extent = trivia::extent(text, entry.syntax());
                    let line = text[..extent.text.start].rfind('\n').map_or(0, |i| i + 1);
                    if text[line..extent.text.start].trim().is_empty() {
                        line
                    } else {
                        extent.text.start
                    }
                });
                (start, close, start.saturating_sub(1)..close, 4)
            }
        }
    }

    /// The bindings of secrets that go to the third section.
    fn secrets(&self) -> Vec<SyntaxNode> {
        let accepted = self.groups.secrets.is_some_and(|group| self.accepted.contains(&group));
        if accepted {
            secret_bindings(self.facts.home)
        } else {
            Vec::new()
        }
    }

    fn secrets_section(&self, work: &mut Workset, secrets: &[SyntaxNode]) -> String {
        let source = &self.facts.home.source;
        let Some(group) = self.groups.secrets.filter(|_| !secrets.is_empty()) else {
            return match self.groups.secrets {
                None => format!("{}\n{}\n", texts::SECRETS_HEADER, texts::NO_SECRETS),
                Some(_) => String::new(),
            };
        };
        let removal = removal::remove(source, secrets);
        removal
            .ranges
            .into_iter()
            .for_each(|range| work.remove(source.path(), range, group));
        let texts: Vec<String> = secrets
            .iter()
            .map(|node| source.text()[trivia::extent(source.text(), node).text].to_owned())
            .collect();
        let secrets = format!("(lib.mkIf {} {{\n{}\n}})\n", self.guard, texts.join("\n\n"));
        format!("{}\n{secrets}", texts::SECRETS_HEADER)
    }

    /// The line that lets the service's own switch follow the contract's.
    fn follow(&self) -> String {
        match &self.facts.guard {
            Guard::Switch { path, .. } if self.groups.enables(self.accepted) => {
                let switch: Vec<String> = path.iter().map(|p| syntax::attr_text(p)).collect();
                let contract = format!(
                    "{}.{}",
                    self.context.rules().namespaces.contract,
                    syntax::attr_text(&self.facts.name)
                );
                format!(
                    "{}\n{} = lib.mkDefault config.{contract}.enable;\n",
                    texts::FOLLOW_COMMENT,
                    switch.join(".")
                )
            }
            _ => String::new(),
        }
    }

    /// The guard's `let` binding, and a condition of another kind replaced by the guard.
    fn guard_edits(&self, work: &mut Workset) {
        let home = self.facts.home;
        let path = home.source.path();
        if let Some(binding) = self.handle.binding() {
            // The switch stays the guard, so that only what is read needs the name.
            let group = match &self.facts.guard {
                Guard::Switch { .. } => self.groups.reads.unwrap_or(self.groups.contract),
                _ => self.groups.contract,
            };
            match outermost_let(home) {
                Some(let_in) => {
                    let at = let_in.let_token().map_or(0, |t| syntax::token_span(&t).end);
                    work.insert(path, at, format!("\n  {binding}"), group);
                }
                None => {
                    let at = syntax::span(home.body.syntax()).start;
                    work.insert(path, at, format!("let\n  {binding}\nin "), group);
                }
            }
        }
        if let Guard::Condition { .. } = &self.facts.guard {
            // Several declarations may stand under one condition.
            let pieces = self.facts.pieces.iter().filter(|p| p.path() == path);
            let conditions = pieces.flat_map(|piece| &piece.def.context.conditions);
            let spans: BTreeSet<(usize, usize)> = conditions
                .map(|condition| syntax::span(condition.syntax()))
                .map(|span| (span.start, span.end))
                .collect();
            for (start, end) in spans {
                work.replace(path, start..end, self.guard.clone(), self.groups.contract);
            }
        }
    }

    /// Adds arguments that the module's function does not take yet.
    ///
    /// # Errors
    /// `unsupported-module` for a function with a single argument.
    pub fn formals(&self, work: &mut Workset, names: &[&str]) -> Result<()> {
        add_formals(work, self.facts.home, names, self.groups.contract)
    }
}

fn lines(comments: &[String]) -> String {
    comments.iter().map(|comment| format!("{comment}\n")).collect()
}

/// The configuration's bindings in a module without `config`.
fn implementation(body: &ast::AttrSet) -> impl Iterator<Item = ast::Entry> + use<> {
    body.entries().filter(|entry| {
        let names = module::entry_names(entry);
        !names
            .first()
            .and_then(|n| n.as_deref())
            .is_some_and(|n| module::STRUCTURAL.contains(&n))
    })
}

fn shape(home: &Module) -> Result<Shape> {
    if !home.explicit {
        return body_shape(home);
    }
    let Some(mut expr) = module::attribute(&home.body, "config") else {
        return Err(error::plan::unsupported_module(
            home.source.place_of(home.body.syntax()),
            "its configuration is split over several bindings",
        ));
    };
    loop {
        expr = match &expr {
            ast::Expr::LetIn(let_in) => let_in.body().unwrap_or_else(|| expr.clone()),
            ast::Expr::With(with) => with.body().unwrap_or_else(|| expr.clone()),
            _ => break,
        };
    }
    let inner = syntax::unparen(expr.clone());
    if let Some(arguments) = syntax::call_of(&inner, "mkMerge", 1)
        && let ast::Expr::List(list) = syntax::unparen(arguments[0].clone())
    {
        return Ok(Shape::Merge { expr, list });
    }
    let plain = matches!(inner, ast::Expr::AttrSet(_)) || syntax::call_of(&inner, "mkIf", 2).is_some();
    match plain {
        true => Ok(Shape::Config { expr }),
        false => Err(error::plan::unsupported_module(
            home.source.place_of(expr.syntax()),
            "its configuration is computed",
        )),
    }
}

fn body_shape(home: &Module) -> Result<Shape> {
    if syntax::is_recursive(&home.body) {
        return Err(error::plan::unsupported_module(
            home.source.place_of(home.body.syntax()),
            "it is a recursive set",
        ));
    }
    Ok(Shape::Body)
}

/// Structural bindings (`imports`, `disabledModules` …) that stand behind a definition: they have to go before the
/// configuration, which becomes one expression.
fn late_structure(body: &ast::AttrSet) -> Vec<SyntaxNode> {
    let is_structural = |entry: &ast::Entry| {
        let names = module::entry_names(entry);
        names
            .first()
            .and_then(|n| n.as_deref())
            .is_some_and(|n| module::STRUCTURAL.contains(&n))
    };
    body.entries()
        .skip_while(is_structural)
        .filter(is_structural)
        .map(|entry| entry.syntax().clone())
        .collect()
}

/// The bindings below `sops` that stand directly in the configuration's set.
pub fn secret_bindings(home: &Module) -> Vec<SyntaxNode> {
    let Ok(shape) = shape(home) else { return Vec::new() };
    let set = match shape {
        Shape::Body => home.body.clone(),
        Shape::Merge { .. } => return Vec::new(),
        Shape::Config { expr } => {
            let inner = syntax::unparen(expr);
            let inner = syntax::call_of(&inner, "mkIf", 2)
                .and_then(|mut a| a.pop())
                .map_or(inner, syntax::unparen);
            match inner {
                ast::Expr::AttrSet(set) => set,
                _ => return Vec::new(),
            }
        }
    };
    let secret = |value: &ast::AttrpathValue| scope::first_name(value).as_deref() == Some("sops");
    set.attrpath_values()
        .filter(secret)
        .map(|value| value.syntax().clone())
        .collect()
}

/// The `let` that stands directly around the module's set, outermost.
fn outermost_let(home: &Module) -> Option<ast::LetIn> {
    let mut found = None;
    for ancestor in home.body.syntax().ancestors().skip(1) {
        if let Some(let_in) = ast::LetIn::cast(ancestor.clone()) {
            found = Some(let_in);
        } else if ast::Lambda::can_cast(ancestor.kind()) {
            break;
        }
    }
    found
}

/// Adds arguments to a module's function where it does not take them; a plain set becomes a function.
///
/// # Errors
/// `unsupported-module` for a function with one argument that is no set pattern; `unmovable` where a name is
/// bound to something else around the module's set.
pub fn add_formals(work: &mut Workset, module: &Module, names: &[&str], group: crate::edit::GroupId) -> Result<()> {
    let source = &module.source;
    let body = module.body.syntax();
    let mut missing = Vec::new();
    for name in names {
        match scope::lookup(body, name) {
            Binding::Param(_) => {}
            Binding::Unbound | Binding::With(_) => missing.push(*name),
            _ => return Err(error::plan::unmovable(source.place_of(body), name)),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Some(lambda) = &module.lambda else {
        let at = syntax::span(&source.expr()?.syntax().clone()).start;
        work.insert(source.path(), at, format!("{{{}, ...}}: ", missing.join(", ")), group);
        return Ok(());
    };
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return Err(error::plan::unsupported_module(
            source.place_of(lambda.syntax()),
            "its function takes one argument instead of a set pattern",
        ));
    };
    let last = pattern.pat_entries().last();
    match last {
        Some(entry) => {
            let at = syntax::span(entry.syntax()).end;
            let multi_line = pattern
                .syntax()
                .text()
                .to_string()
                .trim_start_matches('{')
                .starts_with('\n');
            let separator = if multi_line { ",\n  " } else { ", " };
            work.insert(
                source.path(),
                at,
                missing
                    .iter()
                    .map(|name| format!("{separator}{name}"))
                    .collect::<String>(),
                group,
            );
        }
        None => {
            let at = syntax::span(pattern.syntax()).start + 1;
            let comma = if pattern.ellipsis_token().is_some() { ", " } else { "" };
            work.insert(source.path(), at, format!("{}{comma}", missing.join(", ")), group);
        }
    }
    Ok(())
}
