//! Dead aggregators: parts of lists that gather what legacy services persist or back up. No entry of the list has
//! anything in those fields (the collector has aggregates of its own for them), so that the parts are empty, and go.

use std::ops::Range;

use crate::edit::trivia;
use crate::plan::flow::library;
use crate::plan::flow::{Flow, Kind};
use crate::plan::removal;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// The fields that are empty in every entry of the collector's list.
pub const EMPTY_FIELDS: [&str; 2] = ["persistedData", "backupDirectories"];

/// How deep bindings may lead to each other.
const DEPTH: usize = 16;

/// A part of a list that is always empty.
#[derive(Clone, Debug)]
pub struct Aggregator {
    /// The part.
    pub node: SyntaxNode,
    /// What goes.
    pub gone: Vec<Range<usize>>,
    /// What is put in instead of a range.
    pub instead: Vec<(Range<usize>, String)>,
}

/// The dead aggregators of a file.
pub fn find(source: &Source, flow: &Flow) -> Vec<Aggregator> {
    let empty = Emptiness { flow, depth: 0 };
    let mut found: Vec<Aggregator> = Vec::new();
    for span in flow.lists() {
        let Some(node) = node_at(source, &span) else { continue };
        let Some(part) = outermost(&empty, &node) else { continue };
        if !found.iter().any(|other| other.node == part) {
            found.extend(removals(source, &part, 0).map(|(gone, instead)| Aggregator {
                node: part,
                gone,
                instead,
            }));
        }
    }
    found
}

fn node_at(source: &Source, span: &Range<usize>) -> Option<SyntaxNode> {
    source
        .root()
        .descendants()
        .find(|node| syntax::span(node) == *span && ast::Expr::can_cast(node.kind()))
}

/// The largest expression around `node` that is always an empty list.
fn outermost(empty: &Emptiness, node: &SyntaxNode) -> Option<SyntaxNode> {
    node.ancestors()
        .take_while(|node| !ast::Entry::can_cast(node.kind()))
        .filter_map(ast::Expr::cast)
        .filter(|expr| empty.is_empty(expr))
        .last()
        .map(|expr| expr.syntax().clone())
}

type Removals = (Vec<Range<usize>>, Vec<(Range<usize>, String)>);

/// How `part`, an empty list, is taken out of what stands around it; `None` where nothing says that it can be.
fn removals(source: &Source, part: &SyntaxNode, depth: usize) -> Option<Removals> {
    let parent = part.parent()?;
    if let Some(op) = ast::BinOp::cast(parent.clone()) {
        let (left, right) = (op.lhs()?, op.rhs()?);
        let (left, right) = (syntax::span(left.syntax()), syntax::span(right.syntax()));
        let gone = match syntax::span(part) == left {
            true => left.start..right.start,
            false => left.end..right.end,
        };
        return (op.operator() == Some(ast::BinOpKind::Concat)).then(|| (vec![gone], Vec::new()));
    }
    if let Some(list) = ast::List::cast(parent.clone()) {
        return from_list(source, &list, part);
    }
    let binding = ast::AttrpathValue::cast(parent)?;
    let in_let = binding
        .syntax()
        .parent()
        .filter(|around| ast::LetIn::can_cast(around.kind()));
    match in_let {
        Some(around) => from_uses(source, &around, &binding, depth),
        None => Some((Vec::new(), vec![(syntax::span(part), "[]".to_owned())])),
    }
}

