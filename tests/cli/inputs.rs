//! Files and names that are not as most are.

use crate::common::{Repo, checks};

const JELLYSEERR: &str = "modules/server/media/video/jellyseerr.nix";
const MOVED: &str = "modules/server/media/jellyseerr/default.nix";

#[test]
fn line_endings_are_kept() {
    let repo = Repo::with_contract();
    for (path, bytes) in repo.tree() {
        if path.ends_with(".nix") {
            repo.write(&path, String::from_utf8(bytes).unwrap().replace('\n', "\r\n"));
        }
    }
    repo.commit_all("from another system");
    let before = repo.tree();
    repo.migrate(&["jellyseerr", "jellyfin", "vaultwarden"]).succeeds();
    for (path, bytes) in repo.tree() {
        let text = String::from_utf8_lossy(&bytes);
        let moved = ["jellyfin", "jellyseerr", "vaultwarden"]
            .iter()
            .any(|name| path.ends_with(&format!("{name}/default.nix")));
        let new = path.starts_with("tests/") && !before.contains_key(&path);
        if path.ends_with(".nix") && (moved || before.contains_key(&path)) && !new {
            assert_eq!(
                text.matches('\n').count(),
                text.matches("\r\n").count(),
                "{path}:\n{text:?}"
            );
            assert!(!text.contains("\r\r"), "{path}");
        }
    }
}

#[test]
fn tabs_are_kept() {
    let repo = Repo::with_contract();
    let tabbed = |line: &str| {
        let text = line.trim_start_matches(' ');
        "\t".repeat((line.len() - text.len()) / 2) + text
    };
    let text = repo.read(JELLYSEERR);
    repo.write(
        JELLYSEERR,
        text.lines().map(|line| tabbed(line) + "\n").collect::<String>(),
    );
    repo.commit_all("tabs");
    repo.migrate(&["jellyseerr"]).succeeds();
    let text = repo.read(MOVED);
    for line in [
        "\toptions.qgroget.server.jellyseerr = {",
        "\t\tport = mkOption {",
        "\t\t\ttype = types.port;",
    ] {
        assert!(text.contains(line), "{line:?} is gone from\n{text}");
    }
}

#[test]
fn a_missing_newline_at_the_end_stays_missing() {
    let repo = Repo::with_contract();
    repo.write(JELLYSEERR, repo.read(JELLYSEERR).trim_end());
    repo.write(
        "modules/server/settings.nix",
        repo.read("modules/server/settings.nix").trim_end(),
    );
    repo.commit_all("no newline");
    repo.migrate(&["jellyseerr"]).succeeds();
    for path in [MOVED, "modules/server/settings.nix"] {
        assert!(repo.read(path).ends_with('}'), "{path}");
    }
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert!(repo.read(JELLYSEERR).ends_with('}'));
}

#[test]
fn a_byte_order_mark_is_refused_where_it_stands() {
    let repo = Repo::with_contract();
    repo.write(JELLYSEERR, format!("\u{feff}{}", repo.read(JELLYSEERR)));
    repo.commit_all("a byte order mark");
    let before = repo.tree();
    let run = repo.migrate(&["jellyseerr"]).refuses("does-not-parse");
    run.says(&format!("{JELLYSEERR}:1:1"));
    assert!(repo.tree() == before);
}

#[test]
fn unformatted_files_are_not_formatted() {
    let repo = Repo::with_contract();
    repo.replace(JELLYSEERR, "port = cfg.port;", "port   =   cfg.port ;");
    repo.replace(
        "modules/server/settings.nix",
        "kavita.enable = true;",
        "kavita.enable=true;",
    );
    repo.commit_all("somebody's own style");
    repo.migrate(&["jellyseerr"]).succeeds();
    assert!(repo.read(MOVED).contains("port   =   cfg.port ;"));
    assert!(repo.read("modules/server/settings.nix").contains("kavita.enable=true;"));
}

#[test]
fn names_that_have_to_be_quoted() {
    for (name, quoted) in [("a.b", "\"a.b\""), ("9lives", "\"9lives\""), ("in", "\"in\"")] {
        let repo = Repo::with_contract();
        let module = format!(
            "{{...}}: {{\n  qgroget.services.{quoted} = {{\n    name = \"x\";\n    url = \"http://127.0.0.1:7999\";\n    \
             persistedData = [\"/var/lib/x\"];\n  }};\n}}\n"
        );
        repo.write("modules/server/misc/odd.nix", &module);
        repo.replace(
            "modules/server/misc/default.nix",
            "imports = [",
            "imports = [\n    ./odd.nix",
        );
        repo.commit_all("an odd name");
        repo.migrate(&[name]).succeeds();
        let text = repo.read(&format!("modules/server/misc/{name}/default.nix"));
        assert!(text.contains(&format!("serviceModules.{quoted} = {{")), "{text}");
        assert!(checks::is_formatted(&text), "{text}");
        assert!(
            repo.read("hosts/Server/settings.nix")
                .contains(&format!("{quoted}.enable = true;"))
        );
        if crate::common::nix::available() {
            let configuration = crate::common::nix::configuration(&repo.root()).unwrap();
            assert_eq!(configuration["qgroget"]["services"][name]["name"], "x");
        }
        repo.migrate(&[name])
            .succeeds()
            .says("1 change is open")
            .says("something that the machine would gain; --accept-gains takes it");
    }
}

