//! What stays of a shared file when a service leaves: without what went, without bindings that nothing uses any
//! more, with a line that says who has left it; or nothing, and the file and its import go too.

use std::ops::Range;

use super::common::Common;
use super::ownership::Names;
use super::{bindings, marker, readers};
use crate::edit::{GroupId, trivia};
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::ops::Ops;
use crate::plan::{Move, contract, formals, removal, texts};
use crate::resolve::module::{self, Module};
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// What removing some nodes leaves of a shared file.
pub struct RemainingFile<'m> {
    home: &'m Module,
    gone: Vec<(SyntaxNode, GroupId)>,
    ranges: Vec<Range<usize>>,
    /// Comments that lose their place, with their offsets.
    pub orphans: Vec<(usize, String)>,
    /// Nothing is left: the file goes.
    pub deleted: bool,
    /// Nothing but its imports is left.
    pub only_imports: bool,
    /// What stays and reads something else afterwards.
    replaced: Vec<(Range<usize>, String)>,
    /// The same, for people.
    read: Vec<Move>,
    /// What stays and what leaves read from a file of its own afterwards.
    pub common: Option<Common>,
}

impl<'m> RemainingFile<'m> {
    /// Works out what is left of `home` without `gone`. A file of which nothing is left stays where it `gets_import`s.
    pub fn of(home: &'m Module, gone: &[(SyntaxNode, GroupId)], gets_import: bool) -> RemainingFile<'m> {
        let nodes: Vec<SyntaxNode> = gone.iter().map(|(node, _)| node.clone()).collect();
        let mut removal = removal::remove(&home.source, &nodes);
        let is_hollow = is_hollow_without(home, &removal.ranges);
        let imports = imports_of(home);
        let has_imports = gets_import || imports.as_ref().is_some_and(has_elements);
        if is_hollow && has_imports {
            // What encloses nothing any more goes too.
            let others = home.body.entries().map(|entry| entry.syntax().clone());
            let others = others.filter(|entry| Some(entry) != imports.as_ref().map(ast::AttrpathValue::syntax));
            let nodes: Vec<SyntaxNode> = nodes.iter().cloned().chain(others).collect();
            removal = removal::remove(&home.source, &outermost(nodes));
        }
        let mut orphans = removal.orphans;
        if is_hollow {
            // What a `let` binding says of itself goes where the binding goes.
            let moved = bindings::dead(home, &removal.ranges).into_iter();
            let stays = imports
                .as_ref()
                .filter(|_| has_imports)
                .map(|imports| imports.syntax().clone());
            let moved = moved
                .chain(stays)
                .map(|entry| trivia::extent(home.source.text(), &entry).text);
            let gone: Vec<Range<usize>> = removal.ranges.iter().cloned().chain(moved).collect();
            orphans.extend(remaining_comments(home, &gone));
            orphans.sort();
            orphans.dedup();
        }
        RemainingFile {
            home,
            gone: gone.to_vec(),
            ranges: removal.ranges,
            orphans,
            deleted: is_hollow && !has_imports,
            only_imports: is_hollow && has_imports,
            replaced: Vec::new(),
            read: Vec::new(),
            common: None,
        }
    }

    /// The nodes that leave the file.
    pub fn nodes(&self) -> Vec<SyntaxNode> {
        self.gone.iter().map(|(node, _)| node.clone()).collect()
    }

    /// The same, where what `leaving` nodes and what stays need alike goes into a file of its own.
    pub fn sharing(mut self, context: &Context, names: &Names, leaving: &[SyntaxNode]) -> RemainingFile<'m> {
        self.common = match self.deleted {
            true => None,
            false => Common::find(context.repo, names, self.home, leaving, &self.ranges),
        };
        self
    }

