//! Ports on which other parts of the configuration than its services listen, as far as the code alone says: sshd, PostgreSQL
//! and the entry points of Traefik. A port that is only opened in the firewall is nobody's.

use std::path::{Path, PathBuf};

use crate::address;
use crate::error::Place;
use crate::resolve::eval::rank;
use crate::resolve::module::attribute;
use crate::resolve::{Eval, Known, Model, Module, Value};
use crate::syntax::{AstNode, ast};

const SSHD: &str = "services.openssh";
const POSTGRESQL: &str = "services.postgresql";
const TRAEFIK: &str = "services.traefik";

/// The names of the option that takes Traefik's static configuration.
const STATIC: [&[&str]; 3] = [
    &["services", "traefik", "install", "settings"],
    &["services", "traefik", "static", "settings"],
    &["services", "traefik", "staticConfigOptions"],
];

/// A port that something listens on.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The option of what listens: `services.openssh`.
    pub option: &'static str,
    pub port: u16,
    /// Where it is said; `None` where it is the usual port.
    pub place: Option<Place>,
    /// The modules that turn it on, or say the port.
    pub files: Vec<PathBuf>,
}

impl Listener {
    /// Whether a unit is one that listens.
    pub fn is_unit(&self, unit: &str) -> bool {
        let own: &[&str] = match self.option {
            SSHD => &["openssh", "sshd"],
            POSTGRESQL => &["postgresql"],
            _ => &["traefik"],
        };
        let name = unit.strip_suffix(".service").or_else(|| unit.strip_suffix(".socket"));
        name.is_some_and(|name| own.contains(&name))
    }

    /// Whether a service is what listens, by its name.
    pub fn is_service(&self, name: &str) -> bool {
        self.option.rsplit('.').next() == Some(name)
    }
}

/// Reads what the modules of a host say, the collector's apart: that follows from the contracts.
#[derive(Clone, Copy)]
pub struct Listeners<'m> {
    model: &'m Model,
    collector: &'m Path,
}

/// Where an option is defined, and what it is there.
type Said<'m> = (&'m Module, Place, Value);

