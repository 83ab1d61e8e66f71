//! Faults planted in the example homelab: each must be found, in the right class and area.

use qgroget::prove::Area::{self, Backups, Other, Persistence, Ports, Routes, Secrets, Units, Users};
use qgroget::prove::Class::{self, Changed, Gained, Lost};

use super::common::{copy, homelab, prove, replace};
use crate::needs_nix;

/// Name, file under `modules/server/` (or from the root, with a leading `/`), what stands there, what is put there, and
/// what must be found.
type Fault = (&'static str, &'static str, &'static str, &'static str, Class, Area);

#[rustfmt::skip]
const PERSISTENCE: &[Fault] = &[
    ("a persisted path is dropped", "media/video/default.nix", "\"/var/cache/jellyfin\"", "", Lost, Persistence),
    ("a persisted path is another one", "media/video/default.nix", "\"/var/cache/jellyfin\"", "\"/var/cache/jelly\"", Lost, Persistence),
    ("a path is persisted in addition", "media/video/default.nix", "\"/var/cache/jellyfin\"", "\"/var/cache/jellyfin\" \"/var/log/jellyfin\"", Gained, Persistence),
    ("a host's own path is dropped", "/hosts/Server/disk-config.nix", "\"/var/lib/sops\"", "", Lost, Persistence),
    ("a persisted file is dropped", "/hosts/Server/disk-config.nix", "\"/etc/machine-id\"", "", Lost, Persistence),
    ("what covers all containers is dropped", "settings.nix", "\"${config.qgroget.server.containerDir}\" ", "", Lost, Persistence),
    ("the aggregator forgets the services", "settings.nix", "entry.persistedData)", "[])", Lost, Persistence),
    ("the owner changes", "traefik/default.nix", "user = \"traefik\";\n        group", "user = \"root\";\n        group", Changed, Persistence),
    ("the group changes", "traefik/default.nix", "group = \"traefik\";\n        mode", "group = \"root\";\n        mode", Changed, Persistence),
    ("the mode changes", "traefik/default.nix", "mode = \"0700\"", "mode = \"0755\"", Changed, Persistence),
    ("the mode of a module's own entry changes", "misc/honcho.nix", "mode = \"0700\"", "mode = \"0777\"", Changed, Persistence),
    ("a mount is no longer needed for boot", "/hosts/Server/disk-config.nix", "\"/persist\".neededForBoot = true", "\"/persist\".neededForBoot = false", Changed, Persistence),
];

#[rustfmt::skip]
const BACKUPS: &[Fault] = &[
    ("a backed up path is dropped", "arrs/default.nix", "      \"${cfg.containerDir}/bazarr\"\n", "", Lost, Backups),
    ("a backed up path is another one", "password-manager/default.nix", "paths = [\"${config.qgroget.server.containerDir}/vaultwarden\"]", "paths = [\"/vaultwarden\"]", Lost, Backups),
    ("a unit is not stopped", "SSO/default.nix", "      \"lldap-pg.service\"\n", "", Lost, Backups),
    ("the only unit is not stopped", "media/video/default.nix", "        \"jellyfin.service\"\n", "", Lost, Backups),
    ("a job is gone", "misc/obsidian.nix", "qgroget.backups.obsidian", "nothing.backups.obsidian", Lost, Backups),
    ("an exclusion is new", "misc/obsidian.nix", "paths = [dataDir];", "paths = [dataDir];\n    exclude = [\"*.couch\"];", Gained, Backups),
    ("an exclusion is gone", "downloaders/default.nix", "exclude = [\"*.!qB\"];", "", Lost, Backups),
    ("a job runs later", "SSO/default.nix", "priority = 200", "priority = 2000", Changed, Backups),
    ("a job does not wait for the network", "password-manager/default.nix", "requireNetwork = true;", "", Changed, Backups),
    ("a script after the backup is gone", "password-manager/default.nix", "curl --silent --fail", "curl --fail", Changed, Backups),
    ("the timer changes", "backup/default.nix", "\"03:10\"", "\"monthly\"", Changed, Backups),
    ("the round's script changes", "backup/default.nix", "systemctl stop \"$@\"", "true", Changed, Backups),
    ("data leaves the house no more", "backup/default.nix", "[repository \"/tank/photos\"]", "[repository]", Lost, Backups),
];

#[rustfmt::skip]
const ROUTES: &[Fault] = &[
    ("private becomes public", "arrs/default.nix", "type = \"private\"", "type = \"public\"", Changed, Routes),
    ("public becomes private", "misc/obsidian.nix", "type = \"public\"", "type = \"private\"", Changed, Routes),
    ("the type is dropped", "misc/obsidian.nix", "    type = \"public\";\n", "", Changed, Routes),
    ("the private default becomes public", "dns/default.nix", "journalctl = true;", "journalctl = true;\n      type = \"public\";", Changed, Routes),
    ("a middleware is lost", "arrs/default.nix", "[\"SSO\" \"inject-basic-arr\"]", "[\"inject-basic-arr\"]", Lost, Routes),
    ("the only middleware is lost", "media/video/default.nix", "      middlewares = [\"jellyfin-headers\"];\n", "", Lost, Routes),
    ("the port of an url changes", "misc/obsidian.nix", "http://127.0.0.1:5984\"", "http://127.0.0.1:5985\"", Changed, Routes),
    ("the port of a binding changes", "arrs/default.nix", "sonarr = 8989", "sonarr = 8988", Changed, Routes),
    ("the name changes", "misc/obsidian.nix", "name = \"notes\"", "name = \"obsidian\"", Changed, Routes),
    ("a router is lost", "misc/portfolio.nix", "qgroget.services.portfolio", "nothing.services.portfolio", Lost, Routes),
    ("a header is weakened", "media/video/default.nix", "contentTypeNosniff = true", "contentTypeNosniff = false", Changed, Routes),
    ("certificates are not asked for", "traefik/default.nix", "RequireAndVerifyClientCert", "NoClientCert", Changed, Routes),
    ("the generator forgets a protection", "traefik/default.nix", "(service.type == \"private\")", "false", Lost, Routes),
    ("a sign-on rule is weakened", "arrs/default.nix", "policy = \"two_factor\"", "policy = \"bypass\"", Changed, Routes),
    ("a generated file changes", "arrs/default.nix", "Basic @CREDENTIALS@", "Basic @NOTHING@", Changed, Routes),
];

