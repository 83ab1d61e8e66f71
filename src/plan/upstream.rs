//! The NixOS modules that a module turns on, by the names of their options below `services`.

use super::model::Context;
use crate::resolve::Eval;
use crate::resolve::module::{Def, Module};
use crate::rules::{INSTANCE, Upstream};
use crate::syntax::{self, AstNode, ast};

/// A NixOS module that is turned on, or one instance of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedOn {
    /// The name of its options below `services`.
    pub option: String,
    pub instance: Option<String>,
}

impl TurnedOn {
    /// What is known of it.
    pub fn known<'a>(&self, context: &Context<'a>) -> Option<&'a Upstream> {
        context.rules().upstream.get(&self.option)
    }

    /// Its units, as far as they are known.
    pub fn units(&self, context: &Context) -> Vec<String> {
        let units = self.known(context).into_iter().flat_map(|known| &known.units);
        units.filter_map(|unit| self.named(unit)).collect()
    }

    /// A text with the name of the instance; `None` where only one of both has an instance.
    pub fn named(&self, text: &str) -> Option<String> {
        match (&self.instance, text.contains(INSTANCE)) {
            (Some(instance), true) => Some(text.replace(INSTANCE, instance)),
            (None, false) => Some(text.to_owned()),
            _ => None,
        }
    }

    /// The path that its options are below.
    pub fn path(&self) -> Vec<&str> {
        let mut path = vec!["services", &self.option];
        path.extend(self.instance.iter().flat_map(|instance| ["instances", instance]));
        path
    }
}

/// What `module` turns on, in source order: what it sets to something that is not known to be false.
pub fn turned_on(context: &Context, module: &Module) -> Vec<TurnedOn> {
    let mut found = Vec::new();
    for option in children(context, module, &["services"]) {
        let instances = children(context, module, &["services", &option, "instances"]);
        let all = std::iter::once(None).chain(instances.into_iter().map(Some));
        found.extend(all.filter_map(|instance| {
            let one = TurnedOn {
                option: option.clone(),
                instance,
            };
            let enable = [one.path(), vec!["enable"]].concat();
            is_on(module, &enable).then_some(one)
        }));
    }
    found
}

/// The names directly below an option, in source order.
pub fn children(context: &Context, module: &Module, option: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for def in module.under(option) {
        if let Some(name) = name_at(context, module, def, option.len())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// A part of a definition's path, evaluated where it is computed.
fn name_at(context: &Context, module: &Module, def: &Def, at: usize) -> Option<String> {
    if let Some(name) = def.name(at) {
        return Some(name.to_owned());
    }
    let ast::Entry::AttrpathValue(binding) = &def.entry else {
        return None;
    };
    let own = at.checked_sub(def.path.len().checked_sub(def.own)?)?;
    Eval::new(context.model, module).attr(&binding.attrpath()?.attrs().nth(own)?)
}

/// Whether an option is set to something that is not known to be false.
pub fn is_on(module: &Module, path: &[&str]) -> bool {
    let mut set = module.under(path);
    set.any(|def| {
        let value = def.value.as_ref();
        def.path.len() == path.len() && value.is_none_or(|value| syntax::text_of(value.syntax()) != "false")
    })
}
