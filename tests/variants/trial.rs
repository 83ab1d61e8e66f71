//! One variant, migrated: in memory, and as nix sees it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qgroget::edit::{FileChange, SourceChange};
use qgroget::error::{Error, Kind};
use qgroget::plan::install::Installation;
use qgroget::plan::migrate::Migration;
use qgroget::plan::model::{ServiceFacts, contract_names, legacy_names};
use qgroget::plan::{Accepted, Proposal, Safety};
use qgroget::repo::Repository;
use qgroget::status::Status;
use qgroget::syntax;

use super::forms::Form;
use crate::common::{checks, copy, nix, project, with_context};

/// Modules of the homelab whose import is commented out: nix does not see them.
const NOT_IMPORTED: [&str; 2] = [
    "modules/server/homeAssistant/default.nix",
    "modules/server/misc/forgero.nix",
];

/// Files that declare no service, but have a part in the migration of some.
const SHARED: [(&str, &[&str]); 6] = [
    ("modules/server/settings.nix", &["jellyfin", "kavita", "vaultwarden"]),
    ("hosts/Server/settings.nix", &["calibre", "jellyseerr"]),
    ("hosts/Server/disk-config.nix", &["navidrome", "syncthing"]),
    ("modules/server/options.nix", &["jellyfin", "adguardhome"]),
    ("modules/server/default.nix", &["jellyfin", "sonarr"]),
    ("modules/server/media/default.nix", &["jellyfin", "immich"]),
];

/// `examples/homelab` as it is, and with the contract installed.
pub struct Homelab {
    repo: Repository,
    installed: Repository,
    files: Vec<PathBuf>,
    /// Every service, with the file that declares it.
    services: Vec<(String, PathBuf)>,
    configuration: std::sync::OnceLock<serde_json::Value>,
}

/// The homelab with some of its files in another form.
pub struct Variant {
    /// Its forms and its files: `tabs: modules/server/SSO/default.nix`.
    pub name: String,
    /// What is written instead.
    change: SourceChange,
    /// The services that have to do with the files.
    pub services: Vec<String>,
}

/// What became of a service.
#[derive(Debug)]
pub enum Outcome {
    Migrated,
    Refused { code: &'static str, message: String },
}

fn preserving(proposal: &dyn Proposal) -> Accepted {
    let groups = proposal.groups().iter();
    groups.filter(|g| g.safety == Safety::Preserves).map(|g| g.id).collect()
}

fn installed(repo: &Repository) -> Result<Repository, Error> {
    with_context(repo, |context| {
        let installation = Installation::plan(context)?;
        let change = installation.render(&preserving(&installation))?;
        Ok(repo.after(&change))
    })
}

impl Homelab {
    pub fn read() -> Homelab {
        let repo = Repository::read(&project().join("examples/homelab")).unwrap();
        let installed = installed(&repo).unwrap();
        let services = with_context(&installed, |context| {
            let home = |name: &String| {
                ServiceFacts::collect(context, name)
                    .unwrap()
                    .home
                    .source
                    .path()
                    .to_owned()
            };
            let names = legacy_names(context.model, context.rules()).into_iter();
            names.map(|name| (name.clone(), home(&name))).collect::<Vec<_>>()
        });
        let own: BTreeSet<PathBuf> = services.iter().map(|(_, file)| file.clone()).collect();
        let files = own
            .into_iter()
            .chain(SHARED.iter().map(|(file, _)| PathBuf::from(file)))
            .collect();
        Homelab {
            repo,
            installed,
            files,
            services,
            configuration: std::sync::OnceLock::new(),
        }
    }

    /// The files that variants are made of.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Every service, with the file that declares it.
    pub fn services(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.services.iter().map(|(name, path)| (name.as_str(), path.as_path()))
    }

    /// The text of a file.
    pub fn text(&self, path: &Path) -> &str {
        self.repo.text(path).expect("a file")
    }

    /// The homelab with those of `files` in the form to which it applies; `None` if it applies to none.
    pub fn variant(&self, forms: &[&Form], files: &[PathBuf]) -> Option<Variant> {
        let mut change = SourceChange::default();
        for path in files {
            let before = Arc::clone(self.repo.text(path).expect("a file"));
            let after = forms.iter().fold(before.to_string(), |text, form| (form.make)(&text));
            assert!(
                syntax::parses(&after),
                "{}: {}:\n{after}",
                forms[0].name,
                path.display()
            );
            if *after != *before {
                change.files.push(FileChange {
                    from: Some(path.clone()),
                    to: Some(path.clone()),
                    before,
                    after: after.into(),
                    ..FileChange::default()
                });
            }
        }
        let names: Vec<&str> = forms.iter().map(|form| form.name).collect();
        let what = match files {
            [file] => file.display().to_string(),
            _ => "all files".to_owned(),
        };
        let services = self.services_of(&change);
        (!change.is_empty()).then(|| Variant {
            name: format!("{}: {what}", names.join(" + ")),
            change,
            services,
        })
    }

