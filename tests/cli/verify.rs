//! `verify`: what two states evaluate to, by hand-made changes too.

use crate::common::{Repo, copy, nix, project};

#[test]
fn a_change_by_hand_is_told_by_what_it_means() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio"]).succeeds();
    repo.run(&["verify"]).succeeds().says("no difference");
    let path = "modules/server/misc/portfolio/default.nix";
    repo.replace(path, "type = \"public\"", "type = \"private\"");
    repo.run(&["verify"])
        .ends(1)
        .says("NOT preserved")
        .says("only clients with a certificate can reach it now");
    repo.run(&["verify", "--revision", "HEAD", "--against", "HEAD~1"])
        .succeeds();
    let json = repo
        .run(&["verify", "--format", "json"])
        .ends(1)
        .follows_schema("verify-1");
    let differences = json["hosts"][0]["verdict"]["differences"].as_array().unwrap();
    let classes: Vec<&str> = differences.iter().map(|d| d["class"].as_str().unwrap()).collect();
    assert!(classes.contains(&"changed"), "{json:#}");
    repo.run(&["verify", "--html", "proof.html"]).ends(1);
    assert!(repo.read("proof.html").contains("only clients with a certificate"));
}

#[test]
fn every_migration_is_proved_again_even_of_a_module_that_nothing_imports() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio", "git"]).succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("refactor(server/portfolio)")
        .says("refactor(server/git)");
    let path = "modules/server/misc/forgero.nix";
    repo.replace(
        path,
        "exposed = true;",
        "exposed = true;\n        subdomain = \"code\";",
    );
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("NOT preserved")
        .says("git");
}

#[test]
fn what_a_commit_gained_is_compared_with_the_state_before_that_has_it() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyseerr", "--yes", "--accept-gains"])
        .succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("what the plan declares to change")
        .says_not("NOT preserved");
    // What differs besides is found.
    let module = "modules/server/media/jellyseerr/default.nix";
    let text = repo.read(module);
    repo.write(module, text.replacen("default = 5055", "default = 5056", 1));
    assert_ne!(text, repo.read(module));
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    repo.run(&["verify", "--since-contract"]).ends(1).says("NOT preserved");
}

/// A migrated homelab, of which only the last commit is one of the tool, and the file that has the service's contract.
fn vaultwarden() -> (Repo, &'static str) {
    let repo = Repo::with_contract();
    repo.migrate(&["vaultwarden"]).succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("feat(server): add the service contract")
        .says("refactor(server/vaultwarden)")
        .says_not("NOT")
        .says_not("changed after it was made");
    (repo, "modules/server/password-manager/vaultwarden/default.nix")
}

fn amend(repo: &Repo) {
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
}

#[test]
fn a_module_that_its_host_imports_by_its_directory_is_evaluated_once() {
    if !nix::available() {
        return;
    }
    let (repo, module) = vaultwarden();
    repo.run(&["verify", "--against", "HEAD~1", "--extra", module])
        .succeeds()
        .says("preserved")
        .says_not("gained");
}

#[test]
fn the_import_of_a_migrated_module_that_is_gone_is_named() {
    if !nix::available() {
        return;
    }
    let (repo, module) = vaultwarden();
    let importing = "modules/server/default.nix";
    let text = repo.read(importing);
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("vaultwarden")).collect();
    assert!(without.len() < text.lines().count(), "{text}");
    repo.write(importing, without.join("\n") + "\n");
    // A later commit, and then the commit itself.
    repo.commit_all("by hand");
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("no host imports these modules any more")
        .says(module)
        .says_not("NOT");
    repo.git(&["reset", "--quiet", "--soft", "HEAD~1"]);
    amend(&repo);
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("NOT proved")
        .says(&format!("Server imports {module} no more"))
        .says("this commit was changed after it was made");
}

#[test]
fn a_binding_that_is_missing_from_a_past_commit_is_found() {
    if !nix::available() {
        return;
    }
    // Of a required field nix itself says that it is missing.
    for (gone, said) in [
        ("type", "NOT preserved"),
        ("SIGNUPS_ALLOWED", "NOT preserved"),
        ("backupPaths", "NOT proved"),
    ] {
        let (repo, module) = vaultwarden();
        let text = repo.read(module);
        let starts = |line: &&str| line.trim_start().starts_with(&format!("{gone} = "));
        let line = text.lines().find(starts).unwrap_or_else(|| panic!("{text}"));
        repo.replace(module, line, "");
        amend(&repo);
        repo.run(&["verify", "--since-contract"]).ends(1).says(said);
    }
}

