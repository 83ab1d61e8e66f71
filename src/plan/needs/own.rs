//! What a service's own definitions say: the values at an option path, however the definitions are split.

use crate::plan::model::{Context, ServiceFacts};
use crate::plan::share::ownership;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, UnknownReason, Value};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// The definitions of one module that are the service's, or that may be read for it.
pub struct ServiceDefs<'c, 'a> {
    pub context: &'c Context<'a>,
    pub module: &'a Module,
    defs: Vec<&'a Def>,
    /// The conditions that the service's declarations stand under, as source.
    conditions: Vec<String>,
}

/// A value where it stands.
pub enum Term {
    Expr(ast::Expr),
    /// What `inherit` gives.
    Value(Value),
}

impl<'c, 'a> ServiceDefs<'c, 'a> {
    /// The service's own definitions: in a file that others share, those that only speak of it.
    pub fn of(context: &'c Context<'a>, facts: &ServiceFacts<'a>) -> ServiceDefs<'c, 'a> {
        let mut own = ServiceDefs::file(context, facts);
        if facts.co_located.is_some() {
            let outer = ownership::owned(context, own.module, &facts.names, &facts.name, &own.conditions);
            let spans: Vec<_> = outer.iter().map(|def| syntax::span(def.entry.syntax())).collect();
            own.defs.retain(|def| {
                let inner = syntax::span(def.entry.syntax());
                spans.iter().any(|span| syntax::covers(span, &inner))
            });
        }
        own
    }

    /// All definitions of the service's file.
    pub fn file(context: &'c Context<'a>, facts: &ServiceFacts<'a>) -> ServiceDefs<'c, 'a> {
        let conditions = facts
            .declarations
            .first()
            .map(|declaration| ownership::text_of(&declaration.def));
        ServiceDefs {
            context,
            module: facts.home,
            defs: facts.home.defs.iter().collect(),
            conditions: conditions.unwrap_or_default(),
        }
    }

