//! A repository that has names of its own for every field: its services migrate as those of the example do.

use std::path::PathBuf;

use qgroget::repo::{Repository, hosts};
use qgroget::resolve::module::entry_names;
use qgroget::syntax::{self, AstNode, HasEntry, ast};

use crate::common::{Repo, nix};

/// Fields of a service.
const FIELDS: [(&str, &str); 10] = [
    ("name", "label"),
    ("url", "backend"),
    ("type", "visibility"),
    ("middlewares", "guards"),
    ("persistedData", "state"),
    ("backupDirectories", "folders"),
    ("journalctl", "journal"),
    ("unitName", "unit"),
    ("logPath", "logFile"),
    ("traefikDynamicConfig", "dynamic"),
];

/// Fields of a backup job.
const JOB_FIELDS: [(&str, &str); 7] = [
    ("paths", "dirs"),
    ("systemdUnits", "units"),
    ("exclude", "without"),
    ("preBackup", "before"),
    ("postBackup", "after"),
    ("priority", "rank"),
    ("requireNetwork", "online"),
];

/// What the contract calls them.
const RULES: &str = r#"[fields]
label = "subdomain"
backend = "url"
visibility = "type"
guards = "middlewares"
state = "persistedData"
folders = "backupPaths"
journal = "journalctl"
unit = "unitName"
logFile = "logPath"
dynamic = "traefikDynamicConfig"
icon = "extraConfig.icon"

[backup-fields]
dirs = "backupPaths"
units = "backupUnits"
without = "backupExclude"
before = "backupPrepare"
after = "backupCleanup"
rank = "backupPriority"
online = "backupRequiresNetwork"
"#;

/// The files of a repository.
fn files(repo: &Repo) -> impl Iterator<Item = String> {
    let all = repo.listing().into_keys();
    all.filter_map(|path| path.strip_prefix("repo/").map(str::to_owned))
}

fn renamed<'n>(names: &[(&str, &'n str)], name: &str) -> Option<&'n str> {
    names.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// Where names of fields stand in declarations, with their new names.
