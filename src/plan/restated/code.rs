//! Which texts are a service's own code.

use std::ops::Range;

use super::Restatement;
use crate::plan::alias;
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::needs::said;
use crate::plan::share::ownership;
use crate::plan::share::parts::ExtractedParts;
use crate::resolve::module::{Def, Module, Segment};
use crate::rules::parts;
use crate::syntax::{self, AstNode, SyntaxNode};

/// The service's code: what stays with it, and is no part of its contract.
pub(super) struct Code {
    /// The module's set, or what leaves a shared file.
    around: Vec<SyntaxNode>,
    definitions: Vec<Range<usize>>,
    gone: Vec<Range<usize>>,
    containers: Vec<Range<usize>>,
    moves: bool,
}

impl Code {
    pub(super) fn of(context: &Context, facts: &ServiceFacts, share: Option<&ExtractedParts>) -> Code {
        let home = facts.home;
        let around = match share {
            None => vec![home.body.syntax().clone()],
            Some(parts) => parts.nodes(),
        };
        let conditions = facts
            .declarations
            .first()
            .map(|d| ownership::text_of(&d.def))
            .unwrap_or_default();
        let own = |def: &&Def| {
            let own = ownership::text_of(def);
            share.is_some() || conditions.iter().all(|condition| own.contains(condition))
        };
        let span = |def: &Def| syntax::span(def.entry.syntax());
        let containers = context.rules().containers.options.iter();
        let containers: Vec<Vec<&str>> = containers.map(|option| parts(option)).collect();
        let on_the_host = on_the_host(home, &containers);
        let in_containers = home.defs.iter().filter(|def| {
            let is_in = containers.iter().any(|option| def.under(option));
            is_in && !on_the_host.iter().any(|container| def.path.starts_with(container))
        });
        let declared = facts
            .facts
            .iter()
            .chain(facts.of_jobs())
            .filter(|fact| std::ptr::eq(fact.origin.module, home));
        let mut gone: Vec<Range<usize>> = declared
            .flat_map(|fact| fact.nodes())
            .map(|node| syntax::span(&node))
            .collect();
        let entries = facts.persisted.iter().filter(|entry| std::ptr::eq(entry.module, home));
        gone.extend(entries.map(|entry| syntax::span(entry.element.syntax())));
        let blocks = facts
            .declarations
            .iter()
            .chain(facts.jobs.iter().flat_map(|job| &job.declarations));
        gone.extend(
            blocks
                .filter(|block| std::ptr::eq(block.module, home))
                .map(|block| syntax::span(block.node())),
        );
        // Other options of the pattern are no code of the service.
        let namespaces = &context.rules().namespaces;
        let apart: Vec<Vec<&str>> = [&namespaces.services, &namespaces.contract, &namespaces.backups]
            .into_iter()
            .map(|name| parts(name))
            .collect();
        gone.extend(
            home.defs
                .iter()
                .filter(|def| apart.iter().any(|prefix| def.under(prefix)))
                .map(span),
        );
        gone.extend(home.defs.iter().filter(|def| def.name(0) == Some("sops")).map(span));
        Code {
            around,
            definitions: home.defs.iter().filter(own).map(span).collect(),
            containers: in_containers.map(span).collect(),
            gone,
            moves: share.is_some(),
        }
    }

    /// Whether a node is the service's code, and in no `let` binding, from which others may take it.
    pub(super) fn has(&self, node: &SyntaxNode) -> bool {
        let own = syntax::span(node);
        let within = |ranges: &[Range<usize>]| ranges.iter().any(|range| syntax::covers(range, &own));
        let around = || {
            self.around
                .iter()
                .any(|outer| syntax::covers(&syntax::span(outer), &own))
        };
        within(&self.definitions) && !within(&self.gone) && around() && !said::is_bound(node)
    }

    pub(super) fn is_in_container(&self, node: &SyntaxNode) -> bool {
        let own = syntax::span(node);
        self.containers.iter().any(|range| syntax::covers(range, &own))
    }

    /// Whether what a text is replaced by means the same there as at the contract.
    pub(super) fn sees(&self, said: &Restatement) -> bool {
        // What moves alone takes only what is in it: there its contract has a name that only it must not hide.
        let names: Vec<&str> = match self.moves {
            true => alias::NAMES.into_iter().chain(["config"]).collect(),
            false => vec!["config"],
        };
        let around = self
            .around
            .iter()
            .find(|outer| syntax::covers(&syntax::span(outer), &said.range));
        around.is_some_and(|around| said::sees(&said.node, around, &names, said.converts()))
    }
}

/// The paths of the containers whose network is the host's, so that their ports are the host's own. `options` are those
/// of containers.
fn on_the_host<'m>(module: &'m Module, options: &[Vec<&str>]) -> Vec<&'m [Segment]> {
    let says = |def: &Def, names: &[&str], text: &str| {
        let name = def.path.last().and_then(|name| name.as_deref());
        let value = def.value.as_ref().map(|value| syntax::text_of(value.syntax()));
        name.is_some_and(|name| names.contains(&name)) && value.is_some_and(|value| value.contains(text))
    };
    let container = |def: &'m Def| {
        let option = options.iter().find(|option| def.under(option))?;
        let is_it = says(def, &["networks", "network"], "\"host\"")
            || says(def, &["extraOptions", "podmanArgs"], "--network=host")
            || says(def, &["extraOptions", "podmanArgs"], "--net=host");
        def.path.get(..=option.len()).filter(|_| is_it)
    };
    module.defs.iter().filter_map(container).collect()
}
