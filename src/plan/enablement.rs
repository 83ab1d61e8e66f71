//! The service's switch: out of wherever it is set, into the host's settings file (Story 2.6).

use super::formals;
use super::model::{Context, Declaration, Guard, ServiceFacts};
use super::ops::{Ops, Put, Taken};
use super::{Move, removal};
use crate::edit::{GroupId, indent, trivia};
use crate::error::{self, Result};
use crate::resolve::free;
use crate::resolve::module::{Def, Module, is_true};
use crate::resolve::scope::Binding;
use crate::rules::parts;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The value that the host's settings give the service: as source.
///
/// # Errors
/// `unsupported-switch` where the switch is set in several places, under a condition, or by a value that means
/// something only where it stands.
pub fn value(facts: &ServiceFacts) -> Result<String> {
    let Guard::Switch { definitions, .. } = &facts.guard else {
        return Ok("true".to_owned());
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
    // alejandra would take parentheses off, which are superfluous there.
    Ok(syntax::text_of(syntax::bare(value).syntax()))
}

/// Moves the switch.
///
/// # Errors
/// As [`value`], and where the host's settings file has no place for it.
pub fn render(work: &mut Ops, context: &Context, facts: &ServiceFacts, group: GroupId) -> Result<()> {
    let value = value(facts)?;
    let settings = settings(context)?;
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

/// The host's settings module.
pub fn settings<'a>(context: &Context<'a>) -> Result<&'a Module> {
    let path = &context.host.settings;
    context
        .model
        .module(path)
        .ok_or_else(|| match context.repo.source(path).and_then(|s| s.syntax_error()) {
            Some(error) => error,
            None => error::repo::no_settings(&context.host.name, &[path.display().to_string()]),
        })
}

/// One setting below a prefix: `<prefix>.<name>.<rest> = <value>;`; `rest` may be empty.
pub struct Setting<'s> {
    pub prefix: &'s [&'s str],
    pub name: &'s str,
    pub rest: &'s str,
    pub value: &'s str,
    /// Comment lines above it; empty for none.
    pub comment: &'s str,
    /// Put it behind everything else in the set instead of in the order of names.
    pub last: bool,
}

impl Setting<'_> {
    /// Puts the setting into the set that holds most of its prefix already, in the order of names among its like.
    ///
    /// # Errors
    /// `unsupported-module` where the module has no set for it.
    pub fn insert(&self, work: &mut Ops, module: &Module, group: GroupId) -> Result<()> {
        let (set, depth) = self.deepest(module);
        let own: Vec<String> = self.prefix[depth..]
            .iter()
            .map(|s| s.to_string())
            .chain([syntax::attr_text(self.name), self.rest.to_owned()])
            .filter(|s| !s.is_empty())
            .collect();
        let explicit = depth == 0 && module.explicit && set == module.body;
        if explicit && crate::resolve::module::attribute(&module.body, "config").is_some() {
            let place = module.source.place_of(set.syntax());
            return Err(error::plan::unsupported_module(
                place,
                "its configuration is no set literal that a setting could go into",
            ));
        }
        let path = if explicit {
            format!("config.{}", own.join("."))
        } else {
            own.join(".")
        };
        let text = module.source.text();
        let pad = indent::inside(text, set.syntax());
        let comment = if self.comment.is_empty() {
            String::new()
        } else {
            format!("{}\n", self.comment)
        };
        let line = indent::indent(&format!("{comment}{path} = {};", self.value), &pad);
        let after = set.attrpath_values().filter(|value| {
            let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
            let index = self.prefix.len() - depth;
            let like = names.len() > index
                && names
                    .iter()
                    .zip(&self.prefix[depth..])
                    .all(|(a, b)| a.as_deref() == Some(*b));
            like && names[index].as_deref().is_some_and(|name| name < self.name)
        });
        let at = match after.last() {
            _ if self.last => trivia::end_of(text, &set),
            Some(value) => trivia::extent(text, value.syntax()).text.end,
            None => {
                let index = self.prefix.len() - depth;
                let first_like = set.attrpath_values().find(|value| {
                    let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
                    names.len() > index
                        && names
                            .iter()
                            .zip(&self.prefix[depth..])
                            .all(|(a, b)| a.as_deref() == Some(*b))
                });
                if let Some(first) = first_like {
                    // Comments above the first entry head the list.
                    let start = syntax::span(first.syntax()).start;
                    work.insert(
                        module.source.path(),
                        start,
                        format!("{}\n{pad}", line.trim_start()),
                        group,
                    );
                    return Ok(());
                }
                trivia::end_of(text, &set)
            }
        };
        // The closing bracket of a set on one line goes to a line of its own.
        let close = set.r_curly_token().map_or(at, |t| syntax::token_span(&t).start);
        let tail = match text[at..close.max(at)].contains('\n') || close < at {
            true => String::new(),
            false => format!("\n{}", indent::of_line(text, syntax::span(set.syntax()).start)),
        };
        let tail = if at == trivia::end_of(text, &set) {
            tail
        } else {
            String::new()
        };
        work.insert(module.source.path(), at, format!("\n{line}{tail}"), group);
        Ok(())
    }

    /// The set literal that stands for the longest part of the prefix, unconditionally, and how many parts that is.
    fn deepest(&self, module: &Module) -> (ast::AttrSet, usize) {
        let mut best: (ast::AttrSet, usize) = (config_set(module).unwrap_or_else(|| module.body.clone()), 0);
        for def in &module.defs {
            let depth = def.path.len();
            let fits = depth <= self.prefix.len() && def.under(&self.prefix[..depth]);
            if let (true, true, Some(ast::Expr::AttrSet(set))) = (fits, plain(def), &def.value)
                && depth > best.1
            {
                best = (set.clone(), depth);
            }
        }
        best
    }
}

fn plain(def: &Def) -> bool {
    def.context.conditions.is_empty() && def.context.priorities.is_empty() && !def.context.opaque
}

/// The set literal of `config = { … };`, or the module's own set where that is the configuration.
fn config_set(module: &Module) -> Option<ast::AttrSet> {
    if !module.explicit {
        return Some(module.body.clone());
    }
    unconditional_set(crate::resolve::module::attribute(&module.body, "config")?)
}

/// The first set literal in `expr` that holds whatever else does.
fn unconditional_set(expr: ast::Expr) -> Option<ast::AttrSet> {
    match syntax::unparen(expr) {
        ast::Expr::AttrSet(set) => Some(set),
        ast::Expr::LetIn(let_in) => unconditional_set(let_in.body()?),
        ast::Expr::With(with) => unconditional_set(with.body()?),
        other => {
            if let Some([condition, inner]) = syntax::call_of(&other, "mkIf", 2).as_deref() {
                return is_true(condition).then(|| unconditional_set(inner.clone())).flatten();
            }
            match syntax::unparen(syntax::call_of(&other, "mkMerge", 1)?.remove(0)) {
                ast::Expr::List(list) => list.items().find_map(unconditional_set),
                _ => None,
            }
        }
    }
}
