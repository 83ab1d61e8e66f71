//! What a source mentions: attribute paths that are read, names that are selected, files that are imported.
//!
//! The findings only decide which stand-ins a slice starts with, so a heuristic is good enough here: one stand-in
//! too many changes nothing (both sides have it), one too few is asked for by evaluation.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use super::lexer::{Token, TokenKind, tokens};
use super::standin::Kind;

/// One component of an attribute path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A name that stands in the source.
    Name(String),
    /// A name that evaluation computes.
    Any,
}

/// A selection `root.a.b.c` in a source.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The variable at its head.
    pub root: String,
    /// What is selected from it.
    pub parts: Vec<Part>,
    /// Byte offsets of the whole selection.
    pub start: usize,
    /// Byte offset after the selection.
    pub end: usize,
    /// The type that its surroundings ask for.
    pub kind: Kind,
    /// Whether an absent value is provided for (`or`, `?`).
    pub guarded: bool,
    /// The name that the selection is bound to, where it is the whole of a binding's value.
    pub bound_to: Option<String>,
}

/// One source file.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// All selections, and variables that stand alone and may be aliases.
    pub chains: Vec<Chain>,
    /// Names that stand for a selection: `cfg = config.services.foo;`, `inherit (config.a) b;`.
    pub aliases: BTreeMap<String, Vec<(String, Vec<Part>)>>,
    /// Names that are selected from something.
    pub selected: BTreeSet<String>,
    /// Words of a file that opens a scope with `with`.
    pub scoped: BTreeSet<String>,
    /// What the scopes are: `with config.services;`.
    pub scopes: Vec<(String, Vec<Part>)>,
    /// The first two names of option paths: `environment.persistence = …`, `environment = {persistence = …;}`,
    /// `["environment" "persistence"]`.
    pub pairs: BTreeSet<(String, String)>,
    /// Relative paths that are mentioned.
    pub paths: BTreeSet<String>,
    /// Paths below a value that is interpolated or added to: `"${x}/a/b.nix"`, `modulesPath + "/a.nix"`.
    pub below: BTreeSet<String>,
    /// The formal arguments of the file's function.
    pub formals: BTreeSet<String>,
    /// The formal arguments of `outputs`, in a flake.
    pub flake_arguments: BTreeSet<String>,
    /// Byte offsets at which lines start, to find what a message points at.
    lines: Vec<usize>,
    /// Tells another text from the same one.
    pub digest: u64,
}

