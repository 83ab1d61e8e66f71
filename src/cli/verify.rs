//! `qgroget verify`: compares what two states of the repository evaluate to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::allowed::{Allowed, Declared};
use super::args::{Verify, VerifyFormat};
use super::proving::{Side, Verifier, show};
use super::session::Session;
use super::{migrate, texts, write_page};
use crate::commit;
use crate::error::{Error, Result};
use crate::plan::model::{Choices, Context, contract_names};
use crate::prove::{self, Class, Proof, html, scratch};
use crate::repo::git::GitState;
use crate::repo::git::history::ToolCommit;
use crate::repo::{Repository, hosts};
use crate::resolve::Module;
use crate::rules::{Rules, parts};
use crate::scratch::Directory;
use crate::syntax::Source;

/// Runs the command.
///
/// # Errors
/// As [`Verifier::compare`]; where a revision does not exist or the page cannot be written.
pub fn run(args: &Verify, session: &Session) -> Result<u8> {
    let rules = crate::repo::files::rules(session.root())?;
    let verifier = |extra| Verifier::new(session, &args.proving, &rules, args.host.clone(), extra).only_that_host();
    if args.since_contract {
        return since_contract(args, session, &rules, verifier);
    }
    let verifier = verifier(args.extra.clone());
    verifier.available()?;
    let after = args.revision.as_deref().map_or(Side::WorkingTree, Side::Revision);
    if args.revision.is_none() && session.root().join("flake.nix").is_file() {
        let untracked = scratch::untracked(session.root())?;
        if !untracked.is_empty() {
            session.ui.note(texts::untracked(&untracked));
        }
    }
    let before = Side::Revision(&args.against);
    let mut proof = verifier.compare(before, after, None, None)?;
    let notes = notes(&mut proof, session, [before, after]);
    report(args, session, &proof, &notes, [before, after])?;
    Ok(u8::from(!proof.is_preserving()))
}

fn report(args: &Verify, session: &Session, proof: &Proof, notes: &[String], sides: [Side; 2]) -> Result<()> {
    if let Some(path) = &args.html {
        let setting = html::Setting {
            sides: sides.map(|side| named(session, side)),
            date: super::today(),
            notes: notes.to_vec(),
        };
        write_page(path, &html::page(proof, &setting), session)?;
    }
    match args.format {
        VerifyFormat::Human => session.ui.paged(|| {
            show(&session.ui, proof, session.ui.verbosity() > 0);
            notes.iter().for_each(|note| session.ui.tell(note));
        }),
        VerifyFormat::Json => json(proof, session)?,
    }
    Ok(())
}

/// Prints a document of the schema `docs/schema/verify-1.json`.
fn json(value: &impl serde::Serialize, session: &Session) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Document<'v, V> {
        schema: u32,
        command: &'static str,
        #[serde(flatten)]
        value: &'v V,
    }
    let document = Document {
        schema: 1,
        command: "verify",
        value,
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|e| Error::internal("the proof has no JSON form").because(e))?;
    session.ui.data(text + "\n");
    Ok(())
}

/// What there is to say besides the proof, without what a removed legacy option takes with it.
fn notes(proof: &mut Proof, session: &Session, sides: [Side; 2]) -> Vec<String> {
    let gone = proof.set_gone_aside();
    let mut notes: Vec<String> = gone.iter().map(|(option, count)| texts::gone(option, *count)).collect();
    let differs = |host: &&crate::prove::HostProof| host.derivations.is_some() && !host.is_same_system();
    for host in proof.hosts.iter().filter(differs) {
        let flakes = sides.map(|side| flake(session, side));
        if let [Some(before), Some(after)] = flakes {
            notes.push(texts::by_derivation(&before, &after, &host.host));
        }
    }
    notes
}

/// The id of a revision's commit.
fn commit_of(git: &GitState, revision: &str) -> Option<String> {
    let found = git.repo().revparse_single(revision);
    let commit = found.and_then(|found| found.peel_to_commit()).ok()?;
    Some(commit.id().to_string())
}

/// A side as a person names it, a revision with its commit.
fn named(session: &Session, side: Side) -> String {
    let Side::Revision(revision) = side else {
        return texts::WORKING_TREE.to_owned();
    };
    let git = session.git().ok().flatten();
    match git.and_then(|git| commit_of(&git, revision)) {
        Some(id) if id.starts_with(revision) => id[..10].to_owned(),
        Some(id) => format!("{revision} ({})", &id[..10]),
        None => revision.to_owned(),
    }
}

/// A side as nix names a flake.
fn flake(session: &Session, side: Side) -> Option<String> {
    let git = session.git().ok()??;
    let revision = match side {
        Side::WorkingTree => None,
        Side::Revision(revision) => Some(commit_of(&git, revision)?),
    };
    let directory = git.prefix().display().to_string();
    let query = [("dir", Some(directory).filter(|d| !d.is_empty())), ("rev", revision)];
    let query = query
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
    let query = query.collect::<Vec<_>>().join("&");
    let top = git.workdir().canonicalize().ok()?;
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("git+file://{}{mark}{query}", top.display()))
}

