//! Ports on which other parts of the configuration listen.

use super::{Case, case, with};
use crate::check::tests::Homelab;

pub fn cases() -> Vec<Case> {
    let new = Homelab::new;
    let port = |port: u16| with(&format!("port = {port};"));
    let entry = |address: &str| {
        format!("{{services.traefik = {{enable = true; staticConfigOptions.entryPoints.x.address = \"{address}\";}};}}")
    };
    vec![
        case(
            "a port of sshd",
            new()
                .service("git", &port(2222))
                .service("zigbee", &port(2222))
                .settings("{services.openssh = {enable = true; ports = [22 2222];};}"),
            &["port-conflict", "port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "addresses of sshd",
            new()
                .service("a", &port(2222))
                .service("b", &port(2223))
                .service("c", &port(2224))
                .settings(
                    "{services.openssh = {enable = true; ports = [2222]; listenAddresses = \
                     [{addr = \"192.168.0.5\"; port = 2223;} {addr = \"0.0.0.0\"; port = 2224;} {addr = \"::\"; port = null;}];};}",
                ),
            &["port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "what is off does not listen",
            new().service("a", &port(2222)).settings(
                "{services.openssh.ports = [2222]; services.postgresql.settings.port = 2222; \
                 services.traefik.staticConfigOptions.entryPoints.x.address = \":2222\";}",
            ),
            &[],
            &[],
        ),
        case(
            "the port of PostgreSQL",
            new()
                .service("a", &port(5432))
                .settings("{services.postgresql.enable = true;}"),
            &["port-conflict"],
            &["Port 5432 conflict between 'a' and 'services.postgresql'\n  Fix: qgroget.serviceModules.a.port = 5433;"],
        ),
        case(
            "the port of the PostgreSQL that the collector turns on",
            new()
                .service("a", &with("port = 5433; databases = [{name = \"a\";}];"))
                .settings("{services.postgresql.settings.port = 5433;}"),
            &["port-conflict"],
            &[],
        ),
        case(
            "an entry point",
            new().service("a", &port(443)).settings(&entry(":443")),
            &["port-conflict"],
            &["Port 443 conflict between 'a' and 'services.traefik'\n  Fix: qgroget.serviceModules.a.port = 444;"],
        ),
        case(
            "an entry point elsewhere",
            new().service("a", &port(443)).settings(&entry("192.168.0.5:443")),
            &[],
            &[],
        ),
        case(
            "a service that is the listener, by its name or its unit",
            new()
                .service("traefik", &port(443))
                .service("shell", &with("port = 22; unitName = \"sshd.service\";"))
                .settings(
                    "{services.openssh = {enable = true; ports = [22];}; \
                     services.traefik = {enable = true; staticConfigOptions.entryPoints.x.address = \":443\";};}",
                ),
            &[],
            &[],
        ),
        case(
            "a url to a listener, and the port that is proposed",
            new()
                .service("a", &with("url = \"http://127.0.0.1:22\";"))
                .service("b", &port(8080))
                .service("c", &port(8080))
                .settings("{services.openssh = {enable = true; ports = [22 8081];};}"),
            &["port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "a port in the firewall is nobody's, and port 0 is none",
            new()
                .service("a", &port(0))
                .service("b", &port(0))
                .module(
                    "firewall.nix",
                    "{lib, ...}: {options.networking.firewall.allowedTCPPorts = lib.mkOption {type = lib.types.listOf lib.types.port;}; \
                     config.networking.firewall.allowedTCPPorts = [8096];}",
                )
                .service("c", &port(8096)),
            &["wrong-form", "wrong-form"],
            &[],
        ),
    ]
}
