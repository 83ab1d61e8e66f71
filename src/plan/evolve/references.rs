//! Where a field of the contract is set and read, in every Nix file of the repository.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::edit::{indent, trivia};
use crate::error::Place;
use crate::plan::model::Context;
use crate::resolve::Eval;
use crate::resolve::module::{attribute, entry_names};
use crate::resolve::{Model, Module};
use crate::rules::parts;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// A binding that gives a service's field a value.
pub struct Setting {
    pub file: PathBuf,
    pub binding: ast::AttrpathValue,
    /// The service, or `None` in a set that stands for a contract without naming a service.
    pub service: Option<String>,
    /// The field's name in the attrpath.
    pub name: Range<usize>,
    pub place: Place,
}

/// A place that reads a field.
pub struct Read {
    pub file: PathBuf,
    pub name: Range<usize>,
    pub place: Place,
    /// Whether the name can be replaced there: a selection can, an `inherit` or a string cannot.
    pub plain: bool,
    /// Whether the collector or the bridge reads it.
    pub own: bool,
}

/// What is known about a field's uses.
#[derive(Default)]
pub struct References {
    pub settings: Vec<Setting>,
    pub reads: Vec<Read>,
    /// Selections of the same name from something that is not known to be a service.
    pub unclear: Vec<Place>,
}

/// Files whose selections of a field are from services, whatever the name they have there: the collector, the bridge.
fn reads_services(context: &Context, file: &Path) -> bool {
    let server = &context.rules().paths.server;
    file == server.join("collector.nix") || file == server.join("legacy-bridge.nix")
}

impl References {
    /// Everything about `field`, the schema's own file apart.
    pub fn find(context: &Context, schema: &Path, field: &str) -> References {
        let mut found = References::default();
        let namespace = parts(&context.rules().namespaces.contract);
        for file in context.repo.containing(&[field]) {
            let Some(source) = context.repo.source(file).filter(|_| file != schema) else {
                continue;
            };
            for binding in source.root().descendants().filter_map(ast::AttrpathValue::cast) {
                found
                    .settings
                    .extend(setting(context, source, &namespace, binding, field));
            }
            found.reads_in(context, source, &namespace, field);
        }
        found
    }

    fn reads_in(&mut self, context: &Context, source: &Source, namespace: &[&str], field: &str) {
        let own = reads_services(context, source.path());
        let last = namespace.last().copied().unwrap_or_default();
        let concerns = own || source.text().contains(last);
        let model = Model::default();
        let module = context
            .model
            .module(source.path())
            .cloned()
            .or_else(|| Module::read(source));
        let path_of = |expr: &ast::Expr| -> Option<Vec<String>> {
            let module = module.as_ref()?;
            Eval::new(&model, module).option_path(expr)
        };
        let is_service =
            |path: &[String]| path.len() == namespace.len() + 1 && path.iter().zip(namespace).all(|(a, b)| a == b);
        for node in source.root().descendants() {
            if let Some(select) = ast::Select::cast(node.clone()) {
                let (Some(base), Some(attrpath)) = (select.expr(), select.attrpath()) else {
                    continue;
                };
                let attrs: Vec<ast::Attr> = attrpath.attrs().collect();
                let Some(at) = attrs
                    .iter()
                    .position(|attr| syntax::attr_name(attr).as_deref() == Some(field))
                else {
                    continue;
                };
                let mut path = path_of(&base);
                for attr in &attrs[..at] {
                    path = path.zip(syntax::attr_name(attr)).map(|(mut path, name)| {
                        path.push(name);
                        path
                    });
                }
                match path {
                    Some(path) if is_service(&path) => self.read(source, attrs[at].syntax(), true, own),
                    Some(_) => {}
                    None if own => self.read(source, attrs[at].syntax(), true, own),
                    None if concerns => self.unclear.push(source.place_of(attrs[at].syntax())),
                    None => {}
                }
            } else if let Some(inherit) = ast::Inherit::cast(node.clone()) {
                let Some(from) = inherit.from().and_then(|from| from.expr()) else {
                    continue;
                };
                let named = inherit
                    .attrs()
                    .find(|attr| syntax::attr_name(attr).as_deref() == Some(field));
                let of_service = path_of(&from).map_or(own, |path| is_service(&path));
                if let (Some(attr), true) = (named, of_service) {
                    self.read(source, attr.syntax(), false, own);
                }
            } else if let Some(string) = ast::Str::cast(node)
                && own
                && syntax::string_value(&string).as_deref() == Some(field)
            {
                self.read(source, string.syntax(), false, own);
            }
        }
    }

