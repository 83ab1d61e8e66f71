//! Readers of the legacy option, file by file, and the check that each finds the same in the collector's list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::aggregators::{self, Aggregator};
use super::options::Legacy;
use crate::error::{self, Result};
use crate::plan::flow::{Flow, Site};
use crate::plan::model::Context;
use crate::plan::{Skipped, texts};
use crate::repo::Repository;
use crate::repo::hosts;
use crate::syntax::{self, Source};

/// What one file reads.
pub struct Reader {
    pub path: PathBuf,
    /// Places that read the list, without those that go with an aggregator.
    pub sites: Vec<Site>,
    pub aggregators: Vec<Aggregator>,
    /// The places in the aggregators.
    pub gathered: Vec<Site>,
}

/// Every reader in `files`.
///
/// # Errors
/// `unclear-reader` where the list goes somewhere that cannot be followed, `unknown-read` for a field that the
/// collector's list has not, `reader-elsewhere` where a host without the collector reads it.
pub fn find(context: &Context, files: &[PathBuf], legacy: &Legacy, from: &[&str], to: &[&str]) -> Result<Vec<Reader>> {
    let mut found = Vec::new();
    for path in files {
        let Some(source) = context.repo.source(path) else {
            continue;
        };
        let flow = Flow::of(source, from, to);
        if let Some(unclear) = flow.unclear.first() {
            return Err(error::cleanup::unclear_reader(
                source.place_of(&unclear.node),
                unclear.why,
            ));
        }
        if flow.sites.is_empty() {
            continue;
        }
        legacy.check_whole()?;
        for read in &flow.reads {
            legacy.check(source, read)?;
        }
        let aggregators = aggregators::find(source, &flow);
        let gathered = |site: &Site| {
            let at = syntax::span(&site.node);
            aggregators
                .iter()
                .any(|aggregator| syntax::covers(&syntax::span(&aggregator.node), &at))
        };
        let (gathered, sites): (Vec<Site>, Vec<Site>) = flow.sites.iter().cloned().partition(gathered);
        check_hosts(context, source, &sites)?;
        found.push(Reader {
            path: path.clone(),
            sites,
            aggregators,
            gathered,
        });
    }
    Ok(found)
}

/// Checks that every host whose modules include the reader has the collector.
fn check_hosts(context: &Context, source: &Source, sites: &[Site]) -> Result<()> {
    let Some(site) = sites.iter().find(|site| site.own && !site.tolerant) else {
        return Ok(());
    };
    let collector = context.rules().paths.server.join("collector.nix");
    for host in hosts::names(context.repo) {
        let reached: BTreeSet<PathBuf> = hosts::reached(context.repo, &host);
        if reached.contains(source.path()) && !reached.contains(&collector) {
            return Err(error::cleanup::reader_elsewhere(source.place_of(&site.node), &host));
        }
    }
    Ok(())
}

/// Tests that import a reader, by itself or through another module, and do not bring the collector, which its module needs
/// from now on. What a test is made of are the files that its path literals lead to, and theirs.
pub fn tests(context: &Context, reader: &Path) -> Vec<Skipped> {
    let repo = context.repo;
    let collector = context.rules().paths.server.join("collector.nix");
    let files = repo
        .nix_files()
        .filter(|file| file.starts_with(&context.rules().paths.tests));
    let mut found = Vec::new();
    for test in files {
        let Some(source) = repo.source(test) else { continue };
        let whole = made_of(repo, test);
        if !whole.contains(reader) || whole.contains(&collector) || whole.iter().any(|file| names_collector(repo, file))
        {
            continue;
        }
        let mut literals = repo.path_literals(test).iter();
        let leading = literals.find(|literal| {
            let target = repo.import_target(&literal.target);
            target.is_some_and(|target| made_of(repo, &target).contains(reader))
        });
        let Some(leading) = leading else { continue };
        found.push(Skipped {
            what: texts::cleanup_test(reader),
            place: Some(source.place(leading.span.clone())),
            why: texts::CLEANUP_TEST_WHY.to_owned(),
            next: Some(texts::cleanup_test_next(&collector)),
        });
    }
    found
}

/// A file and all that its path literals lead to.
fn made_of(repo: &Repository, file: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![file.to_owned()];
    while let Some(file) = open.pop() {
        if found.insert(file.clone()) {
            let literals = repo.path_literals(&file).iter();
            open.extend(literals.filter_map(|literal| repo.import_target(&literal.target)));
        }
    }
    found
}

/// Whether the code of a file names the collector in a string, as `root + "/modules/server/collector.nix"` does.
fn names_collector(repo: &Repository, file: &Path) -> bool {
    let is_said = |line: &str| {
        line.split('#')
            .next()
            .is_some_and(|code| code.contains("collector.nix"))
    };
    repo.text(file).is_some_and(|text| text.lines().any(is_said))
}