/// `lib.concatLists [part [ … ]]`, and the like.
fn from_list(source: &Source, list: &ast::List, part: &SyntaxNode) -> Option<Removals> {
    let mut argument = list.syntax().clone();
    while let Some(paren) = argument.parent().and_then(ast::Paren::cast) {
        argument = paren.syntax().clone();
    }
    let call = ast::Expr::cast(argument.parent()?)?;
    let (head, arguments) = syntax::call(&call);
    let name = library::library_function(&head)?;
    if arguments.len() != 1 || !["concatLists", "flatten", "mkMerge"].contains(&name.as_str()) {
        return None;
    }
    let mut rest = list.items().filter(|item| item.syntax() != part);
    if let (Some(only), None, "concatLists") = (rest.next(), rest.next(), name.as_str()) {
        let kept = trivia::extent(source.text(), only.syntax()).text;
        let call = syntax::span(call.syntax());
        // A comment behind the element ends with its line.
        let end = match syntax::span(only.syntax()).end < kept.end {
            true => vec![(kept.end..call.end, "\n".to_owned())],
            false => Vec::new(),
        };
        return Some((vec![call.start..kept.start, kept.end..call.end], end));
    }
    Some((removal::remove(source, std::slice::from_ref(part)).ranges, Vec::new()))
}

/// `let x = part; in x ++ [ … ]`: every use is empty as well.
fn from_uses(source: &Source, around: &SyntaxNode, binding: &ast::AttrpathValue, depth: usize) -> Option<Removals> {
    let names = syntax::attrpath_names(&binding.attrpath()?);
    let [Some(name)] = names.as_slice() else { return None };
    let (mut gone, mut instead) = (Vec::new(), Vec::new());
    for ident in syntax::uses_of(around, name) {
        let means = |b: &Binding| matches!(b, Binding::Value(found) if found.syntax() == binding.syntax());
        if !means(&scope::lookup(&ident, name)) {
            continue;
        }
        if depth > DEPTH || ident.parent().is_some_and(|p| ast::Inherit::can_cast(p.kind())) {
            return None;
        }
        let (more, others) = removals(source, &ident, depth + 1)?;
        gone.extend(more);
        instead.extend(others);
    }
    (!gone.is_empty() || !instead.is_empty()).then_some((gone, instead))
}

/// Which expressions are always an empty list, as far as the code says it.
#[derive(Clone, Copy)]
struct Emptiness<'f, 'a> {
    flow: &'f Flow<'a>,
    depth: usize,
}

impl Emptiness<'_, '_> {
    /// Whether it is `[]`.
    fn is_empty(&self, expr: &ast::Expr) -> bool {
        let Some(deeper) = self.deeper() else { return false };
        match syntax::unparen(expr.clone()) {
            ast::Expr::List(list) => list.items().next().is_none(),
            ast::Expr::Select(select) => self.is_empty_field(&select),
            ast::Expr::Ident(ident) => library::let_value(&ident).is_some_and(|value| deeper.is_empty(&value)),
            ast::Expr::Apply(_) => deeper.is_empty_call(&syntax::unparen(expr.clone())),
            other => deeper.all_parts(&other, &Self::is_empty),
        }
    }

    /// Whether `lib.flatten` makes `[]` of it: a list, at whatever depth, of nothing.
    fn is_hollow(&self, expr: &ast::Expr) -> bool {
        let Some(deeper) = self.deeper() else { return false };
        if self.is_empty(expr) {
            return true;
        }
        match syntax::unparen(expr.clone()) {
            ast::Expr::List(list) => list.items().all(|item| deeper.is_hollow(&item)),
            ast::Expr::Apply(_) => deeper.is_hollow_call(&syntax::unparen(expr.clone())),
            other => deeper.all_parts(&other, &Self::is_hollow),
        }
    }

    fn deeper(&self) -> Option<Self> {
        (self.depth < DEPTH).then_some(Emptiness {
            depth: self.depth + 1,
            ..*self
        })
    }

