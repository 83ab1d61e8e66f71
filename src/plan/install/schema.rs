//! The contract's schema in the repository's `options.nix`, and the bridge fitted to its legacy schema.

use super::names::Names;
use super::{BRIDGE, COLLECTOR, OPTIONS, fields, version};
use crate::edit::{GroupId, indent, trivia};
use crate::error::{self, Error, Result};
use crate::plan::model::Context;
use crate::plan::ops::Ops;
use crate::plan::{formals, removal};
use crate::resolve::module::{Module, OptionDecl};
use crate::resolve::scope;
use crate::rules::{ContractField, Rules, parts};
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The options of the schema that the repository does not declare yet, by their paths.
pub fn missing(context: &Context) -> Vec<String> {
    let namespaces = &context.rules().namespaces;
    let (contract, options) = (parts(&namespaces.contract), parts(&namespaces.contract_options));
    let strict: Vec<&str> = options.iter().copied().chain(["strict"]).collect();
    let mut missing = Vec::new();
    if context.model.declaration(&contract).is_none() {
        missing.push(namespaces.contract.clone());
    }
    if context.model.declaration(&strict).is_none() {
        missing.push(namespaces.contract_options.clone());
    }
    missing
}

/// What the schema's first option begins with, above which its version stands: that goes along wherever it is put.
const SERVICES: &str = "    serviceModules = let";

/// The schema with its version, in the repository's names.
///
/// # Errors
/// An internal error if the embedded schema has another form.
pub fn text(names: &Names) -> Result<String> {
    match OPTIONS.split_once(SERVICES) {
        Some((before, after)) => names.code(&format!("{before}    {}\n{SERVICES}{after}", version::line())),
        None => Err(Error::internal("nix/options.nix has no serviceModules")),
    }
}

/// Puts the options `wanted` of the schema into `options.nix`, or makes the file.
///
/// # Errors
/// `unsupported-module` where the file is no module that options could go into.
pub fn render(work: &mut Ops, context: &Context, names: &Names, wanted: &[String], group: GroupId) -> Result<()> {
    let path = context.rules().paths.server.join("options.nix");
    let text = self::text(names)?;
    let Some(source) = context.repo.source(&path) else {
        work.create_from_template(path, text);
        return Ok(());
    };
    let module = Module::read(source).ok_or_else(|| unreadable(source))?;
    let own = Source::new("options.nix", text);
    let prefix = common(context);
    let (depth, set) = options_set(&module, &prefix);
    let head = match depth {
        None => format!("{} = {{", [&["options"], &prefix[..]].concat().join(".")),
        Some(depth) if depth < prefix.len() => format!("{} = {{", prefix[depth..].join(".")),
        Some(_) => String::new(),
    };
    let tail = if head.is_empty() { "" } else { "};" };
    let bindings = bindings(&own, &prefix, wanted)?;
    let text = format!("{{\n{head}\n{}\n{tail}}}", bindings.join("\n\n"));
    let text = syntax::format(&text).ok_or_else(|| Error::internal("the schema's text does not parse"))?;
    let inner: Vec<&str> = text.lines().skip(1).collect();
    let inner = inner[..inner.len() - 1].join("\n");
    let pad = indent::of_line(source.text(), syntax::span(set.syntax()).start);
    let at = trivia::end_of(source.text(), &set);
    let gap = if set.entries().next().is_some() { "\n\n" } else { "\n" };
    work.insert(&path, at, format!("{gap}{}", indent::indent(&inner, pad)), group);
    formals::add(work, &module, &["config", "lib"], group)
}

/// The names that the paths of the contract and of its settings begin with in common.
fn common<'a>(context: &Context<'a>) -> Vec<&'a str> {
    let namespaces = &context.rules().namespaces;
    let (contract, options) = (parts(&namespaces.contract), parts(&namespaces.contract_options));
    let longest = contract.len().min(options.len()).saturating_sub(1);
    let same = contract.iter().zip(&options).take(longest).take_while(|(a, b)| a == b);
    same.map(|(name, _)| *name).collect()
}

