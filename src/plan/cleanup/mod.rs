//! The end of the migration: the legacy options go, with everything that is only there for them.
//!
//! Readers of the legacy list read the collector's list instead, which has its shape; then the bridge and the
//! options have no use. Each reader is a group, the removal is the last one and needs all of them: declining one
//! keeps the bridge, and with it a configuration in which both lists say the same.

mod aggregators;
mod bridge;
mod dead;
mod jobs;
mod options;
mod readers;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use self::jobs::EmptyJob;
use self::options::Legacy;
use self::readers::Reader;
use super::documents::Facts;
use super::documents::renew::Renewal;
use super::group::{Accepted, Group, Move, Proposal, Skipped};
use super::groups::{Groups, Proposed};
use super::model::Context;
use super::ops::Ops;
use super::texts;
use crate::edit::{GroupId, SourceChange};
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::rules::{Rules, parts};
use crate::syntax;

/// The list that the collector makes, in the shape of the legacy option.
fn collected(rules: &Rules) -> String {
    format!("{}.services", rules.namespaces.collector)
}

/// The kind of the group that removes the bridge and the options.
const REMOVAL: &str = "removal";
/// The kind of a group that gives what a backup job says to the services that share it.
const JOB: &str = "backup";
/// The kind of the group that takes out of installed documents what is false then.
const DOCUMENTS: &str = "documents";

/// The planned cleanup.
pub struct Cleanup<'a> {
    context: &'a Context<'a>,
    legacy: Legacy,
    bridge: PathBuf,
    readers: Vec<Reading>,
    /// Backup jobs that go, each with its group.
    jobs: Vec<(EmptyJob<'a>, GroupId)>,
    renewal: Renewal,
    groups: Groups,
    skipped: Vec<Skipped>,
}

/// A file that reads, and the groups that change it.
struct Reading {
    reader: Reader,
    switch: Option<GroupId>,
    drop: Option<GroupId>,
}

