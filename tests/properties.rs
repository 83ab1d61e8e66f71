//! What has to hold for every choice that a person can make, and for every input.

use std::collections::BTreeSet;
use std::path::Path;

use qgroget::edit::{GroupId, SourceChange};
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::legacy_names;
use qgroget::plan::{Accepted, Proposal, Safety};
use qgroget::repo::Repository;

use crate::common::{Repo, checks, copy, nix, with_context};

/// Calls `use_it` with the planned migration of a service.
fn planned<R>(root: &Path, service: &str, use_it: impl FnOnce(qgroget::error::Result<Migration<'_>>) -> R) -> R {
    let repository = Repository::read(root).unwrap();
    with_context(&repository, |context| use_it(Migration::plan(context, service)))
}

/// Every set of groups that can be accepted: with each, those that it needs.
fn choices(proposal: &dyn Proposal) -> Vec<Accepted> {
    let groups = proposal.groups();
    let set = |bits: u32| -> Accepted {
        let chosen = (0..groups.len()).filter(|index| bits & (1 << index) != 0);
        chosen.map(GroupId).collect()
    };
    let whole = |accepted: &Accepted| {
        accepted
            .iter()
            .all(|id| groups[id.0].needs.iter().all(|need| accepted.contains(need)))
    };
    (0..1 << groups.len()).map(set).filter(whole).collect()
}

/// Writes a change into a copy of the repository.
fn written(root: &Path, change: &SourceChange) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(root, directory.path());
    for file in &change.files {
        if let Some(from) = &file.from {
            std::fs::remove_file(directory.path().join(from)).unwrap();
        }
    }
    for file in &change.files {
        if let Some(to) = &file.to {
            let path = directory.path().join(to);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file.after.as_bytes()).unwrap();
        }
    }
    directory
}

/// Renders every choice for a service and checks what it makes; returns how many there were.
fn every_choice(service: &str) -> usize {
    every_choice_in(&Repo::with_contract(), service)
}

fn every_choice_in(repo: &Repo, service: &str) -> usize {
    let evaluate = nix::available();
    let before = evaluate.then(|| nix::configuration(&repo.root()).unwrap());
    planned(&repo.root(), service, |migration| {
        let migration = migration.unwrap();
        let all = choices(&migration);
        for accepted in &all {
            let titles: BTreeSet<&str> = accepted.iter().map(|id| migration.groups()[id.0].kind).collect();
            let what = format!("{service} with {titles:?}");
            let change = migration.render(accepted).unwrap();
            assert_eq!(change.is_empty(), accepted.is_empty(), "{what}");
            checks::change(&change, &what);
            let gains = accepted
                .iter()
                .any(|id| migration.groups()[id.0].safety == Safety::Gains);
            if let Some(before) = &before {
                let after = nix::configuration(written(&repo.root(), &change).path());
                let after = after.unwrap_or_else(|error| panic!("{what}: {error}"));
                match gains {
                    false => nix::assert_same(before, &after, &what),
                    true => assert_ne!(before["qgroget"]["backups"], after["qgroget"]["backups"], "{what}"),
                }
            }
        }
        all.len()
    })
}

#[test]
fn every_choice_for_jellyfin_keeps_the_configuration() {
    assert!(every_choice("jellyfin") >= 16);
}

#[test]
fn every_choice_for_jellyseerr_keeps_the_configuration() {
    assert!(every_choice("jellyseerr") >= 16);
}

#[test]
fn every_choice_for_vaultwarden_keeps_the_configuration() {
    assert!(every_choice("vaultwarden") >= 16);
}

/// The reads of a database's connection are a choice of their own.
#[test]
fn every_choice_for_a_service_with_a_database_keeps_the_configuration() {
    let repo = Repo::with_contract();
    let modules = repo.read("modules/server/default.nix");
    let imports = modules.replacen("imports = [", "imports = [\n    ./misc/ledger", 1);
    assert_ne!(imports, modules);
    repo.write("modules/server/default.nix", imports);
    let module = include_str!("../rules/database-reads/before.nix");
    repo.write("modules/server/misc/ledger/default.nix", module);
    assert!(every_choice_in(&repo, "ledger") >= 12);
}

/// Here the switch stays the guard, so that only what is read from the contract needs a name of it.
#[test]
fn every_choice_for_a_switched_service_with_a_database_keeps_the_configuration() {
    let repo = Repo::with_contract();
    let home = "modules/server/misc/ledger/default.nix";
    repo.write(home, include_str!("common/ledger.nix"));
    let imports = "imports = [\n    ./ledger";
    repo.replace("modules/server/misc/default.nix", "imports = [", imports);
    repo.commit_all("a service with a database");
    assert!(every_choice_in(&repo, "ledger") >= 6);
}

/// A line that is missing, cut off or doubled leads to a refusal or to a change that holds to all properties, never
/// to a panic or an internal fault.
#[test]
fn damaged_modules_are_refused_or_migrated_whole() {
    let repo = Repo::with_contract();
    let path = "modules/server/media/video/jellyseerr.nix";
    let text = repo.read(path);
    let lines: Vec<&str> = text.lines().collect();
    let (mut refused, mut migrated) = (0, 0);
    for index in 0..lines.len() {
        let line = lines[index];
        let half = line
            .char_indices()
            .nth(line.chars().count() / 2)
            .map_or("", |(at, _)| &line[..at]);
        for replacement in [vec![], vec![half], vec![line, line]] {
            let damaged = [&lines[..index], &replacement[..], &lines[index + 1..]]
                .concat()
                .join("\n");
            repo.write(path, &damaged);
            planned(&repo.root(), "jellyseerr", |migration| match migration {
                Ok(migration) => {
                    let all = migration.groups().iter().map(|group| group.id).collect();
                    let change = migration.render(&all).unwrap();
                    checks::change(&change, &format!("line {} as {replacement:?}", index + 1));
                    migrated += 1;
                }
                Err(error) => {
                    let kind = error.kind();
                    assert_eq!(
                        kind,
                        qgroget::error::Kind::Refused,
                        "line {} as {replacement:?}: {error}",
                        index + 1
                    );
                    refused += 1;
                }
            });
        }
    }
    assert!(refused > 20 && migrated > 20, "{refused} refused, {migrated} migrated");
}

#[test]
fn no_choice_of_groups_loses_a_fact() {
    let rack = Repo::bare();
    copy(&crate::common::project().join("examples/rack"), &rack.root());
    let mut count = 0;
    for repo in [Repo::homelab_without_git(), rack] {
        let repository = Repository::read(&repo.root()).unwrap();
        with_context(&repository, |context| {
            for service in legacy_names(context.model, repository.rules()) {
                let migration = Migration::outline(context, &service).unwrap();
                for accepted in choices(&migration) {
                    if let Err(error) = migration.check_with(&accepted) {
                        panic!("{service} with {accepted:?}: {error}");
                    }
                    count += 1;
                }
            }
        });
    }
    // Whether a test is proposed is only known once the module is rendered, so that it is no choice here.
    assert!(count > 250, "{count} choices");
}
