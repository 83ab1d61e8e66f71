//! The migration of one service: its groups, and what the files are for the groups that are accepted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::facts::{Context, Facts, Field, Piece};
use super::group::{Accepted, Group, Left, Proposal, Renderings};
use super::groups::{self, Groups};
use super::needs::Needs;
use super::needs::reads::Reads;
use super::sections::Sections;
use super::share::extract::{Extraction, Share};
use super::share::leftovers::Leftovers;
use super::vmtest::{self, NewTest};
use super::workset::Workset;
use super::{comments, contract, data_dir, enablement, literal, owner, placement, removal, texts};
use crate::edit::{GroupId, SourceChange};
use crate::error::{self, Result};
use crate::resolve::free;
use crate::resolve::scope::Binding;
use crate::syntax::{self, AstNode, SyntaxNode};

/// Nodes that go, file by file, each with the group that takes it.
type Gone = BTreeMap<PathBuf, Vec<(SyntaxNode, GroupId)>>;

/// The planned migration of one service.
pub struct Migration<'a> {
    context: &'a Context<'a>,
    facts: Facts<'a>,
    /// What leaves a shared file with the service; `None` where the file becomes the service's own.
    share: Option<Share<'a>>,
    groups: Groups,
    list: Vec<Group>,
    left: Vec<Left>,
    rendered: Renderings,
    test: Option<NewTest<'a>>,
    needs: Needs,
    reads: Reads,
}

