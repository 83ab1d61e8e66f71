//! The same bindings, written in other ways: dotted or nested, quoted, inherited, recursive.

use std::collections::BTreeSet;

use qgroget::syntax::{self, AstNode as _, HasEntry as _, SyntaxNode, ast};

use super::text::{
    Binding, Edit, all, bindings, definitions, edited, end_with_comment, entries, has_comments, parse, repeated,
    start_with_comments,
};

/// `a = { b = x; };` as `a.b = x;`, where `wanted`.
fn dotted(text: &str, wanted: impl Fn(&Binding) -> bool) -> String {
    repeated(text, |_, root| {
        let binding = bindings(root).find(|binding| wanted(binding) && can_be_dotted(binding))?;
        let set = binding.set()?;
        let whole = syntax::span(binding.node.syntax());
        let braces = syntax::span(set.syntax());
        let path = binding.path.syntax().text().to_string();
        let mut edits: Vec<Edit> = vec![
            (whole.start..braces.start + 1, String::new()),
            (braces.end - 1..whole.end, String::new()),
        ];
        for entry in set.attrpath_values() {
            let at = syntax::span(entry.syntax()).start;
            edits.push((at..at, format!("{path}.")));
        }
        Some(edits)
    })
}

fn can_be_dotted(binding: &Binding) -> bool {
    let Some(set) = binding.set() else { return false };
    let inner = entries(&set);
    // Nix takes a computed name once in a set only.
    let computed = binding.path.attrs().any(|attr| syntax::attr_name(&attr).is_none());
    let count = if computed { 1..2 } else { 1..usize::MAX };
    count.contains(&inner.len())
        && inner.iter().all(|entry| ast::AttrpathValue::can_cast(entry.kind()))
        && !has_comments(binding.node.syntax())
}

/// Services directly below their namespace, each by a binding of its own.
pub fn dotted_services(text: &str) -> String {
    dotted(text, |binding| {
        binding.below("qgroget.services") == Some(0) || binding.below("qgroget") == Some(0)
    })
}

/// Every field of a service or of a backup job by a binding of its own.
pub fn dotted_fields(text: &str) -> String {
    dotted(text, |binding| {
        ["qgroget", "qgroget.services", "qgroget.backups"]
            .iter()
            .any(|prefix| binding.below(prefix) == Some(0))
            || binding.is_entry()
    })
}

/// Everything below services and backup jobs by bindings of its own, down to the leaves.
pub fn dotted_leaves(text: &str) -> String {
    dotted(text, |binding| {
        binding.below("qgroget") == Some(0)
            || binding.below("qgroget.services").is_some()
            || binding.below("qgroget.backups").is_some()
    })
}

/// The whole module without nested sets, options included.
pub fn dotted_all(text: &str) -> String {
    dotted(text, |_| true)
}

/// `a.b = x; a.c = y;` as `a = { b = x; c = y; };`, by the first `depth` names of paths below `qgroget`.
fn grouped(text: &str, depth: usize, wanted: impl Fn(&Binding) -> bool) -> String {
    repeated(text, |text, root| {
        for first in bindings(root).filter(|binding| wanted(binding)) {
            let parent = first.node.syntax().parent()?;
            let head = names(&first.path)?;
            if head.len() <= depth {
                continue;
            }
            let same: Vec<Binding> = bindings(&parent)
                .filter(|other| other.node.syntax().parent().as_ref() == Some(&parent))
                .filter(|other| {
                    names(&other.path).is_some_and(|names| names.len() > depth && names[..depth] == head[..depth])
                })
                .collect();
            if !has_comments(first.path.syntax()) {
                return Some(gathered(text, &same, depth));
            }
        }
        None
    })
}

fn names(path: &ast::Attrpath) -> Option<Vec<String>> {
    syntax::attrpath_names(path).into_iter().collect()
}

/// The bindings as one, in the place of the first, by the first `depth` names that they have in common.
fn gathered(text: &str, same: &[Binding], depth: usize) -> Vec<Edit> {
    let mut inner = String::new();
    let mut edits: Vec<Edit> = Vec::new();
    let mut common = String::new();
    for (index, binding) in same.iter().enumerate() {
        let attrs: Vec<ast::Attr> = binding.path.attrs().collect();
        let (last, next) = (
            syntax::span(attrs[depth - 1].syntax()),
            syntax::span(attrs[depth].syntax()),
        );
        let (start, end) = (
            start_with_comments(text, binding.node.syntax()),
            end_with_comment(text, binding.node.syntax()),
        );
        let path = syntax::span(binding.path.syntax());
        inner.push_str(&text[start..path.start]);
        inner.push_str(&text[next.start..end]);
        inner.push('\n');
        if index == 0 {
            common = text[path.start..last.end].to_owned();
            edits.push((start..end, String::new()));
        } else {
            edits.push((start..end, String::new()));
        }
    }
    edits[0].1 = format!("{common} = {{\n{inner}}};");
    edits
}

