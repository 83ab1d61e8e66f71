//! The migration of one service: its groups, and what the files are for the groups that are accepted.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::definition::Definition;
use super::foreign::{self, Foreign};
use super::group::{Accepted, Group, Proposal, Skipped};
use super::groups::Groups;
use super::kinds::{self, Draft, Outline, PLACEMENT};
use super::layout::{Layout, Orphan};
use super::model::{Context, Declaration, Held, OtherJob, ServiceFacts};
use super::needs::Requirements;
use super::needs::reads::ContractReads;
use super::ops::Ops;
use super::restated::Restated;
use super::share::parts::ExtractedParts;
use super::share::stays;
use super::taking::{Removed, Taking};
use super::vmtest::{self, NewTest};
use super::{comments, contract, data_dir, placement, texts};
use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::syntax::{self, AstNode};

/// The planned migration of one service.
pub struct Migration<'a> {
    context: &'a Context<'a>,
    facts: ServiceFacts<'a>,
    /// What leaves a shared file with the service; `None` where the file becomes the service's own.
    share: Option<ExtractedParts<'a>>,
    groups: Groups,
    skipped: Vec<Skipped>,
    /// The groups of kinds that are not wanted.
    unwanted: Accepted,
    test: Option<NewTest<'a>>,
    needs: Requirements,
    reads: ContractReads,
    restated: Restated,
    /// What all groups make of the files, from when they were planned.
    whole: Option<SourceChange>,
}

