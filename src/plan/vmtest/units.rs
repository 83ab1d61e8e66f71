//! The units that run a service, found where its module says them: never guessed from the service's name.

use std::path::Path;

use crate::plan::model::Context;
use crate::plan::upstream;
use crate::resolve::list::list_elements;
use crate::resolve::module::Module;
use crate::resolve::scope;
use crate::rules::parts;
use crate::syntax::{HasEntry, ast};

/// Containers that a backend runs, and the option that says which.
const OCI: &str = "virtualisation.oci-containers.containers";
pub const BACKEND: &str = "virtualisation.oci-containers.backend";

/// A service's module, read for what it runs.
pub struct Running<'c, 'a> {
    context: &'c Context<'a>,
    module: &'a Module,
    /// The names that the service goes by.
    names: Vec<String>,
    contract: Vec<String>,
}

impl<'c, 'a> Running<'c, 'a> {
    /// What `module` runs for `service`.
    pub fn new(context: &'c Context<'a>, module: &'a Module, service: &str) -> Running<'c, 'a> {
        let contract = parts(&context.rules().namespaces.contract).into_iter().chain([service]);
        Running {
            context,
            module,
            names: context.names_of(service),
            contract: contract.map(str::to_owned).collect(),
        }
    }

    /// The units, those with the service's name first. The backup's units count where there are no others: what is stopped
    /// for a backup is at least a part of the service.
    pub fn units(&self) -> Vec<String> {
        let mut found: Vec<String> = self.said_unit().into_iter().collect();
        found.extend(self.upstream());
        found.extend(self.own_named());
        found.extend(self.containers());
        if found.is_empty() {
            found.extend(self.own_started());
        }
        if found.is_empty() {
            found.extend(self.backup_units());
        }
        let is_main = |unit: &String| {
            let stem = unit.rsplit_once('.').map_or(unit.as_str(), |(stem, _)| stem);
            self.names.iter().any(|name| name == stem)
        };
        let (mut units, others): (Vec<String>, Vec<String>) = found.into_iter().partition(is_main);
        units.extend(others);
        let mut seen = Vec::new();
        units.retain(|unit| {
            let new = !seen.contains(unit);
            seen.push(unit.clone());
            new
        });
        units
    }

    /// An option below `services` that the module turns on and of whose units nothing is known.
    pub fn unknown_upstream(&self) -> Option<String> {
        let turned_on = upstream::turned_on(self.context, self.module).into_iter();
        let mut unknown = turned_on.filter(|one| one.instance.is_none() && one.units(self.context).is_empty());
        unknown.next().map(|one| one.option)
    }

    /// The images of its containers, as far as they are known; `IMAGE` for what is no reference of one.
    pub fn images(&self) -> Vec<String> {
        let mut images = Vec::new();
        for option in &self.context.rules().containers.options {
            for name in self.children(&parts(option)) {
                let fields = [vec!["containerConfig", "image"], vec!["image"]];
                let image = fields.iter().find_map(|field| {
                    let path = [&parts(option)[..], &[name.as_str()], field].concat();
                    self.text(&path)
                });
                let image = image.unwrap_or(name);
                images.push(if is_reference(&image) {
                    image
                } else {
                    "IMAGE".to_owned()
                });
            }
        }
        images
    }

    /// Whether the module turns `services.traefik` on.
    pub fn brings_proxy(&self) -> bool {
        upstream::is_on(self.module, &["services", "traefik", "enable"])
    }

    /// The unit that the contract names for the log.
    fn said_unit(&self) -> Option<String> {
        let unit = self.text(&self.contract_field("unitName"))?;
        match unit.is_empty() {
            true => None,
            false => Some(with_suffix(unit)),
        }
    }

    fn contract_field<'s>(&'s self, field: &'s str) -> Vec<&'s str> {
        self.contract.iter().map(String::as_str).chain([field]).collect()
    }

    /// What NixOS modules run that the module turns on, in the order of their names.
    fn upstream(&self) -> Vec<String> {
        let mut turned_on = upstream::turned_on(self.context, self.module);
        turned_on.sort_by(|a, b| a.option.cmp(&b.option));
        turned_on.iter().flat_map(|one| one.units(self.context)).collect()
    }

