//! Where what runs a service keeps state, whether the contract says so or not: the volumes of its containers, the directories
//! that systemd makes for its units, and those that its options and tmpfiles rules name.

use super::discover::Found;
use super::kept::{self, Elements};
use super::pieces::is_shared;
use super::{Kept, Service};
use crate::plan::model::Context;
use crate::plan::needs::DATABASE_SERVERS;
use crate::plan::share::ownership::Names;
use crate::resolve::module::Def;
use crate::resolve::value::{Known, Value};

/// Options of NixOS modules, below `services.<program>`, that say where a program keeps its state.
const STATE_OPTIONS: [&str; 2] = ["dataDir", "stateDir"];

/// Types of tmpfiles rules that make a directory and leave what is in it (tmpfiles.d(5)).
const DIRECTORY_RULES: [&str; 3] = ["d", "v", "q"];

/// Where nothing lasts, or everything comes from the configuration.
const NO_STATE: [&str; 6] = ["/run", "/tmp", "/nix", "/dev", "/proc", "/sys"];

/// The directories in which what runs the service keeps its state, each once. A directory that a tmpfiles rule makes counts
/// where nothing is known to lie in it, and no path of `service` is unknown that it could be.
pub fn all(context: &Context, found: &Found, service: &Service) -> Vec<Kept> {
    let own = Own {
        context,
        found,
        names: found.names(context),
        is_alone: !is_shared(context, found.module, &found.name),
    };
    let mut kept: Vec<Kept> = Vec::new();
    let mut add = |one: Kept, inside: bool| {
        let is_state = !NO_STATE.iter().any(|root| kept::covers(root, &one.path));
        let is_there = |other: &Kept| match inside {
            false => other.path == one.path,
            true => kept::covers(&one.path, &other.path) || kept::covers(&other.path, &one.path),
        };
        if is_state && !kept.iter().any(is_there) {
            kept.push(one);
        }
    };
    let sure = [own.volumes(), own.of_units(), own.of_options()];
    sure.into_iter().flatten().for_each(|one| add(one, false));
    let said = service.backed_up.iter().map(|saved| &saved.kept);
    if said.chain(&service.persisted).all(|kept| kept.path.starts_with('/')) {
        let rules = own.of_rules().into_iter();
        rules.filter(|one| !is_log(&one.path)).for_each(|one| add(one, true));
    }
    kept
}

/// Whether a directory is made for logs or a cache, by its name.
fn is_log(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next();
    name.is_some_and(|name| ["log", "logs", "cache"].contains(&name))
}

/// The service whose state is looked for.
struct Own<'o, 'a> {
    context: &'o Context<'a>,
    found: &'o Found<'a>,
    names: Names,
    is_alone: bool,
}