impl<'a> Migration<'a> {
    /// Plans the migration of `service`. Nothing is rendered yet, but everything that would refuse has been tried.
    ///
    /// # Errors
    /// Every refusal of [`ServiceFacts::collect`] and of rendering all groups.
    pub fn plan(context: &'a Context<'a>, service: &str) -> Result<Migration<'a>> {
        let mut migration = Migration::outline(context, service)?;
        let mut left = skipped(context, &migration.facts, &migration.groups);
        left.extend(data_dir::left(context, &migration.facts));
        left.extend(migration.stays());
        left.extend(migration.needs.left.iter().cloned());
        if let Some(share) = &migration.share {
            left.extend(stays::without_implementation(context, &migration.facts, share));
            left.extend(stays::left(context, &migration.facts, share));
        }
        left.extend(foreign::of(context, service).iter().map(Foreign::left));
        left.extend(migration.add_test()?);
        migration.skipped = left;
        let all = migration.all();
        let ops = migration.build_edits(&all, &[])?;
        migration.groups.note_moves(&ops);
        migration.whole = Some(migration.draw(&all, ops)?);
        migration.unwanted = kinds::unwanted(context, &migration.groups);
        Ok(migration)
    }

    /// Plans what was left of a service that has its contract: what was declined, and what is missing. `None` where nothing
    /// is, or where the contract is not written as one set. `missing` are the directories that no backup has.
    ///
    /// # Errors
    /// As [`Migration::plan`].
    pub fn resume(context: &'a Context<'a>, service: &str, missing: &[String]) -> Result<Option<Migration<'a>>> {
        let Some(facts) = ServiceFacts::resume(context, service, missing)? else {
            return Ok(None);
        };
        let mut migration = Migration::of(context, facts, None);
        let mut left = migration.stays();
        left.extend(migration.add_test()?);
        migration.unwanted = kinds::unwanted(context, &migration.groups);
        if migration.groups.list().len() == migration.unwanted.len() {
            return Ok(None);
        }
        migration.skipped = left;
        let all = migration.all();
        let ops = migration.build_edits(&all, &[])?;
        migration.groups.note_moves(&ops);
        migration.whole = Some(migration.draw(&all, ops)?);
        Ok(Some(migration))
    }

    /// What is left to a person of a service that has its contract and of which nothing is offered.
    ///
    /// # Errors
    /// As [`ServiceFacts::resume`].
    pub fn left_of(context: &'a Context<'a>, service: &str) -> Result<Vec<Skipped>> {
        let facts = ServiceFacts::resume(context, service, &[])?;
        Ok(facts.map_or_else(Vec::new, |facts| Migration::of(context, facts, None).stays()))
    }

    /// What is the service's and stays where it stands, and the databases that are left to a person.
    fn stays(&self) -> Vec<Skipped> {
        let held = self.facts.held.iter().map(held);
        let others = self.facts.other_jobs.iter().map(other_job);
        held.chain(others)
            .chain(self.needs.open_databases.iter().cloned())
            .collect()
    }

    /// Whether the service had its contract before.
    pub fn is_resumed(&self) -> bool {
        self.facts.contract.is_some()
    }

    /// What [`Migration::plan`] knows of `service` before it renders: enough to look at, and for [`Migration::check`].
    ///
    /// # Errors
    /// Every refusal of [`ServiceFacts::collect`], and `shared-file` and `nothing-named`.
    pub fn outline(context: &'a Context<'a>, service: &str) -> Result<Migration<'a>> {
        let facts = ServiceFacts::collect(context, service)?;
        if let (Some(co_located), true) = (&facts.co_located, context.choices.in_place) {
            return Err(error::plan::shared_file(facts.place(), service, co_located));
        }
        let share = facts
            .co_located
            .is_some()
            .then(|| ExtractedParts::find(context, &facts));
        let nothing = |share: &ExtractedParts| share.bindings.is_empty() && share.elements.is_empty();
        if facts.declarations.is_empty() && facts.jobs.is_empty() && share.as_ref().is_some_and(nothing) {
            return Err(error::plan::nothing_named(
                &facts.home.source.path().display().to_string(),
                service,
            ));
        }
        Ok(Migration::of(context, facts, share))
    }

    fn of(context: &'a Context<'a>, facts: ServiceFacts<'a>, share: Option<ExtractedParts<'a>>) -> Migration<'a> {
        let needs = Requirements::of(context, &facts);
        let reads = ContractReads::of(context, &facts, &needs, share.as_ref());
        let database: Vec<_> = reads.list().iter().map(|said| said.range.clone()).collect();
        let restated = match facts.contract {
            None => Restated::of(context, &facts, share.as_ref(), &database),
            Some(_) => Restated::default(),
        };
        let mut migration = Migration {
            context,
            facts,
            share,
            groups: Groups::default(),
            skipped: Vec::new(),
            unwanted: Accepted::new(),
            test: None,
            needs,
            reads,
            restated,
            whole: None,
        };
        migration.groups = kinds::propose(&migration.outline_of());
        migration
    }

    /// Plans a test where the service has none, of what all groups leave of its module; what of it is left to a person.
    fn add_test(&mut self) -> Result<Vec<Skipped>> {
        if !vmtest::lacks(self.context, &self.facts) {
            return Ok(Vec::new());
        }
        let all = self.all();
        let change = self.build_edits(&all, &[])?.finish_unformatted()?;
        match NewTest::plan(self.context, &self.facts.name, &self.module_path(&all), &change) {
            Ok(test) => {
                let left = test.skipped();
                self.test = Some(test);
                self.groups = kinds::propose(&self.outline_of());
                Ok(left)
            }
            Err(none) => Ok(vec![*none]),
        }
    }

    fn all(&self) -> Accepted {
        self.groups.all()
    }

    /// Tries all groups without making the texts of the files, most of which is formatting.
    ///
    /// # Errors
    /// Every refusal of rendering all groups.
    pub fn check(&self) -> Result<()> {
        self.check_with(&self.all())
    }

    /// Tries these groups without making the texts of the files.
    ///
    /// # Errors
    /// Every refusal of rendering them; an internal error where a fact would be lost.
    pub fn check_with(&self, accepted: &Accepted) -> Result<()> {
        self.build_edits(accepted, &[]).map(drop)
    }

    /// The file that holds the service's contract afterwards.
    pub fn module_path(&self, accepted: &Accepted) -> PathBuf {
        self.draft(accepted).module_path()
    }

    /// Whether an existing test turns the service on through the contract afterwards.
    pub fn switches_test(&self) -> bool {
        vmtest::follows(self.context, &self.facts)
    }

    /// The test that is added.
    pub fn test(&self) -> Option<&NewTest<'a>> {
        self.test.as_ref()
    }

    /// What these groups change the configuration by on purpose.
    pub fn declared(&self, accepted: &Accepted) -> Vec<Definition> {
        kinds::declare(&self.draft(accepted))
    }

    /// What these groups move that has not followed the service's switch so far, and does in the contract.
    pub fn follow_switch(&self, accepted: &Accepted) -> Vec<&'static str> {
        kinds::follow_switch(&self.draft(accepted))
    }

    /// The options that these groups add to, each once, as attrpaths.
    pub fn gained(&self, accepted: &Accepted) -> Vec<String> {
        let definitions = self.declared(accepted);
        let options: BTreeSet<String> = definitions.iter().map(|one| one.option.join(".")).collect();
        options.into_iter().collect()
    }

    /// What moves the service's module to its place and mends the paths in it and to it, and nothing else; `None` where the
    /// accepted groups move no file.
    ///
    /// # Errors
    /// As the rendering of that group.
    pub fn move_alone(&self, accepted: &Accepted) -> Result<Option<SourceChange>> {
        let Some(group) = self.groups.accepted(PLACEMENT, accepted) else {
            return Ok(None);
        };
        let mut ops = Ops::new(self.context.repo);
        placement::render(&mut ops, self.context.repo, &self.facts, group)?;
        ops.finish().map(Some)
    }

    /// The groups by what they are.
    pub fn proposed(&self) -> &Groups {
        &self.groups
    }

    /// What the service needs from others.
    pub fn needs(&self) -> &Requirements {
        &self.needs
    }

    /// The facts that it was planned from.
    pub fn facts(&self) -> &ServiceFacts<'a> {
        &self.facts
    }

    /// The service with these groups.
    fn draft<'d>(&'d self, accepted: &'d Accepted) -> Draft<'d, 'a> {
        Draft {
            outline: self.outline_of(),
            groups: &self.groups,
            accepted,
        }
    }

    fn outline_of(&self) -> Outline<'_, 'a> {
        Outline {
            context: self.context,
            facts: &self.facts,
            requirements: &self.needs,
            reads: &self.reads,
            restated: &self.restated,
            test: self.test.as_ref(),
        }
    }

    /// Takes the facts of the accepted groups from where they stand; gives the nodes that go, file by file.
    fn removed(&self, ops: &mut Ops<'a>, draft: &Draft) -> Removed {
        let mut taking = Taking::new(ops);
        kinds::take(draft, &mut taking);
        taking.removed()
    }

    fn render_contract(&self, ops: &mut Ops<'a>, draft: &Draft<'_, 'a>, lost: &[String]) -> Result<()> {
        let removed = self.removed(ops, draft);
        let layout = Layout::of(draft, self.share.as_ref(), removed)?;
        let mut comments = self.sorted(layout.remove(ops));
        comments.of_service.extend_from_slice(lost);
        let above = layout.above(ops, std::mem::take(&mut comments.above));
        let fragments = kinds::write(draft, comments)?;
        layout.render(ops, fragments, &above)
    }

    /// Comments that stand where no rule looks for any (between the parts of a name, behind an `=`) go to the contract.
    fn draw(&self, accepted: &Accepted, ops: Ops) -> Result<SourceChange> {
        let change = ops.finish()?;
        let mut lost = comments::lost(self.context.repo, &change);
        let declined = self
            .facts
            .contract
            .as_ref()
            .and_then(|contract| contract.declined.as_ref());
        if let Some(declined) = declined.filter(|_| self.groups.accepted(kinds::GAIN, accepted).is_some()) {
            lost.retain(|comment| !declined.goes.contains(comment));
        }
        // Nobody shares a file that is gone.
        lost.retain(|comment| !comment.starts_with(texts::SHARED_MARKER.trim_end()));
        match lost.is_empty() {
            true => Ok(change),
            false => self.build_edits(accepted, &lost)?.finish(),
        }
    }

    /// The edits that the accepted groups make; the comments `lost` are put into the contract.
    fn build_edits(&self, accepted: &Accepted, lost: &[String]) -> Result<Ops<'a>> {
        let mut ops = Ops::new(self.context.repo);
        if !self.is_resumed() && !accepted.contains(&kinds::contract_of(&self.groups)) {
            return Ok(ops);
        }
        let draft = self.draft(accepted);
        self.render_contract(&mut ops, &draft, lost)?;
        kinds::edit(&draft, &mut ops)?;
        ops.check(self.facts.facts.iter().chain(self.facts.of_jobs()))?;
        Ok(ops)
    }

    /// Comments by where they belong in the contract.
    fn sorted(&self, mut orphans: Vec<Orphan>) -> contract::Comments {
        orphans.sort();
        let mut comments = contract::Comments::default();
        for Orphan { elsewhere, at, text } in orphans {
            let declaration = (!elsewhere).then(|| self.declaration_at(at)).flatten();
            match declaration {
                Some(true) => comments.of_jobs.push(text),
                None if !elsewhere => comments.above.push(text),
                _ => comments.of_service.push(text),
            }
        }
        comments
    }

    /// Whether an offset in the home module lies in one of the service's backup jobs (`true`), the comments above it
    /// included, or in the set of one of its declarations (`false`).
    fn declaration_at(&self, at: usize) -> Option<bool> {
        let home = self.facts.home.source.path();
        let text = self.facts.home.source.text();
        let in_job = |declaration: &Declaration| {
            let extent = crate::edit::trivia::extent(text, declaration.node()).text;
            declaration.path() == home && extent.contains(&at)
        };
        if self.facts.jobs.iter().flat_map(|job| &job.declarations).any(in_job) {
            return Some(true);
        }
        let in_set = |declaration: &Declaration| {
            let whole =
                declaration.def.path.len() == crate::rules::parts(&self.context.rules().namespaces.services).len() + 1;
            let span = declaration
                .def
                .value
                .as_ref()
                .filter(|_| whole)
                .map(|value| syntax::span(value.syntax()));
            declaration.path() == home && span.is_some_and(|span| span.contains(&at))
        };
        self.facts.declarations.iter().any(in_set).then_some(false)
    }
}

