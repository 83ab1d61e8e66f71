//! Old and new declarations side by side.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

const OFF: &str = "enable = false; domain = \"example.org\"; dataDir = null;";
const AUTH: &str = "{qgroget.services.auth = {url = \"http://127.0.0.1:9091\"; traefikDynamicConfig.http.middlewares.SSO = {x = 1;};};}";

pub fn cases() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case(
            "a legacy service with a contract that is off counts with all it has",
            new()
                .service("auth", &format!("{OFF} port = 9091; traefikDynamicConfig.http.middlewares.SSO = {{x = 2;}};"))
                .service("sonarr", &with("middlewares = [\"SSO\"]; dependsOn = [\"auth\"]; port = 9091;"))
                .module("legacy.nix", AUTH),
            &["port-conflict"],
            &["Port 9091 conflict between 'auth' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 9092;"],
        ),
        case(
            "old and new both on",
            new()
                .service("auth", &with("exposed = true; port = 9091;"))
                .module("legacy.nix", AUTH),
            &["declared-twice"],
            &["Service 'auth' is enabled by its contract and declared in the legacy pattern as well: keep one\n  \
               Fix: qgroget.serviceModules.auth.enable = false;"],
        ),
        case(
            "a directory that both persist, and others",
            new().service("a", REQUIRED).service("b", REQUIRED).service("c", REQUIRED).module(
                "legacy.nix",
                "{qgroget.services = {a = {url = \"\"; persistedData = [{directory = \"/var/lib/x\";}];}; \
                 b = {url = \"\"; persistedData = [\"/var/lib/y\"];}; c = {url = \"\"; persistedData = [\"/var/lib/x\"];};};}",
            ),
            &["declared-twice", "declared-twice"],
            &[],
        ),
        case(
            "a route that stays in the legacy pattern, beside a contract without one",
            new().service("auth", REQUIRED).module("legacy.nix", AUTH),
            &[],
            &[],
        ),
    ]
}
