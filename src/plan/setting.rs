//! One setting, put into the set of a module that holds most of its path already.

use super::model::Context;
use super::ops::Ops;
use crate::edit::{GroupId, indent, trivia};
use crate::error::{self, Result};
use crate::resolve::module::{Def, Module};
use crate::resolve::scope::is_true;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The host's settings module.
pub fn host<'a>(context: &Context<'a>) -> Result<&'a Module> {
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
        let path = self.path_in(module, &set, depth)?;
        let file = module.source.path();
        let text = module.source.text();
        let pad = indent::inside(text, set.syntax());
        let comment = match self.comment {
            "" => String::new(),
            comment => format!("{comment}\n"),
        };
        let line = indent::indent(&format!("{comment}{path} = {};", self.value), &pad);
        let end = trivia::end_of(text, &set);
        let like = self.like(&set, depth);
        let name = |names: &[Option<String>]| names[self.prefix.len() - depth].clone();
        let mut earlier = like
            .iter()
            .filter(|(_, names)| name(names).is_some_and(|name| name.as_str() < self.name));
        let at = match (earlier.next_back(), like.first()) {
            _ if self.last => end,
            (Some((value, _)), _) => trivia::extent(text, value.syntax()).text.end,
            (None, Some((first, _))) => {
                // Comments above the first entry head the list.
                let start = syntax::span(first.syntax()).start;
                work.insert(file, start, format!("{}\n{pad}", line.trim_start()), group);
                return Ok(());
            }
            (None, None) => end,
        };
        // The closing bracket of a set on one line goes to a line of its own.
        let close = set.r_curly_token().map_or(at, |t| syntax::token_span(&t).start);
        let on_one_line = at == end && close >= at && !text[at..close].contains('\n');
        let tail = match on_one_line {
            true => format!("\n{}", indent::of_line(text, syntax::span(set.syntax()).start)),
            false => String::new(),
        };
        work.insert(file, at, format!("\n{line}{tail}"), group);
        Ok(())
    }

    /// The setting's attrpath in a set that stands for `depth` parts of the prefix, as source.
    fn path_in(&self, module: &Module, set: &ast::AttrSet, depth: usize) -> Result<String> {
        let own: Vec<String> = self.prefix[depth..]
            .iter()
            .map(|s| s.to_string())
            .chain([syntax::attr_text(self.name), self.rest.to_owned()])
            .filter(|s| !s.is_empty())
            .collect();
        let explicit = depth == 0 && module.explicit && *set == module.body;
        if explicit && crate::resolve::module::attribute(&module.body, "config").is_some() {
            let place = module.source.place_of(set.syntax());
            return Err(error::plan::unsupported_module(
                place,
                "its configuration is no set literal that a setting could go into",
            ));
        }
        Ok(match explicit {
            true => format!("config.{}", own.join(".")),
            false => own.join("."),
        })
    }

    /// The bindings of a set, which stands for `depth` parts of the prefix, that are below the same prefix, with the names of
    /// their attrpaths.
    fn like(&self, set: &ast::AttrSet, depth: usize) -> Vec<(ast::AttrpathValue, Vec<Option<String>>)> {
        let prefix = &self.prefix[depth..];
        let bindings = set.attrpath_values().map(|value| {
            let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
            (value, names)
        });
        let below = |names: &[Option<String>]| {
            let same = names.iter().zip(prefix).all(|(a, b)| a.as_deref() == Some(*b));
            names.len() > prefix.len() && same
        };
        bindings.filter(|(_, names)| below(names)).collect()
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