/// `qgroget = { services = { … }; backups = { … }; };` in place of dotted bindings.
pub fn grouped_namespaces(text: &str) -> String {
    let once = grouped(text, 1, |binding| {
        binding.option.len() == binding.path.attrs().count() && binding.below("qgroget").is_some()
    });
    grouped(&once, 1, |binding| binding.below("qgroget").is_some())
}

/// `qgroget.services = { … };` in place of bindings for single services.
pub fn grouped_services(text: &str) -> String {
    grouped(text, 2, |binding| {
        binding.below("qgroget.services").is_some_and(|rest| rest > 0)
            && binding.option.len() == binding.path.attrs().count()
    })
}

/// Every dotted binding nested, unless another one begins with the same name.
pub fn nested_all(text: &str) -> String {
    repeated(text, |_, root| {
        let binding = bindings(root).find(|binding| {
            binding.path.attrs().count() > 1 && !has_comments(binding.path.syntax()) && !shares_head(binding)
        })?;
        let attrs: Vec<ast::Attr> = binding.path.attrs().collect();
        let (last, next) = (
            syntax::span(attrs[0].syntax()).end,
            syntax::span(attrs[1].syntax()).start,
        );
        let end = syntax::span(binding.node.syntax()).end;
        Some(vec![(last..next, " = { ".to_owned()), (end..end, " };".to_owned())])
    })
}

fn shares_head(binding: &Binding) -> bool {
    let head = |path: &ast::Attrpath| path.attrs().next().and_then(|attr| syntax::attr_name(&attr));
    let Some(parent) = binding.node.syntax().parent() else {
        return false;
    };
    let siblings = parent.children().filter_map(ast::AttrpathValue::cast);
    let same = siblings
        .filter_map(|value| value.attrpath())
        .filter(|path| head(path) == head(&binding.path));
    same.count() > 1
}

/// Names of services and jobs in quotation marks.
pub fn quoted_services(text: &str) -> String {
    renamed(text, |name| format!("\"{name}\""), is_service_name)
}

/// Every name of a definition in quotation marks.
pub fn quoted_all(text: &str) -> String {
    renamed(text, |name| format!("\"{name}\""), |_, _| true)
}

/// Names of services and jobs as interpolations of constant strings.
pub fn dynamic_services(text: &str) -> String {
    renamed(text, |name| format!("${{\"{name}\"}}"), is_service_name)
}

/// Fields as interpolations of constant strings.
pub fn dynamic_fields(text: &str) -> String {
    renamed(text, |name| format!("${{\"{name}\"}}"), |binding, _| binding.is_field())
}

fn is_service_name(binding: &Binding, index: usize) -> bool {
    let own = binding.path.attrs().count();
    let before = binding.option.len().saturating_sub(own);
    ["services", "backups"].iter().any(|kind| {
        binding.option.first().is_some_and(|name| name == "qgroget")
            && binding.option.get(1).is_some_and(|name| name == kind)
    }) && before + index == 2
}

fn renamed(text: &str, new: impl Fn(&str) -> String, wanted: impl Fn(&Binding, usize) -> bool) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for binding in definitions(&parse(text)) {
        let skip = usize::from(binding.path.syntax().text().to_string().starts_with("config"));
        for (index, attr) in binding.path.attrs().enumerate() {
            if let ast::Attr::Ident(ident) = &attr
                && index >= skip
                && wanted(&binding, index - skip)
            {
                edits.push((syntax::span(attr.syntax()), new(&syntax::ident_text(ident))));
            }
        }
    }
    edited(text, edits)
}

/// Names in selections in quotation marks: `config."qgroget"."server"`.
pub fn quoted_selections(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for select in all::<ast::Select>(&parse(text)) {
        let of_config = select
            .expr()
            .is_some_and(|expr| ["config", "cfg"].contains(&expr.syntax().text().to_string().as_str()));
        let in_string = select.syntax().ancestors().any(|node| ast::Str::can_cast(node.kind()));
        if of_config && !in_string {
            for attr in select
                .attrpath()
                .iter()
                .flat_map(|path| path.attrs().collect::<Vec<_>>())
            {
                if let ast::Attr::Ident(ident) = &attr {
                    edits.push((
                        syntax::span(attr.syntax()),
                        format!("\"{}\"", syntax::ident_text(ident)),
                    ));
                }
            }
        }
    }
    edited(text, edits)
}

