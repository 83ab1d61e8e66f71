//! The definitions of a module, found at every depth.

use std::rc::Rc;

use crate::resolve::eval::Eval;
use crate::resolve::module::{Computed, Def, DefinitionContext, Segment, What};
use crate::resolve::priority::{Priority, prioritised};
use crate::resolve::scope::is_true;
use crate::syntax::{self, HasEntry, ast};

/// Collects definitions, and what of them is computed.
pub(super) struct Walk<'a> {
    pub(super) defs: &'a mut Vec<Def>,
    pub(super) computed: &'a mut Vec<Computed>,
    pub(super) eval: Eval<'a>,
}

/// The binding that a value stands in, and the option path that the binding stands for.
#[derive(Clone, Copy)]
struct Site<'s> {
    entry: &'s ast::Entry,
    path: &'s [Segment],
    /// How many parts of `path` the binding's own attrpath gives.
    own: usize,
}

impl Walk<'_> {
    /// Visits a binding under `prefix`; the first `skip` names of its attrpath are not part of the option path.
    pub(super) fn entry(
        &mut self,
        entry: &ast::Entry,
        prefix: &[Segment],
        skip: usize,
        context: &Rc<DefinitionContext>,
    ) {
        match entry {
            ast::Entry::AttrpathValue(value) => self.binding(entry, value, prefix, skip, context),
            ast::Entry::Inherit(inherit) => {
                for attr in inherit.attrs() {
                    let mut path = prefix.to_vec();
                    path.push(syntax::attr_name(&attr).map(Rc::from));
                    let what = What::Inherited(inherit.clone());
                    let (context, entry) = (Rc::clone(context), entry.clone());
                    self.computed
                        .push(Computed::new(path.clone(), 1, entry.clone(), what, Rc::clone(&context)));
                    self.defs.push(Def {
                        path,
                        own: 1,
                        entry,
                        value: None,
                        context,
                    });
                }
            }
        }
    }

    fn binding(
        &mut self,
        entry: &ast::Entry,
        value: &ast::AttrpathValue,
        prefix: &[Segment],
        skip: usize,
        context: &Rc<DefinitionContext>,
    ) {
        let mut path = prefix.to_vec();
        for attr in value.attrpath().into_iter().flat_map(|path| path.attrs()).skip(skip) {
            let name: Segment = self.eval.attr(&attr).map(Rc::from);
            if name.is_none() {
                let own = path.len() - prefix.len();
                let (what, context) = (What::Name(attr), Rc::clone(context));
                self.computed
                    .push(Computed::new(path.clone(), own, entry.clone(), what, context));
            }
            path.push(name);
        }
        let own = path.len() - prefix.len();
        let Some(expr) = value.value() else { return };
        let (head, context) = peel(expr, Rc::clone(context));
        if !path.is_empty() {
            self.defs.push(Def {
                path: path.clone(),
                own,
                entry: entry.clone(),
                value: Some(head.clone()),
                context: Rc::clone(&context),
            });
        }
        let path = &path;
        self.inside(&head, Site { entry, path, own }, &context);
    }

    fn value(&mut self, expr: &ast::Expr, site: Site, context: &Rc<DefinitionContext>) {
        let (expr, context) = peel(expr.clone(), Rc::clone(context));
        self.inside(&expr, site, &context);
    }

    /// Visits what is in a value at whose head no priorities and conditions are left.
    fn inside(&mut self, expr: &ast::Expr, site: Site, context: &Rc<DefinitionContext>) {
        let mut below = |body: Option<ast::Expr>| body.iter().for_each(|body| self.value(body, site, context));
        match expr {
            ast::Expr::AttrSet(set) => set
                .entries()
                .for_each(|entry| self.entry(&entry, site.path, 0, context)),
            ast::Expr::LetIn(let_in) => below(let_in.body()),
            ast::Expr::With(with) => below(with.body()),
            ast::Expr::Assert(assert) => below(assert.body()),
            ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
                let context = Rc::new(DefinitionContext {
                    opaque: true,
                    ..DefinitionContext::clone(context)
                });
                [op.lhs(), op.rhs()]
                    .into_iter()
                    .flatten()
                    .for_each(|side| self.value(&side, site, &context));
            }
            other => match syntax::call_of(other, "mkMerge", 1) {
                Some(arguments) => self.merged(other, &arguments[0], site, context),
                None => self.computed(other, site, context),
            },
        }
    }

    /// Visits the elements of `mkMerge`'s list, of which `whole` is the call.
    fn merged(&mut self, whole: &ast::Expr, list: &ast::Expr, site: Site, context: &Rc<DefinitionContext>) {
        match syntax::unparen(list.clone()) {
            ast::Expr::List(list) => list.items().for_each(|item| self.value(&item, site, context)),
            ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Concat) => [op.lhs(), op.rhs()]
                .into_iter()
                .flatten()
                .for_each(|side| self.merged(&side, &side, site, context)),
            other => {
                let (function, arguments) = syntax::call(&other);
                let name = syntax::function_name(&function);
                match (name.as_deref(), arguments.as_slice()) {
                    (Some(name @ ("optional" | "optionals")), [condition, inner]) => {
                        let mut context = Rc::clone(context);
                        if !is_true(condition) {
                            Rc::make_mut(&mut context).conditions.push(condition.clone());
                        }
                        match name {
                            "optional" => self.value(inner, site, &context),
                            _ => self.merged(inner, inner, site, &context),
                        }
                    }
                    _ => self.computed(whole, site, context),
                }
            }
        }
    }

    /// Notes what cannot be looked into.
    fn computed(&mut self, expr: &ast::Expr, site: Site, context: &Rc<DefinitionContext>) {
        if may_be_set(expr) {
            let (path, what) = (site.path.to_vec(), What::Value(expr.clone()));
            let part = Computed::new(path, site.own, site.entry.clone(), what, Rc::clone(context));
            self.computed.push(part);
        }
    }
}

/// Takes parentheses, `mkIf`, `optionalAttrs` and priorities off the head of a value, into the context.
fn peel(expr: ast::Expr, mut context: Rc<DefinitionContext>) -> (ast::Expr, Rc<DefinitionContext>) {
    let mut expr = syntax::unparen(expr);
    loop {
        let (function, arguments) = syntax::call(&expr);
        if arguments.is_empty() {
            return (expr, context);
        }
        let name = syntax::function_name(&function);
        let inner = match (name.as_deref(), arguments.as_slice()) {
            (Some("mkIf" | "optionalAttrs"), [condition, inner]) => {
                if !is_true(condition) {
                    Rc::make_mut(&mut context).conditions.push(condition.clone());
                }
                inner.clone()
            }
            (Some(function), arguments) => {
                let Some(inner) = prioritised(function, arguments) else {
                    return (expr, context);
                };
                let inner = inner.clone();
                let number = match arguments {
                    [number, _] => Some(syntax::bare_text(number)),
                    _ => None,
                };
                Rc::make_mut(&mut context).priorities.push(Priority {
                    function: function.to_owned(),
                    number,
                });
                inner
            }
            (None, _) => return (expr, context),
        };
        expr = syntax::unparen(inner);
    }
}

/// Whether an expression may be a set that is written somewhere else, or made.
fn may_be_set(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Ident(ident) => !matches!(&*syntax::ident_text(ident), "true" | "false" | "null"),
        ast::Expr::Select(_) | ast::Expr::Apply(_) | ast::Expr::IfElse(_) | ast::Expr::LegacyLet(_) => true,
        _ => false,
    }
}
