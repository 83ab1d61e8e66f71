//! Relative paths in what moves to another directory.

use crate::common::{Repo, nix};

const SERVICE: &str = r#"
    qgroget.services.NAME = {
      name = import ./words/NAME.nix;
      url = "http://127.0.0.1:${import ./words/NAME-port.nix}";
      persistedData = [(import ./words/NAME-directory.nix)] ++ import ./words/NAME-more.nix;
      traefikDynamicConfig = import ./words/routes.nix;
    };
    qgroget.backups.NAME = {
      paths = [(import ./words/NAME-directory.nix)];
      exclude = import ./words/exclude.nix;
    };
    sops.secrets.NAME.sopsFile = ./words/secrets.yaml;
    systemd.services.NAME.serviceConfig.Environment = "WORDS=${./words/secrets.yaml}";
"#;

/// A repository with services in one file that reads others beside it.
fn reading(names: &[&str], condition: &str) -> Repo {
    let repo = Repo::with_contract();
    let words = |name: &str, text: &str| repo.write(&format!("modules/server/misc/words/{name}"), text);
    names
        .iter()
        .for_each(|name| words(&format!("{name}.nix"), &format!("\"{name}\"\n")));
    for (name, port) in names.iter().zip(1234..) {
        words(&format!("{name}-port.nix"), &format!("\"{port}\"\n"));
    }
    for name in names {
        words(&format!("{name}-directory.nix"), &format!("\"/var/lib/{name}\"\n"));
        words(&format!("{name}-more.nix"), &format!("[\"/var/lib/more-{name}\"]\n"));
    }
    words("more.nix", "[]\n");
    words("routes.nix", "{http.middlewares.words.headers.addVaryHeader = true;}\n");
    words("exclude.nix", "[\"*.tmp\"]\n");
    words("secrets.yaml", "sops: {}\n");
    let services: String = names.iter().map(|name| SERVICE.replace("NAME", name)).collect();
    repo.write(
        "modules/server/misc/words.nix",
        format!("{{config, lib, ...}}: {{\n  config = {condition} {{{services}  }};\n}}\n"),
    );
    repo.replace(
        "modules/server/misc/default.nix",
        "./scrutiny.nix",
        "./scrutiny.nix\n    ./words.nix",
    );
    repo.commit_all("services that read files beside them");
    repo
}

#[test]
fn they_lead_where_they_led_from_the_new_place_too() {
    let conditions = ["", "lib.mkIf (builtins.pathExists ./words/more.nix && true)"];
    for names in [&["words"][..], &["words", "phrases"]] {
        for condition in conditions {
            let repo = reading(names, condition);
            let before = nix::available().then(|| nix::configuration(&repo.root()).unwrap());
            for name in names {
                repo.run(&["migrate", name, "--yes", "--no-verify"]).succeeds();
            }
            let module = repo.read("modules/server/misc/words/default.nix");
            assert!(!module.contains("./words/"), "{module}");
            if condition.is_empty() && names.len() == 1 {
                insta::assert_snapshot!(module);
            }
            if let Some(before) = before {
                nix::assert_same(&before, &nix::configuration(&repo.root()).unwrap(), condition);
            }
        }
    }
}

#[test]
fn a_switch_that_depends_on_a_file_beside_it_is_refused() {
    let repo = Repo::with_contract();
    let (file, line) = ("hosts/Server/settings.nix", "calibre.enable = true;");
    repo.replace(file, line, "calibre.enable = builtins.pathExists ./settings.nix;");
    repo.commit_all("a switch");
    let run = repo.migrate(&["calibre"]);
    assert_ne!(run.code, 0, "{}", run.out);
}
