//! The legacy options: what their schema says of a service's fields, and their removal.

use std::path::PathBuf;

use super::aggregators::EMPTY_FIELDS;
use crate::edit::GroupId;
use crate::error::{self, Place, Result};
use crate::plan::flow::Read;
use crate::plan::ops::Ops;
use crate::plan::removal;
use crate::repo::Repository;
use crate::resolve::module::{self, Module, OptionDecl};
use crate::resolve::scope;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The fields of an entry of the collector's list.
pub const COLLECTED: [&str; 11] = [
    "backupDirectories",
    "journalctl",
    "logPath",
    "middlewares",
    "name",
    "persistedData",
    "subdomain",
    "traefikDynamicConfig",
    "type",
    "unitName",
    "url",
];

/// The declarations of the legacy options, by file.
#[derive(Default)]
pub struct Legacy {
    declared: Vec<(PathBuf, Vec<SyntaxNode>)>,
    places: Vec<Place>,
    fields: Vec<Field>,
    /// Whether the option takes fields that it does not name.
    open: bool,
    /// Something about the option as a whole that makes its value another one than its definitions.
    altered: Option<Place>,
}

/// A field of the legacy schema.
struct Field {
    name: String,
    /// Whether it is `[]` where nobody defines it.
    empty: bool,
    /// Whether the schema makes another value of what is defined.
    altered: bool,
}

impl Legacy {
    /// Finds the declarations of the option `namespace` and of anything below it, wherever they stand.
    pub fn find(repo: &Repository, files: &[PathBuf], namespace: &[&str]) -> Legacy {
        let mut legacy = Legacy::default();
        for path in files {
            let Some(source) = repo.source(path) else { continue };
            let Some(module) = Module::read(source) else { continue };
            let own: Vec<&OptionDecl> = module.options.iter().filter(|o| is_under(o, namespace)).collect();
            for declaration in &own {
                legacy.places.push(source.place_of(declaration.entry.syntax()));
                legacy.schema(source, declaration);
            }
            if !own.is_empty() {
                let nodes = own.iter().map(|o| o.entry.syntax().clone()).collect();
                legacy.declared.push((path.clone(), nodes));
            }
        }
        legacy
    }

