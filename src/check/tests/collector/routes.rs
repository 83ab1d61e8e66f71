//! Faults in routes: hosts, urls, names in Traefik's configuration.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

fn exposed(port: u16, fields: &str) -> String {
    with(&format!("exposed = true; port = {port}; {fields}"))
}

fn strip(prefix: &str) -> String {
    format!("traefikDynamicConfig.http.middlewares.strip.stripPrefix.prefixes = [\"{prefix}\"];")
}

const FED: &str = "{qgroget.contract.traefik.enable = true;}";
const TLS: &str = "traefikDynamicConfig.tls.options.mtls.clientAuth.clientAuthType = \"x\";";

pub fn cases() -> Vec<Case> {
    let mut cases = hosts();
    cases.extend(urls());
    cases.extend(names());
    cases
}

fn hosts() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case(
            "one host twice, in any case, with the own name taken",
            new()
                .service("a", &exposed(1, "subdomain = \"B\";"))
                .service("b", "enable = true; domain = \"EXAMPLE.org\"; dataDir = null; exposed = true; port = 2;"),
            &["host-conflict"],
            &["Host 'b.example.org' conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.subdomain = \"b-2\";"],
        ),
        case(
            "the domain itself twice, and no route",
            new()
                .service("a", &exposed(1, "subdomain = \"\";"))
                .service("b", &exposed(2, "subdomain = \"\";"))
                .service("c", &with("subdomain = \"\";")),
            &["host-conflict"],
            &[],
        ),
        case(
            "hosts of legacy services",
            new()
                .service("a", &exposed(1, "subdomain = \"media\";"))
                .service("b", &exposed(2, "subdomain = \"films\";"))
                .service("c", &exposed(3, "subdomain = \"c\";"))
                .module(
                    "legacy.nix",
                    "{qgroget.server.domain = \"example.org\"; qgroget.services = {x = {url = \"http://10.0.0.1\"; subdomain = \"media\";}; \
                     y = {url = \"http://10.0.0.1\"; name = \"films\";}; z = {url = \"\"; name = \"c\";};};}",
                ),
            &["host-conflict", "host-conflict"],
            &[],
        ),
        case(
            "hosts of legacy services below a domain that is not known",
            new().service("a", &exposed(1, "subdomain = \"media\";")).module(
                "legacy.nix",
                "{qgroget.services.x = {url = \"http://10.0.0.1\"; subdomain = \"media\";};}",
            ),
            &[],
            &[],
        ),
        case(
            "names without a form",
            new()
                .service("a", "enable = true; dataDir = null; domain = \"https://example.org\";")
                .service("b_-", &with("subdomain = \"b.\";"))
                .service("c", &exposed(1, "subdomain = \"*.c\";")),
            &["wrong-form", "wrong-form"],
            &[],
        ),
        case(
            "a name without a form, and the repository's domain",
            new()
                .service("a", "enable = true; dataDir = null; domain = \"\";")
                .module("domain.nix", "{qgroget.server.domain = \"example.org\";}"),
            &["wrong-form"],
            &[],
        ),
    ]
}

fn urls() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case(
            "a url of null is none",
            new()
                .service("a", &with("exposed = true; url = null;"))
                .service(
                    "b",
                    &with("exposed = true; url = lib.mkForce null; port = lib.mkForce null;"),
                )
                .service("c", &exposed(1, "url = null;"))
                .service("d", &with("url = null;")),
            &["missing-field", "missing-field"],
            &[],
        ),
        case(
            "urls of every form that lead here",
            new()
                .service("a", &exposed(80, ""))
                .service("b", &with("url = \"HTTP://LocalHost/x\";"))
                .service("c", &with("url = \"http://[0:0:0:0:0:0:0:1]:0080?x\";"))
                .service("d", &with("url = \"http://[::ffff:127.0.0.1]:81\";"))
                .service("e", &with("url = \"http://nas\"; port = 80;")),
            &["port-conflict", "port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "no urls",
            new()
                .service("a", &with("url = \"127.0.0.1:8096\";"))
                .service("b", &with("url = \"http://b:65536\";"))
                .service("c", &with("url = \"http://c:x\";"))
                .service("d", &with("url = \"http://\";")),
            &["wrong-form", "wrong-form", "wrong-form", "wrong-form"],
            &[],
        ),
    ]
}