    /// Units that the module defines, or adds to, under one of the service's names.
    fn own_named(&self) -> Vec<String> {
        let own = self.children(&["systemd", "services"]).into_iter();
        own.filter(|name| self.names.contains(name)).map(with_suffix).collect()
    }

    /// Units that the module defines in full and that go on running.
    fn own_started(&self) -> Vec<String> {
        let starts = |name: &String| {
            let unit = ["systemd", "services", name.as_str()];
            let kind = self.text(&[&unit[..], &["serviceConfig", "Type"]].concat());
            let started = [
                [&unit[..], &["script"]].concat(),
                [&unit[..], &["serviceConfig", "ExecStart"]].concat(),
            ];
            kind.as_deref() != Some("oneshot") && started.iter().any(|path| self.module.under(path).next().is_some())
        };
        let own = self.children(&["systemd", "services"]).into_iter();
        own.filter(starts).map(with_suffix).collect()
    }

    /// Units of containers: quadlets are called as they are, others have their backend before their name.
    fn containers(&self) -> Vec<String> {
        let mut units = Vec::new();
        for option in &self.context.rules().containers.options {
            let names = self.children(&parts(option)).into_iter();
            let prefix = match option == OCI {
                true => format!("{}-", self.backend()),
                false => String::new(),
            };
            units.extend(names.map(|name| format!("{prefix}{name}.service")));
        }
        units
    }

    /// What runs `virtualisation.oci-containers`; podman, where nobody says.
    fn backend(&self) -> String {
        self.said_backend()
            .map_or_else(|| "podman".to_owned(), |(_, said)| said)
    }

    /// What runs `virtualisation.oci-containers`, where another module than the service's says it of containers that it has.
    pub fn backend_elsewhere(&self) -> Option<String> {
        let containers = self.children(&parts(OCI));
        let (path, said) = self.said_backend().filter(|_| !containers.is_empty())?;
        (path != self.module.source.path()).then_some(said)
    }

    fn said_backend(&self) -> Option<(&'a Path, String)> {
        let said = self.context.model.definitions(&parts(BACKEND)).into_iter();
        let mut said = said.filter_map(|(module, def)| {
            let backend = self.context.eval(module).string(def.value.as_ref()?).ok()?;
            Some((module.source.path(), backend))
        });
        said.next()
    }

    fn backup_units(&self) -> Vec<String> {
        let path = self.contract_field("backupUnits");
        let mut elements = Vec::new();
        for def in self.module.defs.iter().filter(|def| def.is(&path)) {
            def.value.iter().for_each(|value| list_elements(value, &mut elements));
        }
        let eval = self.context.eval(self.module);
        let known = elements.iter().filter_map(|element| eval.string(element).ok());
        known.map(with_suffix).collect()
    }

    fn children(&self, option: &[&str]) -> Vec<String> {
        upstream::children(self.context, self.module, option)
    }

    /// The text that an option is set to, if that is known.
    fn text(&self, path: &[&str]) -> Option<String> {
        let eval = self.context.eval(self.module);
        if let Some(def) = self.module.under(path).find(|def| def.path.len() == path.len()) {
            return eval.string(def.value.as_ref()?).ok();
        }
        // What `a // b` or a `let` completes is not walked: the left or right set may say it.
        let (last, above) = path.split_last()?;
        let mut merged = self.module.under(above).filter(|def| def.path.len() == above.len());
        merged.find_map(|def| {
            let ast::Expr::BinOp(op) = def.value.clone()? else {
                return None;
            };
            let sides = [op.rhs(), op.lhs()].into_iter().flatten();
            let sets = sides.filter_map(|side| match side {
                ast::Expr::AttrSet(set) => Some(set),
                _ => None,
            });
            let mut bindings = sets.flat_map(|set| set.attrpath_values().collect::<Vec<_>>());
            let found = bindings.find(|binding| scope::first_name(binding).as_deref() == Some(*last))?;
            eval.string(&found.value()?).ok()
        })
    }
}

fn with_suffix(unit: String) -> String {
    let kinds = [".service", ".socket", ".target", ".timer", ".mount", ".path"];
    match kinds.iter().any(|kind| unit.ends_with(kind)) {
        true => unit,
        false => format!("{unit}.service"),
    }
}

/// Whether a text can be the reference of a container's image (OCI Distribution Specification, "Pulling manifests"): it stands
/// in a comment, in a command that a person runs.
fn is_reference(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-/:@+".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_part)
}
