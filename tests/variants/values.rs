//! The same values, written in other ways.

use qgroget::syntax::{self, AstNode as _, InterpolPart, SyntaxNode, ast};

use super::text::{Binding, Edit, all, around, definitions, edited, head, parse, with_lib};

fn values(text: &str, wanted: impl Fn(&Binding) -> bool) -> Vec<SyntaxNode> {
    let found = definitions(&parse(text)).filter(|binding| wanted(binding));
    found.map(|binding| binding.value.syntax().clone()).collect()
}

fn wrapped(text: &str, before: &str, after: &str, wanted: impl Fn(&Binding) -> bool) -> String {
    edited(text, around(values(text, wanted), before, after))
}

/// Parentheses around the declarations of services and jobs.
pub fn parenthesized_entries(text: &str) -> String {
    wrapped(text, "(", ")", Binding::is_entry)
}

/// Parentheses around the fields.
pub fn parenthesized_fields(text: &str) -> String {
    wrapped(text, "(", ")", Binding::is_field)
}

/// Parentheses around every value of a definition.
pub fn parenthesized_all(text: &str) -> String {
    wrapped(text, "(", ")", |_| true)
}

/// Parentheses around all elements of lists.
pub fn parenthesized_elements(text: &str) -> String {
    let lists = all::<ast::List>(&parse(text));
    let items = lists.flat_map(|list| list.items().map(|item| item.syntax().clone()).collect::<Vec<_>>());
    edited(text, around(items, "(", ")"))
}

/// Calls a function of `lib` around values.
fn called(text: &str, function: &str, close: &str, wanted: impl Fn(&Binding) -> bool) -> String {
    let Some((text, lib)) = with_lib(text) else {
        return text.to_owned();
    };
    let before = function.replace("lib.", lib);
    wrapped(&text, &before, close, wanted)
}

pub fn mk_if_true_entries(text: &str) -> String {
    called(text, "lib.mkIf true ", "", |binding| {
        binding.is_whole_entry() && binding.set().is_some()
    })
}

pub fn mk_if_true_fields(text: &str) -> String {
    called(text, "lib.mkIf true (", ")", Binding::is_field)
}

pub fn mk_merge_entries(text: &str) -> String {
    called(text, "lib.mkMerge [", "]", |binding| {
        binding.is_whole_entry() && binding.set().is_some()
    })
}

/// `services = lib.mkMerge [ { … } ]`.
pub fn mk_merge_namespace(text: &str) -> String {
    called(text, "lib.mkMerge [", "]", |binding| {
        binding.below("qgroget.services") == Some(0) && binding.set().is_some()
    })
}

/// A `let` that binds nothing of use around declarations.
pub fn let_entries(text: &str) -> String {
    wrapped(text, "let unrelated = 1; in ", "", Binding::is_whole_entry)
}

/// A `let` around every field.
pub fn let_fields(text: &str) -> String {
    wrapped(text, "let unrelated = 1; in ", "", Binding::is_field)
}

/// What a field says, as a binding around the declaration.
pub fn hoisted_strings(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for entry in definitions(&parse(text)).filter(|binding| binding.is_whole_entry() && binding.set().is_some()) {
        let mut bound = Vec::new();
        for field in definitions(entry.value.syntax()).filter(Binding::is_field) {
            if let ast::Expr::Str(string) = &field.value {
                let name = format!("the{}", field.option[3]);
                bound.push(format!("{name} = {};", string.syntax().text()));
                edits.push((syntax::span(string.syntax()), name));
            }
        }
        if !bound.is_empty() {
            let at = syntax::span(entry.value.syntax()).start;
            edits.push((at..at, format!("let {} in ", bound.join(" "))));
        }
    }
    edited(text, edits)
}

/// The strings outside paths of attributes, with what is in their quotation marks.
fn strings(text: &str) -> Vec<(ast::Str, String)> {
    let plain = all::<ast::Str>(&parse(text)).filter(|string| {
        let parent = string.syntax().parent();
        !parent.is_some_and(|node| ast::Attrpath::can_cast(node.kind()) || ast::Dynamic::can_cast(node.kind()))
            && !string
                .syntax()
                .ancestors()
                .skip(1)
                .any(|node| ast::Str::can_cast(node.kind()))
    });
    let content = |string: &ast::Str| {
        let text = string.syntax().text().to_string();
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.map(str::to_owned)
    };
    plain
        .filter_map(|string| content(&string).map(|text| (string, text)))
        .collect()
}

/// `"a"` as `''a''`.
pub fn indented_strings(text: &str) -> String {
    let same = |inner: &str| {
        !inner.starts_with(' ') && !inner.contains(['\n', '\\', '\'']) && !inner.ends_with('$') && !inner.contains("$$")
    };
    let found = strings(text).into_iter().filter(|(_, inner)| same(inner));
    edited(
        text,
        found
            .map(|(string, inner)| (syntax::span(string.syntax()), format!("''{inner}''")))
            .collect(),
    )
}