    /// The names of the attributes of `option`, sorted.
    pub fn attributes(&self, option: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = self
            .defs
            .iter()
            .filter(|def| def.under(option) && self.holds(def))
            .filter_map(|def| def.name(option.len()).map(str::to_owned))
            .collect();
        for term in self.terms(option) {
            if let Value::Set(set) = self.value(&term) {
                names.extend(
                    set.attrpath_values()
                        .filter_map(|value| self.context.eval(self.module).attr(&value.attrpath()?.attrs().next()?)),
                );
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Every value that is defined at `path`.
    pub fn terms(&self, path: &[&str]) -> Vec<Term> {
        let mut found = Vec::new();
        for def in &self.defs {
            let above =
                def.path.len() <= path.len() && path.iter().zip(&def.path).all(|(a, b)| b.as_deref() == Some(*a));
            // What stands below a `//` is read from the whole of it: its right side may replace it.
            if !above || def.context.opaque || !self.holds(def) {
                continue;
            }
            let rest = &path[def.path.len()..];
            match (&def.value, &def.entry) {
                (Some(value), _) if rest.is_empty() => found.push(Term::Expr(value.clone())),
                (Some(value), _) if is_walked(value) => {}
                (Some(value), _) => found.extend(self.inside(value, rest)),
                (None, ast::Entry::Inherit(inherit)) => {
                    let name = def.path.last().and_then(|name| name.clone()).unwrap_or_default();
                    let value = self.context.eval(self.module).inherited(inherit, &name);
                    found.extend(self.below(Term::Value(value), rest));
                }
                (None, _) => {}
            }
        }
        found
    }

    /// Whether the definition holds wherever the service's declarations do.
    fn holds(&self, def: &Def) -> bool {
        ownership::text_of(def) == self.conditions
            || self
                .context
                .eval(self.module)
                .holds(&def.context.conditions)
                .is_ok_and(|holds| holds)
    }

    /// What the value of `expr` has at `path`: nothing if it is known not to have it.
    fn inside(&self, expr: &ast::Expr, path: &[&str]) -> Option<Term> {
        let expr = syntax::unparen(expr.clone());
        match &expr {
            ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
                let (left, right) = (op.lhs()?, op.rhs()?);
                self.inside(&right, path).or_else(|| self.inside(&left, path))
            }
            ast::Expr::LetIn(let_in) => self.inside(&let_in.body()?, path),
            ast::Expr::With(with) => self.inside(&with.body()?, path),
            _ => self.below(Term::Expr(expr), path),
        }
    }

    fn below(&self, term: Term, path: &[&str]) -> Option<Term> {
        let Some((name, rest)) = path.split_first() else {
            return Some(term);
        };
        let set = match self.value(&term) {
            Value::Set(set) => set,
            unknown @ Value::Unknown(_) => return Some(Term::Value(unknown)),
            _ => return None,
        };
        let eval = self.context.eval(self.module);
        for inherit in set.inherits() {
            if inherit
                .attrs()
                .any(|attr| syntax::attr_name(&attr).as_deref() == Some(*name))
            {
                return self.below(Term::Value(eval.inherited(&inherit, name)), rest);
            }
        }
        for value in set.attrpath_values() {
            let names: Vec<Option<String>> = value.attrpath()?.attrs().map(|attr| eval.attr(&attr)).collect();
            if names.len() <= path.len() && names.iter().zip(path).all(|(a, b)| a.as_deref() == Some(*b)) {
                let inner = value.value()?;
                return match path.len() - names.len() {
                    0 => Some(Term::Expr(inner)),
                    _ => self.inside(&inner, &path[names.len()..]),
                };
            }
        }
        None
    }

    /// What a term evaluates to, as far as the code says it.
    pub fn value(&self, term: &Term) -> Value {
        match term {
            Term::Expr(expr) => self.context.eval(self.module).force(expr),
            Term::Value(value) => value.clone(),
        }
    }

    /// The one plain value at `path`: nothing where none is defined.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn known(&self, path: &[&str]) -> Result<Option<Known>, UnknownReason> {
        let mut terms = self.terms(path);
        let Some(term) = terms.pop() else { return Ok(None) };
        let why = |reason: &str| self.why(&term, path, reason);
        if !terms.is_empty() {
            return Err(why("it has several definitions"));
        }
        match self.value(&term) {
            Value::Known(known) => Ok(Some(known)),
            Value::Unknown(why) => Err(why),
            _ => Err(why("it is no plain value")),
        }
    }

    /// The expression that alone defines `path`, if one does; it may stand in another module.
    pub fn written(&self, path: &[&str]) -> Option<ast::Expr> {
        match <[Term; 1]>::try_from(self.terms(path)) {
            Ok([Term::Expr(expr)]) => Some(expr),
            _ => None,
        }
    }

    /// Whether `node` stands in one of these definitions.
    pub fn holds_node(&self, node: &SyntaxNode) -> bool {
        let same_file = node.ancestors().last() == self.module.body.syntax().ancestors().last();
        let inner = syntax::span(node);
        let mut spans = self.defs.iter().map(|def| syntax::span(def.entry.syntax()));
        same_file && spans.any(|outer| syntax::covers(&outer, &inner))
    }

    /// Whether `node` stands in the service's own code, in a file of its own also outside of definitions, and what it is a
    /// part of holds wherever the service's declarations do.
    pub fn says(&self, facts: &ServiceFacts, node: &SyntaxNode) -> bool {
        let same_file = node.ancestors().last() == self.module.body.syntax().ancestors().last();
        let inner = syntax::span(node);
        let around = |def: &&Def| syntax::covers(&syntax::span(def.entry.syntax()), &inner);
        same_file
            && (facts.co_located.is_none() || self.holds_node(node))
            && self.module.defs.iter().filter(around).all(|def| self.holds(def))
    }

    fn why(&self, term: &Term, path: &[&str], reason: &str) -> UnknownReason {
        let place = match term {
            Term::Expr(expr) => self.module.source.place_of(expr.syntax()),
            Term::Value(_) => self.place(path),
        };
        UnknownReason {
            reason: reason.to_owned(),
            place,
        }
    }

    /// Where `path`, or the nearest thing above or below it, is defined.
    pub fn place(&self, path: &[&str]) -> crate::error::Place {
        let near = |def: &&&Def| {
            path.iter()
                .zip(&def.path)
                .take_while(|(a, b)| b.as_deref() == Some(**a))
                .count()
        };
        let def = self.defs.iter().max_by_key(|def| {
            let common = near(def);
            (
                common,
                std::cmp::Reverse(def.path.len()),
                std::cmp::Reverse(syntax::span(def.entry.syntax()).start),
            )
        });
        def.map_or_else(
            || self.module.source.place(0..0),
            |def| self.module.source.place_of(def.entry.syntax()),
        )
    }

    /// The elements of the lists at `path`, and why some are not known.
    pub fn elements(&self, path: &[&str]) -> (Vec<ast::Expr>, Vec<UnknownReason>) {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for term in self.terms(path) {
            let elements = match &term {
                Term::Expr(expr) => self.list(expr),
                Term::Value(Value::List(elements)) => Ok(elements.clone()),
                Term::Value(Value::Unknown(why)) => Err(why.clone()),
                Term::Value(_) => Err(self.why(&term, path, "it is no list")),
            };
            match elements {
                Ok(elements) => found.extend(elements),
                Err(why) => unknown.push(why),
            }
        }
        (found, unknown)
    }

    /// The elements of a list that has them whatever holds: an element under a condition is not known to be there.
    fn list(&self, expr: &ast::Expr) -> Result<Vec<ast::Expr>, UnknownReason> {
        let expr = syntax::unparen(expr.clone());
        if let ast::Expr::BinOp(op) = &expr
            && op.operator() == Some(ast::BinOpKind::Concat)
            && let (Some(left), Some(right)) = (op.lhs(), op.rhs())
        {
            return Ok([self.list(&left)?, self.list(&right)?].concat());
        }
        match self.context.eval(self.module).force(&expr) {
            Value::List(elements) => Ok(elements),
            Value::Unknown(why) => Err(why),
            _ => Err(self.why(&Term::Expr(expr), &[], "it is no list")),
        }
    }

    /// The known strings among the elements at `path`.
    pub fn strings(&self, path: &[&str]) -> Vec<String> {
        let eval = self.context.eval(self.module);
        let elements = self.elements(path).0;
        elements
            .iter()
            .filter_map(|element| eval.string(element).ok())
            .collect()
    }
}

/// Whether the definitions below a value are the module's own as well, so that they are found by themselves.
fn is_walked(value: &ast::Expr) -> bool {
    let body = |body: Option<ast::Expr>| body.is_some_and(|body| is_walked(&syntax::unparen(body)));
    match value {
        ast::Expr::AttrSet(_) => true,
        ast::Expr::LetIn(let_in) => body(let_in.body()),
        ast::Expr::With(with) => body(with.body()),
        other => syntax::call_of(other, "mkMerge", 1).is_some(),
    }
}
