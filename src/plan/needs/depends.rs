//! What a service depends on: by the rules, by its units, by the pods and networks that its containers are in, by what it
//! has from others.

use std::path::PathBuf;

use super::own::ServiceDefs;
use super::state::{self, State};
use super::{Dependency, Requirements, texts, uses};
use crate::error::Place;
use crate::plan::Skipped;
use crate::plan::model::{Context, ServiceFacts};
use crate::resolve::list::list_elements;
use crate::resolve::module::Module;
use crate::resolve::value::{Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::ast;

/// Something that a service is said to need.
struct Claim {
    target: Target,
    /// How it is known.
    why: String,
    place: Option<Place>,
}

#[derive(Clone, PartialEq, Eq)]
enum Target {
    /// A service of the repository.
    Service(String),
    /// An option `services.<name>` of NixOS.
    Upstream(String),
    /// A unit, container or pod that the repository declares in a file of no service.
    Undeclared(String, PathBuf),
}

/// A unit as another one names it.
struct Unit {
    /// As it is shown.
    text: String,
    /// The name without its type: of a container, a pod or a unit.
    name: String,
    /// Whether it is a service or a container: of targets and sockets only the exact name tells.
    service: bool,
}

/// Adds what the service depends on.
pub fn collect(context: &Context, facts: &ServiceFacts, needs: &mut Requirements) {
    let claims = claims(context, facts, &mut needs.left);
    for claim in claims {
        let (on, state) = match &claim.target {
            Target::Service(name) => (name, state::of_service(context, name)),
            Target::Upstream(name) => (name, state::of_upstream(context, name)),
            Target::Undeclared(unit, file) => {
                needs.left.push(Skipped {
                    what: texts::left(unit),
                    place: claim.place,
                    why: texts::undeclared_why(&claim.why, file),
                    next: Some(texts::undeclared_next(file)),
                });
                continue;
            }
        };
        if matches!(claim.target, Target::Service(_)) && leads_to(context, on, &facts.name) {
            needs.left.push(Skipped {
                what: texts::left(on),
                place: claim.place,
                why: texts::circle_why(&claim.why, on, &facts.name),
                next: Some(texts::order_next(on)),
            });
            continue;
        }
        match state {
            State::On => needs.depends.push(Dependency {
                on: on.clone(),
                why: claim.why,
            }),
            state => needs.left.push(Skipped {
                what: texts::left(on),
                place: claim.place,
                why: texts::left_why(&claim.why, on, &state),
                next: Some(texts::left_next(on)),
            }),
        }
    }
    needs.depends.sort_by(|a, b| a.on.cmp(&b.on));
    needs.depends.dedup_by(|a, b| a.on == b.on);
}

/// The services of the repository that the service depends on, on or not.
pub fn services(context: &Context, facts: &ServiceFacts) -> Vec<String> {
    claims(context, facts, &mut Vec::new())
        .into_iter()
        .filter_map(|claim| match claim.target {
            Target::Service(name) => Some(name),
            _ => None,
        })
        .collect()
}

/// Everything that the service is said to need, each once, by the first reason.
fn claims(context: &Context, facts: &ServiceFacts, left: &mut Vec<Skipped>) -> Vec<Claim> {
    let mut search = Search {
        context,
        facts,
        own: ServiceDefs::of(context, facts),
        claims: Vec::new(),
        left,
    };
    search.known();
    for name in search.own.attributes(&["systemd", "services"]) {
        search.unit(&name);
    }
    for option in &context.rules().containers.options {
        for name in search.own.attributes(&parts(option)) {
            search.container(option, &name);
        }
    }
    for used in uses::of(context, facts, &search.own) {
        search.claim(Target::Service(used.on), used.why, Some(used.place));
    }
    search.claims
}

/// Whether a service depends on another one, by itself or by others, as far as contracts say it and the configuration does.
fn leads_to(context: &Context, from: &str, to: &str) -> bool {
    let contract = parts(&context.rules().namespaces.contract);
    let mut seen = vec![from.to_owned()];
    let mut at = 0;
    while at < seen.len() {
        let name = seen[at].clone();
        let mut needed = Vec::new();
        for (module, def) in context
            .model
            .definitions(&[&contract[..], &[&name, "dependsOn"]].concat())
        {
            let mut elements = Vec::new();
            if let Some(value) = &def.value {
                list_elements(value, &mut elements);
            }
            needed.extend(
                elements
                    .iter()
                    .filter_map(|element| context.eval(module).string(element).ok()),
            );
        }
        if let Ok(facts) = ServiceFacts::collect(context, &name) {
            needed.extend(services(context, &facts));
        }
        for need in needed {
            if need == to {
                return true;
            }
            if !seen.contains(&need) {
                seen.push(need);
            }
        }
        at += 1;
    }
    false
}

struct Search<'s, 'a> {
    context: &'s Context<'a>,
    facts: &'s ServiceFacts<'a>,
    own: ServiceDefs<'s, 'a>,
    claims: Vec<Claim>,
    left: &'s mut Vec<Skipped>,
}

impl<'a> Search<'_, 'a> {
    fn claim(&mut self, target: Target, why: String, place: Option<Place>) {
        if !self.claims.iter().any(|claim| claim.target == target) {
            self.claims.push(Claim { target, why, place });
        }
    }

    /// What is known beyond the repository.
    fn known(&mut self) {
        let Some(known) = self.context.rules().known.get(&self.facts.name) else {
            return;
        };
        for need in &known.needs {
            let service = self.facts.names.exact(need).unwrap_or(need).to_owned();
            self.claim(Target::Service(service), texts::of_no_use(&self.facts.name), None);
        }
    }

    fn unit(&mut self, name: &str) {
        let base = ["systemd", "services", name];
        let label = format!("{name}.service");
        let at = |field: &'static str| [&base[..], &[field]].concat();
        self.relations(
            &label,
            [at("requires"), at("bindsTo"), at("requisite")],
            at("wants"),
            at("after"),
        );
        let at = |field: &'static str| [&base[..], &["unitConfig", field]].concat();
        self.relations(
            &label,
            [at("Requires"), at("BindsTo"), at("Requisite")],
            at("Wants"),
            at("After"),
        );
    }

    fn container(&mut self, option: &str, name: &str) {
        let base: Vec<&str> = [parts(option), vec![name]].concat();
        let at = |field: &'static str| [&base[..], &["unitConfig", field]].concat();
        let label = format!("{name}.service");
        self.relations(
            &label,
            [at("Requires"), at("BindsTo"), at("Requisite")],
            at("Wants"),
            at("After"),
        );
        let depends = [&base[..], &["dependsOn"]].concat();
        for unit in self.units(&label, &depends) {
            self.resolve(&unit, texts::container_requires(name, &unit.text), &depends);
        }
        let inner = |field: &'static str| [&base[..], &["containerConfig", field]].concat();
        let plain = |field: &'static str| [&base[..], &[field]].concat();
        for path in [inner("pod"), plain("pod")] {
            self.pod(name, &path);
        }
        for path in [
            inner("networks"),
            plain("networks"),
            inner("podmanArgs"),
            plain("extraOptions"),
        ] {
            self.networks(name, &path);
        }
    }

    /// Units that a unit names. What it requires it needs; so it does what it wants and waits for. An order alone says
    /// only that both may run at the same time.
    fn relations(&mut self, label: &str, strong: [Vec<&str>; 3], wants: Vec<&str>, after: Vec<&str>) {
        for path in &strong {
            for unit in self.units(label, path) {
                self.resolve(&unit, texts::requires(label, &unit.text), path);
            }
        }
        let wanted = self.units(label, &wants);
        for unit in self.units(label, &after) {
            if wanted.iter().any(|other| other.text == unit.text) {
                self.resolve(&unit, texts::wants(label, &unit.text), &after);
                continue;
            }
            let Some(Target::Service(on) | Target::Upstream(on)) = self.target(&unit) else {
                continue;
            };
            let place = Some(self.own.place(&after));
            let why = texts::order_why(label, &unit.text);
            let said =
                |claim: &Claim| matches!(&claim.target, Target::Service(name) | Target::Upstream(name) if *name == on);
            if !self.claims.iter().any(said) && !self.left.iter().any(|left| left.why == why) {
                self.left.push(Skipped {
                    what: texts::order_left(&on),
                    place,
                    why,
                    next: Some(texts::order_next(&on)),
                });
            }
        }
    }

    /// The units in a list. One that is computed is left, unless it is only one of those that the order is about.
    fn units(&mut self, label: &str, path: &[&str]) -> Vec<Unit> {
        // In a section of a unit, a string is as good as a list.
        if let Ok(Some(Known::Str(text))) = self.own.known(path) {
            return text.split_whitespace().map(Unit::named).collect();
        }
        let (elements, mut unknown) = self.own.elements(path);
        let eval = self.context.eval(self.own.module);
        let mut units = Vec::new();
        for element in elements {
            match (eval.eval(&element), self.reference(&element)) {
                (_, Some(unit)) => units.push(unit),
                (Value::Unknown(why), _) => unknown.push(why),
                _ => unknown.extend(eval.string(&element).err()),
            }
        }
        let order = path
            .last()
            .is_some_and(|last| ["after", "After", "wants", "Wants"].contains(last));
        for why in unknown.into_iter().filter(|_| !order) {
            self.left.push(Skipped {
                what: texts::unknown_left(label),
                place: Some(why.place),
                why: why.reason,
                next: None,
            });
        }
        units
    }

    /// A unit by its name, or by the `ref` of its container or pod.
    fn reference(&self, element: &ast::Expr) -> Option<Unit> {
        let eval = self.context.eval(self.own.module);
        match eval.eval(element) {
            Value::Option(path) => {
                let (last, option) = path.split_last()?;
                let (name, option) = option.split_last()?;
                let containers = &self.context.rules().containers;
                let option = option.join(".");
                let declares = containers.options.contains(&option) || containers.pods.contains(&option);
                (last == "ref" && declares).then(|| Unit {
                    text: name.clone(),
                    name: name.clone(),
                    service: true,
                })
            }
            Value::Known(Known::Str(text)) => Some(Unit::named(&text)),
            _ => None,
        }
    }

    fn resolve(&mut self, unit: &Unit, why: String, path: &[&str]) {
        if let Some(target) = self.target(unit) {
            let place = Some(self.own.place(path));
            self.claim(target, why, place);
        }
    }

    /// Whose a unit is, if it is not the service's own.
    fn target(&self, unit: &Unit) -> Option<Target> {
        let names = &self.facts.names;
        let named = self.named(&unit.text);
        let exact = names.exact(&unit.name).map(str::to_owned).or(named);
        if let Some(service) = exact {
            return (service != self.facts.name).then_some(Target::Service(service));
        }
        let declared = unit.service.then(|| self.declared(&unit.name)).flatten();
        if let Some(module) = declared {
            match names.owner(&unit.name) {
                Some(owner) => return (owner != self.facts.name).then(|| Target::Service(owner.to_owned())),
                // What stands in the service's own file helps it, or is shared by all that have or had a part of it.
                None if module.source.path() == self.own.module.source.path() => return None,
                None => {}
            }
        }
        if !self
            .context
            .model
            .definitions(&["services", &unit.name, "enable"])
            .is_empty()
        {
            return Some(Target::Upstream(unit.name.clone()));
        }
        declared.map(|module| Target::Undeclared(unit.text.clone(), module.source.path().to_owned()))
    }

    /// The service whose declaration says that the unit is its own.
    fn named(&self, unit: &str) -> Option<String> {
        let namespaces = &self.context.rules().namespaces;
        [&namespaces.services, &namespaces.contract]
            .into_iter()
            .find_map(|namespace| {
                let prefix = parts(namespace);
                self.context.model.under(&prefix).into_iter().find_map(|(module, def)| {
                    let name = def
                        .name(prefix.len() + 1)
                        .filter(|_| def.path.len() == prefix.len() + 2)?;
                    let names_unit = self.context.rules().field(namespace, name) == Some(ContractField::UnitName);
                    let value = def.value.as_ref().filter(|_| names_unit)?;
                    let says = self.context.eval(module).string(value).ok()?;
                    (says == unit)
                        .then(|| def.name(prefix.len()).map(str::to_owned))
                        .flatten()
                })
            })
    }

    /// The module that declares a container, a pod or a unit of the name.
    fn declared(&self, name: &str) -> Option<&'a Module> {
        let containers = &self.context.rules().containers;
        let options = containers
            .options
            .iter()
            .chain(&containers.pods)
            .map(|option| parts(option));
        let mut options = options.chain([vec!["systemd", "services"]]);
        options.find_map(|option| {
            let path = [option, vec![name]].concat();
            self.context.model.under(&path).first().map(|(module, _)| *module)
        })
    }

    /// A container that runs in a pod stops with it. A pod that is another service's is a need; one that only has
    /// containers of several services is a place that they share, and none of them needs the others.
    fn pod(&mut self, container: &str, path: &[&str]) {
        for term in self.own.terms(path) {
            let unit = match &term {
                super::own::Term::Expr(expr) => self.reference(expr),
                super::own::Term::Value(Value::Option(option)) => option
                    .len()
                    .checked_sub(2)
                    .map(|at| Unit::named(&format!("{}.pod", option[at]))),
                super::own::Term::Value(_) => None,
            };
            if let Some(unit) = unit {
                self.resolve(&unit, texts::in_pod(container, &unit.name), path);
            }
        }
    }

    /// A container in the network of another one has none without it.
    fn networks(&mut self, container: &str, path: &[&str]) {
        let eval = self.context.eval(self.own.module);
        for element in self.own.elements(path).0 {
            let other = match eval.eval(&element) {
                Value::Known(Known::Str(text)) => network_of(&text),
                Value::Option(_) => self.reference(&element).map(|unit| unit.name),
                _ => None,
            };
            if let Some(other) = other {
                let why = texts::in_network(container, &other);
                self.resolve(&Unit::named(&other), why, path);
            }
        }
    }
}