/// The place of a module that no path leads to which could be mended.
fn computed_import(facts: &ServiceFacts) -> Skipped {
    Skipped {
        what: texts::UNIMPORTED.to_owned(),
        place: Some(facts.home.source.place(0..0)),
        why: texts::COMPUTED_IMPORT_WHY.to_owned(),
        next: Some(texts::computed_import_next(&facts.target)),
    }
}

/// A directory, path or unit that stays where it stands.
fn held(one: &Held) -> Skipped {
    let element = one.element.syntax();
    Skipped {
        what: texts::stays_element(&one.field, &syntax::in_one_line(&syntax::text_of(element))),
        place: Some(one.module.source.place_of(element)),
        why: texts::STAYS_CONDITION.to_owned(),
        next: None,
    }
}

/// A backup job that stays beside the one that the contract takes.
fn other_job(other: &OtherJob) -> Skipped {
    let OtherJob { job, taken } = other;
    Skipped {
        what: texts::stays_job(&job.name),
        place: job.declarations.first().map(Declaration::place),
        why: texts::stays_job_why(taken),
        next: Some(texts::stays_job_next(&job.name, taken)),
    }
}

/// What the plan sees and does not touch.
fn skipped(context: &Context, facts: &ServiceFacts, groups: &Groups) -> Vec<Skipped> {
    let home = &facts.home.source;
    if groups.of(PLACEMENT).is_some() {
        return placement::mentions(context.repo, facts);
    }
    if facts.co_located.is_some() {
        return Vec::new();
    }
    if context.model.is_imported(home.path()) {
        let moves = home.path() != facts.target && !context.choices.in_place;
        let stays = moves && !placement::is_named(context.repo, facts);
        return stays.then(|| computed_import(facts)).into_iter().collect();
    }
    vec![Skipped {
        what: texts::UNIMPORTED.to_owned(),
        place: Some(home.place(0..0)),
        why: texts::UNIMPORTED_WHY.to_owned(),
        next: Some(texts::unimported_next(&facts.target)),
    }]
}

impl Proposal for Migration<'_> {
    fn name(&self) -> &str {
        &self.facts.name
    }

    fn is_service(&self) -> bool {
        true
    }

    fn contract(&self, accepted: &Accepted) -> Option<(String, PathBuf)> {
        let path = contract::path(self.context, &self.facts);
        Some((path, self.module_path(accepted)))
    }

    fn groups(&self) -> &[Group] {
        self.groups.list()
    }

    fn unwanted(&self) -> &Accepted {
        &self.unwanted
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn remark(&self, accepted: &Accepted) -> Option<String> {
        let what = self.follow_switch(accepted);
        (!what.is_empty()).then(|| texts::follow_switch(&what, &self.facts.name))
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        match &self.whole {
            Some(whole) if *accepted == self.all() => Ok(whole.clone()),
            _ => self.draw(accepted, self.build_edits(accepted, &[])?),
        }
    }
}