    fn services_of(&self, change: &SourceChange) -> Vec<String> {
        let changed = |file: &Path| change.files.iter().any(|c| c.from.as_deref() == Some(file));
        let own = self
            .services
            .iter()
            .filter(|(_, file)| changed(file))
            .map(|(name, _)| name.clone());
        let shared = SHARED.iter().filter(|(file, _)| changed(Path::new(file)));
        let mut services: Vec<String> = own.collect();
        for (_, names) in shared {
            services.extend(names.iter().map(|name| (*name).to_owned()));
        }
        services.sort();
        services.dedup();
        services
    }

    /// The homelab with another text of one file.
    pub fn with(&self, path: impl AsRef<Path>, text: &str) -> Variant {
        self.with_files(&[(path.as_ref(), text)])
    }

    /// The homelab with other texts of these files, of which some may be new.
    pub fn with_files(&self, files: &[(&Path, &str)]) -> Variant {
        let changed = |(path, text): &(&Path, &str)| {
            let before = self.repo.text(path);
            FileChange {
                from: before.map(|_| (*path).to_owned()),
                to: Some((*path).to_owned()),
                before: before.map(Arc::clone).unwrap_or_default(),
                after: (*text).into(),
                ..FileChange::default()
            }
        };
        let change = SourceChange {
            files: files.iter().map(changed).collect(),
        };
        let services = self.services_of(&change);
        Variant {
            name: files[0].0.display().to_string(),
            change,
            services,
        }
    }

    fn configuration(&self) -> &serde_json::Value {
        self.configuration.get_or_init(|| evaluated(&self.repo).unwrap())
    }
}

/// What a repository in memory evaluates to.
fn evaluated(repo: &Repository) -> Result<serde_json::Value, String> {
    let directory = tempfile::tempdir().unwrap();
    copy(repo.root(), directory.path());
    remove_nix(directory.path());
    for path in repo.nix_files() {
        let full = directory.path().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        std::fs::write(full, repo.text(path).unwrap().as_bytes()).unwrap();
    }
    place_others(repo, directory.path());
    nix::configuration(directory.path()).map(|configuration| unordered(configuration, false))
}

/// What modules in another order add to a list stands there in another order: the proof says so, and it is no loss. A
/// request passes its middlewares in their order.
fn unordered(value: serde_json::Value, ordered: bool) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(values) => {
            let mut values: Vec<Value> = values.into_iter().map(|value| unordered(value, false)).collect();
            if !ordered {
                values.sort_by_cached_key(Value::to_string);
            }
            Value::Array(values)
        }
        Value::Object(values) => {
            let inner = values.into_iter();
            Value::Object(
                inner
                    .map(|(name, value)| (name.clone(), unordered(value, name == "middlewares")))
                    .collect(),
            )
        }
        other => other,
    }
}

fn remove_nix(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            remove_nix(&path);
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// Files beside a module move with it: in memory only Nix files do, so they are put where the paths lead.
fn place_others(repo: &Repository, root: &Path) {
    for module in repo.nix_files() {
        let folder = module.parent().unwrap();
        for literal in repo.path_literals(module) {
            let full = root.join(&literal.target);
            let name = literal.target.file_name();
            let original = repo.other_files().iter().find(|other| other.file_name() == name);
            if let (false, Some(original)) = (full.exists(), original) {
                std::fs::create_dir_all(root.join(folder)).unwrap();
                std::fs::copy(repo.root().join(original), full).unwrap();
            }
        }
    }
}

pub struct Trial<'a> {
    homelab: &'a Homelab,
    variant: &'a Variant,
    start: Repository,
    refusal: Option<Error>,
}

