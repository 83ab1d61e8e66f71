//! `contract`: a field that is added, renamed or removed evaluates before anything is written, and the examples hold as written.

use std::path::Path;

use qgroget::codes;

use crate::common::{Repo, Run, copy, nix, project};

/// The example with the contract and one service that has one.
fn with_a_service() -> Repo {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    repo
}

fn add(repo: &Repo, arguments: &[&str]) -> Run {
    repo.run(
        &[
            &["contract", "add"],
            arguments,
            &["--description", "What it is.", "--yes"],
        ]
        .concat(),
    )
}

#[test]
fn a_value_that_the_type_does_not_take_is_refused_without_nix() {
    let repo = with_a_service();
    let before = repo.tree();
    let refused = [
        (
            &["icon", "--type", "str", "--default", "5"][..],
            "--default: 5 is no value of the type str",
        ),
        (
            &["level", "--type", "enum [\"low\" \"high\"]", "--default", "\"none\""],
            "expected one of \"low\", \"high\"",
        ),
        (
            &["owner", "--type", "str", "--required", "--value", "null"],
            "--value: null is no value of the type str",
        ),
        (
            &[
                "owner",
                "--type",
                "nullOr str",
                "--default",
                "null",
                "--service",
                "jellyfin=7",
            ],
            "--service: 7 is no value of the type nullOr str",
        ),
    ];
    for (arguments, said) in refused {
        add(&repo, arguments)
            .ends(2)
            .says("error[wrong-field-value]")
            .says(said);
    }
    assert!(repo.tree() == before);
}

#[test]
fn what_does_not_evaluate_is_refused() {
    if !nix::available() {
        return;
    }
    let repo = with_a_service();
    add(&repo, &["icon", "--type", "str", "--default", "throw \"not yet\""])
        .refuses("field-fails")
        .says("the field 'icon' does not evaluate in the contract of 'jellyfin'")
        .says("nix says: not yet")
        .says("modules/server/options.nix");
    // Nobody has this default, since all set the field; the next service would.
    add(
        &repo,
        &["icon", "--type", "str", "--default", "lib.id 5", "--value", "\"a.svg\""],
    )
    .refuses("field-fails")
    .says("in a contract that does not set it")
    .says("is not of type");
}

#[test]
fn a_contract_that_is_computed_gets_no_value() {
    if !nix::available() {
        return;
    }
    let repo = Repo::all_migrated(&["jellyfin"]);
    let before = repo.tree();
    repo.write(
        "modules/server/computed.nix",
        "{lib, ...}: {\n  qgroget.serviceModules = lib.genAttrs [\"computed\"] (_: {\n    enable = false;\n    domain = \"example.org\";\n    \
         dataDir = null;\n    persistedData = [];\n    backupPaths = [];\n  });\n}\n",
    );
    repo.replace(
        "modules/server/default.nix",
        "./options.nix",
        "./options.nix\n    ./computed.nix",
    );
    repo.commit_all("a computed contract");
    let computed = repo.tree();
    add(&repo, &["owner", "--type", "str", "--required", "--value", "\"robin\""])
        .refuses("field-fails")
        .says("is missing required field 'owner'")
        .says(
            "the contract of 'computed' is computed, so that no value can be put there: add the field with --default",
        );
    assert!(repo.tree() == computed && computed.len() == before.len() + 1);
    add(
        &repo,
        &[
            "owner",
            "--type",
            "str",
            "--default",
            "\"nobody\"",
            "--value",
            "\"robin\"",
        ],
    )
    .succeeds();
}

#[test]
fn what_evaluates_leaves_the_configuration_as_it_is() {
    if !nix::available() {
        return;
    }
    let repo = with_a_service();
    let evaluated = nix::configuration(&repo.root()).unwrap();
    add(
        &repo,
        &[
            "icon",
            "--type",
            "str",
            "--default",
            "\"\"",
            "--service",
            "jellyfin=\"a.svg\"",
        ],
    )
    .succeeds();
    repo.run(&["contract", "rename", "icon", "logo", "--yes"]).succeeds();
    repo.run(&["contract", "remove", "logo", "--yes"]).succeeds();
    nix::assert_same(&evaluated, &nix::configuration(&repo.root()).unwrap(), "icon");
}

#[test]
fn a_field_is_not_required_while_services_are_legacy() {
    let repo = with_a_service();
    let before = repo.tree();
    let required = ["owner", "--type", "str", "--required", "--value", "\"robin\""];
    add(&repo, &required)
        .refuses("not-all-migrated")
        .says("'owner' cannot be required: 26 legacy services have no contract yet")
        .says("vaultwarden")
        .says("qgroget migrate --all");
    assert!(repo.tree() == before);
    // What is required already, a migration does not make up.
    let default = ["owner", "--type", "str", "--default", "\"robin\"", "--no-verify"];
    add(&repo, &default).succeeds();
    let options = "modules/server/options.nix";
    let (defaulted, required) = ("default = \"robin\";", "default = missing \"owner\" name;");
    repo.replace(options, defaulted, required);
    repo.commit_all("required");
    let line = repo
        .read(options)
        .lines()
        .position(|line| line.contains("owner = mkOption"))
        .unwrap()
        + 1;
    repo.migrate(&["vaultwarden"])
        .refuses("required-unknown")
        .says(&format!("{options}:{line}"))
        .says("qgroget contract remove owner");
    repo.replace(options, required, defaulted);
    repo.commit_all("with a default");
    repo.migrate(&["vaultwarden"]).succeeds();
}