/// The bindings of the schema that declare `wanted`, with their comments and their paths without `prefix`.
fn bindings(schema: &Source, prefix: &[&str], wanted: &[String]) -> Result<Vec<String>> {
    let module = Module::read(schema).ok_or_else(|| Error::internal("nix/options.nix is no module"))?;
    let (depth, set) = options_set(&module, prefix);
    // Where the set is not the one below the prefix, the bindings have longer paths.
    let head: Vec<&str> = match depth {
        Some(depth) => prefix[..depth].to_vec(),
        None => Vec::new(),
    };
    let mut found = Vec::new();
    for binding in set.attrpath_values() {
        let Some(path) = binding.attrpath() else { continue };
        let names: Vec<String> = syntax::attrpath_names(&path).into_iter().flatten().collect();
        let skip = usize::from(names.first().is_some_and(|name| name == "options"));
        let whole: Vec<&str> = head
            .iter()
            .copied()
            .chain(names[skip..].iter().map(String::as_str))
            .collect();
        if !wanted.contains(&whole.join(".")) {
            continue;
        }
        let extent = trivia::extent(schema.text(), binding.syntax()).text;
        let own = syntax::span(path.syntax());
        let rest: Vec<String> = whole[prefix.len()..]
            .iter()
            .map(|name| syntax::attr_text(name))
            .collect();
        let (before, after) = (
            &schema.text()[extent.start..own.start],
            &schema.text()[own.end..extent.end],
        );
        found.push(format!("{before}{}{after}", rest.join(".")));
    }
    Ok(found)
}

/// The bridge with the fields `legacy`, those of the repository's legacy schema: those that it calls otherwise than the
/// contract are shown under its names.
///
/// # Errors
/// An internal error if the embedded bridge is no module.
pub fn bridge(rules: &Rules, legacy: &[String]) -> Result<String> {
    let source = Source::new("legacy-bridge.nix", BRIDGE);
    let mut fields: Vec<SyntaxNode> = Vec::new();
    let mut fields_of_bridge: Vec<String> = Vec::new();
    let module = Module::read(&source).ok_or_else(|| Error::internal("nix/legacy-bridge.nix is no module"))?;
    for set in module.body.syntax().descendants().filter_map(ast::AttrSet::cast) {
        // The set of a service's fields is the one that has its URL.
        if set
            .attrpath_values()
            .any(|field| scope::first_name(&field).as_deref() == Some("url"))
        {
            fields_of_bridge.extend(set.attrpath_values().filter_map(|field| scope::first_name(&field)));
            let unknown =
                |field: &ast::AttrpathValue| scope::first_name(field).is_some_and(|name| !legacy.contains(&name));
            fields.extend(
                set.attrpath_values()
                    .filter(unknown)
                    .map(|field| field.syntax().clone()),
            );
        }
    }
    let mut ranges = removal::remove(&source, &fields).ranges;
    ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
    let mut text = BRIDGE.to_owned();
    let shown = |name: &String| !fields_of_bridge.contains(name);
    let renamed = legacy.iter().filter(|name| shown(name)).filter_map(|name| {
        let field = rules.fields.get(name)?;
        let name = syntax::attr_text(name);
        match field {
            ContractField::Extra(path) => Some(format!("\n      {name} = {};", extra(path))),
            known => {
                let there = fields_of_bridge.contains(&known.path());
                there.then(|| format!("\n      {name} = service.{known};"))
            }
        }
    });
    let renamed: String = renamed.collect();
    ranges.into_iter().for_each(|range| text.replace_range(range, ""));
    if let Some(at) = text
        .find("lib.mkIf (contract.enable && contract.exposed) {")
        .filter(|_| !renamed.is_empty())
    {
        let at = at + text[at..].find('{').map_or(0, |brace| brace + 1);
        text.insert_str(at, &renamed);
    }
    Ok(with_contract_names(rules, legacy, text))
}