#[test]
fn what_a_past_commit_gained_is_what_its_message_says() {
    if !nix::available() {
        return;
    }
    let repo = Repo::homelab();
    // What lists all jobs in a script shows a new one as a changed line.
    let backup = "modules/server/backup/default.nix";
    repo.replace(backup, "jobs}\n            exit", "[]}\n            exit");
    repo.replace(backup, "jobs);\n        };", "[]);\n        };");
    repo.commit_all("no lists of jobs");
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    let trailer = "Qgroget-Gained: qgroget.backups.jellyseerr.paths\n";
    repo.run(&["migrate", "jellyseerr", "--dry-run", "--accept-gains"])
        .succeeds()
        .says(trailer.trim_end());
    repo.migrate(&["jellyseerr", "--accept-gains"]).succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("something is gained")
        .says("what it gains was accepted when it was made");
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains(trailer), "{message}");
    repo.replace("README.md", "\n", "\n\n");
    amend(&repo);
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("this commit was changed after it was made")
        .says("what it gains was accepted when it was made");
    // One more is not what was accepted, and none at all is not what the message says.
    let module = "modules/server/media/jellyseerr/default.nix";
    let accepted = repo.read(module);
    let paths = accepted
        .lines()
        .find(|line| line.contains("backupPaths = ["))
        .expect("a gain");
    for (instead, said) in [
        (
            "backupPaths = [\"/var/lib/jellyseerr\" \"/srv/more\"];",
            "nobody accepted what it gains",
        ),
        (
            "backupPaths = [];",
            "its message says that qgroget.backups.jellyseerr.paths has more than before, and it has not",
        ),
    ] {
        repo.write(module, accepted.replace(paths, instead));
        amend(&repo);
        repo.run(&["verify", "--since-contract"]).ends(1).says(said);
    }
    // Where the message does not say it, nobody has.
    repo.write(module, accepted);
    repo.git(&["add", "--all"]);
    let message = message.replace(trailer, "");
    repo.git(&["commit", "--quiet", "--amend", "--message", &message]);
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("nobody accepted what it gains");
}

#[test]
fn a_commit_that_does_not_evaluate_any_more_does_not_hide_the_others() {
    if !nix::available() {
        return;
    }
    let (repo, module) = vaultwarden();
    repo.replace(module, "exposed = ", "exposed = nothing && ");
    amend(&repo);
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("feat(server): add the service contract")
        .says("NOT proved: ");
    let json = repo
        .run(&["verify", "--since-contract", "--format", "json"])
        .ends(1)
        .follows_schema("verify-1");
    let holds: Vec<bool> = json["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["holds"] == true)
        .collect();
    assert_eq!(holds, [true, false]);
}

#[test]
fn the_legacy_option_that_cleanup_takes_away_is_no_loss() {
    if !nix::available() {
        return;
    }
    let repo = Repo::bare();
    copy(&project().join("examples/rack"), &repo.root());
    repo.start();
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo.migrate(&["--all"]).succeeds();
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("homelab.services is no longer declared")
        .says_not("NOT");
    repo.run(&["verify", "--against", "HEAD~8"])
        .succeeds()
        .says("homelab.services is no longer declared")
        .says_not("lost");
}

#[test]
fn a_module_that_git_does_not_track_is_named() {
    if !nix::available() {
        return;
    }
    let repo = Repo::homelab();
    repo.write("modules/server/new.nix", "{}\n");
    repo.run(&["verify"])
        .succeeds()
        .says("not tracked by git")
        .says("modules/server/new.nix");
    repo.git(&["add", "--intent-to-add", "."]);
    repo.run(&["verify"]).succeeds().says_not("not tracked");
}

#[test]
fn a_commit_that_touches_another_host_is_judged_by_each_host_of_its_own() {
    if !nix::available() {
        return;
    }
    let (repo, module) = vaultwarden();
    let other = "hosts/Desk/configuration.nix";
    repo.write(other, repo.read(other) + "# the desk\n");
    amend(&repo);
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says_not("NOT")
        .says_not(&format!("no host imports {module}"));
}

#[test]
fn commits_that_were_joined_gain_what_each_of_them_did() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyseerr", "--yes", "--accept-gains"])
        .succeeds();
    repo.migrate(&["kavita"]).succeeds();
    let messages = repo.git(&["log", "-2", "--reverse", "--format=%B"]);
    repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    repo.git(&["commit", "--quiet", "--message", &messages]);
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("what the plan declares to change")
        .says_not("nobody accepted");
}

#[test]
fn a_contract_that_no_commit_of_the_tool_brought_is_named() {
    if !nix::available() {
        return;
    }
    let (repo, _) = vaultwarden();
    repo.git(&["commit", "--quiet", "--amend", "--message", "by hand"]);
    let run = repo.run(&["verify", "--since-contract"]).succeeds();
    run.says("not proved, since no commit of qgroget in this history brought their contracts: vaultwarden");
    let json = repo.run(&["verify", "--since-contract", "--format", "json"]).succeeds();
    let document = json.follows_schema("verify-1");
    assert_eq!(document["not_proved"], serde_json::json!(["vaultwarden"]));
}
