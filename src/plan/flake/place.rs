//! The place of checks in a flake, over the shapes in which flakes write their outputs.

use crate::resolve::module::attribute;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// Where checks go.
pub enum Site {
    /// Into the set of a system's checks.
    Inside { set: ast::AttrSet },
    /// Into a set that writes each check as a binding of its own: `checks.x86_64-linux.<name>`.
    Beside { set: ast::AttrSet, prefix: String },
    /// The same, where the system's name is computed: such a binding can stand only once, so it becomes a set.
    Single { binding: ast::AttrpathValue, depth: usize },
    /// Into the outputs, as their first checks.
    First { set: ast::AttrSet, prefix: String },
}

/// The body of an expression below `let`, `with`, `assert` and parentheses.
fn body(expr: ast::Expr) -> Option<ast::Expr> {
    let mut expr = expr;
    loop {
        expr = match expr {
            ast::Expr::LetIn(let_in) => let_in.body()?,
            ast::Expr::With(with) => with.body()?,
            ast::Expr::Assert(assert) => assert.body()?,
            ast::Expr::Paren(paren) => paren.expr()?,
            other => return Some(other),
        };
    }
}

/// The set literal that an expression is, or that it is completed by (`a // { … }`).
fn literal(expr: ast::Expr) -> Option<ast::AttrSet> {
    match body(expr)? {
        ast::Expr::AttrSet(set) => Some(set),
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            op.rhs().and_then(literal).or_else(|| op.lhs().and_then(literal))
        }
        _ => None,
    }
}

/// The set literal that a function, given as the last argument of a call, returns for each system.
fn for_each(expr: &ast::Expr) -> Option<ast::AttrSet> {
    let (_, mut arguments) = syntax::call(expr);
    match arguments.pop().map(syntax::unparen)? {
        ast::Expr::Lambda(lambda) => literal(lambda.body()?),
        _ => None,
    }
}

/// A place, and the system's attribute as source where the place itself is not below it.
type Found = (Site, Option<String>);

/// The place of checks in a flake; `None` where it has a shape that takes none.
pub fn find(source: &Source) -> Option<Found> {
    let ast::Expr::AttrSet(flake) = source.expr().ok()? else {
        return None;
    };
    let ast::Expr::Lambda(outputs) = syntax::unparen(attribute(&flake, "outputs")?) else {
        return None;
    };
    outputs_of(body(outputs.body()?)?)
}

fn outputs_of(expr: ast::Expr) -> Option<Found> {
    match &expr {
        ast::Expr::AttrSet(set) => by_system(set).or_else(|| first_by_system(set)),
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            let sides: Vec<ast::Expr> = [op.lhs(), op.rhs()].into_iter().flatten().filter_map(body).collect();
            let with_checks = sides.iter().find(|side| mentions_checks(side)).cloned();
            with_checks.or_else(|| sides.last().cloned()).and_then(outputs_of)
        }
        ast::Expr::Apply(_) => {
            let (function, mut arguments) = syntax::call(&expr);
            if syntax::function_name(&function).as_deref() == Some("mkFlake") {
                let parts = match arguments.pop().map(syntax::unparen)? {
                    ast::Expr::Lambda(lambda) => literal(lambda.body()?)?,
                    other => literal(other)?,
                };
                let ast::Expr::Lambda(each) = syntax::unparen(attribute(&parts, "perSystem")?) else {
                    return None;
                };
                return within_system(&literal(each.body()?)?);
            }
            within_system(&for_each(&expr)?)
        }
        _ => None,
    }
}

fn mentions_checks(expr: &ast::Expr) -> bool {
    expr.syntax()
        .descendants()
        .filter_map(ast::AttrpathValue::cast)
        .any(|binding| scope::first_name(&binding).as_deref() == Some("checks"))
}

