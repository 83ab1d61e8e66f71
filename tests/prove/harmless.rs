//! Rewrites that change nothing on the machine: no loss, change or gain may be found.

use std::fs;
use std::path::Path;

use qgroget::prove::Class;

use super::common::{copy, homelab, prove, replace};
use crate::needs_nix;

type Rewrite = (&'static str, fn(&Path));

const M: &str = "modules/server";

const REWRITES: &[Rewrite] = &[
    ("lists are broken into lines", |r| {
        replace(r, &format!("{M}/dns/default.nix"), "[53]", "[\n      53\n    ]")
    }),
    ("a comment", |r| {
        replace(
            r,
            &format!("{M}/dns/default.nix"),
            "  services.unbound",
            "  # resolves\n  services.unbound",
        )
    }),
    ("attributes change places", |r| {
        replace(
            r,
            &format!("{M}/misc/obsidian.nix"),
            "    name = \"notes\";\n    url = \"http://127.0.0.1:5984\";\n",
            "    url = \"http://127.0.0.1:5984\";\n    name = \"notes\";\n",
        );
    }),
    ("imports change places", |r| {
        replace(
            r,
            &format!("{M}/default.nix"),
            "    ./traefik\n    ./backup\n",
            "    ./backup\n    ./traefik\n",
        )
    }),
    ("more imports change places", |r| {
        replace(
            r,
            &format!("{M}/default.nix"),
            "    ./arrs\n    ./downloaders\n    ./misc\n",
            "    ./misc\n    ./downloaders\n    ./arrs\n",
        )
    }),
    ("a file moves into a directory", |r| {
        fs::create_dir(r.join(M).join("misc/portfolio")).unwrap();
        fs::rename(
            r.join(M).join("misc/portfolio.nix"),
            r.join(M).join("misc/portfolio/default.nix"),
        )
        .unwrap();
        replace(r, &format!("{M}/misc/default.nix"), "./portfolio.nix", "./portfolio");
    }),
    ("a file moves with the data beside it", |r| {
        fs::create_dir(r.join(M).join("misc/honcho")).unwrap();
        fs::rename(
            r.join(M).join("misc/honcho.nix"),
            r.join(M).join("misc/honcho/default.nix"),
        )
        .unwrap();
        fs::rename(
            r.join(M).join("misc/honcho-config.toml"),
            r.join(M).join("misc/honcho/honcho-config.toml"),
        )
        .unwrap();
        replace(r, &format!("{M}/misc/default.nix"), "./honcho.nix", "./honcho");
    }),
    ("a file moves away from the data that it names", |r| {
        fs::create_dir(r.join(M).join("misc/honcho")).unwrap();
        fs::rename(
            r.join(M).join("misc/honcho.nix"),
            r.join(M).join("misc/honcho/default.nix"),
        )
        .unwrap();
        replace(
            r,
            &format!("{M}/misc/honcho/default.nix"),
            "./honcho-config.toml",
            "../honcho-config.toml",
        );
        replace(r, &format!("{M}/misc/default.nix"), "./honcho.nix", "./honcho");
    }),
    ("dots become braces", |r| {
        replace(
            r,
            &format!("{M}/misc/obsidian.nix"),
            "sops.secrets.\"server/obsidian/env\" = {};",
            "sops = {secrets = {\"server/obsidian/env\" = {};};};",
        );
    }),
    ("a literal becomes a binding", |r| {
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "url = \"http://127.0.0.1:3001\"",
            "url = let port = 3001; in \"http://127.0.0.1:${toString port}\"",
        )
    }),
    ("a binding is renamed", |r| {
        replace(
            r,
            &format!("{M}/traefik/default.nix"),
            "toml = pkgs.formats.toml {};",
            "format = pkgs.formats.toml {};",
        );
        replace(
            r,
            &format!("{M}/traefik/default.nix"),
            "toml.generate",
            "format.generate",
        );
    }),
    ("a default is written out", |r| {
        replace(
            r,
            &format!("{M}/dns/default.nix"),
            "      name = \"dns\";",
            "      name = \"dns\";\n      type = \"private\";",
        )
    }),
    ("a definition that holds under no condition", |r| {
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{lib, ...}: {\n  services.never = lib.mkIf false {enable = true;};",
        );
    }),
    ("a definition under a true condition", |r| {
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{lib, ...}: lib.mkIf true {",
        );
    }),
    ("definitions are merged", |r| {
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{lib, ...}: lib.mkMerge [{",
        );
        let path = r.join(M).join("misc/portfolio.nix");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.trim_end().to_owned() + "]\n").unwrap();
    }),
    ("a port goes to another file", |r| {
        replace(r, &format!("{M}/dns/default.nix"), "    allowedUDPPorts = [53];\n", "");
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{...}: {\n  networking.firewall.allowedUDPPorts = [53];",
        );
    }),
    ("a tmpfiles rule goes to another file", |r| {
        replace(
            r,
            &format!("{M}/backup/default.nix"),
            "  systemd.tmpfiles.rules = [\"d ${repository} 0750 restic restic - -\"];\n",
            "",
        );
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{...}: {\n  systemd.tmpfiles.rules = [\"d /persist/backup/restic 0750 restic restic - -\"];",
        );
    }),
    ("a secret goes to another file", |r| {
        replace(
            r,
            &format!("{M}/misc/obsidian.nix"),
            "  sops.secrets.\"server/obsidian/env\" = {};\n",
            "",
        );
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{...}: {\n  sops.secrets.\"server/obsidian/env\" = {};",
        );
    }),
    ("a user goes to another file", |r| {
        replace(
            r,
            &format!("{M}/password-manager/default.nix"),
            "  users.groups.password-manager.gid = 971;\n",
            "",
        );
        replace(
            r,
            &format!("{M}/misc/portfolio.nix"),
            "{...}: {",
            "{...}: {\n  users.groups.password-manager.gid = 971;",
        );
    }),
    ("a switch goes to the host", |r| {
        replace(r, &format!("{M}/settings.nix"), "      kavita.enable = true;\n", "");
        replace(
            r,
            "hosts/Server/settings.nix",
            "      calibre.enable = true;",
            "      calibre.enable = true;\n      kavita.enable = true;",
        );
    }),
    ("a persisted path becomes a set", |r| {
        replace(
            r,
            "hosts/Server/disk-config.nix",
            "\"/var/lib/sops\"",
            "{directory = \"/var/lib/sops\";}",
        );
    }),
    ("a text is indented otherwise", |r| {
        replace(
            r,
            &format!("{M}/password-manager/default.nix"),
            "''\n    d ${config",
            "''\n          d ${config",
        );
        replace(
            r,
            &format!("{M}/password-manager/default.nix"),
            "password-manager -\n  ''",
            "password-manager -\n        ''",
        );
    }),
    ("with becomes inherit", |r| {
        replace(
            r,
            &format!("{M}/media/video/jellyseerr.nix"),
            "with lib; let",
            "let\n  inherit (lib) mkEnableOption mkForce mkIf mkOption types;",
        );
    }),
];

#[test]
fn nothing_is_invented() {
    needs_nix!();
    let before = homelab();
    let mut invented = Vec::new();
    for (name, rewrite) in REWRITES {
        let after = copy(&before);
        rewrite(after.path());
        let proof = prove(&before, after.path());
        for (_, difference) in proof.differences() {
            if matches!(difference.class, Class::Lost | Class::Changed | Class::Gained) {
                invented.push(format!("{name}: {} {}", difference.class.name(), difference.sentence));
            }
        }
    }
    assert!(invented.is_empty(), "{}", invented.join("\n"));
}
