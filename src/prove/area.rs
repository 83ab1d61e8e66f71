//! What a difference means to the person who runs the machine.

use serde::Serialize;

use super::namespaces::Namespaces;
use crate::rules::{ContractField, is_within};

/// A part of the machine's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// What survives a reboot, and where data is mounted.
    Persistence,
    /// What is backed up, when, and which units stop for it.
    Backups,
    /// Which services are reachable, and by whom.
    Routes,
    /// Ports, and the firewall before them.
    Ports,
    /// Units, containers, timers and the settings of services.
    Units,
    /// Users and groups.
    Users,
    /// Secrets, their owners and modes.
    Secrets,
    /// All else.
    Other,
}

impl Area {
    /// All of them, in the order in which a report shows them.
    pub const ALL: [Area; 8] = [
        Area::Persistence,
        Area::Backups,
        Area::Routes,
        Area::Ports,
        Area::Units,
        Area::Users,
        Area::Secrets,
        Area::Other,
    ];

    /// The heading for people.
    pub fn name(self) -> &'static str {
        match self {
            Area::Persistence => "Persistence",
            Area::Backups => "Backups",
            Area::Routes => "Routes and who may reach them",
            Area::Ports => "Ports and firewall",
            Area::Units => "Services and units",
            Area::Users => "Users and groups",
            Area::Secrets => "Secrets",
            Area::Other => "Other",
        }
    }

    /// The area of an option.
    pub fn of(path: &[String], names: &Namespaces) -> Area {
        let at = |index: usize| path.get(index).map_or("", String::as_str);
        if let Some(field) = names.of_service(path) {
            return match field {
                Some(ContractField::PersistedData) => Area::Persistence,
                Some(ContractField::BackupPaths) => Area::Backups,
                Some(ContractField::Journalctl | ContractField::UnitName | ContractField::LogPath) => Area::Units,
                _ => Area::Routes,
            };
        }
        if is_within(path, &names.backups) || is_backup(path) {
            return Area::Backups;
        }
        match (at(0), at(1)) {
            _ if names.is_persistence(path) => Area::Persistence,
            ("fileSystems", _) => Area::Persistence,
            ("users", _) => Area::Users,
            ("sops" | "age", _) => Area::Secrets,
            ("networking", "firewall" | "nat" | "nftables") => Area::Ports,
            _ if is_port(path) => Area::Ports,
            ("services", "traefik" | "nginx" | "caddy" | "haproxy" | "cloudflared" | "authelia" | "oauth2-proxy") => {
                if path.last().is_some_and(|l| l == "enable") {
                    Area::Units
                } else {
                    Area::Routes
                }
            }
            ("environment", "etc") if at(2).contains("traefik") => Area::Routes,
            ("environment", "etc") if at(2).contains("tmpfiles.d") => Area::Units,
            ("systemd" | "virtualisation" | "services", _) => Area::Units,
            _ => Area::Other,
        }
    }
}

fn is_backup(path: &[String]) -> bool {
    const TOOLS: [&str; 7] = [
        "restic",
        "borgbackup",
        "borgmatic",
        "rsnapshot",
        "syncoid",
        "sanoid",
        "duplicati",
    ];
    let Some(first) = path.first() else { return false };
    match (first.as_str(), path.get(1), path.get(2)) {
        ("services", Some(name), _) => {
            TOOLS.contains(&name.as_str()) || name == "postgresqlBackup" || name == "mysqlBackup"
        }
        ("systemd", _, Some(unit)) => TOOLS.iter().any(|tool| unit.starts_with(tool)) || unit.contains("backup"),
        _ => false,
    }
}

fn is_port(path: &[String]) -> bool {
    path.last().is_some_and(|last| {
        let last = last.to_ascii_lowercase();
        last.ends_with("port") || last.ends_with("ports") || last == "openfirewall"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_of_options() {
        let area = |option: &str| {
            let path: Vec<String> = option.split('.').map(str::to_owned).collect();
            Area::of(&path, &Namespaces::default())
        };
        for (option, expected) in [
            ("environment.persistence./persist.directories", Area::Persistence),
            ("qgroget.services.x.persistedData", Area::Persistence),
            ("qgroget.backups.arr.paths", Area::Backups),
            ("services.restic.backups.arr.paths", Area::Backups),
            ("systemd.timers.restic-backups-arr.wantedBy", Area::Backups),
            ("qgroget.services.x.type", Area::Routes),
            ("services.traefik.dynamicConfigOptions", Area::Routes),
            ("networking.firewall.allowedTCPPorts", Area::Ports),
            ("services.jellyfin.port", Area::Ports),
            ("virtualisation.quadlet.pods.arr.podConfig.publishPorts", Area::Ports),
            ("systemd.services.x.script", Area::Units),
            ("services.jellyfin.enable", Area::Units),
            ("users.users.x.uid", Area::Users),
            ("sops.secrets.x.owner", Area::Secrets),
            ("time.timeZone", Area::Other),
        ] {
            assert_eq!(area(option), expected, "{option}");
        }
    }
}