impl Source {
    /// What `text` mentions.
    pub fn read(text: &str) -> Source {
        let tokens = tokens(text);
        let mut source = Source {
            formals: formals(&tokens),
            digest: digest(text.as_bytes()),
            lines: std::iter::once(0)
                .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|n| n + 1))
                .collect(),
            ..Source::default()
        };
        if let Some(at) = tokens.windows(2).position(|w| w[0].is_word("outputs") && w[1].is("=")) {
            source.flake_arguments = formals(&tokens[at + 2..]);
        }
        let mut at = 0;
        while at < tokens.len() {
            source.visit(&tokens, at);
            at += 1;
        }
        if tokens.iter().any(|t| t.is_word("with")) {
            source
                .scoped
                .extend(tokens.iter().filter_map(|t| t.word().map(str::to_owned)));
        }
        source
    }

    /// What may be the first two names of an option's path.
    fn pair(&mut self, tokens: &[Token], at: usize) {
        let pair = match (&tokens[at].kind, tokens.get(at + 1), tokens.get(at + 2)) {
            (TokenKind::Ident(first), Some(dot), Some(second)) if dot.is(".") => {
                second.word().map(|second| (first.clone(), second.to_owned()))
            }
            // "environment" "persistence"
            (TokenKind::Text(first), Some(end), Some(start))
                if end.kind == TokenKind::StringEnd && start.kind == TokenKind::StringStart =>
            {
                match tokens.get(at + 3).map(|t| &t.kind) {
                    Some(TokenKind::Text(second)) => Some((first.clone(), second.clone())),
                    _ => None,
                }
            }
            (TokenKind::Ident(first), Some(equals), _) if equals.is("=") => {
                for second in members(&tokens[at + 2..]) {
                    self.pairs.insert((first.clone(), second.to_owned()));
                }
                None
            }
            _ => None,
        };
        self.pairs.extend(pair);
    }

    fn visit(&mut self, tokens: &[Token], at: usize) {
        if at == 0 || !tokens[at - 1].is(".") {
            self.pair(tokens, at);
        }
        match &tokens[at].kind {
            TokenKind::Path(path) => {
                self.paths.insert(path.clone());
            }
            TokenKind::Text(text) if text.starts_with('/') && text.ends_with(".nix") => {
                self.below.insert(text.clone());
            }
            TokenKind::Ident(word) if word == "inherit" => self.inherit(tokens, at + 1),
            TokenKind::Ident(word) if is_keyword(word) => {}
            TokenKind::Ident(_) if at == 0 || !tokens[at - 1].is(".") => self.chain(tokens, at),
            TokenKind::Ident(word) => {
                self.selected.insert(word.clone());
            }
            _ => {}
        }
    }

    fn chain(&mut self, tokens: &[Token], at: usize) {
        let Some(root) = tokens[at].word() else { return };
        let (parts, next) = parts(tokens, at + 1);
        for part in &parts {
            if let Part::Name(name) = part {
                self.selected.insert(name.clone());
            }
        }
        let before = at.checked_sub(1).map(|i| &tokens[i]);
        let after = tokens.get(next);
        if after.is_some_and(|t| t.is("=") || t.is(":") || t.is("@") || t.is(",")) {
            return; // a binding's name or a function's argument
        }
        let bound_to = match (at.checked_sub(2).map(|i| &tokens[i]), before, after) {
            (Some(name), Some(equals), Some(end)) if equals.is("=") && end.is(";") => {
                let alone = at < 3 || !tokens[at - 3].is(".");
                name.word().filter(|_| alone).map(str::to_owned)
            }
            _ => None,
        };
        if before.is_some_and(|t| t.is_word("with")) {
            self.scopes.push((root.to_owned(), parts.clone()));
        }
        if let Some(name) = &bound_to {
            self.aliases
                .entry(name.clone())
                .or_default()
                .push((root.to_owned(), parts.clone()));
        }
        self.chains.push(Chain {
            kind: expected(&parts, before, after),
            guarded: after.is_some_and(|t| t.is_word("or") || t.is("?")) || before.is_some_and(|t| t.is_word("with")),
            root: root.to_owned(),
            parts,
            start: tokens[at].start,
            end: tokens[next - 1].end,
            bound_to,
        });
    }

    /// `inherit (chain) a b;`
    fn inherit(&mut self, tokens: &[Token], at: usize) {
        if !tokens.get(at).is_some_and(|t| t.is("(")) {
            return;
        }
        let Some(root) = tokens.get(at + 1).and_then(Token::word) else {
            return;
        };
        let (from, mut next) = parts(tokens, at + 2);
        if !tokens.get(next).is_some_and(|t| t.is(")")) {
            return;
        }
        next += 1;
        while let Some(name) = tokens.get(next).and_then(Token::word) {
            let mut parts = from.clone();
            parts.push(Part::Name(name.to_owned()));
            self.selected.insert(name.to_owned());
            self.aliases
                .entry(name.to_owned())
                .or_default()
                .push((root.to_owned(), parts.clone()));
            self.chains.push(Chain {
                kind: expected(&parts, None, None),
                root: root.to_owned(),
                parts,
                start: tokens[next].start,
                end: tokens[next].end,
                guarded: false,
                bound_to: Some(name.to_owned()),
            });
            next += 1;
        }
    }

    /// What a selection means from the root `config`, through aliases; several where a name is bound twice.
    pub fn resolve(&self, root: &str, parts: &[Part], target: &str) -> Vec<Vec<Part>> {
        self.resolve_within(root, parts, target, 4)
    }

    fn resolve_within(&self, root: &str, parts: &[Part], target: &str, depth: usize) -> Vec<Vec<Part>> {
        if root == target {
            return vec![parts.to_vec()];
        }
        if depth == 0 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (head, tail) in self.aliases.get(root).into_iter().flatten() {
            if head == root {
                continue;
            }
            let joined: Vec<Part> = tail.iter().chain(parts).cloned().collect();
            found.extend(self.resolve_within(head, &joined, target, depth - 1));
        }
        found
    }

    /// The byte offset of a one-based line and column.
    pub fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let start = self.lines.get((line as usize).checked_sub(1)?)?;
        Some(start + (column as usize).saturating_sub(1))
    }

    /// Whether something is selected from the variable `name`.
    pub fn selects_from(&self, name: &str) -> bool {
        self.chains.iter().any(|c| c.root == name && !c.parts.is_empty())
    }
}

