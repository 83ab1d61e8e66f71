//! What the repository says about a service, piece by piece.

use std::path::Path;

use super::context::Context;
use crate::error;
use crate::plan::owner;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::Value;
use crate::rules::ContractField;
use crate::syntax::{AstNode, SyntaxNode, ast};

/// A binding that declares something for the service, in the module it stands in.
#[derive(Clone)]
pub struct Declaration<'a> {
    pub module: &'a Module,
    pub def: Def,
}

impl Declaration<'_> {
    /// What the conditions are known by that it stands under, as [`owner::condition_keys`].
    pub fn condition_keys(&self, context: &Context) -> Vec<String> {
        owner::condition_keys(context, self.module, &self.def.context.conditions)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.module.source.path()
    }

    /// The binding's node.
    pub fn node(&self) -> &SyntaxNode {
        self.def.entry.syntax()
    }

    /// Where it stands.
    pub fn place(&self) -> error::Place {
        self.module.source.place_of(self.node())
    }
}

/// One field of a declaration: `field.rest = value;`.
#[derive(Clone)]
pub struct LegacyField<'a> {
    pub module: &'a Module,
    /// The field's name in the legacy schema.
    pub name: String,
    /// The attrpath after the field's name, as source text; empty if there is none.
    pub rest: String,
    /// The binding, with its comments; for `inherit`, the whole statement.
    pub node: SyntaxNode,
    /// The value's expression as written, with `mkIf` and priorities; `None` for `inherit`.
    pub value: Option<ast::Expr>,
    /// The value as source for another place in the same file.
    pub text: String,
}

impl<'a> LegacyField<'a> {
    /// What it is, with options followed to their definitions; `None` where it says nothing.
    pub fn evaluated(&self, context: &Context<'a>) -> Option<Value> {
        let eval = context.eval(self.module);
        match &self.value {
            Some(value) => Some(eval.force(value)),
            None => Some(eval.inherited(&ast::Inherit::cast(self.node.clone())?, &self.name)),
        }
    }

    /// Whether its value is an empty list literal, which says nothing.
    pub fn is_empty_list(&self) -> bool {
        matches!(&self.value, Some(ast::Expr::List(list)) if list.items().next().is_none())
    }

    /// Where it stands.
    pub fn place(&self) -> error::Place {
        self.module.source.place_of(&self.node)
    }
}

/// A fact's number among those of its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactId(pub usize);

/// Numbers the facts of a service.
#[derive(Debug, Default)]
pub struct FactIds(usize);

impl FactIds {
    /// A number that no other fact has.
    pub fn fresh(&mut self) -> FactId {
        self.0 += 1;
        FactId(self.0)
    }
}

/// A value that a declaration gives the service, and the field of the contract that it is.
#[derive(Clone)]
pub struct Fact<'a> {
    pub id: FactId,
    pub field: ContractField,
    /// Where it comes from.
    pub origin: LegacyField<'a>,
    /// Nothing in the legacy pattern reads it, so that what it says does not happen.
    pub unread: bool,
    /// The elements of its list that are the service's, where others share the list; `None` for the whole value.
    pub elements: Option<Vec<ast::Expr>>,
}

impl<'a> Fact<'a> {
    /// Where it stands.
    pub fn place(&self) -> error::Place {
        self.origin.place()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.origin.module.source.path()
    }

    /// The nodes that go when the fact goes from where it stands.
    pub fn nodes(&self) -> Vec<SyntaxNode> {
        match &self.elements {
            None => vec![self.origin.node.clone()],
            Some(elements) => elements.iter().map(|element| element.syntax().clone()).collect(),
        }
    }

    /// The expressions that the fact says, one for each that can stand by itself: the value, or its own elements.
    pub fn values(&self) -> Vec<ast::Expr> {
        match &self.elements {
            None => self.origin.value.iter().cloned().collect(),
            Some(elements) => elements.clone(),
        }
    }

    /// The nodes that say it: its values, or the whole `inherit`.
    pub fn said(&self) -> Vec<SyntaxNode> {
        match (&self.elements, &self.origin.value) {
            (None, None) => vec![self.origin.node.clone()],
            _ => self.values().iter().map(|value| value.syntax().clone()).collect(),
        }
    }

    /// The elements of the list that the fact says; those of its own where it says a part of one.
    pub fn list(&self) -> Vec<ast::Expr> {
        let mut found = Vec::new();
        match &self.elements {
            None => self
                .origin
                .value
                .iter()
                .for_each(|value| list_elements(value, &mut found)),
            Some(elements) => found.clone_from(elements),
        }
        found
    }
}

/// What turns the service on.
#[derive(Clone)]
pub enum Guard<'a> {
    /// It is always on where its module is imported.
    Always,
    /// `mkIf config.<switches>.<name>.enable`: the expression as written, and the switch's option path.
    Switch {
        text: String,
        path: Vec<String>,
        /// The value that the switch has; it is set where one of `definitions` stands.
        fact: FactId,
        definitions: Vec<Declaration<'a>>,
    },
    /// Some other condition, or a switch that turns other services on as well.
    Condition {
        text: String,
        /// The option that it is, if it is nothing but one.
        option: Option<Vec<String>>,
        /// The services that share the switch.
        shared: Vec<String>,
    },
}

/// A backup job of the service that stays where it stands, since its contract makes one job and takes another.
#[derive(Clone)]
pub struct OtherJob<'a> {
    pub job: Job<'a>,
    /// The name of the job that the contract takes.
    pub taken: String,
}

/// A backup job of the service, or its part of one.
#[derive(Clone)]
pub struct Job<'a> {
    pub name: String,
    pub declarations: Vec<Declaration<'a>>,
    /// Its fields; for a part, the service's own elements of those that are lists.
    pub facts: Vec<Fact<'a>>,
    /// Others have a share in it, so that it stays without the service's.
    pub shared: bool,
    /// Whether it holds while the service is off, too: not all of the service's conditions stand around what is its own.
    pub holds_when_off: bool,
}

/// An element of a list that is the service's own and stays where it stands: it holds under a condition, or has a priority or
/// a place of its own.
#[derive(Clone)]
pub struct Held<'a> {
    /// What it would be in the contract.
    pub field: ContractField,
    pub module: &'a Module,
    /// The list element.
    pub element: ast::Expr,
}

impl<'a> From<Persisted<'a>> for Held<'a> {
    fn from(entry: Persisted<'a>) -> Held<'a> {
        Held {
            field: ContractField::PersistedData,
            module: entry.module,
            element: entry.element,
        }
    }
}

/// An element of a persistent directories list that is the service's own.
#[derive(Clone)]
pub struct Persisted<'a> {
    pub id: FactId,
    pub module: &'a Module,
    /// The list element.
    pub element: ast::Expr,
    /// The list's binding, if the element is all that it holds.
    pub whole: Option<SyntaxNode>,
    /// The persistent root's attribute name, as `/persist`.
    pub root: String,
    /// Whether it holds wherever the service does: no condition but the service's own and no priority stands around it.
    pub may_move: bool,
    /// Whether it holds while the service is off, too: not all of the service's conditions stand around it.
    pub holds_when_off: bool,
}