/// `inherit (x) y;` as `y = x.y;`.
pub fn inherit_out(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for inherit in all::<ast::Inherit>(&parse(text)) {
        let from = inherit
            .from()
            .and_then(|from| from.expr())
            .map(|expr| expr.syntax().text().to_string());
        let attrs: Vec<String> = inherit.attrs().map(|attr| attr.syntax().text().to_string()).collect();
        let scoped = inherit
            .syntax()
            .parent()
            .is_some_and(|node| ast::LetIn::can_cast(node.kind()));
        let head = from
            .as_deref()
            .and_then(|from| from.split('.').next())
            .map(str::to_owned);
        let itself = scoped && (from.is_none() || head.is_some_and(|head| attrs.contains(&head)));
        if itself || has_comments(inherit.syntax()) {
            continue;
        }
        let plain = |from: &str| from.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        let each = attrs.iter().map(|attr| match &from {
            Some(from) if plain(from) => format!("{attr} = {from}.{attr};"),
            Some(from) => format!("{attr} = ({from}).{attr};"),
            None => format!("{attr} = {attr};"),
        });
        edits.push((syntax::span(inherit.syntax()), each.collect::<Vec<_>>().join("\n")));
    }
    edited(text, edits)
}

/// `y = x.y;` as `inherit (x) y;`, and `y = y;` as `inherit y;`.
pub fn inherit_in(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for binding in bindings(&parse(text)) {
        let Some(name) = names(&binding.path)
            .filter(|names| names.len() == 1)
            .map(|names| names[0].clone())
        else {
            continue;
        };
        let new = match &binding.value {
            ast::Expr::Ident(ident) if syntax::ident_text(ident) == name && !binding.is_in_scope() => {
                format!("inherit {name};")
            }
            ast::Expr::Select(select) => match split(select) {
                Some((from, last)) if last == name && select.or_token().is_none() => {
                    format!("inherit ({from}) {name};")
                }
                _ => continue,
            },
            _ => continue,
        };
        edits.push((syntax::span(binding.node.syntax()), new));
    }
    edited(text, edits)
}

fn split(select: &ast::Select) -> Option<(String, String)> {
    let attrs: Vec<ast::Attr> = select.attrpath()?.attrs().collect();
    let (last, before) = attrs.split_last()?;
    let from = std::iter::once(select.expr()?.syntax().text().to_string())
        .chain(before.iter().map(|attr| attr.syntax().text().to_string()));
    Some((from.collect::<Vec<_>>().join("."), syntax::attr_name(last)?))
}

/// `rec { … }`, where no name in the set means something else inside.
fn recursive(text: &str, wanted: impl Fn(&Binding) -> bool) -> String {
    let edits = definitions(&parse(text))
        .filter(|binding| wanted(binding))
        .filter_map(|binding| {
            let set = binding.set()?;
            let own: BTreeSet<String> = entries(&set).iter().flat_map(bound).collect();
            let mut used = all::<ast::Ident>(set.syntax()).filter(|ident| {
                ident
                    .syntax()
                    .parent()
                    .is_some_and(|node| !ast::Attrpath::can_cast(node.kind()))
            });
            let harmless = !own.is_empty() && !used.any(|ident| own.contains(&syntax::ident_text(&ident)));
            let at = syntax::span(set.syntax()).start;
            harmless.then(|| (at..at, "rec ".to_owned()))
        });
    edited(text, edits.collect())
}

fn bound(entry: &SyntaxNode) -> Vec<String> {
    match ast::Entry::cast(entry.clone()) {
        Some(ast::Entry::AttrpathValue(value)) => {
            let first = value.attrpath().and_then(|path| path.attrs().next());
            first.and_then(|attr| syntax::attr_name(&attr)).into_iter().collect()
        }
        Some(ast::Entry::Inherit(inherit)) => inherit.attrs().filter_map(|attr| syntax::attr_name(&attr)).collect(),
        None => Vec::new(),
    }
}

/// Services and jobs as recursive sets.
pub fn recursive_entries(text: &str) -> String {
    recursive(text, Binding::is_entry)
}

/// All definitions' sets recursive.
pub fn recursive_all(text: &str) -> String {
    recursive(text, |_| true)
}

/// A service's set as two, joined by `//`.
pub fn updated_entries(text: &str) -> String {
    let edits = definitions(&parse(text))
        .filter(Binding::is_whole_entry)
        .filter_map(|binding| {
            let inner = entries(&binding.set()?);
            let at = syntax::span(inner.get(1).and(inner.first())?).end;
            Some((at..at, " } // {".to_owned()))
        });
    edited(text, edits.collect())
}

/// A service's fields in reverse order.
pub fn reversed_fields(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for binding in definitions(&parse(text)).filter(Binding::is_entry) {
        let Some(set) = binding.set().filter(|set| !has_comments(set.syntax())) else {
            continue;
        };
        let inner = entries(&set);
        let texts = inner.iter().rev().map(|entry| entry.text().to_string());
        edits.extend(inner.iter().map(syntax::span).zip(texts));
    }
    edited(text, edits)
}