/// A digest that tells one content from another within one run.
pub fn digest(content: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(content);
    hasher.finish()
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "let" | "in" | "if" | "then" | "else" | "with" | "rec" | "assert" | "or" | "true" | "false" | "null"
    )
}

/// The components after the head at `next - 1`, and the index of the token after them.
fn parts(tokens: &[Token], mut next: usize) -> (Vec<Part>, usize) {
    let mut parts = Vec::new();
    while tokens.get(next).is_some_and(|t| t.is(".")) {
        let Some(token) = tokens.get(next + 1) else { break };
        match &token.kind {
            TokenKind::Ident(name) => {
                parts.push(Part::Name(name.clone()));
                next += 2;
            }
            TokenKind::StringStart => {
                let end = closing(tokens, next + 1);
                parts.push(match tokens.get(next + 2).map(|t| &t.kind) {
                    Some(TokenKind::Text(text)) if end == next + 3 => Part::Name(text.clone()),
                    _ => Part::Any,
                });
                next = end + 1;
            }
            TokenKind::Open => {
                parts.push(Part::Any);
                next = closing(tokens, next + 1) + 1;
            }
            _ => break,
        }
    }
    (parts, next.min(tokens.len()))
}

/// The index of the token that closes the string or interpolation that opens at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            TokenKind::StringStart | TokenKind::Open => depth += 1,
            TokenKind::StringEnd | TokenKind::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