    /// Where it is declared.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    fn schema(&mut self, source: &Source, declaration: &OptionDecl) {
        if let Some(apply) = declaration.argument("apply") {
            self.altered = Some(source.place_of(apply.syntax()));
        }
        let below = || declaration.value.syntax().descendants();
        let named = |value: &ast::AttrpathValue, name: &str| scope::first_name(value).as_deref() == Some(name);
        self.open |= below()
            .filter_map(ast::AttrpathValue::cast)
            .any(|value| named(&value, "freeformType"));
        // The outermost submodule is the service's; others are those of its fields.
        let Some(first) = below()
            .filter_map(ast::AttrpathValue::cast)
            .find(|value| named(value, "options"))
        else {
            return;
        };
        let around = first.syntax().parent().and_then(ast::AttrSet::cast);
        for value in around.iter().flat_map(|set| set.attrpath_values()) {
            let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
            match (names.as_slice(), value.value()) {
                ([Some(options)], Some(ast::Expr::AttrSet(set))) if options == "options" => {
                    for each in set.attrpath_values() {
                        self.fields
                            .extend(scope::first_name(&each).map(|name| field(name, each.value())));
                    }
                }
                ([Some(options), Some(name), ..], each) if options == "options" => {
                    self.fields.push(field(name.clone(), each));
                }
                _ => {}
            }
        }
    }

    /// Checks that a reader finds in the collector's list what it found in the legacy option.
    ///
    /// # Errors
    /// `unknown-read` for a field that the list has not, or that meant something else.
    pub fn check(&self, source: &Source, read: &Read) -> Result<()> {
        let field = self.fields.iter().find(|field| field.name == read.field);
        let collected = COLLECTED.contains(&read.field.as_str());
        let place = || source.place_of(&read.node);
        let refused = |why: &str| Err(error::cleanup::unknown_read(place(), &read.field, why));
        match field {
            Some(_) if !collected => refused("the collector's list has no such field"),
            Some(field) if field.altered => refused("the legacy option makes another value of it ('apply')"),
            Some(field) if EMPTY_FIELDS.contains(&field.name.as_str()) && !field.empty => {
                refused("the legacy option has a default for it, and the collector's list leaves it empty")
            }
            Some(_) => Ok(()),
            None if self.open && !collected => refused("the collector's list has no such field"),
            None if collected && read.tolerant => refused(
                "the legacy option has no such field, so that it was always missing; the collector's list has it",
            ),
            None if !collected && !read.tolerant => {
                refused("neither the legacy option nor the collector's list has it")
            }
            None => Ok(()),
        }
    }

    /// Checks that the option's value is what is defined for it.
    ///
    /// # Errors
    /// `unclear-reader` for an option with `apply`.
    pub fn check_whole(&self) -> Result<()> {
        match &self.altered {
            Some(place) => Err(error::cleanup::unclear_reader(
                place.clone(),
                "the legacy option makes another value of what is defined ('apply')",
            )),
            None => Ok(()),
        }
    }

    /// Takes the declarations out, with their comments.
    pub fn remove(&self, work: &mut Ops, repo: &Repository, group: GroupId) {
        for (path, ranges) in self.gone(repo) {
            ranges.into_iter().for_each(|range| work.remove(&path, range, group));
        }
    }

    /// What goes, by file.
    pub fn gone(&self, repo: &Repository) -> Vec<(PathBuf, Vec<std::ops::Range<usize>>)> {
        let ranges = |path: &PathBuf, nodes: &[SyntaxNode]| Some(removal::remove(repo.source(path)?, nodes).ranges);
        self.declared
            .iter()
            .filter_map(|(path, nodes)| Some((path.clone(), ranges(path, nodes)?)))
            .collect()
    }
}

fn is_under(option: &OptionDecl, namespace: &[&str]) -> bool {
    option.path.len() >= namespace.len() && option.path.iter().zip(namespace).all(|(a, b)| a.as_deref() == Some(*b))
}

fn field(name: String, declaration: Option<ast::Expr>) -> Field {
    let arguments = declaration
        .and_then(|value| syntax::call_of(&value, "mkOption", 1))
        .and_then(|mut arguments| arguments.pop())
        .map(syntax::unparen);
    let set = match arguments {
        Some(ast::Expr::AttrSet(set)) => Some(set),
        _ => None,
    };
    let argument = |name: &str| set.as_ref().and_then(|set| module::attribute(set, name));
    let empty = matches!(
        argument("default").map(syntax::unparen),
        Some(ast::Expr::List(list)) if list.items().next().is_none()
    );
    Field {
        name,
        empty,
        altered: argument("apply").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_that_the_collector_gives() {
        let source = Source::new("collector.nix", include_str!("../../../nix/collector.nix"));
        let services = source
            .root()
            .descendants()
            .filter_map(ast::AttrpathValue::cast)
            .find(|value| {
                let in_let = value.syntax().parent().is_some_and(|p| ast::LetIn::can_cast(p.kind()));
                in_let && scope::first_name(value).as_deref() == Some("services")
            })
            .expect("the collector makes a list of services");
        let set = services
            .syntax()
            .descendants()
            .filter_map(ast::AttrSet::cast)
            .next()
            .expect("each with fields");
        let mut fields: Vec<String> = set.attrpath_values().filter_map(|v| scope::first_name(&v)).collect();
        fields.extend(set.inherits().flat_map(|inherit| {
            inherit
                .attrs()
                .filter_map(|a| syntax::attr_name(&a))
                .collect::<Vec<_>>()
        }));
        fields.sort();
        assert_eq!(fields, COLLECTED);
    }
}
