//! The sections in the service's own file, under one `lib.mkMerge`.
//!
//! The implementation stays where it is: text is put in before and behind it, and its lines are indented.

use std::collections::BTreeSet;
use std::ops::Range;

use super::shape::{self, Shape};
use super::{Orphan, sections};
use crate::edit::{Brackets, indent, trivia};
use crate::error::{self, Result};
use crate::plan::alias::{self, ContractAlias};
use crate::plan::compact;
use crate::plan::kinds::{DATABASE_READS, Draft, SECRETS, enablement};
use crate::plan::model::{Guard, ServiceFacts};
use crate::plan::ops::{ContractFragment, Ops};
use crate::plan::taking::Removed;
use crate::plan::{Move, contract, formals, placement, removal};
use crate::resolve::free;
use crate::resolve::scope::Binding;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

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
pub struct InPlace<'c, 'a> {
    draft: &'c Draft<'c, 'a>,
    facts: &'c ServiceFacts<'a>,
    shape: Shape,
    /// The condition of the implementation and of the secrets, as source.
    guard: String,
    /// The contract, with a name where the guard needs one or the implementation reads it more than once.
    alias: ContractAlias,
    /// The nodes that go, file by file.
    removed: Removed,
    /// The module arguments that texts from other files need.
    arguments: Vec<String>,
}

impl<'c, 'a> InPlace<'c, 'a> {
    /// Finds the sections' places.
    ///
    /// # Errors
    /// `unsupported-module` where the module's configuration has another form; `unmovable` where a name in a text that
    /// moves means something else there.
    pub fn find(draft: &'c Draft<'c, 'a>, removed: Removed) -> Result<InPlace<'c, 'a>> {
        let facts = draft.facts();
        let shape = Shape::of(facts.home)?;
        let alias = ContractAlias::new(
            &contract::path(draft.context(), facts),
            draft.names_contract().then(|| alias::fresh(facts.home)),
        );
        let guard = alias.condition(&facts.guard);
        Ok(InPlace {
            draft,
            facts,
            guard,
            alias,
            removed,
            arguments: arguments(facts, &shape)?,
            shape,
        })
    }