/// The bindings of checks in a set.
fn checks_in(set: &ast::AttrSet) -> Vec<ast::AttrpathValue> {
    set.attrpath_values()
        .filter(|binding| scope::first_name(binding).as_deref() == Some("checks"))
        .collect()
}

fn attrs(binding: &ast::AttrpathValue) -> Vec<ast::Attr> {
    binding.attrpath().iter().flat_map(ast::Attrpath::attrs).collect()
}

fn attr_source(attr: &ast::Attr) -> String {
    syntax::text_of(attr.syntax())
}

/// In outputs that are written `checks.<system>.<name>`.
fn by_system(outputs: &ast::AttrSet) -> Option<Found> {
    let bindings = checks_in(outputs);
    let binding = bindings.first()?;
    let names = attrs(binding);
    if names.len() > 1 {
        return below_system(outputs, binding, 1, "checks");
    }
    let value = body(binding.value()?)?;
    if let ast::Expr::Apply(_) = &value {
        return Some((Site::Inside { set: for_each(&value)? }, None));
    }
    let systems = literal(value)?;
    match systems.attrpath_values().next() {
        Some(system) => below_system(&systems, &system, 0, ""),
        None => None,
    }
}

/// At a binding whose attrpath has the system at `at`.
fn below_system(set: &ast::AttrSet, binding: &ast::AttrpathValue, at: usize, prefix: &str) -> Option<Found> {
    let names = attrs(binding);
    let system = attr_source(names.get(at)?);
    if names.len() == at + 1 {
        let set = literal(binding.value()?)?;
        return Some((Site::Inside { set }, Some(system)));
    }
    if syntax::attr_name(&names[at]).is_none() {
        let site = Site::Single {
            binding: binding.clone(),
            depth: at + 1,
        };
        return Some((site, Some(system)));
    }
    let prefix = if prefix.is_empty() {
        system.clone()
    } else {
        format!("{prefix}.{system}")
    };
    Some((
        Site::Beside {
            set: set.clone(),
            prefix,
        },
        Some(system),
    ))
}

/// The first checks of such outputs: for the system that the flake names already.
fn first_by_system(outputs: &ast::AttrSet) -> Option<Found> {
    let system = if bound(&inner(outputs), "system") {
        "${system}".to_owned()
    } else {
        let of_systems = ["packages", "devShells", "formatter", "apps"];
        outputs.attrpath_values().find_map(|binding| {
            let first = scope::first_name(&binding)?;
            let names = attrs(&binding);
            (of_systems.contains(&first.as_str()) && names.len() > 1).then(|| attr_source(&names[1]))
        })?
    };
    let site = Site::First {
        set: outputs.clone(),
        prefix: format!("checks.{system}"),
    };
    Some((site, Some(system)))
}

/// In outputs of one system (flake-utils, flake-parts).
fn within_system(outputs: &ast::AttrSet) -> Option<Found> {
    let bindings = checks_in(outputs);
    let Some(binding) = bindings.first() else {
        let site = Site::First {
            set: outputs.clone(),
            prefix: "checks".to_owned(),
        };
        return Some((site, None));
    };
    let site = match attrs(binding).len() {
        1 => Site::Inside {
            set: literal(binding.value()?)?,
        },
        _ => Site::Beside {
            set: outputs.clone(),
            prefix: "checks".to_owned(),
        },
    };
    Some((site, None))
}

/// A node inside a set: what it sees is what the set's bindings see.
pub fn inner(set: &ast::AttrSet) -> SyntaxNode {
    let entry = set.attrpath_values().find_map(|binding| binding.value());
    entry.map_or_else(|| set.syntax().clone(), |value| value.syntax().clone())
}

/// Whether a name is bound at a node, other than by a `with`.
pub fn bound(node: &SyntaxNode, name: &str) -> bool {
    matches!(
        scope::lookup(node, name),
        Binding::Value(_) | Binding::Split(_) | Binding::Inherited(_) | Binding::Param(_)
    )
}
