//! What the forms are made with: edits on a file's text, and questions about its bindings.

use std::ops::Range;

use qgroget::syntax::{self, AstNode as _, HasEntry as _, Source, SyntaxNode, SyntaxToken, ast};

pub type Edit = (Range<usize>, String);

/// Parses a text that is known to parse.
pub fn parse(text: &str) -> SyntaxNode {
    let source = Source::new("variant.nix", text);
    assert!(source.syntax_error().is_none(), "no Nix:\n{text}");
    source.root()
}

/// Makes edits, which do not overlap; those at one place stand in the order in which they are given.
pub fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let (mut result, mut at) = (String::with_capacity(text.len() * 2), 0);
    for (range, new) in edits {
        assert!(at <= range.start, "edits meet at {at}: {new:?} in\n{text}");
        result.push_str(&text[at..range.start]);
        result.push_str(&new);
        at = range.end;
    }
    result.push_str(&text[at..]);
    result
}

/// Makes the edits of `step` until there are none.
pub fn repeated(text: &str, step: impl Fn(&str, &SyntaxNode) -> Option<Vec<Edit>>) -> String {
    let mut text = text.to_owned();
    for _ in 0..500 {
        match step(&text, &parse(&text)) {
            Some(edits) => text = edited(&text, edits),
            None => return text,
        }
    }
    panic!("never done:\n{text}");
}

/// Puts `before` and `after` around each node.
pub fn around(nodes: impl IntoIterator<Item = SyntaxNode>, before: &str, after: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for node in nodes {
        let span = syntax::span(&node);
        edits.push((span.start..span.start, before.to_owned()));
        edits.push((span.end..span.end, after.to_owned()));
    }
    edits
}

/// The nodes of one kind, in source order.
pub fn all<N: syntax::AstNode<Language = <SyntaxNode as NodeLanguage>::Language>>(
    root: &SyntaxNode,
) -> impl Iterator<Item = N> + use<N> {
    root.descendants().filter_map(N::cast)
}

/// The language that trees are of, which has no name outside `qgroget::syntax`.
pub trait NodeLanguage {
    type Language;
}

impl NodeLanguage for SyntaxNode {
    type Language = <ast::Expr as syntax::AstNode>::Language;
}

/// Whether a token is part of a string or a path.
pub fn is_within_text(token: &SyntaxToken) -> bool {
    token.parent_ancestors().any(|node| {
        ast::Str::can_cast(node.kind())
            || ast::PathRel::can_cast(node.kind())
            || ast::PathAbs::can_cast(node.kind())
            || ast::PathHome::can_cast(node.kind())
            || ast::PathSearch::can_cast(node.kind())
    })
}

/// Whether a comment stands directly below the node, between its parts.
pub fn has_comments(node: &SyntaxNode) -> bool {
    node.children_with_tokens()
        .filter_map(|child| child.into_token())
        .any(|token| syntax::is_comment(&token))
}

/// A binding with what is known of it.
pub struct Binding {
    pub node: ast::AttrpathValue,
    pub path: ast::Attrpath,
    pub value: ast::Expr,
    /// The option path, as far as it can be read from the bindings around.
    pub option: Vec<String>,
}

impl Binding {
    fn of(node: ast::AttrpathValue) -> Option<Binding> {
        let (path, value) = (node.attrpath()?, node.value()?);
        let enclosing: Vec<ast::AttrpathValue> =
            node.syntax().ancestors().filter_map(ast::AttrpathValue::cast).collect();
        let names = enclosing.iter().rev().filter_map(ast::AttrpathValue::attrpath);
        let option = names.flat_map(|path| path.attrs().collect::<Vec<_>>());
        let option: Vec<String> = option
            .map(|attr| syntax::attr_name(&attr).unwrap_or_else(|| attr.syntax().text().to_string()))
            .collect();
        let skip = usize::from(option.first().is_some_and(|name| name == "config"));
        Some(Binding {
            node,
            path,
            value,
            option: option[skip..].to_vec(),
        })
    }

    /// How many parts the option path has, if it is below `prefix`, counted from there.
    pub fn below(&self, prefix: &str) -> Option<usize> {
        let prefix: Vec<&str> = prefix.split('.').collect();
        let starts = self.option.len() >= prefix.len() && self.option.iter().zip(&prefix).all(|(a, b)| a == b);
        starts.then(|| self.option.len() - prefix.len())
    }

    /// Whether it is all that a service, or one binding of it, declares.
    pub fn is_entry(&self) -> bool {
        self.below("qgroget.services") == Some(1) || self.below("qgroget.backups") == Some(1)
    }

