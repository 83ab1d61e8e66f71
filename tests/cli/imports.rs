//! Imports that are computed: which modules they lead to is not written anywhere.

use crate::common::{Repo, nix};

/// A repository whose server modules, and those of `misc`, are imported by these expressions.
fn importing(server: &str, misc: &str) -> Repo {
    let repo = Repo::homelab();
    repo.write(
        "modules/server/default.nix",
        format!("{{...}}: {{\n  imports = {server};\n}}\n"),
    );
    repo.write(
        "modules/server/misc/default.nix",
        format!("{{lib, ...}}: {{\n  imports = {misc};\n}}\n"),
    );
    repo.commit_all("computed imports");
    repo
}

const NAMES: &str = r#"["options.nix" "settings.nix" "traefik" "backup" "SSO" "dns" "dashboard" "password-manager" "media" "arrs" "downloaders" "misc"]"#;

fn forms() -> [(String, &'static str); 4] {
    [
        (
            format!(r#"map (name: ./. + "/${{name}}") {NAMES}"#),
            r#"map (name: ./. + "/${name}.nix") ["fileServer" "honcho" "obsidian" "portfolio" "scrutiny"]"#,
        ),
        (
            format!(r#"let dir = ./.; in map (name: dir + "/${{name}}") {NAMES}"#),
            r#"[./honcho.nix (./. + "/obsidian.nix")] ++ map (name: ./. + "/${name}") ["fileServer.nix" "portfolio.nix" "scrutiny.nix"]"#,
        ),
        (
            r#"map (name: ./. + "/${name}") (builtins.filter (name: !(builtins.elem name ["default.nix" "security" "homeAssistant"])) (builtins.attrNames (builtins.readDir ./.)))"#
                .to_owned(),
            r#"lib.mapAttrsToList (name: _: ./. + "/${name}") (lib.filterAttrs (name: _: lib.hasSuffix ".nix" name && !(lib.elem name ["default.nix" "forgero.nix" "syncthing.nix"])) (builtins.readDir ./.))"#,
        ),
        (
            format!(r#"(map (name: ./. + "/${{name}}") {NAMES})"#),
            r#"lib.filter (path: lib.hasSuffix "r.nix" path || lib.hasSuffix "o.nix" path || lib.hasSuffix "n.nix" path || lib.hasSuffix "y.nix" path) (lib.filter (path: baseNameOf path != "forgero.nix") (lib.filesystem.listFilesRecursive ./.))"#,
        ),
    ]
}

#[test]
fn modules_behind_computed_imports_are_migrated_where_they_stand() {
    for (server, misc) in forms() {
        let repo = importing(&server, misc);
        let before = nix::available().then(|| nix::configuration(&repo.root()).unwrap());
        repo.migrate(&["scrutiny", "obsidian", "jellyfin", "--dry-run"])
            .succeeds()
            .says_not("no host imports it");
        let no_proof: &[&str] = if before.is_some() { &[] } else { &["--no-verify"] };
        repo.run(&[&["init", "--yes"], no_proof].concat()).succeeds();
        for service in ["scrutiny", "obsidian", "jellyfin"] {
            repo.run(&[&["migrate", service, "--yes"], no_proof].concat())
                .succeeds();
        }
        // What finds it by its name would not find it elsewhere.
        assert!(repo.exists("modules/server/misc/obsidian.nix"), "{misc}");
        if let Some(before) = before {
            nix::assert_same(&before, &nix::configuration(&repo.root()).unwrap(), misc);
        }
    }
}

#[test]
fn what_keeps_a_module_where_it_stands_is_said() {
    let (server, misc) = &forms()[0];
    let repo = importing(server, misc);
    let run = repo.migrate(&["obsidian", "--dry-run"]).succeeds();
    insta::assert_snapshot!(
        run.out
            .lines()
            .filter(|line| line.contains("computed") || line.contains("list of imports"))
            .collect::<Vec<_>>()
            .join("\n")
    );
}