/// What the contract has aside, as the value of a legacy field.
fn extra(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| syntax::attr_text(name)).collect();
    match names.as_slice() {
        [field] => format!("contract.{field}"),
        [set, rest @ ..] => {
            let rest = rest.join(".");
            format!("lib.mkIf (contract.{set} ? {rest}) contract.{set}.{rest}")
        }
        [] => "null".to_owned(),
    }
}

/// The bridge with the services that have no contract yet under the names that the collector's checks ask for.
fn with_contract_names(rules: &Rules, legacy: &[String], text: String) -> String {
    let asked = [
        ContractField::Url,
        ContractField::Middlewares,
        ContractField::TraefikDynamicConfig,
        ContractField::PersistedData,
        ContractField::Subdomain,
    ];
    let own = asked.iter().filter_map(|field| {
        // The checks know a subdomain by the name `name` as well.
        let is_asked = |name: &str| name == field.path() || (*field == ContractField::Subdomain && name == "name");
        let is_it = |name: &&String| rules.fields.get(*name) == Some(field) && !is_asked(name);
        let name = legacy.iter().find(is_it)?;
        Some(format!("{field} = service.{};", syntax::attr_text(name)))
    });
    let own: Vec<String> = own.collect();
    let Some((before, after)) = text
        .split_once("qgroget.collector.otherServices =")
        .filter(|_| !own.is_empty())
    else {
        return text;
    };
    let Some((value, rest)) = after.split_once(".mergedValue;") else {
        return text;
    };
    let mapped = format!(
        "lib.mapAttrs (_: service: service // {{{}}}) ({value}.mergedValue);",
        own.join(" ")
    );
    format!("{before}qgroget.collector.otherServices = {mapped}{rest}")
}

/// The collector with the names that the repository's backup jobs have for their fields.
///
/// # Errors
/// An internal error if the embedded collector has no such names.
pub fn collector(context: &Context) -> Result<String> {
    let rules = context.rules();
    // Where the type does not tell its fields, the names stay those of the rules.
    let declared = fields::of(context, &parts(&rules.namespaces.backups)).unwrap_or_default();
    let mut text = COLLECTOR.to_owned();
    for (name, field) in rules.backup_fields.iter().filter(|(name, _)| declared.contains(name)) {
        // What is only recorded makes no part of a job.
        if field.is_record() {
            continue;
        }
        let Some(range) = span_of_job_field(&text, field) else {
            return Err(Error::internal(format!("nix/collector.nix has no name for {field}")));
        };
        text.replace_range(range, name);
    }
    Ok(text)
}

/// The name that the embedded collector has for a field of backup jobs.
pub fn job_field(field: &ContractField) -> Option<&'static str> {
    span_of_job_field(COLLECTOR, field).map(|range| &COLLECTOR[range])
}

fn span_of_job_field(collector: &str, field: &ContractField) -> Option<std::ops::Range<usize>> {
    let at = collector.find(&format!("    {field} = \""))? + field.path().len() + 8;
    Some(at..at + collector[at..].find('"')?)
}

/// Whether it is known which fields the repository's backup jobs have.
pub fn has_job_fields(context: &Context) -> bool {
    let declared = fields::of(context, &parts(&context.rules().namespaces.backups));
    declared.is_ok_and(|declared| !declared.is_empty())
}

/// Why a file cannot be read as a module.
pub fn unreadable(source: &Source) -> Error {
    source
        .syntax_error()
        .unwrap_or_else(|| error::plan::unsupported_module(source.place(0..0), "it is no module"))
}

