//! The end of the migration: the legacy options go, with everything that is only there for them.
//!
//! Readers of the legacy list read the collector's list instead, which has its shape; then the bridge and the
//! options have no use. Each reader is a group, the removal is the last one and needs all of them: declining one
//! keeps the bridge, and with it a configuration in which both lists say the same.

mod aggregators;
mod bridge;
mod dead;
mod flow;
mod library;
mod options;
mod readers;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use self::flow::Site;
use self::options::Legacy;
use self::readers::Reader;
use super::group::{Accepted, Group, Move, Proposal, Safety, Skipped};
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

/// The planned cleanup.
pub struct Cleanup<'a> {
    context: &'a Context<'a>,
    legacy: Legacy,
    bridge: PathBuf,
    readers: Vec<Reading>,
    /// The removal of the bridge and the options.
    removal: Option<GroupId>,
    list: Vec<Group>,
    left: Vec<Skipped>,
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
        let mut cleanup = Cleanup {
            context,
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
            removal: None,
            list: Vec::new(),
            left: Vec::new(),
        };
        cleanup.list_groups();
        if !cleanup.is_done() {
            cleanup.left = cleanup.leave();
            cleanup.render(&cleanup.list.iter().map(|group| group.id).collect())?;
        }
        Ok(cleanup)
    }

    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the bridge and the options go.
    pub fn removes(&self, accepted: &Accepted) -> bool {
        self.removal.is_some_and(|group| accepted.contains(&group))
    }

    fn list_groups(&mut self) {
        let mut list: Vec<Group> = Vec::new();
        let mut add = |kind, title: String, why: &str, needs: Vec<GroupId>, moves: Vec<Move>| {
            let id = GroupId(list.len());
            list.push(Group {
                id,
                kind,
                title,
                why: why.to_owned(),
                safety: Safety::Preserves,
                needs,
                moves,
            });
            id
        };
        let place = |path: &Path, node: &syntax::SyntaxNode| self.context.repo.source(path).map(|s| s.place_of(node));
        for reading in &mut self.readers {
            let path = &reading.reader.path;
            if !reading.reader.sites.is_empty() {
                let moves = reading.reader.sites.iter().map(|site| Move {
                    what: self.context.rules().namespaces.services.clone(),
                    from: place(path, &site.node),
                    to: Some(collected(self.context.rules())),
                });
                let title = texts::reader_title(path);
                reading.switch = Some(add("reader", title, texts::READER_WHY, vec![], moves.collect()));
            }
            if !reading.reader.aggregators.is_empty() {
                let moves = reading.reader.aggregators.iter().map(|aggregator| Move {
                    what: texts::AGGREGATOR.to_owned(),
                    from: place(path, &aggregator.node),
                    to: None,
                });
                let title = texts::aggregator_title(path);
                reading.drop = Some(add("aggregator", title, texts::AGGREGATOR_WHY, vec![], moves.collect()));
            }
        }
        let mut moves: Vec<Move> = self
            .legacy
            .places()
            .iter()
            .map(|place| Move {
                what: texts::legacy_option(&self.context.rules().namespaces.services),
                from: Some(place.clone()),
                to: None,
            })
            .collect();
        if let Some(source) = self.context.repo.source(&self.bridge) {
            moves.push(Move {
                what: crate::plan::install::texts::BRIDGE.to_owned(),
                from: Some(source.place(0..0)),
                to: None,
            });
        }
        if !moves.is_empty() {
            let needs = self
                .readers
                .iter()
                .flat_map(|r| r.switch.into_iter().chain(r.drop))
                .collect();
            let title = texts::removal_title(&self.context.rules().namespaces.services);
            self.removal = Some(add("removal", title, texts::REMOVAL_WHY, needs, moves));
        }
        self.list = list;
    }

    /// What stays, and why: mentions in comments and documents, jobs that no contract has, tests of one module.
    fn leave(&self) -> Vec<Skipped> {
        let mut left = self.mentions();
        let backups = parts(&self.context.rules().namespaces.backups);
        let mut jobs: BTreeMap<&str, error::Place> = BTreeMap::new();
        for (module, def) in self.context.model.under(&backups) {
            if let Some(name) = def.name(backups.len()) {
                use crate::syntax::AstNode as _;
                jobs.entry(name)
                    .or_insert_with(|| module.source.place_of(def.entry.syntax()));
            }
        }
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
            note(path, &text, &[], texts::MENTION_ELSEWHERE);
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

fn switch(work: &mut Ops, path: &Path, sites: &[Site], group: GroupId) {
    for (range, text) in sites.iter().flat_map(|site| &site.edits) {
        work.replace(path, range.clone(), text.clone(), group);
    }
}

impl Proposal for Cleanup<'_> {
    fn name(&self) -> &str {
        "cleanup"
    }

    fn groups(&self) -> &[Group] {
        &self.list
    }

    fn left(&self) -> &[Skipped] {
        &self.left
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        let mut work = Ops::new(self.context.repo);
        let mut gone: BTreeMap<PathBuf, (Vec<Range<usize>>, GroupId)> = BTreeMap::new();
        let is = |group: &GroupId| accepted.contains(group);
        for Reading {
            reader,
            switch: to,
            drop,
        } in &self.readers
        {
            if let Some(group) = to.filter(|group| is(group)) {
                switch(&mut work, &reader.path, &reader.sites, group);
            }
            if let Some(group) = drop.filter(|group| is(group)) {
                for aggregator in &reader.aggregators {
                    for range in &aggregator.gone {
                        work.remove(&reader.path, range.clone(), group);
                    }
                    for (range, text) in &aggregator.instead {
                        work.replace(&reader.path, range.clone(), text.clone(), group);
                    }
                    let ranges = aggregator
                        .gone
                        .iter()
                        .chain(aggregator.instead.iter().map(|(range, _)| range));
                    gone.entry(reader.path.clone())
                        .or_insert_with(|| (Vec::new(), group))
                        .0
                        .extend(ranges.cloned());
                }
            }
        }
        if let Some(group) = self.removal.filter(|group| is(group)) {
            bridge::remove(&mut work, self.context.repo, &self.bridge, group);
            self.legacy.remove(&mut work, self.context.repo, group);
            for (path, ranges) in self.legacy.gone(self.context.repo) {
                gone.entry(path).or_insert_with(|| (Vec::new(), group)).0.extend(ranges);
            }
        }
        self.dead(&mut work, &gone);
        work.finish()
    }
}
