//! Proofs as commands use them: scratch copies of both sides, the verdict shown, the checklist ticked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::allowed::{Allowed, Declared, forbidden, in_the_new_order};
use super::args::Proving;
use super::session::Session;
use super::texts;
use super::ui::Ui;
use crate::commit::{Check, Tick};
use crate::edit::{FileChange, SourceChange};
use crate::error::{self, Error, Result};
use crate::plan::definition::Definition;
use crate::process;
use crate::prove::report::{self, LineKind};
use crate::prove::{
    Area, Class, Difference, Expected, Namespaces, Order, Proof, ProveOptions, Prover, Withheld, scratch,
};
use crate::rules::Rules;
use crate::scratch::Directory;
use crate::term::palette::{self, paint};

/// What to compare.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// The working tree.
    WorkingTree,
    /// A revision.
    Revision(&'a str),
}

impl Side<'static> {
    /// The last commit.
    const HEAD: Side<'static> = Side::Revision("HEAD");
}

/// A prover for a repository.
pub struct Verifier<'s> {
    session: &'s Session,
    prover: Prover,
    commits: bool,
}

impl<'s> Verifier<'s> {
    /// A judge by these arguments. `extra` are modules to evaluate besides what the host imports.
    pub fn new(
        session: &'s Session,
        args: &Proving,
        rules: &Rules,
        host: Option<String>,
        extra: Vec<PathBuf>,
    ) -> Verifier<'s> {
        let options = ProveOptions {
            nixpkgs: args.nixpkgs.clone(),
            host,
            others: true,
            timeout: Duration::from_secs(args.timeout),
            mode: args.mode.into(),
            extra_modules: extra,
            // The sides are copies of our own, see `Verifier::compare`.
            disposable: true,
            values: rules.prove.values.clone(),
            namespaces: Namespaces::of(rules),
            server: rules.paths.server.clone(),
            hosts: rules.paths.hosts.clone(),
            ..ProveOptions::default()
        };
        Verifier {
            session,
            prover: Prover::new(options),
            commits: true,
        }
    }

    /// Proves the given host alone.
    pub fn only_that_host(mut self) -> Verifier<'s> {
        self.prover.only_that_host();
        self
    }

    /// Whether there is a nix to evaluate with.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn available(&self) -> Result<()> {
        self.prover.available()
    }

    /// Whether whole systems may be evaluated, as the person wants it.
    pub fn sees_systems(&self) -> bool {
        self.available().is_ok() && self.prover.sees_systems()
    }

    /// Whether a check that the flake has after `change` evaluates with the flake's own inputs: why not, if it does not;
    /// `None` where they are not at hand.
    ///
    /// # Errors
    /// Where a copy cannot be made, and where a signal stops it.
    pub fn evaluates_check(&self, change: &SourceChange, check: &str) -> Result<Option<Result<(), String>>> {
        let progress = self.session.ui.progress(None, texts::PROVING);
        process::check()?;
        let scratch = Directory::new()?;
        let to = scratch.path().join("after");
        let root = self.session.root();
        let withheld = match self.base(change, None) {
            Side::WorkingTree => scratch::materialise(root, self.session.planned(Some(change)).as_ref(), &to)?,
            Side::Revision(revision) => scratch::materialise_revision(root, revision, Some(change), &to)?,
        };
        let evaluated = self.prover.evaluates_check(&to, &withheld, check);
        drop(progress);
        evaluated
    }

    /// Makes no commit: what is proved is the working tree.
    pub fn without_commit(mut self, no_commit: bool) -> Verifier<'s> {
        self.commits = !no_commit;
        self
    }

    /// What a change is made to: the last commit if one is to follow it, else the working tree.
    pub fn base(&self, change: &SourceChange, declared: Option<&Declared>) -> Side<'static> {
        let from_head = |change: &SourceChange| scratch::starts_from_head(self.session.root(), change);
        let both = from_head(change) && declared.is_none_or(|declared| from_head(&declared.change));
        match self.commits && both {
            true => Side::HEAD,
            false => Side::WorkingTree,
        }
    }

    /// Compares two sides in scratch copies, the second with `change`, the first with what that declares to alter.
    ///
    /// # Errors
    /// As [`Prover::prove_copies`], where a copy cannot be made, and where a signal stops it.
    pub fn compare(
        &self,
        before: Side,
        after: Side,
        change: Option<&SourceChange>,
        declared: Option<&Declared>,
    ) -> Result<Proof> {
        let progress = self.session.ui.progress(None, texts::PROVING);
        let scratch = Directory::new()?;
        let mut withheld = Withheld::default();
        let sides = [
            (
                before,
                declared.map(|declared| &declared.change),
                scratch.path().join("before"),
            ),
            (after, change, scratch.path().join("after")),
        ];
        for (side, change, to) in &sides {
            process::check()?;
            let root = self.session.root();
            withheld = withheld.and(match side {
                Side::WorkingTree => scratch::materialise(root, self.session.planned(*change).as_ref(), to)?,
                Side::Revision(revision) => scratch::materialise_revision(root, revision, *change, to)?,
            });
        }
        let expected: Vec<Expected> = declared.map(Declared::expected).unwrap_or_default();
        let proof = self.prover.prove_copies(&sides[0].2, &sides[1].2, &withheld, &expected);
        drop(progress);
        let mut proof = proof?;
        proof.on_purpose = declared.map(Declared::on_purpose).unwrap_or_default();
        Ok(proof)
    }
}