impl<'a> Own<'_, 'a> {
    /// Whether a name, or a path without what it reads, speaks of the service.
    fn is_named(&self, name: &str) -> bool {
        self.names.owner(&literal(name)) == Some(&self.found.name)
    }

    /// Whether what is defined below `option` for something of this name is the service's.
    fn is_own(&self, name: Option<&str>) -> bool {
        self.is_alone || name.is_some_and(|name| self.is_named(name))
    }

    fn values(&self, def: &Def) -> Vec<Kept> {
        let module = self.found.module;
        match (self.context.eval(module).definition(def), &def.value) {
            (Value::Known(Known::Str(_)), Some(value)) => Elements::one(self.context, module, value).directories(),
            _ => Elements::defined(self.context, module, def).directories(),
        }
    }

    /// The volumes of its containers that are named like it, and those that podman or docker keeps by a name.
    fn volumes(&self) -> Vec<Kept> {
        let found = self.found;
        let containers = || found.containers.iter().chain(&found.helpers).map(String::as_str);
        let of = |list| kept::settings_of(self.context, found, containers().collect(), list);
        let options = ["extraOptions", "podmanArgs"]
            .into_iter()
            .flat_map(|list| arguments(of(list)));
        let volumes = of("volumes").into_iter().chain(options);
        let mut kept = Vec::new();
        for Kept { path: volume, place } in volumes {
            let mut parts = split(&volume).into_iter();
            let (host, inside) = (parts.next().unwrap_or_default(), parts.next());
            let options = parts.next().unwrap_or_default();
            let read_only = options.split(',').any(|option| option == "ro" || option == "readonly");
            let path = match (volume_name(host), inside) {
                _ if read_only => continue,
                (Some(name), Some(_)) => format!("{}/{name}", self.volume_root()),
                _ if host.starts_with(['/', '$']) && self.is_named(host) => host.to_owned(),
                _ => continue,
            };
            kept.push(Kept { path, place });
        }
        kept
    }

    /// Where named volumes are kept: podman's default for root (containers-storage.conf(5)), or docker's.
    fn volume_root(&self) -> &'static str {
        let backend = ["virtualisation", "oci-containers", "backend"];
        let model = self.context.model;
        let is_docker = model.definitions(&backend).into_iter().any(|(module, def)| {
            let eval = self.context.eval(module);
            let value = def.value.as_ref().map(|value| eval.string(value));
            matches!(value, Some(Ok(backend)) if backend == "docker")
        });
        match is_docker {
            true => "/var/lib/docker/volumes",
            false => "/var/lib/containers/storage/volumes",
        }
    }

    /// What systemd keeps for units (systemd.exec(5), `StateDirectory=`).
    fn of_units(&self) -> Vec<Kept> {
        let option = ["systemd", "services"];
        let module = self.found.module;
        let defs = module
            .under(&option)
            .filter(|def| def.path.len() == option.len() + 3 && def.ends_with(&["serviceConfig", "StateDirectory"]));
        let mut kept = Vec::new();
        for def in defs {
            let unit = self.is_own(def.name(option.len()));
            for Kept { path: names, place } in self.values(def) {
                // What stands behind a colon is a symbolic link to it.
                let names = names.split_whitespace().filter_map(|name| name.split(':').next());
                kept.extend(names.filter(|name| unit || self.is_named(name)).map(|name| Kept {
                    path: format!("/var/lib/{name}"),
                    place: place.clone(),
                }));
            }
        }
        kept
    }

    fn of_options(&self) -> Vec<Kept> {
        let module = self.found.module;
        let defs = module.under(&["services"]).filter(|def| {
            let program = def.name(1);
            let says = def.path.len() == 3 && def.name(2).is_some_and(|last| STATE_OPTIONS.contains(&last));
            // What is saved of databases is asked for by itself.
            let is_database = |program| program == "redis" || DATABASE_SERVERS.contains(&program);
            says && self.is_own(program) && program.is_some_and(|program| !is_database(program))
        });
        let values = defs.flat_map(|def| self.values(def));
        values.filter(|kept| kept.path.starts_with('/')).collect()
    }

    fn of_rules(&self) -> Vec<Kept> {
        let module = self.found.module;
        let lists = module.under(&["systemd", "tmpfiles", "rules"]);
        let lists = lists.filter(|def| def.path.len() == 3).flat_map(|def| self.values(def));
        let rules = lists.filter_map(|rule| {
            let mut words = rule.path.split_whitespace();
            let kind = words.next()?.trim_end_matches(['!', '-', '=', '~', '^', '+']);
            let path = words.next()?.to_owned();
            let place = rule.place.clone();
            DIRECTORY_RULES.contains(&kind).then_some(Kept { path, place })
        });
        let settings = module.under(&["systemd", "tmpfiles", "settings"]).filter_map(|def| {
            let (path, kind) = (def.name(4)?, def.name(5)?);
            DIRECTORY_RULES.contains(&kind).then(|| Kept {
                path: path.to_owned(),
                place: module.source.place_of(crate::syntax::AstNode::syntax(&def.entry)),
            })
        });
        let all = rules.chain(settings).collect::<Vec<_>>().into_iter();
        all.filter(|kept| kept.path.starts_with(['/', '$']) && self.is_named(&kept.path))
            .collect()
    }
}

/// The volumes among the arguments of a container's program: `-v a:b`, `--volume a:b` and `--volume=a:b`.
fn arguments(list: Vec<Kept>) -> Vec<Kept> {
    let mut volumes = Vec::new();
    let mut is_next = false;
    for argument in list {
        let joined = argument
            .path
            .strip_prefix("--volume=")
            .or_else(|| argument.path.strip_prefix("-v="));
        let volume = match joined {
            Some(volume) => Some(volume.to_owned()),
            None => is_next.then(|| argument.path.clone()),
        };
        is_next = ["-v", "--volume"].contains(&argument.path.as_str());
        volumes.extend(volume.map(|path| Kept {
            path,
            place: argument.place,
        }));
    }
    volumes
}

/// The parts of a volume between its colons; those inside of `${…}` are none.
fn split(volume: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in volume.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&volume[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&volume[start..]);
    parts
}

/// The name of a volume that is none of the host's paths: as it is, or of the volume that quadlet makes.
fn volume_name(host: &str) -> Option<&str> {
    if let Some(read) = host.strip_prefix("${").and_then(|rest| rest.strip_suffix(".ref}")) {
        let (before, name) = read.rsplit_once('.')?;
        return (before.rsplit('.').next() == Some("volumes")).then_some(name);
    }
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    (is_name && !host.starts_with('.')).then_some(host)
}

/// A path without its interpolations: what they read is named after its owner and not after the service.
fn literal(path: &str) -> String {
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, inside)) = rest.split_once("${") {
        text.push_str(before);
        rest = inside.split_once('}').map_or("", |(_, after)| after);
    }
    text + rest
}