    /// Whether it is such an entry, and nothing else in the file adds to it: Nix joins set literals only.
    pub fn is_whole_entry(&self) -> bool {
        let own = syntax::span(self.node.syntax());
        let root = self.node.syntax().ancestors().last();
        let adds = |other: Binding| {
            let outside = !own.contains(&syntax::span(other.node.syntax()).start);
            outside && other.option.len() > self.option.len() && other.option.starts_with(&self.option)
        };
        self.is_entry() && !root.iter().flat_map(bindings).any(adds)
    }

    /// Whether it is a field of a service or of a backup job.
    pub fn is_field(&self) -> bool {
        self.below("qgroget.services") == Some(2) || self.below("qgroget.backups") == Some(2)
    }

    /// The attribute set that the value is, unless it is recursive.
    pub fn set(&self) -> Option<ast::AttrSet> {
        match &self.value {
            ast::Expr::AttrSet(set) if set.rec_token().is_none() => Some(set.clone()),
            _ => None,
        }
    }

    /// Whether it stands in a `let` or a recursive set, where its name is in scope.
    pub fn is_in_scope(&self) -> bool {
        self.node.syntax().parent().is_none_or(|parent| {
            ast::LetIn::can_cast(parent.kind())
                || ast::AttrSet::cast(parent).is_some_and(|set| set.rec_token().is_some())
        })
    }
}

/// Every binding, in source order.
pub fn bindings(root: &SyntaxNode) -> impl Iterator<Item = Binding> + use<> {
    root.descendants()
        .filter_map(ast::AttrpathValue::cast)
        .filter_map(Binding::of)
}

/// The bindings of option definitions: not of `let`, and not below `options`.
pub fn definitions(root: &SyntaxNode) -> impl Iterator<Item = Binding> + use<> {
    bindings(root).filter(|binding| {
        let in_let = binding.node.syntax().ancestors().any(|node| {
            let parent = node.parent();
            ast::AttrpathValue::can_cast(node.kind()) && parent.is_some_and(|p| ast::LetIn::can_cast(p.kind()))
        });
        !in_let
            && !binding
                .option
                .first()
                .is_some_and(|name| ["options", "imports", "disabledModules"].contains(&name.as_str()))
    })
}

/// A module's function and its set.
pub struct Head {
    pub pattern: Option<ast::Pattern>,
    pub set: ast::AttrSet,
    /// Whether `with lib;` stands around the set.
    pub with_lib: bool,
}

pub fn head(root: &SyntaxNode) -> Option<Head> {
    let mut expr = root.children().find_map(ast::Expr::cast)?;
    let (mut pattern, mut with_lib) = (None, false);
    loop {
        expr = match expr {
            ast::Expr::Lambda(lambda) => {
                if let Some(ast::Param::Pattern(found)) = lambda.param() {
                    pattern = Some(found);
                }
                lambda.body()?
            }
            ast::Expr::LetIn(inner) => inner.body()?,
            ast::Expr::With(with) => {
                with_lib |= with.namespace().is_some_and(|name| name.syntax().text() == "lib");
                with.body()?
            }
            ast::Expr::Paren(paren) => paren.expr()?,
            ast::Expr::AttrSet(set) => return Some(Head { pattern, set, with_lib }),
            _ => return None,
        };
    }
}

/// The module with `lib` among its arguments, and how its functions are called there.
pub fn with_lib(text: &str) -> Option<(String, &'static str)> {
    let head = head(&parse(text))?;
    let pattern = head.pattern?;
    let named = pattern
        .pat_entries()
        .filter_map(|entry| entry.ident())
        .any(|ident| syntax::ident_text(&ident) == "lib");
    if head.with_lib || named {
        return Some((text.to_owned(), if head.with_lib { "" } else { "lib." }));
    }
    let start = syntax::span(pattern.syntax()).start + 1;
    Some((edited(text, vec![(start..start, " lib,".to_owned())]), "lib."))
}

/// The entries of a set, `inherit` included.
pub fn entries(set: &ast::AttrSet) -> Vec<SyntaxNode> {
    set.entries().map(|entry| entry.syntax().clone()).collect()
}

/// The place right before `node` and the comments that stand directly above it.
pub fn start_with_comments(text: &str, node: &SyntaxNode) -> usize {
    let start = syntax::span(node).start;
    let mut at = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    if !text[at..start].trim().is_empty() {
        return start;
    }
    while at > 0 {
        let above = text[..at - 1].rfind('\n').map_or(0, |newline| newline + 1);
        if !text[above..at].trim_start().starts_with('#') {
            break;
        }
        at = above;
    }
    at
}

/// The place after `node` and a comment that follows it in its line.
pub fn end_with_comment(text: &str, node: &SyntaxNode) -> usize {
    let end = syntax::span(node).end;
    let line = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    if text[end..line].trim_start().starts_with('#') {
        line
    } else {
        end
    }
}
