//! What goes along with a service that leaves a shared file, as people read it in the plan.

use std::path::Path;

use super::bindings::{self, CapturedScope};
use super::common::Common;
use super::parts::ExtractedParts;
use crate::plan::group::Move;
use crate::plan::model::Context;
use crate::plan::texts;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::rules;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The definitions, and the elements of lists, that stand in the module at `target` afterwards.
pub fn of_parts(context: &Context, parts: &ExtractedParts, target: &Path) -> Vec<Move> {
    let to = |def: &Def| Some(format!("{}: {}", target.display(), option(def)));
    let mut moves: Vec<(usize, Move)> = Vec::new();
    for def in &parts.bindings {
        let node = def.entry.syntax();
        moves.push((
            syntax::span(node).start,
            Move {
                what: name(context, def),
                from: Some(parts.source.place_of(node)),
                to: to(def),
            },
        ));
    }
    for (def, elements) in &parts.elements {
        let Some(first) = elements.first() else { continue };
        let mut all = Vec::new();
        def.value.iter().for_each(|value| list_elements(value, &mut all));
        moves.push((
            syntax::span(first.syntax()).start,
            Move {
                what: texts::along_elements(elements.len(), all.len(), &option(def)),
                from: Some(parts.source.place_of(first.syntax())),
                to: to(def),
            },
        ));
    }
    moves.sort_by_key(|(at, _)| *at);
    moves.into_iter().map(|(_, one)| one).collect()
}

/// What of the shared file's `let` bindings stands in the module at `target` afterwards, or in the file that several
/// services read. `gone` are the nodes that leave the shared file.
pub fn of_scope(
    home: &Module,
    needs: &CapturedScope,
    common: Option<&Common>,
    gone: &[SyntaxNode],
    target: &Path,
) -> Vec<Move> {
    let gone: Vec<_> = gone.iter().map(syntax::span).collect();
    let dead = bindings::dead(home, &gone);
    let mut moves = Vec::new();
    for at in needs.bindings.keys() {
        let Some((entry, name)) = binding_at(home, *at) else {
            continue;
        };
        let in_common = common.filter(|common| common.inherit(&entry, target).is_some());
        if in_common.is_none() && !dead.contains(&entry) {
            // The binding stays for others.
            moves.push(Move::added_to(texts::along_part_of_binding(&name), target));
            continue;
        }
        moves.push(Move {
            what: texts::along_binding(&name),
            from: Some(home.source.place_of(&entry)),
            to: Some(in_common.map_or(target, Common::path).display().to_string()),
        });
    }
    moves
}

/// The `let` binding that begins at an offset, with its name.
fn binding_at(home: &Module, at: usize) -> Option<(SyntaxNode, String)> {
    let lets = syntax::nodes::<ast::LetIn>(&home.source.root()).into_iter();
    let entries = lets.flat_map(|let_in| syntax::HasEntry::attrpath_values(&let_in).collect::<Vec<_>>());
    let mut own = entries.filter(|entry| syntax::span(entry.syntax()).start == at);
    let entry = own.next()?;
    Some((entry.syntax().clone(), syntax::text_of(entry.attrpath()?.syntax())))
}

/// What a person calls a definition: the container, the pod or the secret of a name, and any other by its option.
fn name(context: &Context, def: &Def) -> String {
    let containers = &context.rules().containers;
    let under = |option: &str| {
        let prefix = rules::parts(option);
        (def.under(&prefix) && def.path.len() == prefix.len() + 1)
            .then(|| def.name(prefix.len()))
            .flatten()
    };
    let container = containers.options.iter().find_map(|option| under(option));
    let pod = containers.pods.iter().find_map(|option| under(option));
    match (container, pod, under("sops.secrets")) {
        (Some(name), _, _) => texts::along_container(name),
        (_, Some(name), _) => texts::along_pod(name),
        (_, _, Some(name)) => texts::along_secret(name),
        _ => option(def),
    }
}

/// The option path, with `…` for what is computed.
fn option(def: &Def) -> String {
    let names = def.path.iter().map(|name| match name {
        Some(name) => syntax::attr_text(name),
        None => "…".to_owned(),
    });
    names.collect::<Vec<_>>().join(".")
}
