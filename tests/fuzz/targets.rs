//! What must hold for every text: one function for the parser, one for the planner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qgroget::edit::{FileChange, SourceChange};
use qgroget::error::Kind;
use qgroget::plan::install::Installation;
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::{Choices, Context, contract_names, legacy_names};
use qgroget::plan::{Accepted, Proposal};
use qgroget::repo::{Repository, hosts};
use qgroget::resolve::{Model, Module};
use qgroget::syntax::{self, AstNode, Source, ast};

use crate::common::{checks, with_context};

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It does not parse, or is not parsed.
    Broken,
    /// It parses, and nothing in it is to be migrated.
    Idle,
    /// The planner refuses it.
    Refused,
    /// Everything in it was migrated.
    Migrated,
}

/// Parses a text and asks everything of its tree that is asked of every file.
///
/// # Panics
/// Where something does not hold.
pub fn parser(text: &str) -> Outcome {
    let source = Source::new("modules/server/misc/x.nix", text);
    assert_eq!(source.root().text().to_string(), text, "a tree prints back to its text");
    if let Some(error) = source.syntax_error() {
        let place = error.place().expect("a place");
        assert!(
            place.span.start <= place.span.end && place.span.end <= text.len(),
            "{error}"
        );
        assert!(text.is_char_boundary(place.span.start), "{error}");
        assert!(error.reason_text().is_some() && !error.hints().is_empty(), "{error}");
        assert!(source.expr().is_err());
        return Outcome::Broken;
    }
    let root = source.root();
    syntax::comments(&root);
    syntax::paths(&source);
    for string in root.descendants().filter_map(ast::Str::cast) {
        syntax::string_value(&string);
    }
    if let Some(module) = Module::read(&source) {
        module.imports();
    }
    Outcome::Idle
}

/// Formats a text: what its strings say and its comments stay.
pub fn formatter(text: &str) {
    if let Some(formatted) = syntax::format(text) {
        let source = Source::new("x.nix", formatted.as_str());
        assert!(source.expr().is_ok(), "formatted, it does not parse:\n{formatted}");
        assert_eq!(strings(text), strings(&formatted), "{formatted}");
    }
}

fn strings(text: &str) -> Vec<Option<String>> {
    let root = Source::new("x.nix", text).root();
    let strings = root.descendants().filter_map(ast::Str::cast);
    strings.map(|string| syntax::string_value(&string)).collect()
}

/// A repository with the contract, in which one module is replaced by generated ones.
pub struct Lab {
    repo: Repository,
    /// The model with its first text.
    first: Model,
    path: PathBuf,
    _directory: tempfile::TempDir,
}

const FILES: [(&str, &str); 6] = [
    ("flake.nix", "{\n  outputs = _: {};\n}\n"),
    (
        "hosts/Server/default.nix",
        "{\n  imports = [\n    ../../modules/server\n    ./settings.nix\n  ];\n}\n",
    ),
    (
        "hosts/Server/settings.nix",
        "{\n  qgroget.server.domain = \"example.org\";\n}\n",
    ),
    (
        "modules/server/default.nix",
        "{\n  imports = [\n    ./options.nix\n    ./misc\n  ];\n}\n",
    ),
    (
        "modules/server/misc/default.nix",
        "{\n  imports = [\n    ./x.nix\n  ];\n}\n",
    ),
    (
        "modules/server/misc/x.nix",
        "{...}: {\n  qgroget.services.alpha = {\n    name = \"a\";\n    url = \"http://127.0.0.1:8080\";\n  };\n}\n",
    ),
];

fn all(proposal: &dyn Proposal) -> Accepted {
    proposal.groups().iter().map(|group| group.id).collect()
}