/// The names that the first set of a binding's value binds: `{a = 1; b.c = 2;}` or `mkIf x {…}`.
fn members(value: &[Token]) -> Vec<&str> {
    let open = value.iter().position(|t| t.is("{") || t.is(";") || t.is("["));
    let mut names = Vec::new();
    let Some(open) = open.filter(|at| value[*at].is("{")) else {
        return names;
    };
    let mut depth = 0usize;
    for (index, token) in value.iter().enumerate().skip(open) {
        if token.is("{") || token.is("[") || token.is("(") || token.kind == TokenKind::Open {
            depth += 1;
        } else if token.is("}") || token.is("]") || token.is(")") || token.kind == TokenKind::Close {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if depth == 1 && (value[index - 1].is("{") || value[index - 1].is(";")) {
            let binds = value.get(index + 1).is_some_and(|t| t.is("=") || t.is("."));
            names.extend(token.word().filter(|_| binds));
        }
    }
    names
}

/// The type that a read's surroundings, or else the option's name, ask for.
fn expected(parts: &[Part], before: Option<&Token>, after: Option<&Token>) -> Kind {
    const CONDITIONS: [&str; 9] = [
        "if",
        "assert",
        "mkIf",
        "optional",
        "optionals",
        "optionalString",
        "optionalAttrs",
        "mkAssert",
        "optionalModules",
    ];
    let condition = before.is_some_and(|t| {
        t.is("!") || t.is("&&") || t.is("||") || t.is("->") || t.word().is_some_and(|w| CONDITIONS.contains(&w))
    }) || after.is_some_and(|t| t.is("&&") || t.is("||") || t.is("->") || t.is_word("then"));
    if condition && !after.is_some_and(|t| t.is("==") || t.is("!=")) {
        return Kind::Bool;
    }
    if before.is_some_and(|t| t.is("++")) || after.is_some_and(|t| t.is("++")) {
        return Kind::List;
    }
    if before.is_some_and(|t| t.is("//")) || after.is_some_and(|t| t.is("//")) {
        return Kind::Set;
    }
    let Some(Part::Name(last)) = parts.last() else {
        return Kind::String;
    };
    let lower = last.to_ascii_lowercase();
    // NixOS's own conventions: `enable` is a switch, ports and ids are numbers.
    if last == "enable" || last.starts_with("enable") || last.ends_with("Enable") {
        Kind::Bool
    } else if lower.ends_with("port") || lower == "uid" || lower == "gid" {
        Kind::Int
    } else if last == "package" || last == "finalPackage" {
        Kind::Package
    } else {
        Kind::String
    }
}

/// The formal arguments of a file that is one function.
fn formals(tokens: &[Token]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let skip = if tokens.get(1).is_some_and(|t| t.is("@")) { 2 } else { 0 };
    if !tokens.get(skip).is_some_and(|t| t.is("{")) {
        return names;
    }
    for (index, token) in tokens.iter().enumerate().skip(skip + 1) {
        if token.is("}") {
            let next = tokens.get(index + 1);
            return if next.is_some_and(|t| t.is(":") || t.is("@")) {
                names
            } else {
                BTreeSet::new()
            };
        }
        if token.is("=") || token.is(";") {
            return BTreeSet::new();
        }
        if let Some(name) = token.word() {
            names.insert(name.to_owned());
        }
    }
    BTreeSet::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Part> {
        text.split('.')
            .map(|p| if p == "*" { Part::Any } else { Part::Name(p.to_owned()) })
            .collect()
    }

    fn reads(text: &str) -> Vec<(Vec<Part>, Kind)> {
        let source = Source::read(text);
        source
            .chains
            .iter()
            .filter(|c| !c.parts.is_empty())
            .flat_map(|c| {
                source
                    .resolve(&c.root, &c.parts, "config")
                    .into_iter()
                    .map(move |p| (p, c.kind))
            })
            .collect()
    }

    #[test]
    fn reads_in_code_and_in_strings() {
        assert_eq!(
            reads(r#"{ a = config.services.x.user; b = "${config.sops.secrets."k/l".path}"; c = config.a.${n}.ref; }"#),
            [
                (path("services.x.user"), Kind::String),
                (
                    vec![
                        Part::Name("sops".into()),
                        Part::Name("secrets".into()),
                        Part::Name("k/l".into()),
                        Part::Name("path".into())
                    ],
                    Kind::String
                ),
                (path("a.*.ref"), Kind::String),
            ]
        );
    }

    #[test]
    fn reads_through_aliases() {
        let found = reads(
            "let cfg = config.services.x; inherit (config.virtualisation.quadlet) pods; in { a = cfg.port; b = pods.${p}.ref; }",
        );
        assert!(found.contains(&(path("services.x.port"), Kind::Int)));
        assert!(found.contains(&(path("virtualisation.quadlet.pods.*.ref"), Kind::String)));
    }

    #[test]
    fn option_paths_are_known_by_their_first_two_names() {
        let source = Source::read(
            r#"{ a.b.c = 1; d = lib.mkIf x { e = {f = 1;}; g.h = 2; }; i = [{j = 1;}]; k = has ["l" "m"] options; }"#,
        );
        let pair = |a: &str, b: &str| source.pairs.contains(&(a.to_owned(), b.to_owned()));
        assert!(pair("a", "b") && pair("d", "e") && pair("d", "g") && pair("l", "m"));
        assert!(!pair("b", "c") && !pair("d", "f") && !pair("i", "j"));
    }

    #[test]
    fn surroundings_say_the_type() {
        assert_eq!(reads("{ a = lib.mkIf config.a.b {}; }"), [(path("a.b"), Kind::Bool)]);
        assert_eq!(reads("{ a = [] ++ config.a.b; }"), [(path("a.b"), Kind::List)]);
        assert_eq!(
            reads("{ a = if config.a.b == 1 then 1 else 2; }"),
            [(path("a.b"), Kind::String)]
        );
    }
}