/// What became of a commit of the tool.
struct Judged<'c> {
    commit: &'c ToolCommit,
    proof: Result<Proof>,
    /// What to say of it besides.
    notes: Vec<String>,
    /// Whether it still is what it was when it was made.
    holds: bool,
}

/// Proves each commit of the tool against its parent, with the service's module even where no host imports it.
fn since_contract<'s>(
    args: &Verify,
    session: &Session,
    rules: &Rules,
    verifier: impl Fn(Vec<PathBuf>) -> Verifier<'s>,
) -> Result<u8> {
    verifier(Vec::new()).available()?;
    let git = session.git_to_commit()?;
    let commits = git.made_by_the_tool(commit::named, |id| commit::move_before(&git, id))?;
    if commits.is_empty() {
        session.ui.tell(texts::NO_MIGRATIONS);
        if args.format == VerifyFormat::Json {
            let none: [&str; 0] = [];
            json(
                &serde_json::json!({"commits": none, "no_longer_imported": none, "not_proved": none}),
                session,
            )?;
        }
        return Ok(0);
    }
    let mut code = 0;
    let mut proofs = Vec::new();
    let mut imported: BTreeSet<PathBuf> = BTreeSet::new();
    for commit in &commits {
        let named = args.extra.iter().cloned().chain(modules(&git, commit, rules)).collect();
        let judged = judge(session, &git, commit, &verifier(named))?;
        code |= u8::from(!judged.holds);
        if let Ok(proof) = &judged.proof {
            imported.extend(proof.hosts.iter().flat_map(|host| host.how.imported.iter().cloned()));
        }
        match args.format {
            VerifyFormat::Human => tell(session, &judged),
            VerifyFormat::Json => proofs.push(document(&judged)),
        }
    }
    let left = left(args, session, &imported)?;
    if !left.is_empty() {
        code = 1;
        session.ui.warn(texts::no_longer_imported(&left));
    }
    let unlisted = unlisted(args, session, &commits);
    if !unlisted.is_empty() {
        session.ui.note(texts::unlisted(&unlisted));
    }
    if args.format == VerifyFormat::Json {
        json(
            &serde_json::json!({"commits": proofs, "no_longer_imported": left, "not_proved": unlisted}),
            session,
        )?;
    }
    Ok(code)
}

/// The services with a contract that none of the commits brought: written by hand, or by a commit that has lost its mark.
fn unlisted(args: &Verify, session: &Session, commits: &[ToolCommit]) -> Vec<String> {
    let Ok(loaded) = session.load(args.host.as_deref()) else {
        return Vec::new();
    };
    let names = commits.iter().flat_map(|commit| commit::all_named(&commit.message));
    let named: BTreeSet<String> = names.collect();
    let mut services = contract_names(&loaded.model(), loaded.repo.rules());
    services.retain(|service| !named.contains(service) && !named.contains(&commit::of_service(service)));
    services
}

/// Proves a commit of the tool once more. An error of one commit is its verdict; a signal ends the run.
fn judge<'c>(session: &Session, git: &GitState, commit: &'c ToolCommit, verifier: &Verifier) -> Result<Judged<'c>> {
    let sides = [Side::Revision(&commit.parent), Side::Revision(&commit.id)];
    let mut proof = verifier.compare(sides[0], sides[1], None, None);
    crate::process::check()?;
    let as_made = commit::is_as_made(git, &commit.id)?;
    // What a commit that was changed since gained, is asked of its message; of one that is as it was made, it was accepted.
    let gained = match as_made {
        Some(true) => Vec::new(),
        _ => commit::gained(&commit.message),
    };
    let (mut found, mut holds, mut to_declare, mut has_gains) = (Vec::new(), false, false, false);
    if let Ok(proof) = &mut proof {
        found = notes(proof, session, sides);
        let unimported = proof.hosts.iter().any(|host| !host.how.unimported.is_empty());
        has_gains = proof.has_gains();
        let as_it_was = proof.is_preserving() && gained.is_empty();
        holds = as_it_was && !unimported && (as_made != Some(false) || !has_gains);
        to_declare = !holds && !unimported && (as_made == Some(true) || has_gains && !gained.is_empty());
    }
    if let (Ok(first), true) = (&proof, to_declare)
        && let Some(declared) = declared(session, commit, first, verifier)?
    {
        holds = true;
        if declared.count(Class::Changed) == 0 {
            found.push(texts::AS_DECLARED.to_owned());
        }
        let orders = prove::report::other_orders(&declared);
        found.extend(orders.iter().map(|option| texts::order_of_a_commit(option)));
        // What differed without what is declared may have been another order alone.
        has_gains = !declared.on_purpose.gains.is_empty();
        proof = Ok(declared);
    }
    if has_gains {
        found.push(texts::gains_of_a_commit(holds, as_made == Some(true)).to_owned());
    } else if proof.is_ok() && !gained.is_empty() {
        found.push(texts::gained_no_more(&gained));
    }
    if let Some(first) = &commit.first {
        found.push(texts::with_its_move(first));
    }
    if as_made == Some(false) {
        found.push(texts::CHANGED_SINCE.to_owned());
    }
    Ok(Judged {
        commit,
        proof,
        notes: found,
        holds,
    })
}