impl Lab {
    pub fn new() -> Lab {
        let directory = tempfile::tempdir().unwrap();
        let options = include_str!("../../examples/homelab/modules/server/options.nix");
        for (path, text) in FILES.iter().chain(&[("modules/server/options.nix", options)]) {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let repo = Repository::read(directory.path()).unwrap();
        let change = with_context(&repo, |context| {
            let installation = Installation::plan(context).unwrap();
            installation.render(&all(&installation)).unwrap()
        });
        let repo = repo.after(&change);
        let host = hosts::find(&repo, None).unwrap();
        Lab {
            first: hosts::model(&repo, &host),
            repo,
            path: "modules/server/misc/x.nix".into(),
            _directory: directory,
        }
    }

    /// Plans every service that `text`, as the module, declares.
    ///
    /// # Panics
    /// Where something does not hold.
    pub fn planner(&self, text: &str, in_place: bool) -> Outcome {
        if parser(text) == Outcome::Broken && !text.contains("qgroget") {
            return Outcome::Broken;
        }
        let change = FileChange {
            from: Some(self.path.clone()),
            to: Some(self.path.clone()),
            before: Arc::clone(self.repo.text(&self.path).expect("a file")),
            after: text.into(),
            ..FileChange::default()
        };
        let repo = self.repo.after(&SourceChange { files: vec![change] });
        let names = self.with_context(&repo, in_place, |context| legacy_names(context.model, context.rules()));
        let broken = Source::new(&self.path, text).syntax_error().is_some();
        let names = match broken {
            true => super::generate::SERVICES
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            false => names,
        };
        let mut outcome = if broken { Outcome::Broken } else { Outcome::Idle };
        let mut repo = repo;
        for name in names {
            match self.migrate(&repo, &name, in_place) {
                Some(after) => {
                    repo = after;
                    outcome = outcome.max(Outcome::Migrated);
                }
                None => outcome = outcome.max(Outcome::Refused),
            }
        }
        outcome
    }

    fn with_context<R>(&self, repo: &Repository, in_place: bool, use_it: impl FnOnce(&Context<'_>) -> R) -> R {
        let host = hosts::find(repo, None).expect("a host");
        let model = hosts::model_after(repo, &host, &self.first);
        let choices = Choices {
            in_place,
            ..Choices::default()
        };
        use_it(&Context {
            repo,
            model: &model,
            host: &host,
            choices: &choices,
        })
    }

    /// The repository with a service migrated, or `None` for a refusal.
    fn migrate(&self, repo: &Repository, name: &str, in_place: bool) -> Option<Repository> {
        let change = self.with_context(repo, in_place, |context| {
            let migration = match Migration::plan(context, name) {
                Ok(migration) => migration,
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Refused, "{name}: {error}: {:?}", error.cause());
                    return None;
                }
            };
            Some(
                migration
                    .render(&all(&migration))
                    .expect("a plan that was made renders"),
            )
        })?;
        check(&change, name);
        let after = repo.after(&change);
        self.with_context(&after, in_place, |context| {
            let rules = context.rules();
            assert!(
                !legacy_names(context.model, rules).contains(&name.to_owned()),
                "{name} is there still"
            );
            assert!(
                contract_names(context.model, rules).contains(&name.to_owned()),
                "{name} is nowhere"
            );
            // What nobody declares the old way any more, nobody migrates again.
            assert!(Migration::plan(context, name).is_err(), "{name} is migrated again");
        });
        Some(after)
    }
}

/// What a change has to keep.
fn check(change: &SourceChange, what: &str) {
    let mut comments: BTreeMap<String, isize> = BTreeMap::new();
    let mut count = |path: Option<&Path>, text: &str, by: isize| {
        for comment in checks::comments(path, text) {
            *comments.entry(comment).or_default() += by;
        }
    };
    for file in &change.files {
        count(file.from.as_deref(), &file.before, 1);
        count(file.to.as_deref(), &file.after, -1);
        if file
            .to
            .as_ref()
            .is_some_and(|to| to.extension().is_some_and(|e| e == "nix"))
        {
            let parsed = Source::new(file.path(), Arc::clone(&file.after));
            assert!(
                parsed.expr().is_ok(),
                "{what}: {}:\n{}",
                file.path().display(),
                file.after
            );
        }
        if file.from.is_some() && file.to.is_some() {
            rebuilt(file, what);
        }
    }
    // What says which services share a file is our own, and changes with them.
    let is_own = |comment: &str| comment.starts_with("# Shared by services that have files of their own:");
    let lost: Vec<_> = comments
        .into_iter()
        .filter(|(comment, count)| *count > 0 && !is_own(comment))
        .collect();
    assert!(lost.is_empty(), "{what}: comments are lost: {lost:?}");
}

/// The edits alone make the text, so that every byte outside them is as it was.
fn rebuilt(file: &FileChange, what: &str) {
    let (mut text, mut at) = (String::new(), 0);
    for edit in &file.edits {
        text.push_str(&file.before[at..edit.range.start]);
        text.push_str(&edit.text);
        at = edit.range.end;
    }
    text.push_str(&file.before[at..]);
    assert_eq!(
        text,
        *file.after,
        "{what}: {}: the edits do not make the text",
        file.path().display()
    );
}