#[rustfmt::skip]
const MACHINE: &[Fault] = &[
    ("a port is closed", "dns/default.nix", "allowedTCPPorts = [53]", "allowedTCPPorts = []", Lost, Ports),
    ("a port is opened", "dns/default.nix", "allowedUDPPorts = [53]", "allowedUDPPorts = [53 69]", Gained, Ports),
    ("a host's own port is closed", "/hosts/Server/configuration.nix", "firewall.allowedTCPPorts = [22];", "", Lost, Ports),
    ("a container listens to everyone", "misc/obsidian.nix", "\"127.0.0.1:5984:5984\"", "\"5984:5984\"", Lost, Ports),
    ("a service's port changes", "dns/default.nix", "port = 3000", "port = 3030", Changed, Ports),
    ("a secret's owner is lost", "traefik/default.nix", "    owner = \"traefik\";\n", "", Lost, Secrets),
    ("a secret's mode changes", "media/photo/default.nix", "mode = \"0400\"", "mode = \"0444\"", Changed, Secrets),
    ("a secret that is read is not declared", "misc/obsidian.nix", "  sops.secrets.\"server/obsidian/env\" = {};\n", "", Lost, Secrets),
    ("a tmpfiles rule is lost", "SSO/default.nix", "\"d /var/lib/${authelia} 0700 ${authelia} ${authelia} -\"", "", Lost, Units),
    ("a tmpfiles rule changes", "media/photo/default.nix", "d ${cfg.library} 0750", "d ${cfg.library} 0755", Changed, Units),
    ("a tmpfiles file changes", "password-manager/default.nix", "0700 vaultwarden", "0777 vaultwarden", Changed, Units),
    ("a service is disabled by its switch", "settings.nix", "jellyseerr = {enable = true;}", "jellyseerr = {enable = false;}", Lost, Routes),
    ("an upstream service is disabled", "media/photo/default.nix", "services.immich = {\n    enable = true", "services.immich = {\n    enable = false", Changed, Units),
    ("a script changes", "arrs/default.nix", "umask 077", "umask 000", Changed, Units),
    ("a script file changes", "/modules/server/downloaders/prepare-qbittorrent.sh", "set -", "set +", Changed, Units),
    ("a container is lost", "misc/obsidian.nix", "virtualisation.quadlet.containers.obsidian-couchdb", "nothing.obsidian-couchdb", Lost, Units),
    ("a volume is lost", "arrs/default.nix", "              \"${cfg.mediaDir}:/media\"\n", "", Lost, Units),
    ("an image changes", "password-manager/default.nix", "server:1.34.3", "server:latest", Changed, Units),
    ("an order between units is lost", "media/photo/default.nix", "unitConfig.Before = [\"immich-server.service\"];", "", Lost, Units),
    ("a unit runs as somebody else", "media/video/jellyseerr.nix", "User = \"jellyseerr\"", "User = \"root\"", Changed, Units),
    ("a log is not read", "media/video/default.nix", "journalctl = true", "journalctl = false", Changed, Units),
    ("a user's id changes", "media/photo/default.nix", "uid = 2003", "uid = 2013", Changed, Users),
    ("a group's id changes", "arrs/default.nix", "media.gid = 2000", "media.gid = 2020", Changed, Users),
    ("a membership is lost", "arrs/default.nix", "extraGroups = [\"media\"];", "", Lost, Users),
    ("a user is lost", "media/video/jellyseerr.nix", "users.users.jellyseerr", "nothing.users.jellyseerr", Lost, Users),
    ("a kernel module is lost", "downloaders/default.nix", "boot.kernelModules = [\"wireguard\"];", "", Lost, Other),
];

fn all_found(faults: &[Fault]) {
    let before = homelab();
    let mut missed = Vec::new();
    for (name, file, from, to, class, area) in faults {
        let after = copy(&before);
        let file = file
            .strip_prefix('/')
            .map_or_else(|| format!("modules/server/{file}"), str::to_owned);
        replace(after.path(), &file, from, to);
        let proof = prove(&before, after.path());
        let found: Vec<_> = proof.differences().map(|(_, d)| (d.class, d.area)).collect();
        let harms = matches!(class, Lost | Changed);
        if !found.contains(&(*class, *area)) || proof.is_preserving() == harms {
            missed.push(format!("{name}: {found:?} instead of ({class:?}, {area:?})"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn faults_of_persistence() {
    needs_nix!();
    all_found(PERSISTENCE);
}

#[test]
fn faults_of_backups() {
    needs_nix!();
    all_found(BACKUPS);
}

#[test]
fn faults_of_routes() {
    needs_nix!();
    all_found(ROUTES);
}

#[test]
fn faults_of_ports_secrets_units_and_users() {
    needs_nix!();
    all_found(MACHINE);
}