    /// The same, where what stays reads from the service's contract what the service takes with it.
    pub fn reading(mut self, context: &Context, facts: &ServiceFacts) -> RemainingFile<'m> {
        self.replaced = readers::of_port(context, facts, &self.ranges);
        let port = format!("{}.{}", contract::path(context, facts), ContractField::Port);
        let read = |(range, _): &(Range<usize>, String)| Move {
            what: texts::restated(&ContractField::Port).to_owned(),
            from: Some(self.home.source.place(range.clone())),
            to: Some(port.clone()),
        };
        self.read = self.replaced.iter().map(read).collect();
        self
    }

    /// Puts comments back where they stood, since others are left there that they may speak of.
    pub fn keep(&self, work: &mut Ops, comments: &[String], group: GroupId) {
        for (at, text) in self.orphans.iter().filter(|(_, text)| comments.contains(text)) {
            let start = self
                .ranges
                .iter()
                .find(|range| range.contains(at))
                .map_or(*at, |range| range.start);
            let pad = crate::edit::indent::of_line(self.home.source.text(), *at);
            work.insert(self.home.source.path(), start, format!("{pad}{text}\n"), group);
        }
    }

    /// Removes what goes from the file, or the file.
    ///
    /// `gone` are the services that have files of their own then.
    pub fn remove(&self, work: &mut Ops, gone: &[String], group: GroupId) {
        let path = self.home.source.path();
        if self.deleted {
            work.delete(path);
            return;
        }
        for range in &self.ranges {
            let inside = |node: &SyntaxNode| syntax::covers(range, &syntax::span(node));
            let by = self
                .gone
                .iter()
                .find(|(node, _)| inside(node))
                .map_or(group, |(_, group)| *group);
            work.remove(path, range.clone(), by);
        }
        let replaced = self.replaced.iter().map(|(range, _)| range.clone());
        let unread: Vec<Range<usize>> = self.ranges.iter().cloned().chain(replaced).collect();
        let dead = dead_ranges(self.home, &unread);
        let unread: Vec<Range<usize>> = unread.into_iter().chain(dead.iter().cloned()).collect();
        for range in dead {
            work.remove(path, range, group);
        }
        for (range, text) in &self.replaced {
            work.replace(path, range.clone(), text.as_str(), group);
        }
        work.tell(group, self.read.iter().cloned());
        if let Some(common) = &self.common {
            common.write(work, self.home, group);
        }
        let mut added: Vec<&str> = self.replaced.iter().map(|(_, text)| text.as_str()).collect();
        added.extend(self.common.iter().flat_map(Common::arguments));
        if !self.only_imports {
            // What a service that leaves later takes with it, the rest reads through it.
            added.push("config");
        }
        formals::drop_unused(work, self.home, &unread, &added, self.only_imports, group);
        match self.only_imports {
            true => marker::remove(work, self.home, group),
            false => marker::mark(work, self.home, gone, group),
        }
    }
}

/// The comments of a file that lie outside `gone`, without the marker.
fn remaining_comments(home: &Module, gone: &[Range<usize>]) -> Vec<(usize, String)> {
    syntax::tokens(&home.source.root())
        .filter(syntax::is_comment)
        .map(|token| (syntax::token_span(&token).start, token.text().to_owned()))
        .filter(|(at, text)| {
            !gone.iter().any(|range| range.contains(at)) && !text.starts_with(texts::SHARED_MARKER.trim_end())
        })
        .collect()
}