/// What the proof of a change that is about to be written comes to.
pub enum VerifyOutcome {
    /// It keeps the configuration.
    Open(Proof),
    /// Nothing differs but orders that count; the refusal if nobody wants them.
    Reordered(Proof, Error),
    /// There is nothing to evaluate with, for this reason.
    Unproved(String),
}

impl Verifier<'_> {
    /// Proves a change to what it will be committed to.
    ///
    /// # Errors
    /// `not-preserving`, and everything of [`Verifier::compare`] but that there is no nix and no library.
    pub fn gate(&self, change: &SourceChange, allowed: &Allowed) -> Result<VerifyOutcome> {
        if let Err(missing) = self.available() {
            return Ok(VerifyOutcome::Unproved(missing.message().to_owned()));
        }
        let base = self.base(change, allowed.declared);
        if matches!(base, Side::Revision(_)) {
            self.say_uncommitted(change)?;
        }
        let proof = match self.compare(base, base, Some(change), allowed.declared) {
            // Without nixpkgs' library there is nothing to evaluate with, as without nix.
            Err(missing) if missing.code() == "no-nixpkgs-lib" => {
                return Ok(VerifyOutcome::Unproved(missing.message().to_owned()));
            }
            compared => compared?,
        };
        let found = forbidden(&proof, allowed);
        if found.is_empty() {
            return Ok(VerifyOutcome::Open(proof));
        }
        let compared = |declared: &Declared| {
            let base = self.base(change, Some(declared));
            self.compare(base, base, Some(change), Some(declared))
        };
        if let Some(proof) = in_the_new_order(&proof, allowed, compared)? {
            return Ok(VerifyOutcome::Open(proof));
        }
        // Where there are several hosts, each says of which one it is.
        let said = |(host, difference): &(&str, &Difference)| match proof.hosts.len() {
            1 => difference.sentence.clone(),
            _ => texts::on_host(host, &difference.sentence),
        };
        let sentences: Vec<String> = found.iter().map(said).collect();
        if found.iter().all(|(_, difference)| difference.order.is_some()) {
            Ok(VerifyOutcome::Reordered(proof, error::prove::reordered(&sentences)))
        } else {
            Err(error::prove::not_preserving(&sentences))
        }
    }

    /// The proof of a commit that was made, with what its plan declared; `allowed` has that. `None` where something else
    /// differs.
    ///
    /// # Errors
    /// As [`Verifier::compare`].
    pub fn as_declared(&self, sides: [Side; 2], first: &Proof, allowed: &Allowed) -> Result<Option<Proof>> {
        let [before, after] = sides;
        let compared = |declared: &Declared| self.compare(before, after, None, Some(declared));
        let proof = match allowed.declared {
            Some(declared) => compared(declared)?,
            None => first.clone(),
        };
        match forbidden(&proof, allowed).is_empty() {
            true => Ok(Some(proof)),
            false => in_the_new_order(&proof, allowed, compared),
        }
    }

    /// What is gained by what is declared, and what follows from it, a line each.
    ///
    /// # Errors
    /// As [`Verifier::compare`].
    pub fn gains(&self, declared: Option<&Declared>) -> Result<Vec<String>> {
        Ok(gains(declared, &self.consequences(declared)?))
    }

    /// What follows on the machine from what is declared, a sentence each; the declared options themselves are left out.
    ///
    /// # Errors
    /// As [`Verifier::compare`].
    pub fn consequences(&self, declared: Option<&Declared>) -> Result<Vec<String>> {
        let Some(declared) = declared else {
            return Ok(Vec::new());
        };
        let base = self.base(&declared.change, None);
        let proof = self.compare(base, base, Some(&declared.change), None)?;
        let of_them = |path: &[String]| {
            let below = |definition: &Definition| {
                let job = &definition.option[..definition.option.len() - 1];
                path.starts_with(job) || definition.option.starts_with(path)
            };
            declared.definitions.iter().any(below)
        };
        let differences = proof.differences().map(|(_, difference)| difference);
        let following = differences.filter(|one| one.class != Class::Moved && !of_them(&one.path));
        Ok(following.map(|difference| difference.sentence.clone()).collect())
    }

    /// Says, once, which uncommitted changes are not in the proof, since they will not be in the commit.
    fn say_uncommitted(&self, change: &SourceChange) -> Result<()> {
        if self.session.uncommitted_said.replace(true) {
            return Ok(());
        }
        let own = super::committer::paths(change);
        let mut others = scratch::uncommitted(self.session.root())?;
        others.retain(|path| !own.contains(path));
        if !others.is_empty() {
            self.session.ui.note(texts::uncommitted(&others));
        }
        Ok(())
    }

    /// Evaluates a change together with a module that it does not have.
    ///
    /// # Errors
    /// The change with the module does not evaluate, and what was before does.
    pub fn evaluates_with(&self, change: &SourceChange, module: PathBuf, text: &str) -> Result<()> {
        match self.proof_with(change, module, text) {
            Err(error) if error::prove::is_of_the_change(&error) => Err(error),
            _ => process::check(),
        }
    }

    /// What the evaluation of a change together with a module that it does not have comes to.
    ///
    /// # Errors
    /// As [`Verifier::compare`].
    pub fn proof_with(&self, change: &SourceChange, module: PathBuf, text: &str) -> Result<Proof> {
        let mut change = change.clone();
        change.files.push(FileChange {
            to: Some(module),
            after: text.into(),
            ..FileChange::default()
        });
        let base = self.base(&change, None);
        self.compare(base, base, Some(&change), None)
    }

    /// As [`Verifier::pass`] for a change of which a part was taken for what it alters: the rest alters nothing. Says what the
    /// part alters.
    ///
    /// # Errors
    /// As [`Verifier::gate`].
    pub fn pass_beside(&self, change: &SourceChange, part: &SourceChange) -> Result<()> {
        let declared = Declared::part(part);
        let allowed = Allowed {
            declared: Some(&declared),
            ..Allowed::default()
        };
        let proof = match self.gate(change, &allowed)? {
            VerifyOutcome::Open(proof) => proof,
            VerifyOutcome::Reordered(_, refusal) => return Err(refusal),
            VerifyOutcome::Unproved(why) => {
                self.session.ui.warn(texts::not_proved(&why));
                return Ok(());
            }
        };
        let ui = &self.session.ui;
        let base = self.base(part, None);
        // What did not evaluate before is nothing to compare with.
        let altered = self.compare(base, base, Some(part), None);
        process::check()?;
        match altered {
            Ok(altered) => {
                let differences = altered.differences().map(|(_, difference)| difference);
                let differences = differences.filter(|one| one.class != Class::Moved);
                let sentences: Vec<&str> = differences.map(|one| one.sentence.as_str()).collect();
                ui.note(texts::altered(&sentences));
            }
            Err(_) => ui.note(texts::NOT_EVALUATED_BEFORE),
        }
        ui.note(format!("{} ({})", texts::REST_PROVED, report::setting(&proof)));
        say_how(ui, &proof);
        Ok(())
    }

    /// As [`Verifier::gate`] for a change that gains nothing; says what came of it, with `preserved` where it keeps the
    /// configuration.
    ///
    /// # Errors
    /// As [`Verifier::gate`].
    pub fn pass(&self, change: &SourceChange, removed: &[&str], preserved: &str) -> Result<()> {
        let allowed = Allowed {
            removed,
            ..Allowed::default()
        };
        match self.gate(change, &allowed)? {
            VerifyOutcome::Open(proof) => {
                let ui = &self.session.ui;
                ui.note(format!("{preserved} ({})", report::setting(&proof)));
                say_how(ui, &proof);
            }
            VerifyOutcome::Reordered(_, refusal) => return Err(refusal),
            VerifyOutcome::Unproved(why) => self.session.ui.warn(texts::not_proved(&why)),
        }
        Ok(())
    }
}