impl<'m> Listeners<'m> {
    /// A reader of the modules of `model`, the one at `collector` apart.
    pub fn new(model: &'m Model, collector: &'m Path) -> Listeners<'m> {
        Listeners { model, collector }
    }

    /// Every port; `creates` says that the collector turns PostgreSQL on.
    pub fn all(self, creates: bool) -> Vec<Listener> {
        let mut found = Vec::new();
        if self.is_on("openssh") {
            self.sshd(&mut found);
        }
        if (creates || self.is_on("postgresql"))
            && let Some((port, place)) = self.postgresql_port()
        {
            let files = self.files(&[
                &["services", "postgresql", "enable"],
                &["services", "postgresql", "settings"],
            ]);
            found.push(Listener {
                option: POSTGRESQL,
                port,
                place,
                files,
            });
        }
        if self.is_on("traefik") && self.says_no_file() {
            self.traefik(&mut found);
        }
        found
    }

    /// The port of PostgreSQL, and where it is said; `None` where it is not known.
    pub fn postgresql_port(self) -> Option<(u16, Option<Place>)> {
        for option in [&["settings", "port"][..], &["port"]] {
            let path = [&["services", "postgresql"][..], option].concat();
            match self.said(&path)?.as_slice() {
                [] => {}
                [(_, place, Value::Known(Known::Int(port)))] => {
                    return Some((u16::try_from(*port).ok()?, Some(place.clone())));
                }
                _ => return None,
            }
        }
        Some((5432, None))
    }

    /// Whether PostgreSQL may let somebody in without a password.
    pub fn may_trust(self) -> bool {
        let said = self.said(&["services", "postgresql", "authentication"]);
        said.is_none_or(|said| {
            said.iter()
                .any(|(_, _, value)| !matches!(value, Value::Known(Known::Str(text)) if !text.contains("trust")))
        })
    }

    fn is_on(self, service: &str) -> bool {
        let said = self.said(&["services", service, "enable"]).unwrap_or_default();
        !said.is_empty()
            && said
                .iter()
                .all(|(_, _, value)| matches!(value, Value::Known(Known::Bool(true))))
    }

    fn says_no_file(self) -> bool {
        let said = self.said(&["services", "traefik", "staticConfigFile"]);
        said.is_some_and(|said| {
            said.iter()
                .all(|(_, _, value)| matches!(value, Value::Known(Known::Null)))
        })
    }

    fn sshd(self, found: &mut Vec<Listener>) {
        let ports = ["services", "openssh", "ports"];
        let addresses = ["services", "openssh", "listenAddresses"];
        let (Some(own), Some(listening)) = (self.said(&ports), self.said(&addresses)) else {
            return;
        };
        let files = self.files(&[&["services", "openssh", "enable"], &ports]);
        let listener = |port: i64, place: Option<Place>| {
            Some(Listener {
                option: SSHD,
                port: u16::try_from(port).ok()?,
                place,
                files: files.clone(),
            })
        };
        let usual: Vec<Listener> = match own.is_empty() {
            true => listener(22, None).into_iter().collect(),
            false => elements(&own)
                .filter_map(|(module, expr)| match self.eval(module).force(&expr) {
                    Value::Known(Known::Int(port)) => listener(port, Some(module.source.place_of(expr.syntax()))),
                    _ => None,
                })
                .collect(),
        };
        if listening.is_empty() {
            found.extend(usual);
            return;
        }
        // At one address of the machine alone, it leaves the port to others.
        for (module, expr) in elements(&listening) {
            let Value::Set(set) = self.eval(module).force(&expr) else {
                continue;
            };
            let value = |name: &str| attribute(&set, name).map(|value| self.eval(module).force(&value));
            match value("addr") {
                None | Some(Value::Known(Known::Null)) => {}
                Some(Value::Known(Known::Str(address))) if address::is_local(&address) => {}
                _ => continue,
            }
            match value("port") {
                None | Some(Value::Known(Known::Null)) => found.extend(usual.iter().cloned()),
                Some(Value::Known(Known::Int(port))) => {
                    found.extend(listener(port, Some(module.source.place_of(expr.syntax()))));
                }
                Some(_) => {}
            }
        }
    }

    fn traefik(self, found: &mut Vec<Listener>) {
        for option in STATIC {
            let base = [option, &["entryPoints"]].concat();
            let under = self.model.under(&base);
            let mut names: Vec<&str> = under.iter().filter_map(|(_, def)| def.name(base.len())).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let said = self.said(&[&base[..], &[name, "address"]].concat());
                let [(_, place, Value::Known(Known::Str(address)))] = &said.unwrap_or_default()[..] else {
                    continue;
                };
                found.extend(entry_point(address).map(|port| Listener {
                    option: TRAEFIK,
                    port,
                    place: Some(place.clone()),
                    files: self.files(&[&["services", "traefik", "enable"], option]),
                }));
            }
        }
    }

    fn eval(self, module: &'m Module) -> Eval<'m> {
        Eval::new(self.model, module)
    }

    fn is_read(self, module: &Module) -> bool {
        self.model.is_imported(module.source.path()) && module.source.path() != self.collector
    }

    /// The definitions of an option that hold, those of the strongest priority; `None` where it is not known which do.
    fn said(self, path: &[&str]) -> Option<Vec<Said<'m>>> {
        let mut parts = self.model.computed(path).into_iter();
        if parts.any(|(module, part)| self.is_read(module) && part.names(module).is_none()) {
            return None;
        }
        let mut found: Vec<(u8, Said)> = Vec::new();
        for (module, def) in self.model.definitions(path) {
            if !self.is_read(module) {
                continue;
            }
            if def.context.opaque {
                return None;
            }
            let eval = self.eval(module);
            if eval.holds(&def.context.conditions).ok()? {
                let place = module.source.place_of(def.entry.syntax());
                found.push((rank(def), (module, place, eval.definition(def))));
            }
        }
        let strongest = found.iter().map(|(rank, _)| *rank).min();
        let strong = found.into_iter().filter(|(rank, _)| Some(*rank) == strongest);
        Some(strong.map(|(_, said)| said).collect())
    }

    /// The modules that define something at or below these options.
    fn files(self, paths: &[&[&str]]) -> Vec<PathBuf> {
        let under = paths.iter().flat_map(|path| self.model.under(path));
        let read = under.filter(|(module, _)| self.is_read(module));
        read.map(|(module, _)| module.source.path().to_owned()).collect()
    }
}

/// The elements of lists, each with its module.
fn elements<'s, 'm>(said: &'s [Said<'m>]) -> impl Iterator<Item = (&'m Module, ast::Expr)> + 's {
    said.iter().flat_map(|(module, _, value)| {
        let elements = match value {
            Value::List(elements) => elements.clone(),
            _ => Vec::new(),
        };
        elements.into_iter().map(|element| (*module, element))
    })
}

/// The port that an entry point takes on this machine: `:443`, `0.0.0.0:443`, `[::1]:443/tcp`.
fn entry_point(address: &str) -> Option<u16> {
    let (host, port) = address.strip_suffix("/tcp").unwrap_or(address).rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let digits = port.chars().all(|c| c.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0)?;
    (host.is_empty() || address::is_local(host)).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::entry_point;

    #[test]
    fn an_entry_point_takes_a_port_of_this_machine() {
        for address in [":443", "0.0.0.0:443", "[::]:443", "127.0.0.1:443/tcp", ":0443"] {
            assert_eq!(entry_point(address), Some(443), "{address}");
        }
        for address in ["", "443", ":443/udp", "192.168.0.5:443", ":0", ":+443", ":99999"] {
            assert_eq!(entry_point(address), None, "{address}");
        }
    }
}
