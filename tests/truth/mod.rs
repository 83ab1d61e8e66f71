//! Every sentence of a commit message and of `status` is true of the tree at that commit: for all services of both examples
//! and for every set of groups that can be accepted, in the states that a migration goes through.
//!
//! What the tree shows is looked up in the texts of its files ([`tree`]), not asked of the code that makes the sentences. A
//! sentence that no check knows fails the test.

mod checklist;
mod left;
mod message;
mod screen;
mod state;
mod tree;

use std::collections::BTreeMap;

use qgroget::account;
use qgroget::commit::{Check, Tick};
use qgroget::edit::GroupId;
use qgroget::plan::install::Installation;
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::{Choices, Context, legacy_names};
use qgroget::plan::{Accepted, Proposal};
use qgroget::repo::Repository;
use qgroget::repo::hosts::{self, Host};
use qgroget::resolve::Model;
use qgroget::status;

use crate::common::{Repo, copy, project};
use tree::{Known, Tree};

/// One choice of groups, and what is claimed of it.
pub struct Case<'c> {
    /// For messages of the test: service and groups.
    pub what: String,
    pub service: &'c str,
    pub before: Tree<'c>,
    pub after: Tree<'c>,
    /// The kinds that were proposed, and those that were accepted.
    pub proposed: Vec<&'static str>,
    pub accepted: Vec<&'static str>,
}

impl Case<'_> {
    pub fn did(&self, kind: &str) -> bool {
        self.accepted.contains(&kind)
    }

    pub fn declined(&self, kind: &str) -> bool {
        self.proposed.contains(&kind) && !self.did(kind)
    }
}

#[derive(Default)]
struct Counts {
    services: usize,
    sets: usize,
    sentences: usize,
}

/// A host under way from one state to the next.
struct Walk {
    repo: Repository,
    host: Host,
    /// The model of the first state: most modules of the later ones are the same.
    first: Model,
    known: Known,
}

/// A tick for everything that a proof can cover.
fn all_proved() -> BTreeMap<Check, Tick> {
    let covered = [
        Check::Contract,
        Check::Persistence,
        Check::Backup,
        Check::Routing,
        Check::Secrets,
    ];
    covered.into_iter().map(|check| (check, Tick::Ticked)).collect()
}

impl Walk {
    /// The example with the contract installed.
    fn begin(example: &Repo) -> Walk {
        let repo = Repository::read(&example.root()).unwrap();
        let host = hosts::find(&repo, None).unwrap();
        let model = hosts::model(&repo, &host);
        let mut walk = Walk {
            repo,
            host,
            first: model.clone(),
            known: Known::default(),
        };
        let choices = Choices::default();
        let context = walk.context(&model, &choices);
        let installation = Installation::plan(&context).unwrap();
        let all = installation.groups().iter().map(|group| group.id).collect();
        let change = installation.render(&all).unwrap();
        walk.repo = walk.repo.after(&change);
        walk
    }