impl<'a> Trial<'a> {
    pub fn new(homelab: &'a Homelab, variant: &'a Variant) -> Trial<'a> {
        let changed = homelab.repo.after(&variant.change);
        // Installing takes as long as migrating; where it writes other files, its outcome is known.
        let touched = |file: &FileChange| {
            let path = file.path();
            homelab.installed.text(path).map(|text| &**text) != homelab.repo.text(path).map(|text| &**text)
        };
        let (start, refusal) = match variant.change.files.iter().any(touched) {
            false => (homelab.installed.after(&variant.change), None),
            true => match installed(&changed) {
                Ok(repo) => (repo, None),
                Err(error) => (changed, Some(error)),
            },
        };
        Trial {
            homelab,
            variant,
            start,
            refusal,
        }
    }

    /// Each service by itself, in memory.
    pub fn services(self, services: &[String]) -> Result<Vec<(String, Outcome)>, String> {
        self.run(services).map(|(outcomes, _)| outcomes)
    }

    /// The module that a service has in the end.
    pub fn module(&self, service: &str) -> Result<String, Error> {
        let change = migrated(&self.start, service)?;
        let own = |file: &&FileChange| file.after.contains(&format!("serviceModules.{service} = {{"));
        Ok(change.files.iter().find(own).expect("a contract").after.to_string())
    }

    /// The services one after the other, and what is left of the repository.
    fn run(&self, services: &[String]) -> Result<(Vec<(String, Outcome)>, Repository), String> {
        let name = &self.variant.name;
        if let Some(error) = &self.refusal {
            return Ok((
                vec![(name.clone(), refused(error, &format!("{name}: init"))?)],
                self.start.clone(),
            ));
        }
        let mut repo = self.start.clone();
        let mut outcomes = Vec::new();
        for service in services {
            let what = format!("{name}: {service}");
            match migrated(&repo, service) {
                Err(error) => outcomes.push((what.clone(), refused(&error, &what)?)),
                Ok(change) => {
                    let checked = std::panic::catch_unwind(|| checks::change(&change, &what));
                    checked.map_err(|problem| message_of(&*problem))?;
                    repo = repo.after(&change);
                    done(&repo, service).map_err(|problem| format!("{what}: {problem}"))?;
                    outcomes.push((what, Outcome::Migrated));
                }
            }
        }
        Ok((outcomes, repo))
    }

    /// Whether the variant means what the homelab does.
    pub fn harmless(&self) -> Result<(), String> {
        let changed = self.homelab.repo.after(&self.variant.change);
        self.same(&changed, "is not harmless")
    }

    /// The services one after the other; what is left means what the homelab does.
    pub fn equivalent(&self, services: &[String]) -> Result<Vec<(String, Outcome)>, String> {
        let (outcomes, repo) = self.run(services)?;
        let same = self.same(&repo, "migrated");
        if same.is_ok() {
            return Ok(outcomes);
        }
        // Which of them it is.
        for service in services {
            let (_, repo) = self.run(std::slice::from_ref(service))?;
            self.same(&repo, &format!("with {service} migrated"))?;
        }
        same.map(|()| outcomes)
    }

    /// The services one after the other; what is left means what the variant did.
    pub fn unchanged(&self, services: &[String]) -> Result<Vec<(String, Outcome)>, String> {
        let (outcomes, repo) = self.run(services)?;
        let before = evaluated(&self.homelab.repo.after(&self.variant.change))?;
        let after = evaluated(&repo)?;
        let same = std::panic::catch_unwind(|| nix::assert_same(&before, &after, &self.variant.name));
        same.map(|()| outcomes).map_err(|problem| message_of(&*problem))
    }

    /// What stands in the way of the variant's installation.
    pub fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    /// What `status` says of the variant.
    pub fn status(&self) -> Status {
        with_context(&self.start, |context| {
            Status::collect(context.repo, context.host, context.model)
        })
    }

    fn same(&self, repo: &Repository, what: &str) -> Result<(), String> {
        if self
            .variant
            .change
            .files
            .iter()
            .all(|file| NOT_IMPORTED.iter().any(|path| file.path() == Path::new(path)))
        {
            return Ok(());
        }
        let what = format!("{} {what}", self.variant.name);
        let found = evaluated(repo).map_err(|error| format!("{what}: {error}"))?;
        let same = std::panic::catch_unwind(|| nix::assert_same(self.homelab.configuration(), &found, &what));
        same.map_err(|problem| message_of(&*problem))
    }
}

fn migrated(repo: &Repository, service: &str) -> Result<SourceChange, Error> {
    with_context(repo, |context| {
        let migration = Migration::plan(context, service)?;
        migration.render(&preserving(&migration))
    })
}

/// A second run has nothing to do.
fn done(repo: &Repository, service: &str) -> Result<(), String> {
    with_context(repo, |context| {
        let has = |names: Vec<String>| names.iter().any(|name| name == service);
        if has(legacy_names(context.model, context.rules())) {
            return Err("something is left in the legacy pattern".to_owned());
        }
        match has(contract_names(context.model, context.rules())) {
            true => Ok(()),
            false => Err("there is no contract".to_owned()),
        }
    })
}

/// A refusal says where, why and what to do.
fn refused(error: &Error, what: &str) -> Result<Outcome, String> {
    let lacks = [
        ("is no refusal", error.kind() != Kind::Refused),
        ("has no code", error.code().is_empty()),
        ("has no place", error.place().is_none()),
        ("has no reason", error.reason_text().is_none_or(str::is_empty)),
        ("has no next step", error.hints().is_empty()),
    ];
    match lacks.iter().find(|(_, lacks)| *lacks) {
        Some((lack, _)) => Err(format!("{what}: [{}] {error}: {lack}", error.code())),
        None => Ok(Outcome::Refused {
            code: error.code(),
            message: format!("[{}] {error}", error.code()),
        }),
    }
}

fn message_of(problem: &(dyn std::any::Any + Send)) -> String {
    let text = problem.downcast_ref::<String>().cloned();
    text.or_else(|| problem.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}