fn names() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case(
            "a middleware that two define differently",
            new()
                .service("a", &with(&strip("/a")))
                .service("b", &with("traefikDynamicConfig = {http = {middlewares.strip = {stripPrefix.prefixes = [\"/b\"];};};};"))
                .service("c", &with("traefikDynamicConfig.http.middlewares.strip = lib.mkIf true {};")),
            // What stands under a condition is left to evaluation.
            &["duplicate-name"],
            &[],
        )
        .unevaluated(),
        case(
            "names of several kinds, one of a legacy service",
            new()
                .service("a", &with("traefikDynamicConfig = {tcp.routers.x.rule = \"A\"; tls.options.x.minVersion = \"1\";};"))
                .service("b", &with("traefikDynamicConfig.tcp.routers.x.rule = \"B\";"))
                .service("c", &with(&strip("/c")))
                .module(
                    "legacy.nix",
                    &format!("{{qgroget.services.old = {{url = \"http://10.0.0.1\"; {} traefikDynamicConfig.tls.options.x.minVersion = \"2\";}};}}", strip("/d")),
                ),
            &["duplicate-name", "duplicate-name", "duplicate-name"],
            &[],
        ),
        case(
            "the same definition twice",
            new().service("a", &with(&strip("/a"))).service("b", &with(&strip("/a"))),
            &[],
            &[],
        ),
        case(
            "a generated router that another service overwrites",
            new()
                .service("a", &exposed(1, "type = \"public\"; traefikDynamicConfig.http.routers.a.rule = \"x\";"))
                .service("b", &with("traefikDynamicConfig.http.routers.a.rule = \"y\";"))
                .settings(FED),
            &["duplicate-name"],
            &[],
        ),
        case(
            "a generator of before, which a service extends",
            new()
                .service("a", &exposed(1, "traefikDynamicConfig.http.routers.a.rule = \"x\";"))
                .service("b", &with("traefikDynamicConfig.http.routers = {a.rule = \"y\"; b.rule = \"z\";};")),
            &[],
            &[],
        ),
        case(
            "no TLS options for a private service",
            new().service("a", &exposed(1, "")).service("b", &exposed(2, "")).settings(FED),
            &["unknown-tls-options"],
            &["Unknown TLS options 'mtls' in qgroget.contract.traefik.privateTlsOptions, which private services have: 'a', 'b'\n  \
               Fix: services.traefik.dynamicConfigOptions.tls.options.mtls.clientAuth = { caFiles = [ \"/path/to/ca.crt\" ]; clientAuthType = \"RequireAndVerifyClientCert\"; };"],
        ),
        case(
            "TLS options of a service",
            new().service("a", &exposed(1, TLS)).settings(FED),
            &[],
            &[],
        ),
        case(
            "TLS options of a service that is off",
            new()
                .service("a", &exposed(1, ""))
                .service("b", &format!("enable = false; domain = \"example.org\"; dataDir = null; {TLS}"))
                .settings(FED),
            &["unknown-tls-options"],
            &[],
        ),
        case(
            "the TLS options that Traefik always has",
            new().service("a", &exposed(1, "")).settings("{qgroget.contract.traefik = {enable = true; privateTlsOptions = \"default\";};}"),
            &[],
            &[],
        ),
        case(
            "TLS options of another provider, and where the collector makes no routes",
            new().service("a", &exposed(1, "")).settings("{qgroget.contract.traefik = {enable = true; privateTlsOptions = \"x@file\";};}"),
            &[],
            &[],
        ),
        case(
            "middlewares of a provider, and slips",
            new()
                .service("a", &with("middlewares = [\"sso@file\" \"compres\" \"authelia\"];"))
                .service("b", &with("middlewares = [\"elsewhere\"];"))
                .service("c", REQUIRED)
                .settings("{qgroget.contract.traefik.typeMiddlewares.private = [\"authelai\"];}"),
            &["unknown-middleware", "unknown-middleware", "unknown-middleware"],
            &[],
        ),
    ]
}