/// The proof of a commit that is as it was made, with what its plan declared to change; `None` where something else
/// differs, or the plan cannot be made again.
fn declared(session: &Session, commit: &ToolCommit, first: &Proof, verifier: &Verifier) -> Result<Option<Proof>> {
    let scratch = Directory::new()?;
    let to = scratch.path().join("before");
    scratch::materialise_revision(session.root(), &commit.parent, None, &to)?;
    let Ok(repo) = Repository::read(&to) else {
        return Ok(None);
    };
    let Some(host) = first.hosts.first().map(|host| host.host.as_str()) else {
        return Ok(None);
    };
    let Ok(host) = hosts::find(&repo, Some(host)) else {
        return Ok(None);
    };
    let model = hosts::model(&repo, &host);
    let choices = Choices::default();
    let context = Context {
        repo: &repo,
        model: &model,
        host: &host,
        choices: &choices,
    };
    // Of commits that were joined into one, the message names each service.
    let mut services = commit::all_named(&commit.message);
    services.dedup();
    // What the commit did not gain was declined.
    let services = services.into_iter().filter(|_| first.has_gains());
    let plans = services.filter_map(|service| migrate::planned(&context, &service).ok().flatten());
    let definitions = plans.flat_map(|migration| migration.declared(&migration.proposed().all()));
    let definitions = definitions.collect();
    let declared = Declared::new(&context, definitions)?;
    let ordered = commit::accepted_orders(&commit.message);
    let allowed = Allowed {
        declared: declared.as_ref(),
        context: Some(&context),
        ordered: &ordered,
        ..Allowed::default()
    };
    let sides = [Side::Revision(&commit.parent), Side::Revision(&commit.id)];
    verifier.as_declared(sides, first, &allowed)
}

fn tell(session: &Session, judged: &Judged) {
    let ui = &session.ui;
    if judged.holds && ui.verbosity() < 0 {
        return;
    }
    let short = &judged.commit.id[..10.min(judged.commit.id.len())];
    ui.line(format!("{short} {}", judged.commit.title));
    match &judged.proof {
        Ok(proof) => show(ui, proof, ui.verbosity() > 0),
        Err(error) => ui.line(texts::not_proved_again(error)),
    }
    judged.notes.iter().for_each(|note| ui.line(note));
}

fn document(judged: &Judged) -> serde_json::Value {
    let error = judged.proof.as_ref().err();
    serde_json::json!({
        "commit": judged.commit.id,
        "service": judged.commit.name,
        "holds": judged.holds,
        "notes": judged.notes,
        "proof": judged.proof.as_ref().ok(),
        "error": error.map(|error| serde_json::json!({"code": error.code(), "message": error.message()})),
    })
}

/// The modules that a commit changes and that declare its service, before or after, relative to the root.
fn modules(git: &GitState, commit: &ToolCommit, rules: &Rules) -> Vec<PathBuf> {
    let names = &rules.namespaces;
    let services = commit::all_named(&commit.message);
    let declares = |path: &PathBuf, text: &Option<String>| {
        let module = text
            .as_ref()
            .and_then(|text| Module::read(&Source::new(path, text.as_str())));
        module.is_some_and(|module| {
            [&names.contract, &names.services, &names.backups]
                .iter()
                .any(|namespace| {
                    services.iter().any(|service| {
                        let path = [&parts(namespace)[..], &[service]].concat();
                        module.under(&path).next().is_some()
                    })
                })
        })
    };
    let changed = commit.files.iter().filter_map(|file| {
        let path = file.path.strip_prefix(git.prefix()).ok()?.to_owned();
        let ours =
            path.starts_with(&rules.paths.server) && (declares(&path, &file.before) || declares(&path, &file.after));
        ours.then_some(path)
    });
    changed.collect()
}

/// Those of the modules that a host imported when its service was migrated that are there and imported by none now.
fn left(args: &Verify, session: &Session, imported: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>> {
    if imported.is_empty() {
        return Ok(Vec::new());
    }
    let repo = Repository::read(session.root())?;
    let serving = args
        .host
        .clone()
        .map_or_else(|| hosts::serving(&repo), |host| vec![host]);
    let reached: BTreeSet<PathBuf> = serving.iter().flat_map(|host| hosts::reached(&repo, host)).collect();
    let left = imported
        .iter()
        .filter(|path| repo.has(path) && !reached.contains(*path));
    Ok(left.cloned().collect())
}
