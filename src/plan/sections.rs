//! The migrated module's three sections (Pattern 5): contract, implementation, secrets, under one `lib.mkMerge`.
//!
//! The implementation stays where it is: text is put in before and behind it, and its lines are indented.

use std::collections::BTreeSet;
use std::ops::Range;

use super::alias::{self, ContractAlias};
use super::contract;
use super::formals;
use super::kinds::{DATABASE_READS, Draft, SECRETS, enablement};
use super::model::{Guard, ServiceFacts};
use super::ops::{ContractFragment, Ops};
use super::texts;
use super::{Move, placement, removal};
use crate::edit::{Brackets, indent, trivia};
use crate::error::{self, Result};
use crate::resolve::module::{self, Module};
use crate::resolve::scope;
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

/// Where the sections go: the byte offsets at which they begin and end.
struct SectionsPlace {
    start: usize,
    end: usize,
    /// The range whose lines are indented, and by how many levels.
    lines: Range<usize>,
    levels: usize,
}

impl SectionsPlace {
    fn begins_line(&self, text: &str, at: usize) -> bool {
        at > 0 && indent::line_start(text, at) == at
    }
}

/// What stands around the sections.
struct Delimiters {
    /// Before the contract.
    head: &'static str,
    /// Before the implementation.
    open: String,
    /// Behind the implementation.
    close: &'static str,
    /// Behind the secrets.
    tail: &'static str,
}

/// The parts of the home module that the sections are built around.
pub struct Sections<'c, 'a> {
    draft: &'c Draft<'c, 'a>,
    facts: &'c ServiceFacts<'a>,
    shape: Shape,
    /// The condition of the implementation and of the secrets, as source.
    guard: String,
    /// The contract, with a name where the guard needs one or the implementation reads it more than once.
    alias: ContractAlias,
}

impl<'c, 'a> Sections<'c, 'a> {
    /// Finds the sections' places.
    ///
    /// # Errors
    /// `unsupported-module` where the module's configuration has another form.
    pub fn find(draft: &'c Draft<'c, 'a>) -> Result<Sections<'c, 'a>> {
        let facts = draft.facts;
        let shape = shape(facts.home)?;
        let many = draft.reads().is_some_and(|(_, reads)| reads.are_many());
        let alias = ContractAlias::new(draft.context, facts, many, || alias::fresh(facts.home));
        let guard = alias.condition(&facts.guard);
        Ok(Sections {
            draft,
            facts,
            shape,
            guard,
            alias,
        })
    }

    /// The node in whose scope the contract's text will stand.
    pub fn destination(&self) -> SyntaxNode {
        match &self.shape {
            Shape::Config { expr } | Shape::Merge { expr, .. } => expr.syntax().clone(),
            Shape::Body => self.facts.home.body.syntax().clone(),
        }
    }

    /// Puts the sections in. `fragments` are the contract's bindings, `above` the comments over them.
    ///
    /// # Errors
    /// Refuses a module whose arguments cannot be extended.
    pub fn render(&self, work: &mut Ops, fragments: Vec<ContractFragment>, above: &[String]) -> Result<()> {
        let text = self.facts.home.source.text();
        let path = self.facts.home.source.path();
        let core = self.draft.contract();
        let unit = indent::unit(text);
        let place = self.place();
        let base = self.base(&place);
        let mut code = Brackets::new(&base, unit, place.begins_line(text, place.start));
        let delimiters = self.delimiters();
        if matches!(self.shape, Shape::Body) {
            let pad = if place.begins_line(text, place.start) {
                &base
            } else {
                ""
            };
            self.structure_first(work, place.start, pad)?;
        }
        let namespace = contract::path(self.draft.context, self.facts);
        let head = format!(
            "{}{}{}\n{{\n{}{namespace} = {{\n",
            gap(text, place.start),
            delimiters.head,
            texts::CONTRACT_HEADER,
            lines(above)
        );
        work.insert(path, place.start, code.put(&head), core);
        for fragment in fragments {
            let text = code.put(work.put_fragment(&fragment));
            work.insert(path, place.start, text, fragment.group);
        }
        let follow = enablement::follow(self.draft);
        let behind = format!(
            "}};\n{follow}}}\n\n{}\n{}",
            texts::IMPLEMENTATION_HEADER,
            delimiters.open
        );
        work.insert(path, place.start, code.put(&behind), core);
        let pad = unit.repeat(place.levels);
        work.shift(
            path,
            indent::shift(text, self.facts.home.body.syntax(), place.lines.clone(), &pad, core),
        );
        let begins_line = place.begins_line(text, place.end);
        code.go_on(begins_line);
        let secrets = self.secrets_section(work, &self.secrets());
        let gap = match (secrets.is_empty(), delimiters.close.is_empty() && begins_line) {
            (true, true) => "",
            (true, false) | (false, true) => "\n",
            (false, false) => "\n\n",
        };
        let tail = format!("{}{gap}{secrets}{}", delimiters.close, delimiters.tail);
        if !tail.is_empty() {
            work.insert(path, place.end, code.put(&tail), core);
        }
        // A module that was no function becomes one around everything, the guard's `let` too.
        self.formals(work, &["config", "lib"])?;
        self.guard_edits(work);
        self.read(work);
        Ok(())
    }

