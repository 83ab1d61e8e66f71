//! What a source mentions: options that are read, names that are selected, files that are imported.
//!
//! All of it only decides which stubs a slice starts with: one too many changes nothing, since both sides have it, and one
//! too few is asked for by evaluation. A file that does not parse is read as far as its tree goes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::kind::StubKind;
use crate::resolve::imports;
use crate::resolve::reads::{self, OptionPath};
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, InterpolPart, Source, SyntaxNode, ast};

/// A place that reads `config.<path>`, itself or through a name that is bound to it.
#[derive(Clone, Debug)]
pub struct OptionRead {
    /// The option.
    pub path: OptionPath,
    /// The byte range of what reads it.
    pub span: Range<usize>,
    /// The type that its surroundings ask for.
    pub kind: StubKind,
    /// Whether a stub has to be there for it. It has not where an absent value is provided for (`or`, `?`), and where the
    /// value only gets a name, of which others are selected.
    pub needs_stub: bool,
}

/// What one file mentions.
#[derive(Clone, Debug)]
pub struct Mentions {
    /// The file's text.
    pub text: Arc<str>,
    /// Its reads of options.
    pub reads: Vec<OptionRead>,
    /// Names that are selected from something.
    pub selected: BTreeSet<String>,
    /// Names that come from a `with`.
    pub scoped: BTreeSet<String>,
    /// What each `with` opens, where that is an option.
    pub scopes: Vec<Option<OptionPath>>,
    /// The first two names of option paths: `environment.persistence = …`, `environment = {persistence = …;}`,
    /// `["environment" "persistence"]`, `options ? environment.persistence`.
    pub pairs: BTreeSet<(String, String)>,
    /// Relative path literals, piece by piece; `None` for a piece that is computed.
    pub paths: BTreeSet<Vec<Option<String>>>,
    /// Paths of modules below a value that is interpolated or added to: `"${x}/a/b.nix"`, `modulesPath + "/a.nix"`.
    pub below: BTreeSet<String>,
    /// The arguments of the file's function.
    pub arguments: BTreeSet<String>,
    /// Whether its `imports` are computed, and whether from files at any depth.
    pub computed_imports: Option<bool>,
    /// Whether the file does not parse.
    pub is_faulty: bool,
    /// Flake inputs: what is selected from `inputs`, and in the flake itself the arguments of its outputs.
    pub inputs: BTreeSet<String>,
}

impl Mentions {
    /// What `source` mentions.
    pub fn of(source: &Source) -> Mentions {
        let root = source.root();
        let expr = root.children().find_map(ast::Expr::cast).map(syntax::unparen);
        let mut found = Mentions {
            text: Arc::clone(source.text()),
            reads: Vec::new(),
            selected: BTreeSet::new(),
            scoped: BTreeSet::new(),
            scopes: Vec::new(),
            pairs: BTreeSet::new(),
            paths: syntax::nodes(&root).iter().map(syntax::path_pieces).collect(),
            below: BTreeSet::new(),
            arguments: expr.as_ref().map(arguments).unwrap_or_default(),
            computed_imports: imports::are_computed(source).then(|| imports::are_recursive(source)),
            is_faulty: source.is_faulty(),
            inputs: BTreeSet::new(),
        };
        if let Some(ast::Expr::AttrSet(flake)) = expr.filter(|_| source.path() == Path::new("flake.nix")) {
            let outputs = crate::resolve::module::attribute(&flake, "outputs");
            found.inputs = outputs.map(|outputs| arguments(&outputs)).unwrap_or_default();
        }
        let bound = found.names(&root);
        found.strings(&root);
        found.read_options(&root, &bound);
        found.read_names(&root, &bound);
        found.open_scopes(&root);
        found.inputs.remove("self");
        found
    }

