//! The steps of the migration guide by which the collector takes Traefik's routes over from the generator of before.

use crate::common::{Repo, nix};

const PROXY: &str = "modules/server/traefik/proxy/default.nix";
const COLLECTOR: &str = "config.qgroget.collector.traefikDynamicConfig";

/// The homelab without the legacy pattern, made from it after `change`. The generator reads the collector's services by now.
fn migrated(change: impl FnOnce(&Repo)) -> Repo {
    let repo = Repo::homelab_without_git();
    change(&repo);
    repo.start();
    repo.migrate(&["--all", "--accept-gains"]).succeeds();
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    repo
}

/// Removes from `begin` to before `end`.
fn cut(text: &str, begin: &str, end: &str) -> String {
    let from = text.find(begin).unwrap_or_else(|| panic!("no {begin:?}:\n{text}"));
    let to = from + text[from..].find(end).unwrap_or_else(|| panic!("no {end:?}:\n{text}"));
    format!("{}{}", &text[..from], &text[to..])
}

/// The first step: the generator goes, and `dynamicConfig` is the collector's.
fn generator_removed(repo: &Repo, resolver: &str) -> String {
    let text = cut(&repo.read(PROXY), "  routerOf = key", "  # Every service may add");
    let text = cut(&text, "  dynamicConfig = lib.foldl'", "  toml = pkgs.formats");
    let text = text.replace(
        "  toml = pkgs",
        &format!("  dynamicConfig = {COLLECTOR};\n  toml = pkgs"),
    );
    let text = cut(
        &text,
        "            routers = lib.mapAttrs routerOf",
        "            middlewares.no-index",
    );
    let text = text.replacen(
        "      qgroget.serviceModules.proxy = {",
        &format!("      qgroget.contract.traefik.certResolver = {resolver};\n      qgroget.serviceModules.proxy = {{"),
        1,
    );
    text.replace("  inherit (config.qgroget.collector) services;\n", "")
}

#[test]
fn a_file_that_is_written_stays_the_same() {
    if !nix::available() {
        return crate::common::skip("nix-instantiate and <nixpkgs/lib>");
    }
    let repo = migrated(|_| {});
    let before = repo.root().parent().unwrap().join("before");
    crate::common::copy(&repo.root(), &before);

    // Another resolver is another certificate: each route is named.
    repo.write(PROXY, generator_removed(&repo, "\"staging\""));
    repo.run(&["verify"])
        .ends(1)
        .says("http.routers.adguardhome.tls.certResolver: \"production\" → \"staging\"");
    repo.git(&["checkout", "--quiet", PROXY]);

    repo.write(PROXY, generator_removed(&repo, "resolver"));
    repo.run(&["verify"]).succeeds().says("The configuration is preserved");
    nix::assert_equal(&before, &repo.root(), "the collector's routes for those of before");
    let text = repo.read(PROXY);
    assert!(
        text.contains(COLLECTOR) && !text.contains("routerOf"),
        "one generator is left: {text}"
    );
}

#[test]
fn an_option_is_defined_by_the_collector() {
    if !nix::available() {
        return crate::common::skip("nix-instantiate and <nixpkgs/lib>");
    }
    let repo = migrated(|repo| {
        let path = "modules/server/traefik/default.nix";
        let text = cut(&repo.read(path), "      providers.file = {", "      entryPoints = {");
        let text = cut(&text, "  # Traefik watches a directory", "  networking.firewall");
        let text = cut(&text, "  toml = pkgs.formats", "  acme = caServer");
        let text = text.replace(
            "    enable = true;\n    staticConfigOptions",
            "    enable = true;\n    dynamicConfigOptions = dynamicConfig;\n    staticConfigOptions",
        );
        repo.write(path, text.replace("  pkgs,\n", ""));
    });
    let before = repo.root().parent().unwrap().join("before");
    crate::common::copy(&repo.root(), &before);
    let text = repo.read(PROXY);
    repo.write(
        PROXY,
        text.replace("  acme = caServer", "  toml = pkgs.formats\n\n  acme = caServer"),
    );
    let text = generator_removed(&repo, "resolver");
    let text = text.replace(
        &format!("  dynamicConfig = {COLLECTOR};\n  toml = pkgs.formats\n\n"),
        "",
    );
    let text = text.replace("        dynamicConfigOptions = dynamicConfig;\n", "");
    repo.write(PROXY, &text);
    // Without the switch every route is gone, and that is said.
    repo.run(&["verify"]).ends(1);
    let switch = "      qgroget.contract.traefik.certResolver";
    repo.replace(
        PROXY,
        switch,
        &format!("      qgroget.contract.traefik.enable = true;\n{switch}"),
    );
    repo.run(&["verify"]).succeeds().says("The configuration is preserved");
    nix::assert_equal(&before, &repo.root(), "the collector's option for that of before");
}