/// What is gained by what is declared, with `following`, what follows from it, a line each.
pub fn gains(declared: Option<&Declared>, following: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for sentence in declared.into_iter().flat_map(Declared::sentences) {
        lines.push(texts::gained(sentence));
        if following.is_empty() {
            lines.push(texts::NOTHING_FOLLOWS.to_owned());
        }
    }
    lines.extend(following.iter().map(|sentence| texts::follows(sentence)));
    lines
}

/// Shows a proof; with `-q` only one that fails.
pub fn show(ui: &Ui, proof: &Proof, all: bool) {
    if ui.verbosity() < 0 && proof.is_preserving() {
        return;
    }
    for line in report::lines(proof, all) {
        let text = match line.kind {
            LineKind::Verdict if proof.is_preserving() => paint(palette::GOOD, &line.text),
            LineKind::Verdict => paint(palette::BAD, &line.text),
            LineKind::Heading => format!("\n{}", paint(palette::TITLE, &line.text)),
            LineKind::Item(Class::Lost | Class::Changed) => format!("  {}", paint(palette::BAD, &line.text)),
            LineKind::Item(Class::Gained) => format!("  {}", paint(palette::WARNING, &line.text)),
            LineKind::Item(_) => format!("  {}", line.text),
            LineKind::Detail => format!("      {}", line.text),
            LineKind::Note => paint(palette::FAINT, &line.text),
        };
        ui.line(text);
    }
}

