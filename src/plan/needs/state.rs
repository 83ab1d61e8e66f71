//! Whether a service is on: only one that is may be depended on, since the contracts' check would fail otherwise.

use crate::plan::model::{self, Context};
use crate::resolve::eval::rank;
use crate::resolve::value::{Known, UnknownReason, Value};
use crate::rules::parts;

/// Whether a service is on, on the host and as far as the code says it.
pub enum State {
    On,
    Off,
    /// Nothing that the host imports declares it.
    Nowhere,
    Unknown(UnknownReason),
    /// It has no contract yet, and without the bridge the check does not see it.
    Unseen,
}

/// A service with a contract, or one in the legacy pattern: the answer is the same for both.
pub fn of_service(context: &Context, name: &str) -> State {
    let rules = context.rules();
    let contract: Vec<&str> = [parts(&rules.namespaces.contract), vec![name]].concat();
    let declared = context.model.under(&contract).into_iter().any(|(module, def)| {
        let switch = def.path.len() == contract.len() + 1 && def.name(contract.len()) == Some("enable");
        !switch && context.model.is_imported(module.source.path())
    });
    if declared {
        return switch(context, &[contract, vec!["enable"]].concat());
    }
    let legacy: Vec<&str> = [parts(&rules.namespaces.services), vec![name]].concat();
    let mut answer = State::Nowhere;
    for declaration in model::topmost(context.model, &legacy) {
        if !context.model.is_imported(declaration.path()) {
            continue;
        }
        if !context.repo.exists(&rules.paths.server.join("legacy-bridge.nix")) {
            return State::Unseen;
        }
        match context
            .eval(declaration.module)
            .holds(&declaration.def.context.conditions)
        {
            Ok(true) if !declaration.def.context.opaque => return State::On,
            Ok(true) => {
                answer = State::Unknown(UnknownReason {
                    reason: "it is joined with '//'".to_owned(),
                    place: declaration.place(),
                });
            }
            Ok(false) => answer = State::Off,
            Err(why) => answer = State::Unknown(why),
        }
    }
    answer
}

/// A service of NixOS itself.
pub fn of_upstream(context: &Context, name: &str) -> State {
    switch(context, &["services", name, "enable"])
}

/// The value of a switch that is off by default, from what the host imports.
fn switch(context: &Context, path: &[&str]) -> State {
    let mut values: Vec<(u8, Value)> = Vec::new();
    for (module, def) in context.model.definitions(path) {
        if !context.model.is_imported(module.source.path()) {
            continue;
        }
        let eval = context.eval(module);
        match (eval.holds(&def.context.conditions), &def.value) {
            (Ok(true), Some(value)) => values.push((rank(def), eval.force(value))),
            (Ok(false), _) => {}
            (Err(why), _) => return State::Unknown(why),
            (Ok(true), None) => {
                return State::Unknown(UnknownReason {
                    reason: "it is inherited".to_owned(),
                    place: module.source.place_of(crate::syntax::AstNode::syntax(&def.entry)),
                });
            }
        }
    }
    let strongest = values.iter().map(|(rank, _)| *rank).min();
    let mut answer = State::Off;
    for (_, value) in values.into_iter().filter(|(rank, _)| Some(*rank) == strongest) {
        match value {
            Value::Known(Known::Bool(true)) => answer = State::On,
            Value::Unknown(why) => return State::Unknown(why),
            _ => return State::Off,
        }
    }
    answer
}
