//! What is offered of the repository. Where it cannot be read, that is nothing.

use std::collections::BTreeSet;

use clap_complete::engine::CompletionCandidate as Offer;

use super::words;
use crate::commit::{self, State};
use crate::deep;
use crate::plan::model::{self, Choices, Context};
use crate::plan::new;
use crate::repo::git::GitState;
use crate::repo::{Repository, hosts};
use crate::status;

/// The services that can still be migrated: declared in the legacy pattern, or nowhere. Where none of them begins as what is
/// typed does, those with a contract: of some, changes were declined that can be taken yet.
pub fn to_migrate() -> Vec<Offer> {
    let typed = words::typed();
    let begun = typed.last().and_then(|word| word.to_str()).unwrap_or_default();
    not_yet(on_hosts(|context| {
        let mut names = model::legacy_names(context.model, context.rules());
        names.extend(status::undeclared(context).into_iter().map(|(name, _)| name));
        if !names.iter().any(|name| name.starts_with(begun)) {
            names = model::contract_names(context.model, context.rules());
        }
        names
    }))
}

/// All services.
pub fn services() -> Vec<Offer> {
    not_yet(on_hosts(|context| {
        let mut names = model::legacy_names(context.model, context.rules());
        names.extend(model::contract_names(context.model, context.rules()));
        names.extend(status::undeclared(context).into_iter().map(|(name, _)| name));
        names
    }))
}

/// The services whose commits can be taken back, with the titles of these.
pub fn to_undo() -> Vec<Offer> {
    let entries = git().and_then(|git| commit::list(&git).ok()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let entries = entries.into_iter().filter(|entry| entry.state == State::Intact);
    let first = entries.filter(|entry| seen.insert(entry.name.clone()));
    first.map(|entry| offer(&entry.name, Some(&entry.title))).collect()
}

/// The services that were migrated, and not tested on the server.
pub fn to_test() -> Vec<Offer> {
    let commits = git()
        .and_then(|git| commit::last_commits(&git).ok())
        .unwrap_or_default();
    // Commits that are about no service have names as well.
    let services = on_hosts(|context| model::contract_names(context.model, context.rules()));
    let is_open = |name: &String| commits.get(name).is_some_and(|last| !last.tested);
    not_yet(services.into_iter().filter(is_open).collect())
}

/// The hosts.
pub fn hosts() -> Vec<Offer> {
    let names = read().map(|repo| hosts::names(&repo)).unwrap_or_default();
    names.iter().map(|name| offer(name, None)).collect()
}

/// The directories below the server's modules that services are in.
pub fn categories() -> Vec<Offer> {
    let names = on_hosts(new::categories);
    names.iter().map(|name| offer(name, None)).collect()
}

/// Every code, with its title.
pub fn codes() -> Vec<Offer> {
    crate::codes::all()
        .map(|code| offer(code.code, Some(code.title)))
        .collect()
}

/// HEAD, the branches and the tags, and the commits that this program has made, with their titles.
pub fn revisions() -> Vec<Offer> {
    let Some(git) = git() else { return Vec::new() };
    let names = git.revisions();
    let mut offers: Vec<Offer> = names.iter().map(|name| offer(name, None)).collect();
    let made = commit::list(&git).unwrap_or_default();
    offers.extend(made.iter().map(|entry| offer(&entry.short, Some(&entry.title))));
    offers
}

pub(super) fn offer(name: &str, help: Option<&str>) -> Offer {
    Offer::new(name).help(help.map(|help| help.to_owned().into()))
}

/// The names that were not typed yet.
fn not_yet(names: BTreeSet<String>) -> Vec<Offer> {
    let typed = words::typed();
    // The last word is the one that is being typed.
    let before = &typed[..typed.len().saturating_sub(1)];
    let open = names
        .iter()
        .filter(|name| !before.iter().any(|word| word == name.as_str()));
    open.map(|name| offer(name, None)).collect()
}

fn git() -> Option<GitState> {
    GitState::discover(&words::root()).ok().flatten()
}

fn read() -> Option<Repository> {
    deep::threads();
    Repository::read(&words::root()).ok()
}

/// What is asked of the host that is named or that runs the services, or of each where several could.
fn on_hosts(ask: impl Fn(&Context) -> Vec<String>) -> BTreeSet<String> {
    let Some(repo) = read() else {
        return BTreeSet::new();
    };
    let named = words::host();
    let wanted: Vec<Option<String>> = match hosts::find(&repo, named.as_deref()) {
        Ok(_) => vec![named],
        Err(_) => hosts::serving(&repo).into_iter().map(Some).collect(),
    };
    let choices = Choices::default();
    let hosts = wanted
        .iter()
        .filter_map(|name| hosts::find(&repo, name.as_deref()).ok());
    hosts
        .flat_map(|host| {
            let model = hosts::model(&repo, &host);
            ask(&Context {
                repo: &repo,
                model: &model,
                host: &host,
                choices: &choices,
            })
        })
        .collect()
}