    /// What stands around the contract, the implementation and the secrets.
    fn delimiters(&self) -> Delimiters {
        let guard = &self.guard;
        let head = "lib.mkMerge [\n";
        let (head, open, close, tail) = match (&self.shape, &self.facts.guard) {
            // A call is no argument without parentheses.
            (Shape::Config { expr }, Guard::Always) => {
                match matches!(expr, ast::Expr::AttrSet(_) | ast::Expr::Paren(_)) {
                    true => (head, format!("(lib.mkIf {guard} "), ")", "]"),
                    false => (head, format!("(lib.mkIf {guard} ("), "))", "]"),
                }
            }
            (Shape::Config { .. }, _) => (head, "(".to_owned(), ")", "]"),
            (Shape::Merge { .. }, Guard::Always) => (head, format!("(lib.mkIf {guard} ("), "))", "]"),
            (Shape::Merge { .. }, _) => ("\n", String::new(), "", ""),
            (Shape::Body, _) => (
                "config = lib.mkMerge [\n",
                format!("(lib.mkIf {guard} {{\n"),
                "})",
                "];\n",
            ),
        };
        Delimiters {
            head,
            open,
            close,
            tail,
        }
    }

    /// Lets the implementation read its database's connection from the contract.
    fn read(&self, work: &mut Ops) {
        let Some((group, reads)) = self.draft.reads() else {
            return;
        };
        for (range, text) in reads.texts(self.alias.text()) {
            work.replace(self.facts.home.source.path(), range, text, group);
        }
        work.tell(group, reads.moves(self.draft.context, self.facts));
    }

    /// Moves structural bindings before the configuration, with their paths as the module's new place needs them.
    fn structure_first(&self, work: &mut Ops, at: usize, pad: &str) -> Result<()> {
        let source = &self.facts.home.source;
        let target = self.draft.module_path();
        for node in late_structure(&self.facts.home.body) {
            let own = syntax::span(&node);
            let extent = trivia::extent(source.text(), &node);
            let text = placement::relocated(source, &node, &target, &[])?;
            let (before, after) = (
                &source.text()[extent.text.start..own.start],
                &source.text()[own.end..extent.text.end],
            );
            work.insert(
                source.path(),
                at,
                format!("{pad}{before}{text}{after}\n\n"),
                self.draft.contract(),
            );
            work.remove(source.path(), extent.whole, self.draft.contract());
        }
        Ok(())
    }

    /// Where the sections go.
    fn place(&self) -> SectionsPlace {
        let text = self.facts.home.source.text();
        // Where only white space is before a closing bracket, the line begins with what is put in.
        let before = |close: usize| {
            let line = indent::line_start(text, close);
            if text[line..close].trim().is_empty() {
                line
            } else {
                close
            }
        };
        let whole = |span: Range<usize>| SectionsPlace {
            start: span.start,
            end: span.end,
            lines: span,
            levels: 1,
        };
        match &self.shape {
            Shape::Config { expr } => whole(syntax::span(expr.syntax())),
            Shape::Merge { expr, .. } if matches!(self.facts.guard, Guard::Always) => {
                whole(syntax::span(expr.syntax()))
            }
            Shape::Merge { expr, list } => {
                let span = syntax::span(expr.syntax());
                let close = list.r_brack_token().map_or(span.end, |t| syntax::token_span(&t).start);
                SectionsPlace {
                    start: list.l_brack_token().map_or(span.start, |t| syntax::token_span(&t).end),
                    end: before(close),
                    lines: close..close,
                    levels: 0,
                }
            }
            Shape::Body => {
                let body = &self.facts.home.body;
                let close = body.r_curly_token().map_or(0, |t| syntax::token_span(&t).start);
                let first = implementation(body).next();
                let start = first.map_or(close, |entry| before(trivia::extent(text, entry.syntax()).text.start));
                let end = before(close).max(start);
                SectionsPlace {
                    start,
                    end,
                    lines: start.saturating_sub(1).min(end)..end,
                    levels: 2,
                }
            }
        }
    }