    fn context<'a>(&'a self, model: &'a Model, choices: &'a Choices) -> Context<'a> {
        Context {
            repo: &self.repo,
            model,
            host: &self.host,
            choices,
        }
    }

    /// The services, each with the choices that it is migrated with.
    fn services(&self) -> Vec<(String, Choices)> {
        let model = hosts::model_after(&self.repo, &self.host, &self.first);
        let choices = Choices::default();
        let context = self.context(&model, &choices);
        let declared = legacy_names(&model, self.repo.rules()).into_iter();
        let declared = declared.map(|name| (name, Choices::default()));
        let from = |module| Choices {
            from: Some(module),
            ..Choices::default()
        };
        let undeclared = status::undeclared(&context).into_iter();
        declared
            .chain(undeclared.map(|(name, module)| (name, from(module))))
            .collect()
    }

    /// Checks every choice for a service where `checked`, and goes on with all of its groups.
    fn service(&mut self, name: &str, choices: &Choices, checked: bool, counts: &mut Counts) {
        let model = hosts::model_after(&self.repo, &self.host, &self.first);
        let context = self.context(&model, choices);
        let Ok(migration) = Migration::plan(&context, name) else {
            return;
        };
        let everything = |accepted: &Accepted| accepted.len() == migration.groups().len();
        counts.services += usize::from(checked);
        let mut next = None;
        for accepted in sets(&migration) {
            if !checked && !everything(&accepted) {
                continue;
            }
            let change = migration.render(&accepted).unwrap();
            let repo = self.repo.after(&change);
            let model = hosts::model_after(&repo, &self.host, &model);
            let after = Context {
                repo: &repo,
                model: &model,
                ..context
            };
            if checked {
                counts.sentences += self.case(&after, &migration, &accepted);
                counts.sets += 1;
            }
            if everything(&accepted) {
                screen::check(&migration, &accepted, &change);
                next = Some(repo.clone());
            }
        }
        self.repo = next.expect("all groups are a choice");
    }

    fn case(&self, after: &Context, migration: &Migration, accepted: &Accepted) -> usize {
        let kinds = |taken: &dyn Fn(&GroupId) -> bool| {
            let groups = migration.groups().iter().filter(|group| taken(&group.id));
            groups.map(|group| group.kind).collect::<Vec<_>>()
        };
        let taken = kinds(&|id| accepted.contains(id));
        let case = Case {
            what: format!("{} with {taken:?}", migration.name()),
            service: migration.name(),
            before: Tree::of(&self.repo, &self.known),
            after: Tree::of(after.repo, &self.known),
            proposed: kinds(&|_| true),
            accepted: taken,
        };
        let mut count = 0;
        for proved in [BTreeMap::new(), all_proved()] {
            let is_proved = !proved.is_empty();
            let text = account::migration(after, migration, accepted, &proved).unwrap();
            count += message::check(&case, text.text());
            count += checklist::check(&case, text.text(), is_proved);
        }
        left::check(&case, after);
        let service = status::service(after, migration.name()).expect("the service is there still");
        count + state::check(&case, &service, after)
    }
}

/// Every set of groups that makes a commit: with the contract, and each with those that it needs.
fn sets(proposal: &dyn Proposal) -> Vec<Accepted> {
    let groups = proposal.groups();
    let set = |bits: u32| -> Accepted {
        let chosen = (0..groups.len()).filter(|index| bits & (1 << index) != 0);
        chosen.map(GroupId).collect()
    };
    let whole = |accepted: &Accepted| {
        let needs = accepted.iter().flat_map(|id| &groups[id.0].needs);
        !accepted.is_empty() && needs.into_iter().all(|need| accepted.contains(need))
    };
    (0..1 << groups.len()).map(set).filter(whole).collect()
}

/// Goes through the services and checks every `step`th of them, from number `first` on.
fn walk(example: &Repo, first: usize, step: usize) -> Counts {
    let mut walk = Walk::begin(example);
    let mut counts = Counts::default();
    for (number, (name, choices)) in walk.services().into_iter().enumerate() {
        walk.service(&name, &choices, number % step == first, &mut counts);
    }
    eprintln!(
        "{} services, {} sets, {} sentences",
        counts.services, counts.sets, counts.sentences
    );
    counts
}

/// In two halves, which run side by side.
#[test]
fn every_sentence_about_the_homelab_is_true() {
    let counts = walk(&Repo::homelab_without_git(), 0, 2);
    assert!(counts.services >= 15 && counts.sets > 150 && counts.sentences > 5000);
}

#[test]
fn every_sentence_about_the_other_half_of_the_homelab_is_true() {
    let counts = walk(&Repo::homelab_without_git(), 1, 2);
    assert!(counts.services >= 15 && counts.sets > 150 && counts.sentences > 5000);
}

#[test]
fn every_sentence_about_the_rack_is_true() {
    let rack = Repo::bare();
    copy(&project().join("examples/rack"), &rack.root());
    let counts = walk(&rack, 0, 1);
    assert!(counts.services >= 7 && counts.sets > 100 && counts.sentences > 3500);
}