fn declared(repository: &Repository) -> Vec<(PathBuf, std::ops::Range<usize>, String)> {
    let host = hosts::find(repository, None).unwrap();
    let model = hosts::model(repository, &host);
    let mut found = Vec::new();
    for (namespace, names) in [("services", &FIELDS[..]), ("backups", &JOB_FIELDS[..])] {
        for (module, def) in model.under(&["qgroget", namespace]) {
            let attrs: Vec<ast::Attr> = match &def.entry {
                ast::Entry::AttrpathValue(binding) => binding.attrpath().unwrap().attrs().collect(),
                ast::Entry::Inherit(inherit) => inherit.attrs().collect(),
            };
            // The attrpath of the binding itself is the end of the definition's.
            let first = def.path.len() - attrs.len().min(def.path.len());
            for (at, attr) in attrs.iter().enumerate() {
                let is_field = first + at == 3;
                if let Some(new) = syntax::attr_name(attr)
                    .filter(|_| is_field)
                    .and_then(|name| renamed(names, &name))
                {
                    found.push((
                        module.source.path().to_owned(),
                        syntax::span(attr.syntax()),
                        new.to_owned(),
                    ));
                }
            }
            // Fields of a set that is no definition of its own (in a call, or on a side of `//`).
            if let Some(ast::Expr::AttrSet(set)) = def.value.as_ref().filter(|_| def.path.len() == 3) {
                for entry in set.entries() {
                    let name = entry_names(&entry).first().cloned().flatten();
                    if let (ast::Entry::AttrpathValue(binding), Some(new)) =
                        (&entry, name.and_then(|name| renamed(names, &name)))
                    {
                        let attr = binding.attrpath().unwrap().attrs().next().unwrap();
                        found.push((
                            module.source.path().to_owned(),
                            syntax::span(attr.syntax()),
                            new.to_owned(),
                        ));
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.0, a.1.start).cmp(&(&b.0, b.1.start)));
    found.dedup();
    found
}

/// The example with every field under another name, and one field that the contract does not have.
fn repository() -> Repo {
    let repo = Repo::homelab_without_git();
    let repository = Repository::read(&repo.root()).unwrap();
    for (path, span, new) in declared(&repository).into_iter().rev() {
        let path = path.display().to_string();
        let mut text = repo.read(&path);
        text.replace_range(span, &new);
        repo.write(&path, text);
    }
    let options = "modules/server/options.nix";
    for (old, new) in FIELDS.iter().chain(&JOB_FIELDS) {
        repo.replace(
            options,
            &format!("          {old} = mkOption"),
            &format!("          {new} = mkOption"),
        );
    }
    repo.replace(
        options,
        "          label = mkOption",
        "          icon = mkOption {\n            type = types.str;\n            default = \"star\";\n          };\n          label = mkOption",
    );
    let readers = [
        ("modules/server/settings.nix", "entry.persistedData", "entry.state"),
        (
            "modules/server/traefik/default.nix",
            "{inherit (service) middlewares;}",
            "{middlewares = service.guards;}",
        ),
        (
            "modules/server/traefik/default.nix",
            "{inherit (service) url;}",
            "{url = service.backend;}",
        ),
        (
            "modules/server/backup/default.nix",
            "inherit (job) paths exclude;",
            "paths = job.dirs;\n      exclude = job.without;",
        ),
        (
            "modules/server/backup/default.nix",
            "a.priority == b.priority",
            "a.rank == b.rank",
        ),
        (
            "modules/server/backup/default.nix",
            "a.priority < b.priority",
            "a.rank < b.rank",
        ),
        (
            "modules/apps/firefox.nix",
            "inherit (service) name;",
            "name = service.label;",
        ),
        (
            "modules/server/dashboard/default.nix",
            "icons.${key} or key",
            "service.icon",
        ),
        // Which nothing uses then.
        (
            "modules/server/dashboard/default.nix",
            "  # names of the icons that differ from those of the services\n  icons = {\n    auth = \"authelia\";\n    file = \"caddy\";\n    git = \"forgejo\";\n    proxy = \"traefik\";\n    top = \"glances\";\n  };\n\n",
            "",
        ),
        (
            "modules/server/media/video/default.nix",
            "label = \"",
            "icon = \"popcorn\";\n      label = \"",
        ),
    ];
    for (path, old, new) in readers {
        repo.replace(path, old, new);
    }
    for path in files(&repo).filter(|path| path.ends_with(".nix")) {
        let mut text = repo.read(&path);
        for (old, new) in FIELDS
            .iter()
            .map(|field| ("service", field))
            .chain(JOB_FIELDS.iter().map(|field| ("job", field)))
            .map(|(of, (old, new))| (format!("{of}.{old}"), format!("{of}.{new}")))
        {
            text = text.replace(&old, &new);
        }
        repo.write(&path, text);
    }
    repo.write("qgroget.toml", RULES);
    repo.start();
    repo
}

/// What the server is, without what a migration empties on purpose.
fn configuration(repo: &Repo) -> serde_json::Value {
    let mut configuration = nix::configuration(&repo.root()).unwrap_or_else(|error| panic!("{error}"));
    for service in configuration["qgroget"]["services"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        let service = service.as_object_mut().unwrap();
        service.remove("state");
        service.remove("folders");
    }
    sort(&mut configuration);
    configuration
}

/// In what order lists are is another test's matter.
fn sort(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_key(ToString::to_string);
        }
        serde_json::Value::Object(set) => set.values_mut().for_each(sort),
        _ => {}
    }
}

#[test]
fn every_service_of_a_repository_with_its_own_names_migrates() {
    let repo = repository();
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    let before = nix::available().then(|| configuration(&repo));
    let run = repo.run(&["migrate", "--all", "--yes", "--no-verify"]).succeeds();
    run.says("migrated");
    let jellyfin = repo.read("modules/server/media/jellyfin/default.nix");
    for line in [
        "middlewares = [",
        "type = \"public\";",
        "persistedData = [",
        "extraConfig.icon = \"popcorn\";",
    ] {
        assert!(jellyfin.contains(line), "{line}:\n{jellyfin}");
    }
    if let Some(before) = before {
        nix::assert_same(&before, &configuration(&repo), "all services");
    }
}

#[test]
fn other_names_make_no_other_contract() {
    let (own, plain) = (repository(), Repo::homelab());
    for repo in [&own, &plain] {
        repo.run(&["init", "--yes", "--no-verify"]).succeeds();
        repo.run(&["migrate", "--all", "--yes", "--no-verify"]).succeeds();
    }
    let modules = |repo: &Repo| -> Vec<String> {
        let files = files(repo);
        files
            .filter(|path| path.ends_with("/default.nix") && path.starts_with("modules/server/"))
            .collect()
    };
    assert_eq!(modules(&own), modules(&plain));
    for path in modules(&plain) {
        let contract = |repo: &Repo| {
            let text = repo.read(&path);
            let begin = text.find("1. Contract")?;
            let section = &text[begin..begin + text[begin..].find("2. Implementation")?];
            let icon = |line: &&str| line.is_empty() || line.contains("icon = \"popcorn\"");
            let lines = section.lines().filter(|line| !icon(line));
            // What is left as a comment says by which name it was declared.
            let lines = lines.map(|line| line.replace("declared as folders,", "declared as backupDirectories,"));
            Some(lines.collect::<Vec<_>>())
        };
        assert_eq!(contract(&own), contract(&plain), "{path}");
    }
}

#[test]
fn a_field_that_the_contract_does_not_have_is_refused() {
    let repo = repository();
    repo.write("qgroget.toml", RULES.replace("extraConfig.icon", "icon"));
    repo.commit_all("chore: another name");
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo.migrate(&["jellyfin"])
        .ends(1)
        .says("error[unknown-contract-field]")
        .says("the field 'icon' of service 'jellyfin' would become 'icon', which the contract does not have")
        .says("qgroget contract add icon");
    assert_eq!(repo.status(), "");
}