    /// Whether `is` holds for every expression that may give the value of `expr`.
    fn all_parts(&self, expr: &ast::Expr, is: &dyn Fn(&Self, &ast::Expr) -> bool) -> bool {
        let parts = match expr {
            ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Concat) => vec![op.lhs(), op.rhs()],
            ast::Expr::IfElse(choice) => vec![choice.body(), choice.else_body()],
            ast::Expr::LetIn(let_in) => vec![let_in.body()],
            ast::Expr::With(with) => vec![with.body()],
            _ => return false,
        };
        parts
            .iter()
            .all(|part| part.as_ref().is_some_and(|part| is(self, part)))
    }

    /// `service.persistedData`
    fn is_empty_field(&self, select: &ast::Select) -> bool {
        let of_entry = select
            .expr()
            .is_some_and(|base| self.flow.kind(&base) == Some(Kind::Entry));
        let names = select
            .attrpath()
            .map(|p| syntax::attrpath_names(&p))
            .unwrap_or_default();
        of_entry && matches!(names.as_slice(), [Some(field)] if EMPTY_FIELDS.contains(&field.as_str()))
    }

    fn is_empty_call(&self, call: &ast::Expr) -> bool {
        let (head, arguments) = syntax::call(call);
        let Some(name) = library::library_function(&head) else {
            return false;
        };
        match (name.as_str(), arguments.as_slice()) {
            ("concatLists", [lists]) => self.all_elements(lists, &Self::is_empty),
            ("flatten", [lists]) => self.is_hollow(lists),
            ("concatMap", [function, list]) => {
                self.is_empty(list)
                    || (self.flow.kind(list) == Some(Kind::List) && self.returns(function, 1, &Self::is_empty))
            }
            ("optionals" | "filter" | "map" | "sort", [_, list]) | ("unique" | "reverseList", [list]) => {
                self.is_empty(list)
            }
            _ => false,
        }
    }

    fn is_hollow_call(&self, call: &ast::Expr) -> bool {
        let (head, arguments) = syntax::call(call);
        let Some(name) = library::library_function(&head) else {
            return false;
        };
        match (name.as_str(), arguments.as_slice()) {
            ("concatLists" | "flatten" | "unique" | "reverseList", [list]) | ("optionals", [_, list]) => {
                self.is_hollow(list)
            }
            ("concatMap", [function, list]) => {
                self.flow.kind(list) == Some(Kind::List) && self.returns(function, 1, &Self::is_hollow)
            }
            _ => self.all_elements(call, &Self::is_hollow),
        }
    }

    /// Whether `is` holds for every element of a list: written out, or made of each service.
    fn all_elements(&self, list: &ast::Expr, is: &dyn Fn(&Self, &ast::Expr) -> bool) -> bool {
        let list = syntax::unparen(list.clone());
        if let ast::Expr::List(list) = &list {
            return list.items().all(|item| is(self, &item));
        }
        let (head, arguments) = syntax::call(&list);
        let name = library::library_function(&head);
        match (name.as_deref(), arguments.as_slice()) {
            (Some("mapAttrsToList"), [function, services]) => {
                self.flow.kind(services) == Some(Kind::Services) && self.returns(function, 2, is)
            }
            (Some("map"), [function, list]) => {
                self.flow.kind(list) == Some(Kind::List) && self.returns(function, 1, is)
            }
            (Some("catAttrs"), [field, list]) => {
                self.flow.kind(list) == Some(Kind::List)
                    && library::literal(field).is_some_and(|field| EMPTY_FIELDS.contains(&field.as_str()))
            }
            _ => false,
        }
    }

    /// Whether `is` holds for what a function of `count` arguments returns.
    fn returns(&self, function: &ast::Expr, count: usize, is: &dyn Fn(&Self, &ast::Expr) -> bool) -> bool {
        let Some(deeper) = self.deeper() else { return false };
        match syntax::unparen(function.clone()) {
            body if count == 0 => is(&deeper, &body),
            ast::Expr::Lambda(lambda) => lambda.body().is_some_and(|body| deeper.returns(&body, count - 1, is)),
            ast::Expr::LetIn(let_in) => let_in.body().is_some_and(|body| deeper.returns(&body, count, is)),
            ast::Expr::Ident(ident) => {
                library::let_value(&ident).is_some_and(|value| deeper.returns(&value, count, is))
            }
            _ => false,
        }
    }
}