    /// The byte offset of a one-based line and column.
    pub fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let before = (line as usize).checked_sub(1)?;
        let mut lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|end| end + 1));
        Some(lines.nth(before)? + (column as usize).saturating_sub(1))
    }

    /// What attribute paths say: names that are selected, first names of options. Returns the names that are bound to
    /// something by themselves: no other one can mean an option, `config` aside.
    fn names(&mut self, root: &SyntaxNode) -> BTreeSet<String> {
        let mut bound = BTreeSet::new();
        for select in syntax::nodes::<ast::Select>(root) {
            let names = names_of(select.attrpath());
            match select.expr().as_ref().and_then(ident_of).as_deref() {
                Some("inputs") => self.inputs.extend(names.first().cloned().flatten()),
                Some("options") => self.pair(&names),
                _ => {}
            }
            self.selected.extend(names.into_iter().flatten());
        }
        for binding in syntax::nodes::<ast::AttrpathValue>(root) {
            let names = names_of(binding.attrpath());
            self.pair(&names);
            if let ([Some(first)], Some(value)) = (names.as_slice(), binding.value()) {
                for second in members(&value) {
                    self.pairs.insert((first.clone(), second));
                }
                bound.insert(first.clone());
            }
            self.selected.extend(names.into_iter().skip(1).flatten());
        }
        for asked in syntax::nodes::<ast::HasAttr>(root) {
            let names = names_of(asked.attrpath());
            self.pair(&names);
            self.selected.extend(names.into_iter().skip(1).flatten());
        }
        for inherit in syntax::nodes::<ast::Inherit>(root) {
            let names: BTreeSet<String> = inherit.attrs().filter_map(|attr| syntax::attr_name(&attr)).collect();
            if let Some(from) = inherit.from().and_then(|from| from.expr()) {
                if ident_of(&from).as_deref() == Some("inputs") {
                    self.inputs.extend(names.iter().cloned());
                }
                self.selected.extend(names.iter().cloned());
            }
            bound.extend(names);
        }
        bound
    }

    /// Takes the first two names of what may be an option's path.
    fn pair(&mut self, names: &[Option<String>]) {
        if let [Some(first), Some(second), ..] = names {
            self.pairs.insert((first.clone(), second.clone()));
        }
    }

    fn strings(&mut self, root: &SyntaxNode) {
        for list in syntax::nodes::<ast::List>(root) {
            let text = |item| match item {
                ast::Expr::Str(string) => syntax::string_value(&string),
                _ => None,
            };
            let texts: OptionPath = list.items().map(text).collect();
            texts.windows(2).for_each(|two| self.pair(two));
        }
        for string in syntax::nodes::<ast::Str>(root) {
            for part in syntax::string_parts_of(&string) {
                match part {
                    InterpolPart::Literal(text) if text.starts_with('/') && text.ends_with(".nix") => {
                        self.below.insert(text);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Reads by selection and `inherit`. Scopes are asked only about names that are among `bound`.
    fn read_options(&mut self, root: &SyntaxNode, bound: &BTreeSet<String>) {
        let selects = syntax::nodes::<ast::Select>(root);
        let inherits = syntax::nodes::<ast::Inherit>(root);
        let base = |expr: Option<ast::Expr>| ident_of(&expr?);
        let may_read = |name: &Option<String>| {
            name.as_ref()
                .is_none_or(|name| name == "config" || bound.contains(name))
        };
        let mut given = Vec::new();
        for select in selects.iter().filter(|select| may_read(&base(select.expr()))) {
            let path = reads::option(&ast::Expr::Select(select.clone()));
            let (Some(path), false) = (path, is_selected_from(select.syntax())) else {
                continue;
            };
            let end = select.attrpath().map(|path| syntax::span(path.syntax()).end);
            let own = syntax::span(select.syntax());
            given.push(binding_to(select.syntax()));
            self.reads.push(OptionRead {
                kind: StubKind::expected(&path, Some(select.syntax())),
                needs_stub: select.default_expr().is_none() && !is_provided_for(select.syntax()) && path.len() > 1,
                span: own.start..end.unwrap_or(own.end),
                path,
            });
        }
        let source = |inherit: &ast::Inherit| inherit.from().and_then(|from| from.expr());
        for inherit in inherits.iter().filter(|inherit| source(inherit).is_some()) {
            for attr in inherit.attrs() {
                let name = syntax::attr_name(&attr);
                let Some((path, name)) = name.and_then(|name| Some((reads::inherited(inherit, &name)?, name))) else {
                    continue;
                };
                given.push(Some((syntax::span(inherit.syntax()).start, name)));
                self.reads.push(OptionRead {
                    kind: StubKind::expected(&path, None),
                    needs_stub: path.len() > 1,
                    span: syntax::span(attr.syntax()),
                    path,
                });
            }
        }
        let names: BTreeSet<&String> = given.iter().flatten().map(|(_, name)| name).collect();
        let bases = selects
            .iter()
            .filter_map(ast::Select::expr)
            .chain(inherits.iter().filter_map(source));
        let selected_from: BTreeSet<Bound> = bases.filter_map(|base| binding_of(&base, &names)).collect();
        for (read, given) in self.reads.iter_mut().zip(&given) {
            read.needs_stub &= given.as_ref().is_none_or(|given| !selected_from.contains(given));
        }
    }

    /// Names that are bound to an option and stand alone.
    fn read_names(&mut self, root: &SyntaxNode, bound: &BTreeSet<String>) {
        for used in syntax::uses(root).iter().filter(|used| bound.contains(&used.name)) {
            let ident = ast::Expr::cast(used.node()).filter(|ident| !is_selected_from(ident.syntax()));
            let path = ident.and_then(|ident| reads::option(&ident));
            self.reads.extend(path.map(|path| OptionRead {
                kind: StubKind::expected(&path, None),
                path,
                span: used.span(),
                needs_stub: false,
            }));
        }
    }

    /// What each `with` opens, and the names that come from it.
    fn open_scopes(&mut self, root: &SyntaxNode) {
        for with in syntax::nodes::<ast::With>(root) {
            self.scopes
                .push(with.namespace().and_then(|namespace| reads::option(&namespace)));
            let Some(body) = with.body() else { continue };
            for used in syntax::uses(body.syntax()) {
                let is_new = !self.scoped.contains(&used.name);
                if is_new && matches!(scope::lookup(&used.node(), &used.name), Binding::With(_)) {
                    self.scoped.insert(used.name.to_owned());
                }
            }
        }
    }
}

/// A binding of a `let` or recursive set: where its entry begins, and the name.
type Bound = (usize, String);

/// The binding that an identifier means, if it is one of `names`.
fn binding_of(expr: &ast::Expr, names: &BTreeSet<&String>) -> Option<Bound> {
    let name = ident_of(expr).filter(|name| names.contains(name))?;
    let entry = match scope::lookup(expr.syntax(), &name) {
        Binding::Value(value) => syntax::span(value.syntax()),
        Binding::Inherited(inherit) => syntax::span(inherit.syntax()),
        _ => return None,
    };
    Some((entry.start, name))
}

/// The binding whose whole value stands at `node`.
fn binding_to(node: &SyntaxNode) -> Option<Bound> {
    let binding = ast::AttrpathValue::cast(syntax::parenthesised(node).parent()?)?;
    match names_of(binding.attrpath()).as_slice() {
        [Some(name)] => Some((syntax::span(binding.syntax()).start, name.clone())),
        _ => None,
    }
}

/// The name of an identifier, parentheses aside.
fn ident_of(expr: &ast::Expr) -> Option<String> {
    match syntax::unparen(expr.clone()) {
        ast::Expr::Ident(ident) => Some(syntax::ident_text(&ident)),
        _ => None,
    }
}

fn names_of(path: Option<ast::Attrpath>) -> OptionPath {
    path.map(|path| syntax::attrpath_names(&path)).unwrap_or_default()
}

/// The formal arguments of a function.
fn arguments(function: &ast::Expr) -> BTreeSet<String> {
    let param = match function {
        ast::Expr::Lambda(lambda) => lambda.param(),
        _ => None,
    };
    let Some(ast::Param::Pattern(pattern)) = param else {
        return BTreeSet::new();
    };
    let formals = pattern.pat_entries().filter_map(|entry| entry.ident());
    formals.map(|ident| syntax::ident_text(&ident)).collect()
}

/// The names that a value's set binds, through calls such as `mkIf`, and `//`.
fn members(value: &ast::Expr) -> Vec<String> {
    let inside = |expr: Option<ast::Expr>| expr.iter().flat_map(members).collect();
    match value {
        ast::Expr::AttrSet(set) => set.entries().flat_map(|entry| scope::entry_names(&entry)).collect(),
        ast::Expr::Paren(paren) => inside(paren.expr()),
        ast::Expr::Apply(apply) => inside(apply.argument()),
        ast::Expr::LetIn(let_in) => inside(let_in.body()),
        ast::Expr::With(with) => inside(with.body()),
        ast::Expr::BinOp(op) => [op.lhs(), op.rhs()].into_iter().flat_map(inside).collect(),
        _ => Vec::new(),
    }
}

/// Whether what stands at `node` is only there for its members: something is selected or inherited from it.
fn is_selected_from(node: &SyntaxNode) -> bool {
    let outer = syntax::parenthesised(node);
    let parent = outer.parent();
    if parent
        .as_ref()
        .is_some_and(|parent| ast::InheritFrom::can_cast(parent.kind()))
    {
        return true;
    }
    let select = parent.and_then(ast::Select::cast);
    select
        .and_then(|select| select.expr())
        .is_some_and(|base| *base.syntax() == outer)
}

/// Whether what stands at `node` is asked for with `?`, or opened by a `with`, which is content with a set that is empty.
fn is_provided_for(node: &SyntaxNode) -> bool {
    let outer = syntax::parenthesised(node);
    let parent = outer.parent();
    let asked = parent.clone().and_then(ast::HasAttr::cast).is_some();
    let with = parent.and_then(ast::With::cast).and_then(|with| with.namespace());
    asked || with.is_some_and(|namespace| *namespace.syntax() == outer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::module::path_text;

    fn mentions(text: &str) -> Mentions {
        Mentions::of(&Source::new("modules/x.nix", text))
    }

    fn read(text: &str) -> Vec<(String, StubKind)> {
        let found = mentions(&format!("{{config, lib, ...}}: {text}"));
        let needed = found.reads.iter().filter(|read| read.needs_stub);
        needed.map(|read| (path_text(&read.path), read.kind)).collect()
    }

    fn string(path: &str) -> (String, StubKind) {
        (path.to_owned(), StubKind::String)
    }

    #[test]
    fn reads_in_code_and_in_strings() {
        let found = read(
            r#"{ a = config.services.x.user; b = "${config.sops.secrets."k/l".path}"; c = config.a.${n}.ref; # config.no.read
               }"#,
        );
        let expected = ["services.x.user", "sops.secrets.\"k/l\".path", "a.${…}.ref"];
        assert_eq!(found, expected.map(string));
    }

    #[test]
    fn reads_through_names_that_are_bound() {
        let found = read(
            "let cfg = config.services.x; inherit (config.virtualisation.quadlet) pods; in { a = cfg.port; b = pods.${p}.ref; }",
        );
        let port = ("services.x.port".to_owned(), StubKind::Int);
        assert_eq!(found, [port, string("virtualisation.quadlet.pods.${…}.ref")]);
    }

    #[test]
    fn what_need_not_be_there_takes_no_stub() {
        for text in [
            "{ a = config.b.c or 1; }",
            "{ a = config.b.c ? d; }",
            "with config.b.c; {}",
            "{ a = config.b; }",
            "let c = config.a.b; in { d = c.e or 1; }",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn option_paths_are_known_by_their_first_two_names() {
        let found = mentions(
            r#"{ a.b.c = 1; d = lib.mkIf x { e = {f = 1;}; g.h = 2; }; i = [{j = 1;}]; k = has ["l" "m"] options; n = options ? o.p; }"#,
        );
        let pair = |a: &str, b: &str| found.pairs.contains(&(a.to_owned(), b.to_owned()));
        assert!(pair("a", "b") && pair("d", "e") && pair("d", "g") && pair("l", "m") && pair("o", "p"));
        assert!(!pair("b", "c") && !pair("d", "f") && !pair("i", "j"));
    }

    #[test]
    fn surroundings_say_the_type() {
        for (text, kind) in [
            ("lib.mkIf config.a.b {}", StubKind::Bool),
            ("if !(config.a.b) then 1 else 2", StubKind::Bool),
            ("if config.a.b == 1 then 1 else 2", StubKind::String),
            ("[] ++ config.a.b", StubKind::List),
            ("{} // config.a.b", StubKind::Set),
            ("f config.a.b", StubKind::String),
        ] {
            assert_eq!(
                read(&format!("{{ x = {text}; }}")),
                [("a.b".to_owned(), kind)],
                "{text}"
            );
        }
    }

    #[test]
    fn names_come_from_a_with_only_where_nothing_else_binds_them() {
        let found = mentions("{pkgs, ...}: let a = 1; in { b = with pkgs; [a c.d pkgs.e]; f = g; }");
        assert_eq!(found.scoped.into_iter().collect::<Vec<_>>(), ["c"]);
        assert_eq!(found.selected.into_iter().collect::<Vec<_>>(), ["d", "e"]);
    }

    #[test]
    fn inputs_and_arguments_are_known() {
        let flake = "{ outputs = {self, nixpkgs, ...} @ inputs: { x = inputs.sops.y; inherit (inputs.z) w; inherit (inputs) v; }; }";
        let found = Mentions::of(&Source::new("flake.nix", flake));
        assert_eq!(
            found.inputs.into_iter().collect::<Vec<_>>(),
            ["nixpkgs", "sops", "v", "z"]
        );
        let found = mentions("{hostname, lib ? a, ...} @ args: {x = \"${m}/a/b.nix\";}");
        assert_eq!(found.arguments.into_iter().collect::<Vec<_>>(), ["hostname", "lib"]);
        assert_eq!(found.below.into_iter().collect::<Vec<_>>(), ["/a/b.nix"]);
    }

    #[test]
    fn a_file_that_does_not_parse_is_read_as_far_as_that_goes() {
        for text in [
            "{",
            "\"${",
            "{config, ...}: { a = config.b.c; d = ; }",
            "''${",
            "é",
            "\0",
            "{ a = [ (",
        ] {
            let found = mentions(text);
            assert_eq!(&*found.text, text);
        }
        let found = mentions("{config, ...}: { a = config.b.c; d = ; }");
        assert_eq!(path_text(&found.reads[0].path), "b.c");
    }

    #[test]
    fn places_are_offsets() {
        let found = mentions("{\n  a = 1;\n}\n");
        assert_eq!(found.offset(2, 3), Some(4));
        assert_eq!(found.offset(9, 1), None);
        assert_eq!(found.offset(0, 1), None);
    }
}