impl<'a> Cleanup<'a> {
    /// Plans what is left to remove; a plan without groups means that nothing is.
    ///
    /// # Errors
    /// `legacy-left` while a service is declared in the legacy pattern; the refusals of readers that cannot be
    /// switched; `no-bridge` where they do not see the contracts today.
    pub fn plan(context: &'a Context<'a>) -> Result<Cleanup<'a>> {
        let namespace = parts(&context.rules().namespaces.services);
        let files = bridge::files(context, &namespace);
        bridge::check_services(context.repo, &files, &namespace)?;
        let legacy = Legacy::find(context.repo, &files, &namespace);
        let collected = collected(context.rules());
        let readers = readers::find(context, &files, &legacy, &namespace, &parts(&collected))?;
        let bridge = bridge::path(context.rules());
        if context.repo.has(&bridge) {
            bridge::check_references(context.repo, &bridge)?;
        } else if let Some(site) = readers.iter().flat_map(|r| r.sites.iter().chain(&r.gathered)).next() {
            let reader = readers
                .iter()
                .find(|r| r.sites.iter().chain(&r.gathered).next().is_some());
            let source = reader.and_then(|r| context.repo.source(&r.path));
            let place = source.map(|source| source.place_of(&site.node));
            return Err(error::cleanup::no_bridge(place, &bridge));
        }
        let facts = Facts::of(context)?;
        let mut cleanup = Cleanup {
            context,
            renewal: Renewal::of(context.repo, &facts, &facts.without_legacy())?,
            legacy,
            bridge,
            readers: readers
                .into_iter()
                .map(|reader| Reading {
                    reader,
                    switch: None,
                    drop: None,
                })
                .collect(),
            jobs: Vec::new(),
            groups: Groups::default(),
            skipped: Vec::new(),
        };
        cleanup.propose();
        if !cleanup.is_done() {
            cleanup.skipped = cleanup.leave();
            let ops = cleanup.ops(&cleanup.groups.all());
            cleanup.groups.try_all(ops)?;
        }
        Ok(cleanup)
    }

    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.groups.list().is_empty()
    }

    /// Whether the bridge and the options go.
    pub fn removes(&self, accepted: &Accepted) -> bool {
        self.groups.accepted(REMOVAL, accepted).is_some()
    }

    fn propose(&mut self) {
        let mut groups = Groups::default();
        for reading in &mut self.readers {
            let path = &reading.reader.path;
            if !reading.reader.sites.is_empty() {
                let switch = Proposed::preserving(texts::reader_title(path), texts::READER_WHY);
                reading.switch = Some(groups.propose("reader", switch));
            }
            if !reading.reader.aggregators.is_empty() {
                let drop = Proposed::preserving(texts::aggregator_title(path), texts::AGGREGATOR_WHY);
                reading.drop = Some(groups.propose("aggregator", drop));
            }
        }
        for job in jobs::find(self.context) {
            let proposed = Proposed::preserving(texts::job_title(&job.name), texts::JOB_WHY);
            let group = groups.propose(JOB, proposed);
            self.jobs.push((job, group));
        }
        if !self.legacy.places().is_empty() || self.context.repo.has(&self.bridge) {
            let title = texts::removal_title(&self.context.rules().namespaces.services);
            let needed: Vec<GroupId> = self
                .readers
                .iter()
                .flat_map(|r| r.switch.into_iter().chain(r.drop))
                .collect();
            let removal = Proposed::preserving(title, texts::REMOVAL_WHY);
            let removal = groups.propose(REMOVAL, removal.needing(needed));
            if !self.renewal.is_empty() || self.comment().is_some() {
                let documents = Proposed::preserving(texts::DOCUMENTS_TITLE, texts::CLEANUP_DOCUMENTS_WHY);
                groups.propose(DOCUMENTS, documents.needing([removal]));
            }
        }
        self.groups = groups;
    }

    /// The operations of the accepted groups.
    fn ops(&self, accepted: &Accepted) -> Ops<'a> {
        let mut ops = Ops::new(self.context.repo);
        // What goes, file by file.
        let mut gone: BTreeMap<PathBuf, (Vec<Range<usize>>, GroupId)> = BTreeMap::new();
        let is = |group: &GroupId| accepted.contains(group);
        for reading in &self.readers {
            if let Some(group) = reading.switch.filter(|group| is(group)) {
                self.switch(&mut ops, &reading.reader, group);
            }
            if let Some(group) = reading.drop.filter(|group| is(group)) {
                let ranges = self.drop(&mut ops, &reading.reader, group);
                let entry = gone.entry(reading.reader.path.clone());
                entry.or_insert_with(|| (Vec::new(), group)).0.extend(ranges);
            }
        }
        for (job, group) in self.jobs.iter().filter(|(_, group)| is(group)) {
            job.render(&mut ops, *group);
            let (path, ranges) = job.gone();
            gone.entry(path)
                .or_insert_with(|| (Vec::new(), *group))
                .0
                .extend(ranges);
        }
        if let Some(group) = self.groups.accepted(REMOVAL, accepted) {
            self.remove(&mut ops, group);
            for (path, ranges) in self.legacy.gone(self.context.repo) {
                gone.entry(path).or_insert_with(|| (Vec::new(), group)).0.extend(ranges);
            }
        }
        self.dead(&mut ops, &gone);
        if let Some(group) = self.groups.accepted(DOCUMENTS, accepted) {
            self.renewal.render(&mut ops, group);
            if let Some(range) = self.comment() {
                let settings = &self.context.host.settings;
                let place = self
                    .context
                    .repo
                    .source(settings)
                    .map(|source| source.place(range.clone()));
                ops.remove(settings, range, group);
                ops.tell(group, [Move::removed(texts::COMMENT_OF_LEGACY, place)]);
            }
        }
        ops
    }

    /// Lets a reader read the collector's list.
    fn switch(&self, ops: &mut Ops, reader: &Reader, group: GroupId) {
        for (range, text) in reader.sites.iter().flat_map(|site| &site.edits) {
            ops.replace(&reader.path, range.clone(), text.clone(), group);
        }
        let rules = self.context.rules();
        let moves = reader.sites.iter().map(|site| Move {
            what: rules.namespaces.services.clone(),
            from: self.place(&reader.path, &site.node),
            to: Some(collected(rules)),
        });
        ops.tell(group, moves);
    }

    /// Takes out of a file what gathers services for the legacy list alone; returns the ranges that go.
    fn drop(&self, ops: &mut Ops, reader: &Reader, group: GroupId) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for aggregator in &reader.aggregators {
            for range in &aggregator.gone {
                ops.remove(&reader.path, range.clone(), group);
                ranges.push(range.clone());
            }
            for (range, text) in &aggregator.instead {
                ops.replace(&reader.path, range.clone(), text.clone(), group);
                ranges.push(range.clone());
            }
            let from = self.place(&reader.path, &aggregator.node);
            ops.tell(group, [Move::removed(texts::AGGREGATOR, from)]);
        }
        ranges
    }

    /// Removes the legacy options and the bridge.
    fn remove(&self, ops: &mut Ops, group: GroupId) {
        let repo = self.context.repo;
        self.legacy.remove(ops, repo, group);
        let what = texts::legacy_option(&self.context.rules().namespaces.services);
        let options = self.legacy.places().iter();
        ops.tell(
            group,
            options.map(|place| Move::removed(what.clone(), Some(place.clone()))),
        );
        if let Some(source) = repo.source(&self.bridge) {
            bridge::remove(ops, repo, &self.bridge, group);
            let what = super::install::texts::BRIDGE;
            ops.tell(group, [Move::removed(what, Some(source.place(0..0)))]);
        }
    }

    /// The line of the host's settings that speaks of services without a contract.
    fn comment(&self) -> Option<Range<usize>> {
        let text = self.context.repo.text(&self.context.host.settings)?;
        let at = text.find(super::install::texts::NOT_LISTED)?;
        let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
        let own = text[start..at].trim().is_empty();
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        own.then_some(start..end)
    }

    fn place(&self, path: &Path, node: &syntax::SyntaxNode) -> Option<error::Place> {
        self.context.repo.source(path).map(|source| source.place_of(node))
    }

    /// What stays, and why: mentions in comments and documents, jobs that no contract has, tests of one module.
    fn leave(&self) -> Vec<Skipped> {
        let mut left = self.mentions();
        left.extend(self.renewal.skipped());
        let backups = parts(&self.context.rules().namespaces.backups);
        let mut jobs: BTreeMap<&str, error::Place> = BTreeMap::new();
        for (module, def) in self.context.model.under(&backups) {
            if let Some(name) = def.name(backups.len()) {
                use crate::syntax::AstNode as _;
                jobs.entry(name)
                    .or_insert_with(|| module.source.place_of(def.entry.syntax()));
            }
        }
        jobs.retain(|name, _| self.jobs.iter().all(|(job, _)| job.name != *name));
        left.extend(jobs.into_iter().map(|(name, place)| Skipped {
            what: texts::job_left(name),
            place: Some(place),
            why: texts::JOB_LEFT_WHY.to_owned(),
            next: None,
        }));
        for reading in self.readers.iter().filter(|r| r.switch.is_some()) {
            left.extend(readers::tests(self.context, &reading.reader.path));
        }
        left
    }

    /// Mentions of the legacy option that are no code, one for each file.
    fn mentions(&self) -> Vec<Skipped> {
        let option = &self.context.rules().namespaces.services;
        let mut found = Vec::new();
        let mut note = |path: &Path, text: &std::sync::Arc<str>, gone: &[Range<usize>], why: &str| {
            let is_mention = |at: usize| {
                let next = text[at + option.len()..].chars().next();
                let longer = next.is_some_and(|c| c.is_alphanumeric() || "-_'".contains(c));
                !longer && !gone.iter().any(|range| range.contains(&at))
            };
            let places: Vec<usize> = text
                .match_indices(option.as_str())
                .map(|(at, _)| at)
                .filter(|at| is_mention(*at))
                .collect();
            if let Some(first) = places.first() {
                found.push(Skipped {
                    what: texts::mentions(option, places.len()),
                    place: Some(error::Place::new(path, text, *first..*first + option.len())),
                    why: why.to_owned(),
                    next: Some(texts::mention_next(&collected(self.context.rules()))),
                });
            }
        };
        for path in self.context.repo.containing(&[option]) {
            let Some(text) = self.context.repo.text(path).filter(|_| *path != *self.bridge) else {
                continue;
            };
            note(path, text, &self.gone(path), texts::MENTION_IN_COMMENT);
        }
        for (path, text) in self.context.repo.other_texts() {
            note(path, &text, &self.renewal.ranges(path), texts::MENTION_ELSEWHERE);
        }
        found
    }

    /// Every range of a file that the whole cleanup changes.
    fn gone(&self, path: &Path) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for reading in self.readers.iter().filter(|r| r.reader.path == path) {
            let sites = reading.reader.sites.iter().chain(&reading.reader.gathered);
            ranges.extend(sites.map(|site| syntax::span(&site.node)));
        }
        let options = self.legacy.gone(self.context.repo).into_iter();
        ranges.extend(options.filter(|(file, _)| file == path).flat_map(|(_, ranges)| ranges));
        ranges
    }

    /// Removes what nothing uses any more, now that `gone` goes.
    fn dead(&self, work: &mut Ops, gone: &BTreeMap<PathBuf, (Vec<Range<usize>>, GroupId)>) {
        for (path, (ranges, group)) in gone {
            let module = self.context.repo.source(path).and_then(Module::read);
            for range in module.map(|module| dead::ranges(&module, ranges)).unwrap_or_default() {
                work.remove(path, range, *group);
            }
        }
    }
}

impl Proposal for Cleanup<'_> {
    fn name(&self) -> &str {
        "cleanup"
    }

    fn groups(&self) -> &[Group] {
        self.groups.list()
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.ops(accepted).finish()
    }
}