impl<'a> Migration<'a> {
    /// Plans the migration of `service`. Nothing is rendered yet, but everything that would refuse has been tried.
    ///
    /// # Errors
    /// Every refusal of [`Facts::collect`] and of rendering all groups.
    pub fn plan(context: &'a Context<'a>, service: &str) -> Result<Migration<'a>> {
        let mut migration = Migration::outline(context, service)?;
        context.repo.look_into(migration.facts.home.source.path());
        let mut left = left(context, &migration.facts, &migration.groups);
        left.extend(migration.needs.left.iter().cloned());
        left.extend(migration.test.iter().flat_map(|test| test.left()));
        migration.left = left;
        migration.render(&migration.all())?;
        Ok(migration)
    }

    /// What [`Migration::plan`] knows of `service` before it renders: enough to look at, and for [`Migration::check`].
    ///
    /// # Errors
    /// Every refusal of [`Facts::collect`], and `shared-file` and `nothing-named`.
    pub fn outline(context: &'a Context<'a>, service: &str) -> Result<Migration<'a>> {
        let facts = Facts::collect(context, service)?;
        if let (Some(sharers), true) = (&facts.sharers, context.choices.in_place) {
            return Err(error::plan::shared_file(facts.place(), service, sharers));
        }
        let share = facts
            .sharers
            .clone()
            .map(|sharers| Share::find(context, &facts, sharers));
        let nothing = |share: &Share| share.bindings.is_empty() && share.elements.is_empty();
        if facts.pieces.is_empty() && facts.jobs.is_empty() && share.as_ref().is_some_and(nothing) {
            return Err(error::plan::nothing_named(
                &facts.home.source.path().display().to_string(),
                service,
            ));
        }
        let test = NewTest::of(context, &facts);
        let needs = Needs::of(context, &facts);
        let reads = Reads::of(context, &facts, &needs, share.as_ref());
        let (groups, list) = groups::list(context, &facts, &needs, &reads, test.as_ref());
        Ok(Migration {
            context,
            facts,
            share,
            groups,
            list,
            left: Vec::new(),
            rendered: Renderings::default(),
            test,
            needs,
            reads,
        })
    }

    fn all(&self) -> Accepted {
        self.list.iter().map(|group| group.id).collect()
    }

    /// Tries all groups without making the texts of the files, most of which is formatting.
    ///
    /// # Errors
    /// Every refusal of rendering all groups.
    pub fn check(&self) -> Result<()> {
        self.work(&self.all(), &[]).map(drop)
    }

    /// The file that holds the service's contract afterwards.
    pub fn module_path(&self, accepted: &Accepted) -> PathBuf {
        match self.groups.placement {
            Some(group) if accepted.contains(&group) => self.facts.target.clone(),
            None if self.share.is_some() => self.facts.target.clone(),
            _ => self.facts.home.source.path().to_owned(),
        }
    }

    /// Whether the module declares secrets.
    pub fn has_secrets(&self) -> bool {
        self.facts.home.under(&["sops"]).next().is_some()
    }

    /// Whether the service uses a database.
    pub fn has_database(&self) -> bool {
        let home = self.facts.home;
        self.needs.has_database || home.under(&["services", "postgresql"]).next().is_some()
    }

    /// Whether a test imports the module.
    pub fn moves_test(&self) -> bool {
        let tests = &self.context.rules().paths.tests;
        let references = self.facts.references(self.context.repo);
        references.iter().any(|reference| reference.file.starts_with(tests))
    }

    /// Whether an existing test turns the service on through the contract afterwards.
    pub fn switches_test(&self) -> bool {
        vmtest::follows(self.context, &self.facts)
    }

    /// The test that is added.
    pub fn test(&self) -> Option<&NewTest<'a>> {
        self.test.as_ref()
    }

    /// The groups by what they are.
    pub fn kinds(&self) -> &Groups {
        &self.groups
    }

    /// What the service needs from others.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The facts that it was planned from.
    pub fn facts(&self) -> &Facts<'a> {
        &self.facts
    }

    /// The nodes that go, file by file: fields and jobs and list elements of the accepted groups.
    fn removed(&self, accepted: &Accepted) -> Gone {
        let mut gone = Gone::new();
        let mut take = |path: &std::path::Path, node: SyntaxNode, group: GroupId| {
            gone.entry(path.to_owned()).or_default().push((node, group))
        };
        let persistence = self.groups.persistence.filter(|g| accepted.contains(g));
        for field in &self.facts.fields {
            match (field.name.as_str(), persistence) {
                ("persistedData", None) if self.groups.persistence.is_some() => {}
                ("persistedData", Some(group)) => take(field.module.source.path(), field.node.clone(), group),
                _ => take(field.module.source.path(), field.node.clone(), self.groups.contract),
            }
        }
        let keeps = persistence.is_none() && self.facts.named("persistedData").next().is_some();
        let whole = |piece: &&Piece| no_fields(piece) || (literal::is_compound(piece) && !keeps);
        for piece in self.facts.pieces.iter().filter(whole) {
            take(piece.path(), piece.node().clone(), self.groups.contract);
        }
        if let Some(group) = self.groups.backup.filter(|g| accepted.contains(g)) {
            for job in &self.facts.jobs {
                match &job.part {
                    None => {
                        for field in &job.fields {
                            take(field.module.source.path(), field.node.clone(), group);
                        }
                        for piece in job.pieces.iter().filter(|piece| literal::is_compound(piece)) {
                            take(piece.path(), piece.node().clone(), group);
                        }
                    }
                    Some(part) => part.iter().for_each(|(field, elements)| {
                        elements
                            .iter()
                            .for_each(|e| take(field.module.source.path(), e.syntax().clone(), group));
                    }),
                }
            }
        }
        if let Some(group) = persistence {
            for entry in &self.facts.persisted {
                for node in owner::removal_nodes(std::slice::from_ref(entry)) {
                    take(entry.module.source.path(), node, group);
                }
            }
        }
        gone
    }

    /// What the code reads from the contract, where that is accepted.
    fn reads(&self, accepted: &Accepted) -> Option<&Reads> {
        let group = self.groups.reads.filter(|group| accepted.contains(group));
        group.map(|_| &self.reads)
    }

    fn core(&self, work: &mut Workset, accepted: &Accepted, lost: &[String]) -> Result<()> {
        if let Some(share) = &self.share {
            return self.extract(share, work, accepted, lost);
        }
        let sections = Sections::find(self.context, &self.facts, &self.groups, accepted, self.reads(accepted))?;
        let arguments = self.check_names(&sections)?;
        let orphans = self.take_out(work, &self.removed(accepted));
        let mut comments = self.sorted(orphans);
        comments.of_service.extend_from_slice(lost);
        let above = std::mem::take(&mut comments.above);
        let chunks = self.body(accepted, comments)?;
        sections.render(work, chunks, &above)?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        sections.formals(work, &arguments)
    }

    fn body(&self, accepted: &Accepted, comments: contract::Comments) -> Result<Vec<contract::Chunk>> {
        contract::body(self.context, &self.facts, &self.needs, &self.groups, accepted, comments)
    }

    /// Comments that stand where no rule looks for any (between the parts of a name, behind an `=`) go to the contract.
    fn draw(&self, accepted: &Accepted) -> Result<SourceChange> {
        let change = self.work(accepted, &[])?.finish()?;
        let mut lost = comments::lost(self.context.repo, &change);
        // Nobody shares a file that is gone.
        lost.retain(|comment| !comment.starts_with(texts::SHARED_MARKER.trim_end()));
        match lost.is_empty() {
            true => Ok(change),
            false => self.work(accepted, &lost)?.finish(),
        }
    }

    /// The edits that the accepted groups make; the comments `lost` are put into the contract.
    fn work(&self, accepted: &Accepted, lost: &[String]) -> Result<Workset<'a>> {
        let mut work = Workset::new(self.context.repo);
        if !accepted.contains(&self.groups.contract) {
            return Ok(work);
        }
        self.core(&mut work, accepted, lost)?;
        vmtest::import(&mut work, self.context, &self.facts, self.groups.contract);
        if let Some(group) = self.groups.enablement.filter(|group| accepted.contains(group)) {
            enablement::render(&mut work, self.context, &self.facts, group)?;
            vmtest::follow(&mut work, self.context, &self.facts, group)?;
        }
        if let Some(group) = self.groups.placement.filter(|group| accepted.contains(group)) {
            placement::render(&mut work, self.context.repo, &self.facts, group)?;
        }
        if let (Some(group), Some(test)) = (self.groups.test.filter(|group| accepted.contains(group)), &self.test) {
            test.render(&mut work, self.context, &self.module_path(accepted), group)?;
        }
        Ok(work)
    }

    /// The service leaves its file for one of its own.
    fn extract(&self, share: &Share<'a>, work: &mut Workset, accepted: &Accepted, lost: &[String]) -> Result<()> {
        let mut gone = self.removed(accepted);
        let own = gone.remove(self.facts.home.source.path()).unwrap_or_default();
        let mut orphans = self.take_out(work, &gone);
        let mut nodes: Vec<(SyntaxNode, GroupId)> = own.clone();
        nodes.extend(share.nodes().into_iter().map(|node| (node, self.groups.contract)));
        let leftovers = Leftovers::of(self.facts.home, &nodes);
        orphans.extend(leftovers.orphans.iter().map(|(at, text)| (false, *at, text.clone())));
        let mut comments = self.sorted(orphans);
        comments.of_service.extend_from_slice(lost);
        let mut above = std::mem::take(&mut comments.above);
        if !leftovers.deleted {
            // What stood above several services' declarations stays with those that are left.
            leftovers.keep(work, &above, self.groups.contract);
            above.clear();
        }
        let chunks = self.body(accepted, comments)?;
        let moved = self.facts.fields.iter().chain(
            self.facts
                .jobs
                .iter()
                .filter(|job| job.part.is_none())
                .flat_map(|job| &job.fields),
        );
        let mut texts: Vec<SyntaxNode> = moved
            .filter_map(|field| Some(field.value.clone()?.syntax().clone()))
            .collect();
        let parts = self.facts.jobs.iter().filter_map(|job| job.part.as_ref()).flatten();
        texts.extend(parts.flat_map(|(_, elements)| elements.iter().map(|e| e.syntax().clone())));
        texts.extend(self.facts.persisted.iter().map(|entry| entry.element.syntax().clone()));
        texts.extend(data_dir::of_node(self.context, &self.facts)?);
        let extraction = Extraction {
            context: self.context,
            facts: &self.facts,
            share,
            groups: &self.groups,
            accepted,
            reads: self.reads(accepted),
        };
        extraction.render(work, chunks, &above, &leftovers, &texts)
    }

    /// Removes nodes; returns the comments that lose their place, with whether they stood in another file, and where.
    fn take_out(&self, work: &mut Workset, gone: &Gone) -> Vec<(bool, usize, String)> {
        let home = self.facts.home.source.path();
        let mut orphans = Vec::new();
        for (path, nodes) in gone {
            let source = self.context.repo.source(path).expect("a module that was read");
            let all: Vec<SyntaxNode> = nodes.iter().map(|(node, _)| node.clone()).collect();
            let removal = removal::remove(source, &all);
            for range in removal.ranges {
                let inside = |node: &SyntaxNode| syntax::covers(&range, &syntax::span(node));
                let group = nodes
                    .iter()
                    .find(|(node, _)| inside(node))
                    .map_or(self.groups.contract, |(_, group)| *group);
                work.remove(path, range, group);
            }
            orphans.extend(removal.orphans.into_iter().map(|(at, text)| (path != home, at, text)));
        }
        orphans
    }

    /// Comments by where they belong in the contract.
    fn sorted(&self, mut orphans: Vec<(bool, usize, String)>) -> contract::Comments {
        orphans.sort();
        let mut comments = contract::Comments::default();
        for (foreign, at, text) in orphans {
            let declaration = (!foreign).then(|| self.declaration_at(at)).flatten();
            match declaration {
                Some(true) => comments.of_jobs.push(text),
                None if !foreign => comments.above.push(text),
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
        let in_job = |piece: &super::facts::Piece| {
            let extent = crate::edit::trivia::extent(text, piece.node()).text;
            piece.path() == home && extent.contains(&at)
        };
        if self.facts.jobs.iter().flat_map(|job| &job.pieces).any(in_job) {
            return Some(true);
        }
        let in_set = |piece: &super::facts::Piece| {
            let whole =
                piece.def.path.len() == crate::rules::parts(&self.context.rules().namespaces.services).len() + 1;
            let span = piece
                .def
                .value
                .as_ref()
                .filter(|_| whole)
                .map(|value| syntax::span(value.syntax()));
            piece.path() == home && span.is_some_and(|span| span.contains(&at))
        };
        self.facts.pieces.iter().any(in_set).then_some(false)
    }

    /// Checks that every name in the texts that move means the same at the contract's place.
    ///
    /// Returns the module arguments that the home module has to take for texts from other files.
    fn check_names(&self, sections: &Sections) -> Result<Vec<String>> {
        let destination = syntax::span(&sections.destination()).start;
        let home = self.facts.home.source.path();
        let mut arguments = Vec::new();
        let jobs = self.facts.jobs.iter().flat_map(|job| &job.fields);
        let fields = self.facts.fields.iter().chain(jobs).map(|f: &Field| {
            let value = f.value.as_ref().map(|value| value.syntax());
            (f.module, value.unwrap_or(&f.node).clone())
        });
        let scattered = self
            .facts
            .persisted
            .iter()
            .map(|p| (p.module, p.element.syntax().clone()));
        for (module, node) in fields.chain(scattered) {
            for (name, variable) in free::variables(&node) {
                let foreign = module.source.path() != home;
                let place = || module.source.place_of(&variable.first_use);
                match &variable.binding {
                    Binding::Param(_) if foreign && ["config", "lib", "pkgs", "inputs"].contains(&name.as_str()) => {
                        arguments.push(name)
                    }
                    binding if !foreign && encloses(binding, destination) => {}
                    _ => return Err(error::plan::unmovable(place(), &name)),
                }
            }
        }
        arguments.sort();
        arguments.dedup();
        Ok(arguments)
    }
}

/// Whether the scope that binds a name reaches over `offset`.
fn encloses(binding: &Binding, offset: usize) -> bool {
    let over = |node: Option<SyntaxNode>| {
        node.is_some_and(|n| syntax::span(&n).start <= offset && offset < syntax::span(&n).end)
    };
    match binding {
        Binding::Value(value) => over(value.syntax().parent()),
        Binding::Split(values) => values.iter().all(|value| over(value.syntax().parent())),
        Binding::Inherited(inherit) => over(inherit.syntax().parent()),
        Binding::Param(lambda) => over(Some(lambda.syntax().clone())),
        Binding::With(withs) => withs.iter().all(|with| over(Some(with.syntax().clone()))),
        Binding::Global => true,
        Binding::Unbound => false,
    }
}

fn no_fields(piece: &super::facts::Piece) -> bool {
    matches!(&piece.def.value, Some(crate::syntax::ast::Expr::AttrSet(set)) if syntax::HasEntry::entries(set).next().is_none())
}

/// What the plan sees and does not touch.
fn left(context: &Context, facts: &Facts, groups: &Groups) -> Vec<Left> {
    let home = &facts.home.source;
    if groups.placement.is_some() {
        return placement::mentions(context.repo, facts);
    }
    if context.model.is_imported(home.path()) || facts.sharers.is_some() {
        return Vec::new();
    }
    vec![Left {
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

    fn groups(&self) -> &[Group] {
        &self.list
    }

    fn left(&self) -> &[Left] {
        &self.left
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.rendered.get(accepted, || self.draw(accepted))
    }
}
