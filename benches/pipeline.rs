//! The pipeline's steps, on `examples/homelab` or the repository that QGROGET_BENCH names. `cargo bench`.
//!
//! `read_and_parse` is the floor that the others are measured against: walk, read and parse everything once.
//! How long the program takes is measured from outside (`hyperfine`).

use std::path::{Path, PathBuf};

use qgroget::edit::SourceChange;
use qgroget::plan::install::Installation;
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::{Choices, Context, legacy_names};
use qgroget::plan::{Accepted, Proposal, Safety};
use qgroget::repo::Repository;
use qgroget::repo::hosts;
use qgroget::resolve::Model;
use rayon::prelude::*;

fn main() {
    divan::main();
}

fn root() -> PathBuf {
    std::env::var_os("QGROGET_BENCH").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/homelab"),
        PathBuf::from,
    )
}

fn preserving(proposal: &dyn Proposal) -> Accepted {
    proposal
        .groups()
        .iter()
        .filter(|g| g.safety == Safety::Preserves)
        .map(|g| g.id)
        .collect()
}

/// The repository with the contract installed.
fn installed() -> Repository {
    let repo = Repository::read(&root()).expect("reads");
    let host = hosts::find(&repo, None).expect("a host");
    let model = hosts::model(&repo, &host);
    let choices = Choices::default();
    let context = Context {
        repo: &repo,
        model: &model,
        host: &host,
        choices: &choices,
    };
    let installation = Installation::plan(&context).expect("installs");
    let change = installation.render(&preserving(&installation)).expect("renders");
    repo.after(&change)
}

#[divan::bench]
fn read_and_parse() -> usize {
    let repo = Repository::read(&root()).expect("reads");
    let files: Vec<&Path> = repo.nix_files().collect();
    files.par_iter().filter_map(|path| repo.source(path)).count()
}

#[divan::bench]
fn plan_one_service(bencher: divan::Bencher) {
    let repo = installed();
    bencher.bench_local(|| plan(&repo, "jellyfin", &Model::default()).files.len());
}

#[divan::bench]
fn plan_with_diff(bencher: divan::Bencher) {
    let repo = installed();
    bencher.bench_local(|| {
        let change = plan(&repo, "jellyfin", &Model::default());
        qgroget::review::diff::render(&change).with_stat().len()
    });
}

#[divan::bench(sample_count = 10)]
fn plan_every_service(bencher: divan::Bencher) {
    let start = installed();
    bencher.bench_local(|| migrated(&start, |_| ()));
}

/// As `migrate --all --dry-run`: every service on top of the ones before, with its diff.
#[divan::bench(sample_count = 20)]
fn dry_run_of_every_service(bencher: divan::Bencher) {
    let start = installed();
    bencher.bench_local(|| {
        let mut lines = 0;
        migrated(&start, |change| {
            lines += qgroget::review::diff::render(change).stat.added
        });
        lines
    });
}

#[divan::bench]
fn status() -> usize {
    qgroget::status::Status::read(&root(), None, None)
        .expect("reads")
        .totals()
        .services
}

/// As `check --no-eval` of the whole repository, with everything migrated that can be.
#[divan::bench]
fn check(bencher: divan::Bencher) {
    let start = installed();
    let repo = migrated(&start, |_| ());
    let host = hosts::find(&repo, None).expect("a host");
    bencher.bench_local(|| qgroget::check::run(&repo, &host, &hosts::model(&repo, &host)).len());
}

/// The repository with every service migrated, each on top of the ones before; `see` is called with each change.
fn migrated(start: &Repository, mut see: impl FnMut(&SourceChange)) -> Repository {
    let host = hosts::find(start, None).expect("a host");
    let first = hosts::model(start, &host);
    let names = legacy_names(&first, start.rules());
    let mut repo = start.clone();
    for name in &names {
        let change = plan(&repo, name, &first);
        see(&change);
        repo = repo.after(&change);
    }
    repo
}

/// The change that a service's migration makes; `before` is the model of an earlier state.
fn plan(repo: &Repository, service: &str, before: &Model) -> SourceChange {
    let host = hosts::find(repo, None).expect("a host");
    let model = hosts::model_after(repo, &host, before);
    let choices = Choices::default();
    let context = Context {
        repo,
        model: &model,
        host: &host,
        choices: &choices,
    };
    let migration = Migration::plan(&context, service).expect("plans");
    migration.render(&preserving(&migration)).expect("renders")
}