    /// What the line is indented by in which the sections begin, or is to be.
    fn base(&self, place: &SectionsPlace) -> String {
        let text = self.facts.home.source.text();
        match &self.shape {
            Shape::Merge { list, .. } if place.levels == 0 => indent::inside(text, list.syntax()),
            Shape::Body if place.begins_line(text, place.start) => indent::inside(text, self.facts.home.body.syntax()),
            _ => indent::of_line(text, place.start).to_owned(),
        }
    }

    /// The bindings of secrets that go to the third section.
    fn secrets(&self) -> Vec<SyntaxNode> {
        match self.draft.accepts(SECRETS) {
            Some(_) => secret_bindings(self.facts.home),
            None => Vec::new(),
        }
    }

    fn secrets_section(&self, work: &mut Ops, secrets: &[SyntaxNode]) -> String {
        let source = &self.facts.home.source;
        let proposed = self.draft.groups.of(SECRETS);
        let Some(group) = proposed.filter(|_| !secrets.is_empty()) else {
            return match proposed {
                None => format!("{}\n{}\n", texts::SECRETS_HEADER, texts::NO_SECRETS),
                Some(_) => String::new(),
            };
        };
        let removal = removal::remove(source, secrets);
        removal
            .ranges
            .into_iter()
            .for_each(|range| work.remove(source.path(), range, group));
        work.tell(
            group,
            secrets.iter().map(|node| Move {
                what: "secrets".into(),
                from: Some(source.place_of(node)),
                to: Some("section 3".into()),
            }),
        );
        let texts: Vec<String> = secrets
            .iter()
            .map(|node| source.text()[trivia::extent(source.text(), node).text].to_owned())
            .collect();
        let secrets = format!("(lib.mkIf {} {{\n{}\n}})\n", self.guard, texts.join("\n\n"));
        format!("{}\n{secrets}", texts::SECRETS_HEADER)
    }

    /// The guard's `let` binding, and a condition of another kind replaced by the guard.
    fn guard_edits(&self, work: &mut Ops) {
        let home = self.facts.home;
        let path = home.source.path();
        if let Some(binding) = self.alias.binding() {
            // The switch stays the guard, so that only what is read needs the name.
            let group = match &self.facts.guard {
                Guard::Switch { .. } => self.draft.accepts(DATABASE_READS).unwrap_or(self.draft.contract()),
                _ => self.draft.contract(),
            };
            match outermost_let(home) {
                Some(let_in) => {
                    let at = let_in.let_token().map_or(0, |t| syntax::token_span(&t).end);
                    let pad = indent::inside(home.source.text(), let_in.syntax());
                    work.insert(path, at, format!("\n{pad}{binding}"), group);
                }
                None => {
                    let at = syntax::span(home.body.syntax()).start;
                    let text = home.source.text();
                    let (base, unit) = (indent::of_line(text, at), indent::unit(text));
                    let gap = gap(text, at);
                    work.insert(path, at, format!("{gap}let\n{base}{unit}{binding}\n{base}in "), group);
                }
            }
        }
        if let Guard::Condition { .. } = &self.facts.guard {
            // Several declarations may stand under one condition.
            let declarations = self.facts.declarations.iter().filter(|p| p.path() == path);
            let conditions = declarations.flat_map(|declaration| &declaration.def.context.conditions);
            let spans: BTreeSet<(usize, usize)> = conditions
                .map(|condition| syntax::span(condition.syntax()))
                .map(|span| (span.start, span.end))
                .collect();
            for (start, end) in spans {
                work.replace(path, start..end, self.guard.clone(), self.draft.contract());
            }
        }
    }

    /// Adds arguments that the module's function does not take yet.
    ///
    /// # Errors
    /// `unsupported-module` for a function with a single argument.
    pub fn formals(&self, work: &mut Ops, names: &[&str]) -> Result<()> {
        formals::add(work, self.facts.home, names, self.draft.contract())
    }
}

fn lines(comments: &[String]) -> String {
    comments.iter().map(|comment| format!("{comment}\n")).collect()
}

/// A space where what is put in at `at` would run into the word before it.
fn gap(text: &str, at: usize) -> &'static str {
    match text[..at].ends_with(|c: char| !c.is_whitespace() && !"{[(;=".contains(c)) {
        true => " ",
        false => "",
    }
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
