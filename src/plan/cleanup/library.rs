//! What nixpkgs' library and Nix's own functions do with a list of services that they are given.

use super::flow::{Flow, Kind};
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Follows the argument `node` of a function call.
pub fn argument(flow: &mut Flow, node: &SyntaxNode, kind: Kind) {
    let mut top = match node.parent().and_then(ast::Apply::cast) {
        Some(apply) if apply.argument().is_some_and(|a| a.syntax() == node) => apply.syntax().clone(),
        _ => return flow.unclear(node, "it is called as a function"),
    };
    while let Some(apply) = top.parent().and_then(ast::Apply::cast)
        && apply.lambda().is_some_and(|function| function.syntax() == &top)
    {
        top = apply.syntax().clone();
    }
    let Some(whole) = ast::Expr::cast(top.clone()) else {
        return;
    };
    let (mut head, mut arguments) = syntax::call(&whole);
    let Some(mut index) = arguments.iter().position(|a| a.syntax() == node) else {
        return;
    };
    // A function that is bound to a call that is not complete: `filtered = lib.filterAttrs f;`
    while let ast::Expr::Ident(ident) = &head
        && let Some(value) = let_value(ident)
    {
        let value = syntax::unparen(value);
        if !matches!(value, ast::Expr::Apply(_)) {
            break;
        }
        let (inner, mut before) = syntax::call(&value);
        index += before.len();
        before.append(&mut arguments);
        (head, arguments) = (inner, before);
    }
    match library_function(&head) {
        Some(name) => known(flow, &name, &arguments, index, kind, &top),
        None => {
            let mut kinds = vec![None; index];
            kinds.push(Some(kind));
            flow.call(&head, &kinds);
        }
    }
}

/// The name of a function of nixpkgs' library or of Nix itself, however it is reached; `None` for one of the file's own.
pub fn library_function(head: &ast::Expr) -> Option<String> {
    let library = |text: &str| text.split('.').any(|part| part == "lib" || part == "builtins");
    match head {
        ast::Expr::Ident(ident) => {
            let name = syntax::ident_text(ident);
            let reached = match scope::lookup(ident.syntax(), &name) {
                Binding::Global => true,
                Binding::With(withs) => withs
                    .iter()
                    .filter_map(|with| with.namespace())
                    .all(|namespace| library(&syntax::text_of(namespace.syntax()))),
                Binding::Inherited(inherit) => inherit
                    .from()
                    .and_then(|from| from.expr())
                    .is_some_and(|from| library(&syntax::text_of(from.syntax()))),
                _ => false,
            };
            reached.then_some(name)
        }
        ast::Expr::Select(select) => {
            let base = syntax::text_of(select.expr()?.syntax());
            let path = select.attrpath()?;
            let reached = library(&base) || library(&syntax::text_of(path.syntax()));
            reached.then(|| syntax::function_name(head)).flatten()
        }
        _ => None,
    }
}

/// The value of the `let` binding that an identifier means.
pub fn let_value(ident: &ast::Ident) -> Option<ast::Expr> {
    match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
        Binding::Value(value) if value.attrpath().is_some_and(|path| path.attrs().count() == 1) => value.value(),
        _ => None,
    }
}

/// A string literal's value.
pub fn literal(expr: &ast::Expr) -> Option<String> {
    match syntax::unparen(expr.clone()) {
        ast::Expr::Str(string) => syntax::string_value(&string),
        _ => None,
    }
}

fn known(flow: &mut Flow, name: &str, arguments: &[ast::Expr], index: usize, kind: Kind, whole: &SyntaxNode) {
    const ENTRY: Option<Kind> = Some(Kind::Entry);
    match (kind, name, arguments.len(), index) {
        // Names and numbers only.
        (Kind::Services, "attrNames" | "isAttrs", 1, 0) | (Kind::Services, "hasAttr", 2, 1) => {}
        (Kind::List, "length" | "isList", 1, 0) | (Kind::Entry, "isAttrs", 1, 0) => {}
        // From one kind to another.
        (Kind::Services, "attrValues", 1, 0) => flow.follow(whole, Kind::List),
        (Kind::Services, "getAttr", 2, 1) => flow.follow(whole, Kind::Entry),
        (Kind::List, "head" | "last", 1, 0) | (Kind::List, "elemAt", 2, 0) => flow.follow(whole, Kind::Entry),
        // Of the same kind.
        (Kind::Services, "removeAttrs", 2, 0)
        | (Kind::Services, "getAttrs" | "intersectAttrs" | "optionalAttrs", 2, 1)
        | (Kind::List, "tail" | "init" | "reverseList" | "unique", 1, 0)
        | (Kind::List, "optionals" | "take" | "drop", 2, 1)
        | (Kind::Entry, "optionalAttrs", 2, 1) => flow.follow(whole, kind),
        (Kind::Services, "filterAttrs", 2, 1) => {
            flow.call(&arguments[0], &[None, ENTRY]);
            flow.follow(whole, kind);
        }
        (Kind::List, "filter" | "sortOn", 2, 1) => {
            flow.call(&arguments[0], &[ENTRY]);
            flow.follow(whole, kind);
        }
        (Kind::List, "sort", 2, 1) => {
            flow.call(&arguments[0], &[ENTRY, ENTRY]);
            flow.follow(whole, kind);
        }
        // A function of each service; what it returns is no service any more, or it is noticed inside.
        (Kind::Services, "mapAttrs" | "mapAttrs'" | "mapAttrsToList" | "concatMapAttrs", 2, 1) => {
            flow.call(&arguments[0], &[None, ENTRY]);
        }
        (Kind::Services, "foldlAttrs", 3, 2) => flow.call(&arguments[0], &[None, None, ENTRY]),
        (Kind::List, "map" | "concatMap" | "concatMapStrings" | "any" | "all" | "count", 2, 1) => {
            flow.call(&arguments[0], &[ENTRY]);
        }
        (Kind::List, "forEach", 2, 0) => flow.call(&arguments[1], &[ENTRY]),
        (Kind::List, "concatMapStringsSep", 3, 2) => flow.call(&arguments[1], &[ENTRY]),
        (Kind::List, "imap0" | "imap1", 2, 1) => flow.call(&arguments[0], &[None, ENTRY]),
        (Kind::List, "foldl" | "foldl'", 3, 2) => flow.call(&arguments[0], &[None, ENTRY]),
        (Kind::List, "foldr", 3, 2) => flow.call(&arguments[0], &[ENTRY, None]),
        // Fields by name.
        (Kind::Entry, "getAttr", 2, 1) => flow.read(literal(&arguments[0]), whole, false),
        (Kind::Entry, "hasAttr", 2, 1) | (Kind::List, "catAttrs", 2, 1) => {
            flow.read(literal(&arguments[0]), whole, true);
        }
        _ => flow.unclear(whole, "what the function makes of it is not known"),
    }
}
