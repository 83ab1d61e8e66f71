//! What is written out of a list, through the calls that put it together.

use super::priority::prioritised;
use super::scope::is_true;
use crate::syntax::{self, ast};

/// The elements of every list literal in `expr` through `++`, `concatLists`, `flatten`, conditions, priorities and
/// parentheses: what may be in the list. What is taken out of it comes from [`List`].
pub fn list_elements(expr: &ast::Expr, found: &mut Vec<ast::Expr>) {
    found.extend(List::of(expr).items.into_iter().map(|item| item.element));
}

/// A list, as far as it is written out.
#[derive(Debug, Default)]
pub struct List {
    /// The elements of its list literals, in order.
    pub items: Vec<ListItem>,
    /// Its parts that are no list literals.
    pub computed: Vec<ast::Expr>,
}

/// An element of a list literal, with what stands between it and the list's whole value.
#[derive(Clone, Debug)]
pub struct ListItem {
    /// The element.
    pub element: ast::Expr,
    /// The conditions (`optionals`, `optional`, `mkIf`) that it is in the list under, outermost first.
    pub conditions: Vec<ast::Expr>,
    /// Whether a priority or an order (`mkForce`, `mkOrder`) is given to a part of the list that it is in.
    pub is_placed: bool,
}

impl ListItem {
    /// Whether it is in the list whatever holds, and as all of the list is: it is the same definition by itself.
    pub fn is_plain(&self) -> bool {
        self.conditions.is_empty() && !self.is_placed
    }
}

impl List {
    /// The list that `expr` is.
    pub fn of(expr: &ast::Expr) -> List {
        let mut list = List::default();
        list.add(expr, &[], false);
        list
    }

    /// Adds what `expr` is, which stands under `conditions`, and in a part of the list that has a place of its own or not.
    fn add(&mut self, expr: &ast::Expr, conditions: &[ast::Expr], is_placed: bool) {
        let mut inner = |body: &ast::Expr| self.add(body, conditions, is_placed);
        match syntax::unparen(expr.clone()) {
            ast::Expr::List(list) => self.items.extend(list.items().map(|element| ListItem {
                element,
                conditions: conditions.to_vec(),
                is_placed,
            })),
            ast::Expr::BinOp(op) => [op.lhs(), op.rhs()].iter().flatten().for_each(inner),
            ast::Expr::LetIn(let_in) => let_in.body().iter().for_each(inner),
            ast::Expr::With(with) => with.body().iter().for_each(inner),
            other => {
                let (function, arguments) = syntax::call(&other);
                let name = syntax::function_name(&function);
                match (name.as_deref(), arguments.as_slice()) {
                    (Some("optionals" | "mkIf"), [condition, list]) if is_true(condition) => inner(list),
                    (Some("optionals" | "mkIf"), [condition, list]) => {
                        let conditions = [conditions, std::slice::from_ref(condition)].concat();
                        self.add(list, &conditions, is_placed);
                    }
                    (Some("optional"), [condition, element]) => self.items.push(ListItem {
                        element: element.clone(),
                        conditions: [conditions, std::slice::from_ref(condition)].concat(),
                        is_placed,
                    }),
                    (Some("concatLists" | "flatten" | "mkMerge"), [lists]) => match syntax::unparen(lists.clone()) {
                        ast::Expr::List(list) => list.items().for_each(|item| inner(&item)),
                        _ => self.computed.push(other),
                    },
                    (Some(name), arguments) => match prioritised(name, arguments) {
                        Some(list) => self.add(list, conditions, true),
                        None => self.computed.push(other),
                    },
                    _ => self.computed.push(other),
                }
            }
        }
    }
}