/// The container whose network an entry of `networks`, or an argument of podman or docker, takes.
fn network_of(text: &str) -> Option<String> {
    let value = ["--network=", "--net="]
        .iter()
        .find_map(|flag| text.strip_prefix(flag))
        .unwrap_or(text);
    let name = value
        .strip_prefix("container:")
        .or_else(|| value.strip_suffix(".container"))?;
    Some(name.to_owned())
}

impl Unit {
    /// A unit by its name in systemd or in quadlet; a container's in a list of containers has no type.
    fn named(text: &str) -> Unit {
        const SERVICES: [&str; 4] = ["-pod.service", ".service", ".container", ".pod"];
        const OTHERS: [&str; 2] = [".target", ".socket"];
        let strip = |ends: &[&str]| ends.iter().find_map(|end| text.strip_suffix(end));
        let service = strip(&SERVICES);
        let other = strip(&OTHERS);
        let name = service.or(other).unwrap_or(text);
        // Units of virtualisation.oci-containers are named after what runs them.
        let container = ["podman-", "docker-"].iter().find_map(|by| name.strip_prefix(by));
        Unit {
            text: text.to_owned(),
            name: container.unwrap_or(name).to_owned(),
            service: other.is_none() && (service.is_some() || !text.contains('.')),
        }
    }
}

impl Dependency {
    /// As a line of the plan.
    pub fn text(&self) -> String {
        texts::depends_move(&self.on, &self.why)
    }
}