#[test]
fn a_name_that_is_no_directory_stays_in_place() {
    let repo = Repo::with_contract();
    let module = "{...}: {\n  qgroget.services.\"véranda\" = {\n    name = \"x\";\n    url = \"http://127.0.0.1:7999\";\n  };\n}\n";
    repo.write("modules/server/misc/odd.nix", module);
    repo.replace(
        "modules/server/misc/default.nix",
        "imports = [",
        "imports = [\n    ./odd.nix",
    );
    repo.commit_all("an odd name");
    repo.migrate(&["véranda"])
        .refuses("no-directory-name")
        .says("--in-place");
    repo.migrate(&["véranda", "--in-place"]).succeeds();
    assert!(
        repo.read("modules/server/misc/odd.nix")
            .contains("serviceModules.\"véranda\" = {")
    );
}

#[test]
fn names_that_could_lead_elsewhere() {
    for name in ["../../../outside", "a\"b", "a/b", "${x}", "", "a\nb", "-rf"] {
        let repo = Repo::with_contract();
        let literal = name
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace("${", "\\${")
            .replace('\n', "\\n");
        let module = format!(
            "{{...}}: {{\n  qgroget.services.\"{literal}\" = {{\n    name = \"x\";\n    url = \"http://127.0.0.1:7999\";\n  }};\n}}\n"
        );
        repo.write("modules/server/misc/odd.nix", &module);
        repo.replace(
            "modules/server/misc/default.nix",
            "imports = [",
            "imports = [\n    ./odd.nix",
        );
        repo.commit_all("a hostile name");
        let outside = std::fs::read_dir(repo.root().parent().unwrap()).unwrap().count();
        let run = repo.migrate(&["--", name]);
        assert!([0, 1, 2].contains(&run.code), "{name:?}: {run}");
        assert_eq!(
            std::fs::read_dir(repo.root().parent().unwrap()).unwrap().count(),
            outside,
            "{name:?}"
        );
        assert_eq!(repo.status(), "", "{name:?}: {run}");
        for (path, bytes) in repo.tree() {
            if path.ends_with(".nix") {
                assert!(
                    qgroget::syntax::parses(&String::from_utf8(bytes).unwrap()),
                    "{name:?}: {path}"
                );
            }
        }
    }
}

#[test]
fn comments_of_the_services_survive() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "jellyseerr", "vaultwarden"]).succeeds();
    let jellyfin = repo.read("modules/server/media/jellyfin/default.nix");
    for comment in [
        "# SSDP and Jellyfin's own discovery",
        "# database, metadata, accounts",
        "# \"/var/log/jellyfin\"",
        "# backupDirectories = [",
        "#   \"/var/lib/jellyfin/data\"",
        "# Browsers remember that this host speaks HTTPS only",
        "# televisions embed the player in a frame",
        "# openFirewall = true;",
    ] {
        assert_eq!(jellyfin.matches(comment).count(), 1, "{comment:?} in\n{jellyfin}");
    }
    let vaultwarden = repo.read("modules/server/password-manager/vaultwarden/default.nix");
    for comment in [
        "# middlewares = [\"slow-down-logins\"];",
        "# before all others: this is the one that we could not do without",
        "# somebody is told when the sign of life stays out",
        "# accounts are made by invitation",
    ] {
        assert_eq!(vaultwarden.matches(comment).count(), 1, "{comment:?} in\n{vaultwarden}");
    }
}

/// Nix takes no indentation away from a string whose lines end in carriage returns, so that its lines have to stay where
/// they are: the text of every service says afterwards what it said before.
#[test]
fn strings_with_carriage_returns_say_what_they_said() {
    if !crate::common::nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    for (path, bytes) in repo.tree() {
        if path.ends_with(".nix") {
            repo.write(&path, String::from_utf8(bytes).unwrap().replace('\n', "\r\n"));
        }
    }
    repo.commit_all("from another system");
    let before = crate::common::nix::configuration(&repo.root()).unwrap();
    assert!(before.to_string().contains("\\r\\n"), "no string has a carriage return");
    repo.run(&["migrate", "--all", "--yes"]).succeeds();
    let after = crate::common::nix::configuration(&repo.root()).unwrap();
    // The order of some lists changes, as every migration says.
    let texts = |configuration: &serde_json::Value| {
        let text = configuration.to_string();
        let mut texts: Vec<String> = text
            .split('"')
            .filter(|text| text.contains("\\r"))
            .map(str::to_owned)
            .collect();
        texts.sort();
        texts
    };
    assert!(texts(&before).len() > 5, "{:?}", texts(&before));
    assert_eq!(texts(&before), texts(&after));
}
