//! Where a module that leaves a shared file is imported, so that lists keep their order.
//!
//! The module system merges the definitions of later imports first (nixpkgs, `lib/modules.nix`: `mergeModules` gets the
//! modules in reverse). What stood before the rest of the shared file has to be imported behind it, and what stood behind
//! the rest before it. Modules of one depth come before those that they import, so that only what needs no order may be imported
//! by the shared file itself. Whether an order means anything, `rules/orders.toml` says.

use std::ops::Range;

use super::imports::ImportPosition;
use super::parts::ExtractedParts;
use crate::plan::model::Context;
use crate::resolve::list::list_elements;
use crate::resolve::module::Def;
use crate::rules::{Meaning, is_within};
use crate::syntax::{self, AstNode, ast};

/// Where the import of a module goes that is made of `parts`. Where no place keeps every order, it is behind the shared
/// file's, and the proof says what changes.
pub fn position(context: &Context, parts: &ExtractedParts) -> ImportPosition {
    let moved = parts.bindings.iter().chain(parts.elements.iter().map(|(def, _)| def));
    let ordered: Vec<&Def> = moved.filter(|def| is_ordered(context, parts, def)).collect();
    if ordered.is_empty() {
        return ImportPosition::ByName;
    }
    let mut behind_the_rest = Vec::new();
    for def in ordered {
        let own = spans_that_move(parts, def);
        for other in spans_that_stay(context, parts, def) {
            behind_the_rest.extend(own.iter().map(|span| span.start > other.start));
        }
    }
    match behind_the_rest.iter().all(|behind| *behind) && !behind_the_rest.is_empty() {
        true => ImportPosition::Before,
        false => ImportPosition::Behind,
    }
}

/// Whether a definition is of a list, or of lines, that something else adds to and whose order can mean something.
fn is_ordered(context: &Context, parts: &ExtractedParts, def: &Def) -> bool {
    let Some(path) = def
        .path
        .iter()
        .map(|name| name.as_deref())
        .collect::<Option<Vec<&str>>>()
    else {
        return false;
    };
    if matches!(def.value, None | Some(ast::Expr::AttrSet(_))) {
        return false;
    }
    let rules = context.rules();
    if rules.persistence.options.iter().any(|option| is_within(&path, option)) {
        return false;
    }
    let owned: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
    let known = rules.list_orders.of(&owned);
    if known.is_some_and(|order| order.meaning == Meaning::None && order.ordered_prefix.is_none()) {
        return false;
    }
    let others = context.model.definitions(&path).into_iter();
    let elsewhere = others
        .filter(|(module, other)| module.source.path() != parts.source.path() || other.entry != def.entry)
        .any(|(_, other)| !parts.bindings.iter().any(|moved| moved.entry == other.entry));
    elsewhere || !spans_that_stay(context, parts, def).is_empty()
}

/// Where a definition's elements stand that move.
fn spans_that_move(parts: &ExtractedParts, def: &Def) -> Vec<Range<usize>> {
    let of_list = parts.elements.iter().find(|(list, _)| list.entry == def.entry);
    match of_list {
        Some((_, elements)) => elements.iter().map(|element| syntax::span(element.syntax())).collect(),
        None => vec![syntax::span(def.entry.syntax())],
    }
}

/// Where in the shared file the elements of the same option stand that stay.
fn spans_that_stay(context: &Context, parts: &ExtractedParts, def: &Def) -> Vec<Range<usize>> {
    let Some(home) = context.model.module(parts.source.path()) else {
        return Vec::new();
    };
    let mut spans = Vec::new();
    for other in home.defs.iter().filter(|other| other.path == def.path) {
        if parts.bindings.iter().any(|moved| moved.entry == other.entry) {
            continue;
        }
        match parts.elements.iter().find(|(list, _)| list.entry == other.entry) {
            None => spans.push(syntax::span(other.entry.syntax())),
            Some((_, moved)) => {
                let mut all = Vec::new();
                other.value.iter().for_each(|value| list_elements(value, &mut all));
                let stays = all.iter().filter(|element| !moved.contains(element));
                spans.extend(stays.map(|element| syntax::span(element.syntax())));
            }
        }
    }
    spans
}