/// The ranges of `let` bindings that nothing uses any more; a `let` without any goes with its `in`.
pub fn dead_ranges(home: &Module, gone: &[Range<usize>]) -> Vec<Range<usize>> {
    let dead = bindings::dead(home, gone);
    let all_gone: Vec<Range<usize>> = gone.iter().cloned().chain(dead.iter().map(syntax::span)).collect();
    let attributes = bindings::dead_attributes(home, &all_gone);
    let nodes: Vec<SyntaxNode> = dead.iter().cloned().chain(attributes).collect();
    let mut ranges = removal::remove(&home.source, &nodes).ranges;
    for let_in in syntax::nodes::<ast::LetIn>(&home.source.root()) {
        let all = let_in.entries().next().is_some() && let_in.entries().all(|entry| dead.contains(entry.syntax()));
        if let (true, Some(open), Some(body)) = (all, let_in.let_token(), let_in.body()) {
            let (mut start, inner) = (syntax::token_span(&open).start, syntax::span(body.syntax()));
            // A set needs no parentheses; a `let` in them is all that they had.
            let around = let_in.syntax().parent().and_then(ast::Paren::cast);
            let around = around.map(|paren| syntax::span(paren.syntax()));
            if let Some(paren) = around.filter(|_| matches!(body, ast::Expr::AttrSet(_))) {
                let text = home.source.text();
                let (before, after) = (&text[paren.start + 1..start], &text[inner.end..paren.end - 1]);
                if before.trim().is_empty() && after.trim().is_empty() {
                    start = paren.start;
                    ranges.push(inner.end..paren.end);
                }
            }
            ranges.push(start..inner.start);
        }
    }
    ranges
}

/// The nodes that stand in no other one of them.
fn outermost(nodes: Vec<SyntaxNode>) -> Vec<SyntaxNode> {
    let inside = |node: &SyntaxNode| {
        nodes
            .iter()
            .any(|other| node.ancestors().skip(1).any(|outer| outer == *other))
    };
    nodes.iter().filter(|node| !inside(node)).cloned().collect()
}

/// The definition of a module's imports.
fn imports_of(home: &Module) -> Option<ast::AttrpathValue> {
    home.body.attrpath_values().find(|value| {
        let names = module::entry_names(&ast::Entry::AttrpathValue(value.clone()));
        matches!(names.as_slice(), [Some(name)] if name == "imports")
    })
}

/// Whether a definition is anything but a list without elements.
fn has_elements(imports: &ast::AttrpathValue) -> bool {
    let value = imports.value().map(syntax::unparen);
    !matches!(value, Some(ast::Expr::List(list)) if list.items().next().is_none())
}

/// Whether nothing would be left of the module without these ranges but its imports: no option, no definition.
fn is_hollow_without(home: &Module, gone: &[Range<usize>]) -> bool {
    let covered = |node: &SyntaxNode| {
        let span = syntax::span(node);
        gone.iter().any(|range| syntax::covers(range, &span))
    };
    home.body.entries().all(|entry| {
        let names = module::entry_names(&entry);
        let first = names.first().and_then(|n| n.as_deref());
        match (&entry, first) {
            _ if covered(entry.syntax()) => true,
            (ast::Entry::AttrpathValue(_), Some("imports")) => names.len() == 1,
            (ast::Entry::AttrpathValue(value), Some("config")) => {
                value.value().is_some_and(|v| is_hollow(&v, &covered))
            }
            _ => false,
        }
    })
}

/// Whether a configuration expression has no definition left.
fn is_hollow(expr: &ast::Expr, covered: &dyn Fn(&SyntaxNode) -> bool) -> bool {
    let expr = syntax::unparen(expr.clone());
    match &expr {
        ast::Expr::AttrSet(set) => set.entries().all(|entry| covered(entry.syntax())),
        ast::Expr::LetIn(let_in) => let_in.body().is_some_and(|body| is_hollow(&body, covered)),
        ast::Expr::With(with) => with.body().is_some_and(|body| is_hollow(&body, covered)),
        _ => {
            if let Some(arguments) = syntax::call_of(&expr, "mkIf", 2) {
                return is_hollow(&arguments[1], covered);
            }
            let list = syntax::call_of(&expr, "mkMerge", 1).map(|mut a| syntax::unparen(a.remove(0)));
            matches!(list, Some(ast::Expr::List(list)) if list.items().all(|item| covered(item.syntax()) || is_hollow(&item, covered)))
        }
    }
}