/// What is particular to how each host was evaluated, a line each.
pub fn how(proof: &Proof) -> impl Iterator<Item = String> {
    let hosts = proof.hosts.iter().flat_map(|host| report::how(host, false));
    hosts.chain(report::not_evaluated(proof))
}

/// Says it.
fn say_how(ui: &Ui, proof: &Proof) {
    how(proof).for_each(|line| ui.note(line));
}

/// Says what a proof comes to, what is gained, and which lists have another order where that can mean something.
pub fn say(ui: &Ui, proof: &Proof, gains: &[String]) {
    ui.note(report::headline(proof));
    say_how(ui, proof);
    for line in gains {
        ui.note(line);
    }
    for (_, difference) in proof.differences() {
        if difference.class == Class::Reordered {
            ui.note(texts::reordered(
                &difference.sentence,
                difference.order != Some(Order::Nothing),
            ));
        }
    }
}

/// The lines of the checklist that the proof covers.
pub fn ticks(proof: &Proof) -> BTreeMap<Check, Tick> {
    let mut ticks = BTreeMap::new();
    if !proof.is_preserving() {
        return ticks;
    }
    ticks.insert(Check::Contract, Tick::Ticked);
    for (check, area) in [
        (Check::Persistence, Area::Persistence),
        (Check::Backup, Area::Backups),
        (Check::Routing, Area::Routes),
        (Check::Secrets, Area::Secrets),
    ] {
        if proof.covers(area) {
            ticks.insert(check, Tick::Ticked);
        }
    }
    ticks
}