/// `"a"` as `"${"a"}"`.
pub fn interpolated_strings(text: &str) -> String {
    let constant = |string: &ast::Str| {
        string
            .normalized_parts()
            .iter()
            .all(|part| matches!(part, InterpolPart::Literal(_)))
    };
    let found = strings(text)
        .into_iter()
        .filter(|(string, inner)| constant(string) && !inner.is_empty());
    edited(
        text,
        found
            .map(|(string, inner)| (syntax::span(string.syntax()), format!("\"${{\"{inner}\"}}\"")))
            .collect(),
    )
}

/// `"${a}"` as `a`, where that is all.
pub fn bare_interpolations(text: &str) -> String {
    let found = strings(text)
        .into_iter()
        .filter_map(|(string, _)| match string.normalized_parts().as_slice() {
            [InterpolPart::Interpolation(inner)] => {
                let inner = inner.expr()?;
                let simple = matches!(inner, ast::Expr::Select(_) | ast::Expr::Ident(_));
                simple.then(|| (syntax::span(string.syntax()), inner.syntax().text().to_string()))
            }
            _ => None,
        });
    edited(text, found.collect())
}

fn lists(text: &str) -> Vec<ast::List> {
    let fields = definitions(&parse(text))
        .filter(|binding| binding.is_field() || binding.option.last().is_some_and(|name| name == "directories"));
    let lists = fields.filter_map(|binding| match &binding.value {
        ast::Expr::List(list) => Some(list.clone()),
        _ => None,
    });
    lists.collect()
}

/// A field's list as two lists.
pub fn joined_lists(text: &str) -> String {
    let mut edits: Vec<Edit> = Vec::new();
    for list in lists(text) {
        let items: Vec<ast::Expr> = list.items().collect();
        if items.len() > 1 {
            let at = syntax::span(items[0].syntax()).end;
            edits.push((at..at, "] ++ [".to_owned()));
        }
    }
    edited(text, edits)
}

fn called_lists(text: &str, function: &str, close: &str) -> String {
    let Some((text, lib)) = with_lib(text) else {
        return text.to_owned();
    };
    let lists = lists(&text).into_iter().map(|list| list.syntax().clone());
    edited(&text, around(lists, &function.replace("lib.", lib), close))
}

pub fn concatenated_lists(text: &str) -> String {
    called_lists(text, "lib.concatLists [", "]")
}

pub fn optional_lists(text: &str) -> String {
    called_lists(text, "lib.optionals true ", "")
}

/// `with lib;` around the module, and `lib.` nowhere.
pub fn with_lib_in(text: &str) -> String {
    let root = parse(text);
    let Some(module) = head(&root).filter(|module| !module.with_lib) else {
        return text.to_owned();
    };
    let Some(pattern) = module
        .pattern
        .filter(|pattern| pattern.syntax().text().to_string().contains("lib"))
    else {
        return text.to_owned();
    };
    let bound: Vec<String> = all::<ast::Ident>(&root)
        .filter(|ident| {
            ident.syntax().parent().is_some_and(|node| {
                ast::Attrpath::can_cast(node.kind())
                    || ast::PatEntry::can_cast(node.kind())
                    || ast::Inherit::can_cast(node.kind())
            })
        })
        .filter(|ident| {
            !ident
                .syntax()
                .parent()
                .and_then(|path| path.parent())
                .is_some_and(|node| ast::Select::can_cast(node.kind()))
        })
        .map(|ident| syntax::ident_text(&ident))
        .collect();
    let mut edits: Vec<Edit> = Vec::new();
    for select in all::<ast::Select>(&root) {
        let of_lib = select.expr().is_some_and(|expr| expr.syntax().text() == "lib");
        let path = select
            .attrpath()
            .map(|path| path.syntax().text().to_string())
            .unwrap_or_default();
        let first = path.split('.').next().unwrap_or_default().to_owned();
        if of_lib && !bound.contains(&first) && !["types", "map"].contains(&first.as_str()) {
            edits.push((syntax::span(select.syntax()), path));
        }
    }
    let colon = pattern
        .syntax()
        .parent()
        .and_then(ast::Lambda::cast)
        .and_then(|lambda| lambda.body());
    let Some(body) = colon else { return text.to_owned() };
    let at = syntax::span(body.syntax()).start;
    edits.push((at..at, "with lib; ".to_owned()));
    edited(text, edits)
}

/// `lib.` before everything that `with lib;` gives, and no `with lib;`.
pub fn with_lib_out(text: &str) -> String {
    let root = parse(text);
    let mut edits: Vec<Edit> = Vec::new();
    for with in all::<ast::With>(&root) {
        let (Some(namespace), Some(body)) = (with.namespace(), with.body()) else {
            continue;
        };
        if namespace.syntax().text() != "lib" {
            continue;
        }
        edits.push((
            syntax::span(with.syntax()).start..syntax::span(body.syntax()).start,
            String::new(),
        ));
        for ident in all::<ast::Ident>(body.syntax()) {
            let name = syntax::ident_text(&ident);
            let used = ident.syntax().parent().is_some_and(|node| {
                !ast::Attrpath::can_cast(node.kind())
                    && !ast::PatEntry::can_cast(node.kind())
                    && !ast::Inherit::can_cast(node.kind())
            });
            if used && (name.starts_with("mk") || name == "types") {
                let at = syntax::span(ident.syntax()).start;
                edits.push((at..at, "lib.".to_owned()));
            }
        }
    }
    edited(text, edits)
}