    /// Removes what goes; returns the comments that lose their place.
    pub fn remove(&self, ops: &mut Ops) -> Vec<Orphan> {
        super::remove_nodes(self.draft, ops, &self.removed)
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
        let namespace = contract::path(self.draft.context(), self.facts);
        let head = format!(
            "{}{}{}",
            gap(text, place.start),
            delimiters.head,
            sections::before_contract(&namespace, above)
        );
        work.insert(path, place.start, code.put(&head), core);
        for fragment in fragments {
            let text = code.put(&self.alias.within(work.put_fragment(&fragment)));
            work.insert(path, place.start, text, fragment.group);
        }
        let follow = self.alias.within(&enablement::follow(self.draft));
        let behind = format!(
            "{}{}{}",
            sections::behind_contract(&follow),
            sections::before_implementation(),
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
        let secrets = self.secrets_section(work, &self.secrets())?;
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
        self.formals(work)?;
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

    /// Lets the implementation read from the contract what that says.
    fn read(&self, work: &mut Ops) {
        for (group, range, text) in self.draft.read_texts(self.alias.text()) {
            work.replace(self.facts.home.source.path(), range, text, group);
        }
        self.draft.tell_reads(work);
    }

    /// Moves structural bindings before the configuration, with their paths as the module's new place needs them.
    fn structure_first(&self, work: &mut Ops, at: usize, pad: &str) -> Result<()> {
        let source = &self.facts.home.source;
        let target = self.draft.module_path();
        for node in shape::late_structure(&self.facts.home.body) {
            let extent = trivia::extent(source.text(), &node);
            let text = placement::relocated_binding(source, &node, &target)?;
            work.insert(source.path(), at, format!("{pad}{text}\n\n"), self.draft.contract());
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
                let first = shape::implementation(body).next();
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
            Some(_) => shape::secret_bindings(self.facts.home),
            None => Vec::new(),
        }
    }

    /// Their section, with paths as the module's new place needs them.
    ///
    /// # Errors
    /// `computed-path`.
    fn secrets_section(&self, work: &mut Ops, secrets: &[SyntaxNode]) -> Result<String> {
        let source = &self.facts.home.source;
        let proposed = self.draft.groups.of(SECRETS);
        let Some(group) = proposed.filter(|_| !secrets.is_empty()) else {
            return Ok(String::new());
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
        let target = self.draft.module_path();
        let texts = secrets
            .iter()
            .map(|node| placement::relocated_binding(source, node, &target).map(|text| compact::empty_sets(&text)));
        let texts = texts.collect::<Result<Vec<String>>>()?;
        Ok(sections::secrets(&self.guard, &texts.join("\n\n")))
    }

    /// The guard's `let` binding, and a condition of another kind replaced by the guard.
    fn guard_edits(&self, work: &mut Ops) {
        let home = self.facts.home;
        let path = home.source.path();
        if let Some(binding) = self.alias.binding() {
            // The switch stays the guard, so that only what is read needs the name.
            let group = match &self.facts.guard {
                Guard::Switch { .. } if !self.draft.restates() => {
                    self.draft.accepts(DATABASE_READS).unwrap_or(self.draft.contract())
                }
                _ => self.draft.contract(),
            };
            match shape::outermost_let(home) {
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

    /// Lets the module's function take what the sections and the texts from other files need.
    ///
    /// # Errors
    /// `unsupported-module` for a function with a single argument.
    fn formals(&self, work: &mut Ops) -> Result<()> {
        let others = self.arguments.iter().map(String::as_str);
        let others = others.filter(|name| !["config", "lib"].contains(name));
        let names: Vec<&str> = ["config", "lib"].into_iter().chain(others).collect();
        formals::fit(work, self.facts.home, &names, self.draft.contract())
    }
}

/// A space where what is put in at `at` would run into the word before it.
fn gap(text: &str, at: usize) -> &'static str {
    match text[..at].ends_with(|c: char| !c.is_whitespace() && !"{[(;=".contains(c)) {
        true => " ",
        false => "",
    }
}

/// Checks that every name in the texts that move means the same at the contract's place.
///
/// Returns the module arguments that the home module has to take for texts from other files.
fn arguments(facts: &ServiceFacts, shape: &Shape) -> Result<Vec<String>> {
    let destination = match shape {
        Shape::Config { expr } | Shape::Merge { expr, .. } => syntax::span(expr.syntax()).start,
        Shape::Body => syntax::span(facts.home.body.syntax()).start,
    };
    let home = facts.home.source.path();
    let mut arguments = Vec::new();
    let all = facts.facts.iter().chain(facts.of_jobs());
    let fields = all.flat_map(|fact| {
        let nodes = fact.said().into_iter();
        nodes.map(|node| (fact.origin.module, node))
    });
    let scattered = facts.persisted.iter().map(|p| (p.module, p.element.syntax().clone()));
    for (module, node) in fields.chain(scattered) {
        for (name, variable) in free::variables(&node) {
            let foreign = module.source.path() != home;
            let place = || module.source.place_of(&variable.first_use);
            match &variable.binding {
                Binding::Param(_) if foreign && ["config", "lib", "pkgs", "inputs"].contains(&name.as_str()) => {
                    arguments.push(name)
                }
                binding if !foreign && encloses(binding, destination) => {}
                _ => return Err(error::plan::unmovable(place(), &name)),
            }
        }
    }
    arguments.sort();
    arguments.dedup();
    Ok(arguments)
}

/// Whether the scope that binds a name reaches over `offset`.
fn encloses(binding: &Binding, offset: usize) -> bool {
    let over = |node: Option<SyntaxNode>| {
        node.is_some_and(|n| syntax::span(&n).start <= offset && offset < syntax::span(&n).end)
    };
    match binding {
        Binding::Value(value) => over(value.syntax().parent()),
        Binding::Split(values) => values.iter().all(|value| over(value.syntax().parent())),
        Binding::Inherited(inherit) => over(inherit.syntax().parent()),
        Binding::Param(lambda) => over(Some(lambda.syntax().clone())),
        Binding::With(withs) => withs.iter().all(|with| over(Some(with.syntax().clone()))),
        Binding::Global => true,
        Binding::Unbound => false,
    }
}