    fn read(&mut self, source: &Source, node: &SyntaxNode, plain: bool, own: bool) {
        self.reads.push(Read {
            file: source.path().to_owned(),
            name: syntax::span(node),
            place: source.place_of(node),
            plain,
            own,
        });
    }
}

/// The binding as the setting of a field, if it is one.
fn setting(
    context: &Context,
    source: &Source,
    namespace: &[&str],
    binding: ast::AttrpathValue,
    field: &str,
) -> Option<Setting> {
    let attrs: Vec<ast::Attr> = binding.attrpath()?.attrs().collect();
    let (above, own) = (path_above(binding.syntax()), attrs.len());
    let mut path = above.clone();
    path.extend(entry_names(&ast::Entry::AttrpathValue(binding.clone())));
    let start = starts_of(&path, namespace);
    let named = start.map(|start| start + namespace.len() + 1).filter(|at| {
        path.get(*at).and_then(|name| name.as_deref()) == Some(field) && *at >= above.len() && *at - above.len() < own
    });
    let (at, service) = match named {
        Some(at) => (at - above.len(), path.get(at - 1).cloned().flatten()),
        None if stands_for_contract(context, source, &binding) && entry_is(&attrs, field) => (0, None),
        None => return None,
    };
    Some(Setting {
        file: source.path().to_owned(),
        name: syntax::span(attrs.get(at)?.syntax()),
        place: source.place_of(binding.syntax()),
        service,
        binding,
    })
}

fn entry_is(attrs: &[ast::Attr], field: &str) -> bool {
    attrs.first().and_then(syntax::attr_name).as_deref() == Some(field)
}

/// Where a namespace begins in a path.
fn starts_of(path: &[Option<String>], namespace: &[&str]) -> Option<usize> {
    (0..path.len()).find(|start| {
        namespace
            .iter()
            .enumerate()
            .all(|(i, part)| path.get(start + i).and_then(|name| name.as_deref()) == Some(*part))
    })
}

/// The names under which a binding's set stands, through functions and lists.
fn path_above(binding: &SyntaxNode) -> Vec<Option<String>> {
    let mut path = Vec::new();
    for ancestor in binding.ancestors().skip(1) {
        if ast::LetIn::can_cast(ancestor.kind()) || ast::Lambda::can_cast(ancestor.kind()) {
            break;
        }
        if let Some(above) = ast::AttrpathValue::cast(ancestor) {
            let mut names = entry_names(&ast::Entry::AttrpathValue(above));
            names.append(&mut path);
            path = names;
        }
    }
    path
}

/// Whether a test's set, wherever it goes, is a contract: it has the required fields.
fn stands_for_contract(context: &Context, source: &Source, binding: &ast::AttrpathValue) -> bool {
    let set = binding.syntax().parent().and_then(ast::AttrSet::cast);
    source.path().starts_with(&context.rules().paths.tests) && set.is_some_and(|set| is_contract(&set))
}

/// Whether a set has the fields that every contract has.
pub fn is_contract(set: &ast::AttrSet) -> bool {
    ["enable", "domain", "dataDir"]
        .iter()
        .all(|field| attribute(set, field).is_some())
}

/// The sets of tests that stand for contracts: each with its file.
pub fn contracts_in_tests<'a>(context: &Context<'a>) -> Vec<(&'a Source, ast::AttrSet)> {
    let tests = &context.rules().paths.tests;
    let mut found = Vec::new();
    for file in context.repo.containing(&["dataDir"]) {
        let Some(source) = context.repo.source(file).filter(|_| file.starts_with(tests)) else {
            continue;
        };
        let sets = source.root().descendants().filter_map(ast::AttrSet::cast);
        found.extend(sets.filter(is_contract).map(|set| (source, set)));
    }
    found
}

/// Behind the last thing in a set, and what its entries are indented by.
pub fn end_of(source: &Source, set: &ast::AttrSet) -> (usize, String) {
    let text = source.text();
    (trivia::end_of(text, set), indent::inside(text, set.syntax()))
}