#[test]
fn a_required_field_that_contracts_lack_says_of_which_and_how() {
    let repo = Repo::all_migrated(&["jellyfin", "portfolio"]);
    let before = repo.tree();
    let owner = ["owner", "--type", "str", "--required"];
    add(&repo, &owner)
        .ends(2)
        .says("error[value-needed]")
        .says("jellyfin, portfolio")
        .says("--service jellyfin=NIX --service portfolio=NIX");
    assert!(repo.tree() == before);
    let values = ["--service", "jellyfin=\"robin\"", "--service", "portfolio=\"kim\""];
    add(&repo, &[&owner[..], &values].concat()).succeeds();
    for (service, owner) in [("jellyfin", "robin"), ("portfolio", "kim")] {
        let module = repo.read(&format!("modules/server/media/{service}/default.nix"));
        assert!(module.contains(&format!("owner = \"{owner}\";")), "{module}");
    }
    repo.run(&["check"]).succeeds();
}

/// The module system is lazy: nothing reads the field, so nothing else says it.
#[test]
fn check_looks_into_every_field() {
    if !nix::available() {
        return;
    }
    let repo = with_a_service();
    for (name, default) in [("icon", "throw \"not yet\""), ("level", "lib.id 5")] {
        add(&repo, &[name, "--type", "str", "--default", default, "--no-verify"]).succeeds();
    }
    repo.run(&["check"])
        .ends(1)
        .says("the configuration evaluates, and these fields of contracts do not:")
        .says("'icon' of service 'jellyfin': not yet")
        .says("'level' of service 'jellyfin':")
        .says("is not of type");
}

/// The lines of a text that begin with the command.
fn commands(text: &str, prefix: &str) -> Vec<String> {
    // A line may go on below, as a shell reads it.
    let text = text.replace("\\\n", "");
    let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
    let commands = lines.filter(|line| line.starts_with("qgroget contract "));
    commands.map(str::to_owned).collect()
}

/// A line as a shell runs it, in a copy of `repo`, once what it renames or removes is there.
fn as_written(repo: &Repo, line: &str, prepared: bool) -> Run {
    let own = Repo::bare();
    copy(&repo.root(), &own.root());
    let words: Vec<&str> = line.split(' ').collect();
    if let (true, ["rename" | "remove", field, ..]) = (prepared, &words[2..]) {
        add(&own, &[field, "--type", "str", "--default", "\"\"", "--no-verify"]).succeeds();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_qgroget")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut shell = own.command("sh");
    shell
        .env("PATH", format!("{}:{path}", program.display()))
        .args(["-c", &format!("{line} --yes")]);
    own.outcome(&mut shell)
}

#[test]
fn every_example_holds_as_it_is_written() {
    let (repo, legacy) = (Repo::all_migrated(&["jellyfin"]), with_a_service());
    let read = |path: &str| std::fs::read_to_string(project().join(path)).unwrap();
    let help = commands(&repo.run(&["contract", "--help"]).succeeds().out, "  ");
    assert!(help.len() >= 4, "{help:?}");
    let guide = commands(&read("nix/docs/service-template-guide.md"), "");
    assert!(guide.len() >= 3, "{guide:?}");
    let documents = ["README.md", "MIGRATION.md", "docs/architecture.md"];
    let documents = documents.iter().flat_map(|path| commands(&read(path), ""));
    let after = codes::all().flat_map(|code| commands(code.after, "$ "));
    let all: Vec<String> = help.into_iter().chain(guide).chain(documents).chain(after).collect();
    assert!(all.len() >= 14, "{all:?}");
    for line in &all {
        let run = as_written(&repo, line, true);
        assert_eq!(run.code, 0, "{line}\n{run}");
    }
    for code in codes::all() {
        for line in commands(code.before, "$ ") {
            if code.code == "field-fails" && !nix::available() {
                continue;
            }
            let repo = match code.code {
                "not-all-migrated" => &legacy,
                _ => &repo,
            };
            let run = as_written(repo, &line, false);
            let refused = run.code != 0 && run.err.contains(&format!("error[{}]", code.code));
            assert!(refused, "{line} is not refused as {}:\n{run}", code.code);
        }
    }
}

#[test]
fn a_bad_name_or_value_of_a_field_is_said_in_the_words_of_fields() {
    let repo = Repo::with_contract();
    let add = |name: &str, flags: &[&str]| {
        let arguments = [
            &["contract", "add", name, "--type", "str", "--description", "x", "--yes"],
            flags,
        ];
        repo.run(&arguments.concat()).ends(2)
    };
    add("a b", &["--default", "\"\""])
        .says("bad-name")
        .says_not("directory");
    add("icon", &["--default", "\""])
        .says("--default '\"text\"'")
        .says_not("--value");
    add("icon", &["--required", "--value", "\""]).says("--value '\"text\"'");
    add("icon", &["--default", "1", "--service", "jellyfin=\""]).says("--service jellyfin='\"text\"'");
}