/// The set literal below `options` for the longest part of `prefix`, and how many parts that is; the module's own
/// set (`None`) where nothing is declared below it yet.
pub fn options_set(module: &Module, prefix: &[&str]) -> (Option<usize>, ast::AttrSet) {
    fn descend(set: &ast::AttrSet, depth: usize, prefix: &[&str], best: &mut (Option<usize>, ast::AttrSet)) {
        if best.0.is_none_or(|d| depth > d) {
            *best = (Some(depth), set.clone());
        }
        for value in set.attrpath_values() {
            let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
            let fits = depth + names.len() <= prefix.len()
                && names
                    .iter()
                    .zip(&prefix[depth..])
                    .all(|(a, b)| a.as_deref() == Some(*b));
            if let (true, Some(ast::Expr::AttrSet(inner))) = (fits, value.value().map(syntax::unparen)) {
                descend(&inner, depth + names.len(), prefix, best);
            }
        }
    }
    let under: Vec<&str> = ["options"].into_iter().chain(prefix.iter().copied()).collect();
    let mut found = (None, module.body.clone());
    descend(&module.body, 0, &under, &mut found);
    match found {
        (Some(depth), set) if depth > 0 => (Some(depth - 1), set),
        _ => (None, module.body.clone()),
    }
}

/// The fields of the repository's legacy service schema; none if it has none.
///
/// # Errors
/// `legacy-schema-unreadable`, as [`fields::of`].
pub fn legacy_fields(context: &Context) -> Result<Vec<String>> {
    fields::of(context, &parts(&context.rules().namespaces.services))
}

/// The option bindings of the outermost `options = { … }`, or `options.<name> = …`, below `node`.
pub fn options_below(node: &SyntaxNode) -> Vec<(String, ast::AttrpathValue)> {
    let mut fields = Vec::new();
    for value in node.descendants().filter_map(ast::AttrpathValue::cast) {
        let names = value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default();
        if names.first().and_then(|n| n.as_deref()) != Some("options") {
            continue;
        }
        match (names.get(1), value.value()) {
            (Some(Some(name)), _) => fields.push((name.clone(), value)),
            (None, Some(ast::Expr::AttrSet(set))) => {
                let inner = set.attrpath_values();
                fields.extend(inner.filter_map(|field| Some((scope::first_name(&field)?, field))));
                break;
            }
            _ => {}
        }
    }
    fields
}

/// The options that the schema declares, with the repository's names.
///
/// # Errors
/// An internal error if the embedded schema is no module.
pub fn embedded(rules: &Rules) -> Result<Vec<OptionDecl>> {
    let source = Source::new("options.nix", Names::of(rules).code(OPTIONS)?);
    let module = Module::read(&source).ok_or_else(|| Error::internal("nix/options.nix is no module"))?;
    Ok(module.options)
}

/// The predefined middlewares of the repository's collector, or of the one that it gets.
pub fn middlewares(context: &Context) -> Vec<String> {
    match context.repo.source(&context.rules().paths.server.join("collector.nix")) {
        Some(source) => predefined_middlewares(source),
        None => predefined_middlewares(&Source::new("collector.nix", COLLECTOR)),
    }
}

/// The names in the collector's map of predefined middlewares.
pub fn predefined_middlewares(collector: &Source) -> Vec<String> {
    let bindings = collector.root().descendants().filter_map(ast::AttrpathValue::cast);
    let mut maps = bindings.filter(|binding| scope::first_name(binding).as_deref() == Some("middlewareMap"));
    let Some(ast::Expr::AttrSet(map)) = maps.next().and_then(|binding| binding.value()) else {
        return Vec::new();
    };
    let names: Vec<String> = map
        .attrpath_values()
        .filter_map(|binding| scope::first_name(&binding))
        .collect();
    names
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_bridge_has_the_fields_of_the_legacy_schema_under_its_names() {
        let own = "[fields]\nhost = \"subdomain\"\nicon = \"extraConfig.icon\"\n";
        let rules = Rules::new(Some((Path::new("qgroget.toml"), own))).expect("valid");
        let legacy = ["host", "icon", "url"].map(str::to_owned);
        let text = bridge(&rules, &legacy).expect("a bridge");
        assert!(text.contains("host = service.subdomain;"), "{text}");
        assert!(text.contains("url = service.url;"), "{text}");
        assert!(!text.contains(" subdomain = "), "{text}");
        assert!(
            text.contains("icon = lib.mkIf (contract.extraConfig ? icon) contract.extraConfig.icon;"),
            "{text}"
        );
    }
}
