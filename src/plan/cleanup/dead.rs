//! What nothing uses once the rest of a cleanup is done: `let` bindings and arguments of the module's function. Only
//! those that something used before: what was unused already is not this cleanup's.

use std::ops::Range;

use crate::plan::formals::{open_pattern, with_comma};
use crate::plan::share::leftovers;
use crate::resolve::module::Module;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The ranges that go with `gone`.
pub fn ranges(module: &Module, gone: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut dead = leftovers::dead_ranges(module, gone);
    let all: Vec<Range<usize>> = gone.iter().chain(&dead).cloned().collect();
    dead.extend(arguments(module, &all));
    dead
}

/// The arguments of the module's function that only code in `gone` uses, with their commas.
fn arguments(module: &Module, gone: &[Range<usize>]) -> Vec<Range<usize>> {
    let (Some(pattern), Some(lambda)) = (open_pattern(module), &module.lambda) else {
        return Vec::new();
    };
    let is_own = |ident: &SyntaxNode, name: &str| matches!(scope::lookup(ident, name), Binding::Param(found) if found.syntax() == lambda.syntax());
    let is_dead = |entry: &ast::PatEntry| {
        let Some(name) = entry.ident().map(|ident| syntax::ident_text(&ident)) else {
            return false;
        };
        let uses = syntax::uses_of(lambda.syntax(), &name);
        let mut own = uses.iter().filter(|ident| is_own(ident, &name)).peekable();
        own.peek().is_some()
            && own.all(|ident| {
                let at = syntax::span(ident).start;
                gone.iter().any(|range| range.contains(&at))
            })
    };
    pattern
        .pat_entries()
        .filter(is_dead)
        .map(|entry| with_comma(&entry))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    fn without(text: &str, gone: &str) -> String {
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        let at = text.find(gone).expect("it is there");
        let gone = at..at + gone.len();
        let mut all = Vec::from([gone]);
        all.extend(ranges(&module, &all));
        all.sort_by_key(|range| range.start);
        let mut text = text.to_owned();
        all.into_iter().rev().for_each(|range| text.replace_range(range, ""));
        text
    }

    #[test]
    fn arguments_that_only_went_go_too() {
        assert_eq!(
            without(
                "{config, lib, pkgs, ...}: {\n  a = lib.x config;\n  b = config;\n}\n",
                "a = lib.x config;"
            ),
            "{config, pkgs, ...}: {\n  \n  b = config;\n}\n"
        );
        assert_eq!(
            without("{\n  lib,\n  config,\n  ...\n}: { a = lib; b = config; }", "a = lib;"),
            "{\n  config,\n  ...\n}: {  b = config; }"
        );
        assert_eq!(
            without("{ config\n, lib\n, ...\n}: { a = lib; b = config; }", "a = lib;"),
            "{ config\n, ...\n}: {  b = config; }"
        );
    }

    #[test]
    fn what_a_formal_defaults_to_is_used() {
        let text = "{...}: let\n  d = 1;\nin {\n  a = d;\n  b = {x ? d}: x;\n}\n";
        assert_eq!(without(text, "a = d;"), text.replace("a = d;", ""));
    }

    #[test]
    fn what_was_unused_before_stays() {
        let text = "{config, lib, ...}: let\n  x = 1;\nin { a = config.y; b = config; }";
        assert_eq!(without(text, "a = config.y; "), text.replace("a = config.y; ", ""));
    }

    #[test]
    fn arguments_stay_where_their_list_counts() {
        for text in ["{lib}: { a = lib; }", "{lib, ...} @ args: { a = lib; b = args; }"] {
            assert_eq!(without(text, "a = lib;"), text.replace("a = lib;", ""));
        }
    }

    #[test]
    fn bindings_that_only_went_go_with_their_own_needs() {
        let text = "{lib, ...}: let\n  x = lib.y;\n  z = 1;\nin {\n  a = x;\n  b = z;\n}\n";
        assert_eq!(without(text, "a = x;"), "{...}: let\n  z = 1;\nin {\n  \n  b = z;\n}\n");
    }
}
