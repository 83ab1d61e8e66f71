//! What names mean: lexical bindings, `inherit`, `with` and selections, and which names a set has.

use super::{DEPTH, Eval};
use crate::resolve::module;
use crate::resolve::scope::{self, Binding};
use crate::resolve::value::{Known, Value};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

impl Eval<'_> {
    pub(super) fn name(&self, node: &SyntaxNode, name: &str) -> Value {
        match scope::lookup(node, name) {
            Binding::Global if name == "true" => Value::Known(Known::Bool(true)),
            Binding::Global if name == "false" => Value::Known(Known::Bool(false)),
            Binding::Global if name == "null" => Value::Known(Known::Null),
            Binding::Value(value) if value.attrpath().is_some_and(|p| p.attrs().count() == 1) => match value.value() {
                Some(expr) => self.eval(&expr),
                None => self.unknown(node, "it is incomplete"),
            },
            Binding::Inherited(inherit) => self.inherit(&inherit, name),
            Binding::Param(lambda) if !self.is_modules(&lambda) => {
                self.unknown(node, format!("'{name}' is an argument of a function"))
            }
            Binding::Param(_) if name == "config" => Value::Option(Vec::new()),
            Binding::Param(_) => self.unknown(node, format!("'{name}' is an argument of the module")),
            Binding::With(withs) => self.attribute_of_withs(&withs, name, node),
            _ => self.unknown(node, format!("'{name}' is computed")),
        }
    }

    /// Whether the function is the module itself, not one that is written in it.
    fn is_modules(&self, lambda: &ast::Lambda) -> bool {
        syntax::covers(&syntax::span(lambda.syntax()), &syntax::span(self.module.body.syntax()))
    }

    /// What an attribute of `with` expressions is, of which the innermost that has it counts.
    fn attribute_of_withs(&self, withs: &[ast::With], name: &str, node: &SyntaxNode) -> Value {
        let unknown = || self.unknown(node, format!("'{name}' comes from a 'with'"));
        for (i, with) in withs.iter().enumerate() {
            let Some(namespace) = with.namespace() else { break };
            match self.select_from(&namespace, &[name.to_owned()], node) {
                Value::Unknown(_) if self.lacks(&namespace, name) => {}
                // Whether there is such an option is not known; if it is the last that can have the name, it has it.
                Value::Option(_) if i + 1 < withs.len() => return unknown(),
                Value::Unknown(_) => return unknown(),
                value => return value,
            }
        }
        unknown()
    }

    /// Whether the set is known not to have the attribute `name`.
    fn lacks(&self, set: &ast::Expr, name: &str) -> bool {
        self.attribute_names(set)
            .is_some_and(|names| !names.iter().any(|own| own == name))
    }

    pub(super) fn inherit(&self, inherit: &ast::Inherit, name: &str) -> Value {
        match inherit.from().and_then(|from| from.expr()) {
            Some(from) => self.select_from(&from, &[name.to_owned()], inherit.syntax()),
            None => inherit.syntax().parent().map_or_else(
                || self.unknown(inherit.syntax(), "it is bound nowhere"),
                |set| self.name(&set, name),
            ),
        }
    }

    /// What `inherit` binds `name` to, with options followed to their definitions.
    pub fn inherited(&self, inherit: &ast::Inherit, name: &str) -> Value {
        match self.inherit(inherit, name) {
            Value::Option(path) => self.option(&path, inherit.syntax()),
            value => value,
        }
    }

    pub(super) fn select(&self, select: &ast::Select) -> Value {
        let (Some(base), Some(path)) = (select.expr(), select.attrpath()) else {
            return self.unknown(select.syntax(), "it is incomplete");
        };
        let names: Option<Vec<String>> = path.attrs().map(|attr| self.attr(&attr)).collect();
        let Some(names) = names else {
            return self.unknown(path.syntax(), "an attribute's name is computed");
        };
        let value = self.select_from(&base, &names, select.syntax());
        match (&value, select.default_expr()) {
            // The default stands in only where the attribute is missing, which an unknown value does not tell.
            (Value::Option(path), Some(default)) if self.model.is_some_and(|model| model.is_silent_on(path)) => {
                self.eval(&default)
            }
            _ => value,
        }
    }

    /// `base.names`, also where `base` is a name that several bindings make a set of.
    fn select_from(&self, base: &ast::Expr, names: &[String], node: &SyntaxNode) -> Value {
        match parts_of(base) {
            Some(parts) => self.select_bindings(parts.into_iter(), 1, names, node),
            None => self.step(self.eval(base), names, node),
        }
    }

    /// An attribute's name, also where it is `${name}` or `"…${name}"` with a known value.
    pub fn attr(&self, attr: &ast::Attr) -> Option<String> {
        syntax::attr_name(attr).or_else(|| match attr {
            ast::Attr::Dynamic(dynamic) => self.string(&dynamic.expr()?).ok(),
            ast::Attr::Str(string) => self.string(&ast::Expr::Str(string.clone())).ok(),
            ast::Attr::Ident(_) => None,
        })
    }

    /// The names of an entry's attribute path, those known that [`Eval::attr`] knows; nothing for `inherit`.
    pub fn entry_names(&self, entry: &ast::Entry) -> Vec<Option<String>> {
        match entry {
            ast::Entry::AttrpathValue(value) => {
                let attrs = value.attrpath().into_iter().flat_map(|path| path.attrs());
                attrs.map(|attr| self.attr(&attr)).collect()
            }
            ast::Entry::Inherit(_) => Vec::new(),
        }
    }

    fn step(&self, base: Value, names: &[String], node: &SyntaxNode) -> Value {
        if names.is_empty() {
            return base;
        }
        match base {
            Value::Option(mut path) => {
                path.extend(names.iter().cloned());
                Value::Option(path)
            }
            Value::Set(set) => {
                let named = |inherit: &ast::Inherit| {
                    inherit
                        .attrs()
                        .any(|attr| syntax::attr_name(&attr).as_deref() == Some(&names[0]))
                };
                match set.inherits().find(named) {
                    Some(inherit) => self.step(self.inherit(&inherit, &names[0]), &names[1..], node),
                    None => self.select_bindings(set.attrpath_values(), 0, names, node),
                }
            }
            Value::Unknown(why) => Value::Unknown(why),
            _ => self.unknown(node, "it selects from something that is no set"),
        }
    }

    /// Selects `names` among bindings whose attrpaths count from `skip`.
    fn select_bindings(
        &self,
        bindings: impl Iterator<Item = ast::AttrpathValue>,
        skip: usize,
        names: &[String],
        node: &SyntaxNode,
    ) -> Value {
        for binding in bindings {
            let Some(path) = binding.attrpath() else { continue };
            let own: Option<Vec<String>> = path.attrs().skip(skip).map(|attr| self.attr(&attr)).collect();
            let Some(own) = own else { continue };
            if own.len() <= names.len() && own.iter().zip(names).all(|(a, b)| a == b) {
                let Some(value) = binding.value() else { break };
                return self.step(self.eval(&value), &names[own.len()..], node);
            }
        }
        self.unknown(node, format!("'{}' is not bound there", names.join(".")))
    }

    /// Every name that an attribute of the set may have: those of literals, of both sides of `//`, of what `genAttrs`,
    /// `mapAttrs` and `listToAttrs` make; `None` where the code does not tell all of them.
    pub fn attribute_names(&self, expr: &ast::Expr) -> Option<Vec<String>> {
        if self.depth > DEPTH {
            return None;
        }
        let deeper = Eval {
            depth: self.depth + 1,
            ..*self
        };
        match syntax::unparen(expr.clone()) {
            ast::Expr::AttrSet(set) => deeper.names_of_entries(set.entries()),
            ast::Expr::LetIn(let_in) => deeper.attribute_names(&let_in.body()?),
            ast::Expr::With(with) => deeper.attribute_names(&with.body()?),
            ast::Expr::Assert(assert) => deeper.attribute_names(&assert.body()?),
            ast::Expr::IfElse(choice) => deeper.names_of_all([choice.body()?, choice.else_body()?]),
            ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
                deeper.names_of_all([op.lhs()?, op.rhs()?])
            }
            ast::Expr::Ident(ident) => {
                let expr = ast::Expr::Ident(ident.clone());
                match (parts_of(&expr), bound(&ident)) {
                    (Some(parts), _) => deeper.names_of_bindings(parts, 1),
                    (None, Some(value)) => deeper.attribute_names(&value),
                    (None, None) => deeper.names_of_value(deeper.eval(&expr)),
                }
            }
            ast::Expr::Apply(apply) => deeper.names_of_call(&ast::Expr::Apply(apply)),
            other => deeper.names_of_value(deeper.eval(&other)),
        }
    }

    pub(in crate::resolve) fn names_of_value(&self, value: Value) -> Option<Vec<String>> {
        match value {
            Value::Set(set) => self.names_of_entries(set.entries()),
            _ => None,
        }
    }

    fn names_of_all(&self, sets: impl IntoIterator<Item = ast::Expr>) -> Option<Vec<String>> {
        let names: Option<Vec<Vec<String>>> = sets.into_iter().map(|set| self.attribute_names(&set)).collect();
        Some(names?.concat())
    }

    fn names_of_bindings(&self, bindings: Vec<ast::AttrpathValue>, skip: usize) -> Option<Vec<String>> {
        let name = |binding: ast::AttrpathValue| self.attr(&binding.attrpath()?.attrs().nth(skip)?);
        bindings.into_iter().map(name).collect()
    }

    fn names_of_entries(&self, entries: impl Iterator<Item = ast::Entry>) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                ast::Entry::AttrpathValue(binding) => names.extend(self.names_of_bindings(vec![binding], 0)?),
                ast::Entry::Inherit(inherit) => {
                    for attr in inherit.attrs() {
                        names.push(syntax::attr_name(&attr)?);
                    }
                }
            }
        }
        Some(names)
    }

    fn names_of_call(&self, call: &ast::Expr) -> Option<Vec<String>> {
        let (function, arguments) = syntax::call(call);
        match (syntax::function_name(&function).as_deref(), arguments.as_slice()) {
            (Some("genAttrs"), [list, _]) => {
                let names = self.elements(list)?;
                names.iter().map(|name| self.string(name).ok()).collect()
            }
            (Some("mapAttrs" | "mkIf" | "optionalAttrs" | "mkOverride"), [_, set])
            | (Some("mkDefault" | "mkForce"), [set]) => self.attribute_names(set),
            (Some("mkMerge"), [list]) => self.names_of_all(self.elements(list)?),
            (Some("listToAttrs"), [list]) => self.names_of_pairs(list),
            _ => None,
        }
    }

    fn elements(&self, list: &ast::Expr) -> Option<Vec<ast::Expr>> {
        match self.force(list) {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The names in a list of pairs, or in one that `map` makes of strings, each of which is a pair's name.
    fn names_of_pairs(&self, list: &ast::Expr) -> Option<Vec<String>> {
        let mapped = syntax::call_of(&syntax::unparen(list.clone()), "map", 2);
        let Some([function, list]) = mapped.as_deref() else {
            return self.elements(list)?.iter().map(|pair| self.pair_name(pair)).collect();
        };
        let ast::Expr::Lambda(function) = syntax::unparen(function.clone()) else {
            return None;
        };
        let (at, name) = named_by(&function.body()?)?;
        let ast::Param::IdentParam(_) = function.param()? else {
            return None;
        };
        match scope::lookup(&at, &name) {
            Binding::Param(of) if of.syntax() == function.syntax() => {
                let names = self.elements(list)?;
                names.iter().map(|name| self.string(name).ok()).collect()
            }
            _ => None,
        }
    }

    fn pair_name(&self, pair: &ast::Expr) -> Option<String> {
        let name = match (name_in(pair), named_by(pair)) {
            (Some(name), _) => self.force(&name),
            (None, Some((at, name))) => self.name(&at, &name),
            (None, None) => return None,
        };
        match name {
            Value::Known(Known::Str(name)) => Some(name),
            _ => None,
        }
    }
}

/// The name of `nameValuePair name value` or `{ name = …; value = …; }`, where it is an expression.
fn name_in(pair: &ast::Expr) -> Option<ast::Expr> {
    let pair = syntax::unparen(pair.clone());
    if let Some(arguments) = syntax::call_of(&pair, "nameValuePair", 2) {
        return arguments.into_iter().next();
    }
    match pair {
        ast::Expr::AttrSet(set) => module::attribute(&set, "name"),
        _ => None,
    }
}

/// The variable that a pair's name is, and the node at which it is looked up: `name = x;`, or `inherit name;`.
fn named_by(pair: &ast::Expr) -> Option<(SyntaxNode, String)> {
    if let Some(name) = name_in(pair) {
        return match syntax::unparen(name) {
            ast::Expr::Ident(ident) => Some((ident.syntax().clone(), syntax::ident_text(&ident))),
            _ => None,
        };
    }
    let ast::Expr::AttrSet(set) = syntax::unparen(pair.clone()) else {
        return None;
    };
    let is_name = |attr: ast::Attr| syntax::attr_name(&attr).as_deref() == Some("name");
    let mut plain = set.inherits().filter(|inherit| inherit.from().is_none());
    let inherits = plain.any(|inherit| inherit.attrs().any(is_name));
    inherits.then(|| (set.syntax().clone(), "name".to_owned()))
}

/// The bindings that make a set of a name: several, or one with a longer path.
fn parts_of(base: &ast::Expr) -> Option<Vec<ast::AttrpathValue>> {
    let ast::Expr::Ident(ident) = syntax::unparen(base.clone()) else {
        return None;
    };
    match scope::lookup(ident.syntax(), &syntax::ident_text(&ident)) {
        Binding::Split(values) => Some(values),
        Binding::Value(value) if value.attrpath()?.attrs().count() > 1 => Some(vec![value]),
        _ => None,
    }
}

/// What a name is bound to by itself.
fn bound(ident: &ast::Ident) -> Option<ast::Expr> {
    match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
        Binding::Value(value) if value.attrpath()?.attrs().count() == 1 => value.value(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::Module;
    use crate::syntax::Source;

    /// The module with these `let` bindings, and a value among its definitions.
    fn evaluated<T>(bindings: &str, expr: &str, ask: impl FnOnce(&Eval, &ast::Expr) -> T) -> T {
        let text = format!("{{config, lib, given, service ? \"default\", ...}}: let {bindings} in {{ x = {expr}; }}");
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        let value = module.defs[0].value.clone().expect("a value");
        ask(&Eval::alone(&module), &value)
    }

    fn string(bindings: &str, expr: &str) -> Result<String, String> {
        evaluated(bindings, expr, |eval, value| {
            eval.string(value).map_err(|why| why.reason)
        })
    }

    fn names(bindings: &str, expr: &str) -> Option<Vec<String>> {
        evaluated(bindings, expr, |eval, value| eval.attribute_names(value))
    }

    #[test]
    fn names_are_followed_through_scopes() {
        let found = |bindings, expr| string(bindings, expr).expect("a string");
        assert_eq!(found("a = b; b = \"x\";", "let inherit a; in a"), "x");
        assert_eq!(found("s = rec { a = \"x\"; b = \"${a}y\"; };", "s.b"), "xy");
        assert_eq!(found("s = { inherit (t) a; }; t.a = \"x\"; t.b = \"y\";", "s.a"), "x");
        assert_eq!(found("inherit (t) a; t.a = \"x\";", "a"), "x");
        assert_eq!(found("t.a = \"x\";", "with t; a"), "x");
        assert_eq!(found("t.a = \"x\"; u.b = \"y\";", "with t; with u; a"), "x");
        assert_eq!(
            found("t.a = \"x\"; t.b = \"y\";", "with t; with { b = \"z\"; }; b"),
            "z"
        );
    }

    #[test]
    fn what_a_name_may_be_otherwise_is_unknown() {
        let reason = |bindings, expr| string(bindings, expr).expect_err("unknown");
        assert_eq!(reason("", "service"), "'service' is an argument of the module");
        assert_eq!(
            reason("f = config: config.a;", "f {}"),
            "it is the result of a function"
        );
        assert_eq!(reason("t.a = \"x\";", "with t; with lib; a"), "'a' comes from a 'with'");
        assert_eq!(
            reason("t.a = \"x\";", "with t; with given; a"),
            "'a' comes from a 'with'"
        );
        assert_eq!(reason("", "config.a or \"x\""), "'a' is read from the configuration");
        assert_eq!(
            evaluated("", "map (config: config.a) []", |eval, value| {
                let (_, arguments) = syntax::call(value);
                let ast::Expr::Lambda(function) = syntax::unparen(arguments[0].clone()) else {
                    panic!("a function");
                };
                eval.string(&function.body().expect("a body"))
                    .expect_err("unknown")
                    .reason
            }),
            "'config' is an argument of a function"
        );
        assert!(reason("a = b; b = a;", "a").contains("without end"));
        assert!(string("true = \"x\";", "true").is_ok_and(|value| value == "x"));
    }

    #[test]
    fn the_names_of_sets_are_known_as_far_as_they_are_written() {
        let found = |bindings, expr| names(bindings, expr).expect("names").join(" ");
        assert_eq!(found("n = \"b\"; c = 1;", "{ a.x = 1; ${n} = 2; inherit c; }"), "a b c");
        assert_eq!(found("s.a = 1; s.b = 2;", "s // { c = 3; }"), "a b c");
        assert_eq!(
            found("l = [\"a\" \"b\"];", "lib.genAttrs (l ++ [\"c\"]) (name: {})"),
            "a b c"
        );
        assert_eq!(found("s = { a = 1; };", "lib.mapAttrs (_: x: x) s"), "a");
        assert_eq!(
            found("", "lib.listToAttrs (map (n: lib.nameValuePair n 1) [\"a\"])"),
            "a"
        );
        assert_eq!(
            found("", "lib.listToAttrs (map (name: { inherit name; value = 1; }) [\"a\"])"),
            "a"
        );
        assert_eq!(
            found(
                "n = \"b\";",
                "lib.listToAttrs [{ name = \"a\"; value = 1; } { name = n; value = 1; }]"
            ),
            "a b"
        );
        assert_eq!(found("p = [{ a = 1; } { b = 2; }];", "lib.mkMerge p"), "a b");
        assert_eq!(found("", "if given then { a = 1; } else { b = 2; }"), "a b");
        for unknown in [
            "lib.genAttrs given (name: {})",
            "lib.genAttrs [given] (name: {})",
            "lib.listToAttrs (map (n: lib.nameValuePair \"x-${n}\" 1) [\"a\"])",
            "lib.listToAttrs (map (n: { inherit (given) name; value = n; }) [\"a\"])",
            "{ ${given} = 1; }",
            "{ a = 1; } // given",
            "given { }",
        ] {
            assert_eq!(names("", unknown), None, "{unknown}");
        }
    }
}
