//! Lexical scopes: what a name means where it stands (Nix manual, "Language constructs": `let`, `rec`, `inherit`,
//! functions, `with`; a lexical binding always wins over `with`).

use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// What a name is bound to.
#[derive(Clone, Debug)]
pub enum Binding {
    /// `name = value;` in a `let` or `rec { }`; the attrpath may be longer than the name.
    Value(ast::AttrpathValue),
    /// Several bindings `name.a = …; name.b = …;` of one name.
    Split(Vec<ast::AttrpathValue>),
    /// `inherit name;` or `inherit (from) name;` in a `let` or `rec { }`.
    Inherited(ast::Inherit),
    /// A formal argument, or the `@` name, or the single argument of a function.
    Param(ast::Lambda),
    /// Not bound lexically: an attribute of one of these `with` expressions, innermost first.
    With(Vec<ast::With>),
    /// One of Nix's global names.
    Global,
    /// Bound nowhere.
    Unbound,
}

/// Names that are in scope everywhere (Nix manual, "Built-in functions"; the ones without `builtins.`).
const GLOBALS: [&str; 24] = [
    "true",
    "false",
    "null",
    "builtins",
    "import",
    "toString",
    "map",
    "throw",
    "abort",
    "baseNameOf",
    "dirOf",
    "derivation",
    "derivationStrict",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "isNull",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "break",
    "__curPos",
];

/// What `name` means at `node`.
pub fn lookup(node: &SyntaxNode, name: &str) -> Binding {
    let mut withs = Vec::new();
    let mut child = node.clone();
    while let Some(parent) = child.parent() {
        if let Some(binding) = bound_by(&parent, &child, name) {
            return binding;
        }
        if let Some(with) = ast::With::cast(parent.clone())
            && with.body().is_some_and(|body| body.syntax() == &child)
        {
            withs.push(with);
        }
        child = parent;
    }
    if GLOBALS.contains(&name) || name.starts_with("__") {
        Binding::Global
    } else if withs.is_empty() {
        Binding::Unbound
    } else {
        Binding::With(withs)
    }
}

/// What `scope` binds `name` to for the code in its child `from`; `None` if it does not.
fn bound_by(scope: &SyntaxNode, from: &SyntaxNode, name: &str) -> Option<Binding> {
    if let Some(lambda) = ast::Lambda::cast(scope.clone()) {
        return syntax::is_param(&lambda, name).then_some(Binding::Param(lambda));
    }
    let recursive = ast::LetIn::can_cast(scope.kind())
        || ast::LegacyLet::can_cast(scope.kind())
        || ast::AttrSet::cast(scope.clone()).is_some_and(|set| syntax::is_recursive(&set));
    if !recursive {
        return None;
    }
    // `inherit x;` takes x from outside the set it stands in.
    if ast::Inherit::cast(from.clone()).is_some_and(|inherit| inherit.from().is_none()) {
        return None;
    }
    let mut values = Vec::new();
    for child in syntax::binders(scope, name) {
        if let Some(value) = ast::AttrpathValue::cast(child.clone()) {
            if first_name(&value).as_deref() == Some(name) {
                values.push(value);
            }
        } else if let Some(inherit) = ast::Inherit::cast(child)
            && inherit
                .attrs()
                .any(|attr| syntax::attr_name(&attr).as_deref() == Some(name))
        {
            return Some(Binding::Inherited(inherit));
        }
    }
    match values.len() {
        0 => None,
        1 => values.pop().map(Binding::Value),
        _ => Some(Binding::Split(values)),
    }
}

/// The first name of a binding's attrpath, if static.
pub fn first_name(value: &ast::AttrpathValue) -> Option<String> {
    syntax::attr_name(&value.attrpath()?.attrs().next()?)
}

/// The names that a function's parameters bind.
pub fn param_names(lambda: &ast::Lambda) -> Vec<String> {
    match lambda.param() {
        Some(ast::Param::IdentParam(param)) => param.ident().iter().map(syntax::ident_text).collect(),
        Some(ast::Param::Pattern(pattern)) => {
            let formals = pattern.pat_entries().filter_map(|entry| entry.ident());
            let bind = pattern.pat_bind().and_then(|bind| bind.ident());
            formals.chain(bind).map(|ident| syntax::ident_text(&ident)).collect()
        }
        None => Vec::new(),
    }
}

/// The names that a `let` binds.
pub fn let_names(let_in: &ast::LetIn) -> Vec<String> {
    let_in.entries().flat_map(|entry| entry_names(&entry)).collect()
}

/// The names that an entry of a `let` binds.
pub fn entry_names(entry: &ast::Entry) -> Vec<String> {
    match entry {
        ast::Entry::AttrpathValue(value) => first_name(value).into_iter().collect(),
        ast::Entry::Inherit(inherit) => inherit.attrs().filter_map(|attr| syntax::attr_name(&attr)).collect(),
    }
}

/// Every name that code at `node` could refer to without `with`: for choosing a fresh one.
pub fn names_in_scope(node: &SyntaxNode) -> Vec<String> {
    let mut names = Vec::new();
    for ancestor in node.ancestors() {
        if let Some(lambda) = ast::Lambda::cast(ancestor.clone()) {
            names.extend(param_names(&lambda));
        } else if let Some(let_in) = ast::LetIn::cast(ancestor) {
            names.extend(let_names(&let_in));
        }
    }
    names
}

/// Whether a condition is the word `true`, which conditions nothing.
pub fn is_true(condition: &ast::Expr) -> bool {
    let condition = syntax::unparen(condition.clone());
    condition.syntax().text() == "true" && matches!(lookup(condition.syntax(), "true"), Binding::Global)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    fn at(text: &str, name: &str) -> Binding {
        let source = Source::new("x.nix", text);
        let ident = source
            .root()
            .descendants()
            .filter_map(ast::Ident::cast)
            .filter(|i| syntax::ident_text(i) == name && !ast::Attrpath::can_cast(i.syntax().parent().unwrap().kind()))
            .last()
            .expect("the name occurs");
        lookup(ident.syntax(), name)
    }

    #[test]
    fn a_let_wins_over_with() {
        assert!(matches!(at("let x = 1; in with y; x", "x"), Binding::Value(_)));
        assert!(matches!(at("with y; x", "x"), Binding::With(w) if w.len() == 1));
        assert!(matches!(at("{x, ...}: with y; x", "x"), Binding::Param(_)));
    }

    #[test]
    fn inherit_without_a_source_looks_outside() {
        assert!(matches!(at("x: rec { inherit x; }", "x"), Binding::Param(_)));
        assert!(matches!(at("x: let inherit x; in x", "x"), Binding::Inherited(_)));
    }

    #[test]
    fn globals_and_unbound_names() {
        assert!(matches!(at("toString 1", "toString"), Binding::Global));
        assert!(matches!(at("nothing", "nothing"), Binding::Unbound));
        assert!(matches!(at("{ a = 1; b = a; }", "a"), Binding::Unbound));
        assert!(matches!(at("rec { a = 1; b = a; }", "a"), Binding::Value(_)));
    }

    #[test]
    fn split_bindings_are_one_name() {
        assert!(matches!(at("let c.a = 1; c.b = 2; in c", "c"), Binding::Split(v) if v.len() == 2));
    }
}
