//! Functions that the list of services is given to: nixpkgs' library and Nix's own, and those of the file.

use super::library;
use super::{Flow, Kind};
use crate::resolve::scope::Binding;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

impl Flow<'_> {
    /// Follows the argument `node` of a function call.
    pub(super) fn argument(&mut self, node: &SyntaxNode, kind: Kind) {
        let mut top = match node.parent().and_then(ast::Apply::cast) {
            Some(apply) if apply.argument().is_some_and(|a| a.syntax() == node) => apply.syntax().clone(),
            _ => return self.unclear(node, "it is called as a function"),
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
            && let Some(value) = library::let_value(ident)
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
        match library::library_function(&head) {
            Some(name) => self.known(&name, &arguments, index, kind, &top),
            None => {
                let mut kinds = vec![None; index];
                kinds.push(Some(kind));
                self.call(&head, &kinds);
            }
        }
    }

    /// Follows the argument at `index` of a library function to what that makes of it.
    fn known(&mut self, name: &str, arguments: &[ast::Expr], index: usize, kind: Kind, whole: &SyntaxNode) {
        const ENTRY: Option<Kind> = Some(Kind::Entry);
        match (kind, name, arguments.len(), index) {
            // Names and numbers only.
            (Kind::Services, "attrNames" | "isAttrs", 1, 0) | (Kind::Services, "hasAttr", 2, 1) => {}
            (Kind::List, "length" | "isList", 1, 0) | (Kind::Entry, "isAttrs", 1, 0) => {}
            // From one kind to another.
            (Kind::Services, "attrValues", 1, 0) => self.follow(whole, Kind::List),
            (Kind::Services, "getAttr", 2, 1) => self.follow(whole, Kind::Entry),
            (Kind::List, "head" | "last", 1, 0) | (Kind::List, "elemAt", 2, 0) => self.follow(whole, Kind::Entry),
            // Of the same kind.
            (Kind::Services, "removeAttrs", 2, 0)
            | (Kind::Services, "getAttrs" | "intersectAttrs" | "optionalAttrs", 2, 1)
            | (Kind::List, "tail" | "init" | "reverseList" | "unique", 1, 0)
            | (Kind::List, "optionals" | "take" | "drop", 2, 1)
            | (Kind::Entry, "optionalAttrs", 2, 1) => self.follow(whole, kind),
            (Kind::Services, "filterAttrs", 2, 1) => {
                self.call(&arguments[0], &[None, ENTRY]);
                self.follow(whole, kind);
            }
            (Kind::List, "filter" | "sortOn", 2, 1) => {
                self.call(&arguments[0], &[ENTRY]);
                self.follow(whole, kind);
            }
            (Kind::List, "sort", 2, 1) => {
                self.call(&arguments[0], &[ENTRY, ENTRY]);
                self.follow(whole, kind);
            }
            // A function of each service; what it returns is no service any more, or it is noticed inside.
            (Kind::Services, "mapAttrs" | "mapAttrs'" | "mapAttrsToList" | "concatMapAttrs", 2, 1) => {
                self.call(&arguments[0], &[None, ENTRY]);
            }
            (Kind::Services, "foldlAttrs", 3, 2) => self.call(&arguments[0], &[None, None, ENTRY]),
            (Kind::List, "map" | "concatMap" | "concatMapStrings" | "any" | "all" | "count", 2, 1) => {
                self.call(&arguments[0], &[ENTRY]);
            }
            (Kind::List, "forEach", 2, 0) => self.call(&arguments[1], &[ENTRY]),
            (Kind::List, "concatMapStringsSep", 3, 2) => self.call(&arguments[1], &[ENTRY]),
            (Kind::List, "imap0" | "imap1", 2, 1) => self.call(&arguments[0], &[None, ENTRY]),
            (Kind::List, "foldl" | "foldl'", 3, 2) => self.call(&arguments[0], &[None, ENTRY]),
            (Kind::List, "foldr", 3, 2) => self.call(&arguments[0], &[ENTRY, None]),
            // Fields by name.
            (Kind::Entry, "getAttr", 2, 1) => self.read(library::literal(&arguments[0]), whole, false),
            (Kind::Entry, "hasAttr", 2, 1) | (Kind::List, "catAttrs", 2, 1) => {
                self.read(library::literal(&arguments[0]), whole, true);
            }
            _ => self.unclear(whole, "what the function makes of it is not known"),
        }
    }

    /// Follows a function's arguments: `kinds` says by position which are what.
    fn call(&mut self, function: &ast::Expr, kinds: &[Option<Kind>]) {
        let Some((first, rest)) = kinds.split_first() else {
            return;
        };
        match syntax::unparen(function.clone()) {
            ast::Expr::Lambda(lambda) => {
                if let Some(kind) = first {
                    self.parameter(&lambda, *kind);
                }
                if let Some(body) = lambda.body().filter(|_| rest.iter().any(Option::is_some)) {
                    self.call(&body, rest);
                }
            }
            ast::Expr::LetIn(let_in) => let_in.body().iter().for_each(|body| self.call(body, kinds)),
            ast::Expr::With(with) => with.body().iter().for_each(|body| self.call(body, kinds)),
            ast::Expr::Ident(ident) => match library::let_value(&ident) {
                Some(value) => self.call(&value, kinds),
                None => self.unclear(ident.syntax(), "the function that takes it is not in this file"),
            },
            applied @ ast::Expr::Apply(_) => {
                let (head, arguments) = syntax::call(&applied);
                match (syntax::function_name(&head).as_deref(), arguments.as_slice(), first) {
                    (Some(name @ ("getAttr" | "hasAttr")), [field], Some(Kind::Entry)) => {
                        self.read(library::literal(field), applied.syntax(), name == "hasAttr");
                    }
                    _ => {
                        let mut all = vec![None; arguments.len()];
                        all.extend(kinds);
                        self.call(&head, &all);
                    }
                }
            }
            other => self.unclear(other.syntax(), "the function that takes it is not in this file"),
        }
    }

    fn parameter(&mut self, lambda: &ast::Lambda, kind: Kind) {
        let Some(body) = lambda.body() else { return };
        let mut names = Vec::new();
        match lambda.param() {
            Some(ast::Param::IdentParam(param)) => names.extend(param.ident().map(|ident| (ident, kind))),
            Some(ast::Param::Pattern(pattern)) => {
                names.extend(
                    pattern
                        .pat_bind()
                        .and_then(|bind| bind.ident())
                        .map(|ident| (ident, kind)),
                );
                match kind {
                    Kind::Entry if pattern.ellipsis_token().is_none() => {
                        self.unclear(
                            pattern.syntax(),
                            "the function takes exactly the fields of the legacy option",
                        );
                    }
                    Kind::Entry => {
                        for entry in pattern.pat_entries() {
                            let field = entry.ident().map(|ident| syntax::ident_text(&ident));
                            self.read(field, entry.syntax(), entry.default().is_some());
                        }
                    }
                    Kind::Services => {
                        let each = pattern.pat_entries().filter_map(|entry| entry.ident());
                        names.extend(each.map(|ident| (ident, Kind::Entry)));
                    }
                    _ => self.unclear(pattern.syntax(), "it is taken apart by a function's pattern"),
                }
            }
            None => {}
        }
        for (ident, kind) in names {
            let name = syntax::ident_text(&ident);
            self.uses(
                body.syntax(),
                &name,
                kind,
                &|binding| matches!(binding, Binding::Param(found) if found.syntax() == lambda.syntax()),
            );
        }
    }
}
