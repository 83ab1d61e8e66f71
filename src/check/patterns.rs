//! The form of service modules: their place, their name, their secrets, their tests, their formatting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::mend::QuickFix;
use super::services::Service;
use super::texts;
use super::{CheckContext, Finding, Severity, finding, is_template, note, sections, warning};
use crate::format::Formatter;
use crate::plan::tested;
use crate::resolve::Module;
use crate::resolve::module::Def;
use crate::rules::Format;
use crate::syntax::{self, InterpolPart, ast};

/// A module and the services whose contracts stand in it.
type Home<'g, 'a> = (&'a Module, Vec<&'g str>);

/// Checks the modules of all services, imported or not.
pub fn check<'a>(context: &CheckContext<'a>, found: &mut Vec<Finding>) {
    let mut homes: BTreeMap<&Path, Home> = BTreeMap::new();
    for (name, service) in context.contracts.services.iter().chain(&context.dormant.services) {
        test(context, name, found);
        let Some(home) = context.home(service) else { continue };
        let path = home.source.path();
        if path.starts_with(&context.rules().paths.server) && !is_template(path) {
            place(context, name, service, home, found);
            homes.entry(path).or_insert_with(|| (home, Vec::new())).1.push(name);
        }
    }
    for (home, names) in homes.values() {
        secrets(home, names, found);
        sections::check(context, home, names, found);
    }
    let texts: Vec<Text> = homes
        .iter()
        .map(|(path, (home, names))| (*path, &**home.source.text(), names[0]))
        .collect();
    found.extend(unformatted(context.repo.formatter(), texts));
}

/// A module's path and text, and the first of its services.
type Text<'t> = (&'t Path, &'t str, &'t str);

/// Pattern 10: as the repository's formatter writes it. What that does not format is no finding.
fn unformatted(formatter: &Formatter, texts: Vec<Text>) -> Vec<Finding> {
    let name = formatter.format().name();
    let own = |(path, text, service): Text| {
        // Line ends are git's business.
        let plain = text.replace("\r\n", "\n");
        let formatted = syntax::format(&plain)?;
        formatting((path, text, service), &plain, &formatted, name)
    };
    match formatter.format() {
        Format::Alejandra => texts.into_par_iter().filter_map(own).collect(),
        Format::None => Vec::new(),
        Format::Nixfmt | Format::NixpkgsFmt => {
            let plain: Vec<String> = texts.iter().map(|(_, text, _)| text.replace("\r\n", "\n")).collect();
            let formatted = formatter.formatted(&plain.iter().map(String::as_str).collect::<Vec<&str>>());
            let each = texts.into_iter().zip(&plain).zip(formatted);
            each.filter_map(|((text, plain), formatted)| formatting(text, plain, &formatted?, name))
                .collect()
        }
    }
}

/// Patterns 1 and 2: `<server>/<category>/<service>/default.nix`.
fn place<'a>(context: &CheckContext<'a>, name: &str, service: &Service<'a>, home: &Module, found: &mut Vec<Finding>) {
    let server = &context.rules().paths.server;
    let path = home.source.path();
    let below: Vec<String> = path
        .strip_prefix(server)
        .unwrap_or(path)
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let anchor = service.anchor(Some(home));
    match below.as_slice() {
        [_, directory, file] if file == "default.nix" => {
            if directory != name {
                let error = texts::directory_name(context.subject(name), directory);
                found.push(warning(name, error).at(anchor));
            }
        }
        parts => {
            let category = match parts {
                [category, _, ..] => category,
                _ => "misc",
            };
            let wanted = server.join(category).join(name).join("default.nix");
            found.push(warning(name, texts::module_place(name, path, &wanted)).at(anchor));
        }
    }
}

/// Pattern 4: `server/<service>/<credential>`.
fn secrets(home: &Module, names: &[&str], found: &mut Vec<Finding>) {
    for def in home.under(&["sops", "secrets"]) {
        // The binding that the secret's name stands in.
        if def.path.len() < 3 || def.path.len() - def.own > 2 {
            continue;
        }
        let Some(secret) = secret_name(def) else { continue };
        let parts: Vec<&str> = secret.split('/').collect();
        let place = Some(home.source.place_of(&super::services::name_node(def)));
        match parts.as_slice() {
            ["server", service, credential] if !credential.is_empty() => {
                if !names.contains(service) && !service.contains("${") {
                    found.push(note(names[0], texts::secret_owner(&secret, names[0])).at(place));
                }
            }
            _ => found.push(warning(names[0], texts::secret_name(&secret, names[0])).at(place)),
        }
    }
}

/// The secret's name as written, interpolations included.
fn secret_name(def: &Def) -> Option<String> {
    if let Some(name) = def.name(2) {
        return Some(name.to_owned());
    }
    let node = super::name_part(def, 2)?;
    let string = node.descendants().find_map(<ast::Str as syntax::AstNode>::cast)?;
    let mut name = String::new();
    for part in syntax::string_parts_of(&string) {
        match part {
            InterpolPart::Literal(text) => name.push_str(&text),
            InterpolPart::Interpolation(interpolation) => {
                name.push_str(&syntax::text_of(syntax::AstNode::syntax(&interpolation)))
            }
        }
    }
    Some(name)
}

/// Pattern 6: `tests/<service>/default.nix`, or whatever file of tests has the service's module or turns it on.
fn test(context: &CheckContext, name: &str, found: &mut Vec<Finding>) {
    let tests = &context.rules().paths.tests;
    let wanted = tests.join(name).join("default.nix");
    if context.repo.has(&wanted) {
        return;
    }
    let service = context.contracts.services.get(name);
    let service = service.or_else(|| context.dormant.services.get(name));
    let home = service.and_then(|service| context.home(service));
    if !tested::tests_of(context.repo, name, home.map(|home| home.source.path())).is_empty() {
        return;
    }
    let single: PathBuf = tests.join(format!("{name}.nix"));
    let other = context
        .repo
        .nix_files()
        .find(|path| path.starts_with(tests.join(name)) || *path == single);
    let place = service.and_then(|service| context.anchor(service));
    found.push(warning(name, texts::missing_test(name, &wanted, other)).at(place));
}

/// What there is to say of a module that `program` makes `formatted` of.
fn formatting((path, text, service): Text, plain: &str, formatted: &str, program: &str) -> Option<Finding> {
    if formatted == plain {
        return None;
    }
    let at = plain.bytes().zip(formatted.bytes()).take_while(|(a, b)| a == b).count();
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(0);
    let place = crate::error::Place::new(path, &text.into(), at..at);
    let mut found = finding(Severity::Warning, Some(service), texts::formatting(path, program)).at(Some(place));
    found.mend = Some(QuickFix::format(path));
    Some(found)
}
