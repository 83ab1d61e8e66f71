//! The service's switch: out of wherever it is set, into the host's settings file (Story 2.6).

use super::{ChangeKind, Draft, ENABLEMENT, Outline};
use crate::edit::GroupId;
use crate::error::{self, Result};
use crate::plan::groups::Proposed;
use crate::plan::model::{Context, Declaration, Guard, ServiceFacts};
use crate::plan::ops::{Ops, Put, Taken};
use crate::plan::setting::{self, Setting};
use crate::plan::{Move, contract, formals, removal, texts, vmtest};
use crate::resolve::free;
use crate::resolve::scope::Binding;
use crate::rules::parts;
use crate::syntax::{self, AstNode, ast};

pub struct Enablement;

/// The line that lets the service's own switch follow the contract's, where that is what turns it on.
pub fn follow(draft: &Draft) -> String {
    match &draft.facts().guard {
        Guard::Switch { path: switch, .. } if draft.accepts(ENABLEMENT).is_some() => {
            let switch: Vec<String> = switch.iter().map(|p| syntax::attr_text(p)).collect();
            let contract = contract::path(draft.context(), draft.facts());
            format!(
                "{}\n{} = lib.mkDefault config.{contract}.enable;\n",
                texts::FOLLOW_COMMENT,
                switch.join(".")
            )
        }
        _ => String::new(),
    }
}

impl ChangeKind for Enablement {
    fn name(&self) -> &'static str {
        ENABLEMENT
    }

    // For a module that the host does not import, a setting would have no option to go to.
    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let (context, facts) = (outline.context, outline.facts);
        let imported = context.model.is_imported(facts.home.source.path());
        let value = value(facts).ok();
        let title = texts::enablement_title(&facts.name, &context.host.settings, value.as_deref());
        // A contract goes on following a condition, and a switch of several services; a setting would cut it off.
        let follows = matches!(facts.guard, Guard::Condition { .. });
        (imported && !follows).then(|| Proposed::preserving(title, texts::ENABLEMENT_WHY))
    }

    fn edit(&self, draft: &Draft, group: GroupId, ops: &mut Ops) -> Result<()> {
        render(ops, draft.context(), draft.facts(), group)?;
        vmtest::follow(ops, draft.context(), draft.facts(), group)
    }
}

/// The value that the host's settings give the service: as source.
///
/// # Errors
/// `unsupported-switch` where the switch is set in several places, under a condition, or by a value that means
/// something only where it stands.
fn value(facts: &ServiceFacts) -> Result<String> {
    let definitions = match &facts.guard {
        Guard::Switch { definitions, .. } => definitions,
        Guard::Always | Guard::Condition { .. } => return Ok("true".to_owned()),
    };
    match definitions.as_slice() {
        [] => Ok("false".to_owned()),
        [declaration] => single(declaration),
        [_, second, ..] => Err(error::plan::unsupported_switch(
            second.place(),
            "it is set in several places",
        )),
    }
}

fn single(declaration: &Declaration) -> Result<String> {
    if !declaration.def.context.conditions.is_empty() || declaration.def.context.opaque {
        return Err(error::plan::unsupported_switch(
            declaration.place(),
            "it is set under a condition",
        ));
    }
    let ast::Entry::AttrpathValue(binding) = &declaration.def.entry else {
        return Err(error::plan::unsupported_switch(declaration.place(), "it is inherited"));
    };
    let Some(value) = binding.value() else {
        return Err(error::plan::unsupported_switch(declaration.place(), "it is incomplete"));
    };
    for (name, variable) in free::variables(value.syntax()) {
        let argument =
            matches!(variable.binding, Binding::Param(_)) && ["config", "lib", "pkgs"].contains(&name.as_str());
        if !argument {
            return Err(error::plan::unsupported_switch(
                declaration.place(),
                &format!("its value uses '{name}', which means something only there"),
            ));
        }
    }
    if !syntax::nodes::<ast::PathRel>(value.syntax()).is_empty() {
        return Err(error::plan::unsupported_switch(
            declaration.place(),
            "its value has a relative path, which means something else elsewhere",
        ));
    }
    // alejandra would take parentheses off, which are superfluous there.
    Ok(syntax::text_of(syntax::bare(value).syntax()))
}

/// Moves the switch.
///
/// # Errors
/// As [`value`], and where the host's settings file has no place for it.
fn render(work: &mut Ops, context: &Context, facts: &ServiceFacts, group: GroupId) -> Result<()> {
    let value = value(facts)?;
    let settings = setting::host(context)?;
    let to = format!(
        "{}: {}.{}.enable",
        context.host.settings.display(),
        context.rules().namespaces.contract,
        syntax::attr_text(&facts.name)
    );
    match &facts.guard {
        Guard::Switch { definitions, fact, .. } if !definitions.is_empty() => {
            let taken = definitions.iter().map(|declaration| Taken {
                what: format!("the switch {}", declaration.def.path_text()),
                place: declaration.place(),
            });
            work.take(*fact, taken.collect());
            work.put(*fact, Put { group, to });
        }
        _ => work.tell(
            group,
            [Move {
                what: "the service's switch".into(),
                from: None,
                to: Some(to),
            }],
        ),
    }
    if let Guard::Switch { definitions, .. } = &facts.guard {
        for declaration in definitions {
            let removal = removal::remove(&declaration.module.source, std::slice::from_ref(declaration.node()));
            removal
                .ranges
                .into_iter()
                .for_each(|range| work.remove(declaration.path(), range, group));
        }
    }
    let arguments: Vec<&str> = ["config", "lib", "pkgs"]
        .into_iter()
        .filter(|name| mentions(&value, name))
        .collect();
    formals::add(work, settings, &arguments, group)?;
    let namespace = parts(&context.rules().namespaces.contract);
    let line = Setting {
        prefix: &namespace,
        name: &facts.name,
        rest: "enable",
        value: &value,
        comment: "",
        last: false,
    };
    line.insert(work, settings, group)
}

fn mentions(source: &str, name: &str) -> bool {
    source
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
        .any(|word| word == name)
}
