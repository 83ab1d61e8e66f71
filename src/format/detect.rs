//! What a repository says about how it is formatted. Pure: it looks at texts that were read already.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::error::Place;
use crate::rules::Format;
use crate::syntax::{self, AstNode, Source, SyntaxKind, ast};

/// The texts that may say it.
#[derive(Default)]
pub struct Declarations<'t> {
    /// The flake.
    pub flake: Option<&'t Source>,
    /// Other Nix files that may set up treefmt-nix or git-hooks.nix.
    pub modules: Vec<&'t Source>,
    /// `treefmt.toml`, under its own name.
    pub treefmt: Option<(&'t Path, Arc<str>)>,
    /// `.pre-commit-config.yaml`.
    pub pre_commit: Option<(&'t Path, Arc<str>)>,
}

/// The formats that one kind of declaration names, each with the first place.
type Named = BTreeMap<Format, Place>;

impl Declarations<'_> {
    /// The format that the first of these says which says exactly one: the flake's `formatter`, treefmt-nix, `treefmt.toml`,
    /// the hooks of pre-commit and of git-hooks.nix.
    pub fn format(&self) -> Option<(Format, Place)> {
        let nix = || self.flake.iter().chain(&self.modules).copied();
        let kinds: [&dyn Fn() -> Named; 4] = [
            &|| self.flake.map(formatter).unwrap_or_default(),
            &|| enabled(nix(), "programs"),
            &|| self.treefmt.as_ref().map(treefmt).unwrap_or_default(),
            &|| {
                let mut hooks = self.pre_commit.as_ref().map(pre_commit).unwrap_or_default();
                for (format, place) in enabled(nix(), "hooks") {
                    hooks.entry(format).or_insert(place);
                }
                hooks
            },
        ];
        // Two formatters in one place are for different files or at odds; neither says how new code is to look.
        kinds
            .into_iter()
            .map(|named| named())
            .find(|named| named.len() == 1)?
            .pop_first()
    }
}

/// Whether a Nix file may set up treefmt-nix or git-hooks.nix, as far as its bytes tell.
pub fn may_declare(text: &str) -> bool {
    let has = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    (has("programs") || has("hooks")) && (has("alejandra") || has("nixfmt") || has("nixpkgs-fmt"))
}

/// The bindings of a file, each with its whole path.
fn bindings(source: &Source) -> Vec<(ast::AttrpathValue, Vec<Option<String>>)> {
    let all = syntax::nodes::<ast::AttrpathValue>(&source.root()).into_iter();
    all.map(|binding| (binding.clone(), syntax::whole_path(&binding)))
        .collect()
}

/// What the flake's output `formatter` is, of any system: `formatter.<system> = …`, `formatter = forAllSystems (…)`, or that
/// of a function that is called for each system.
fn formatter(flake: &Source) -> Named {
    let bindings = bindings(flake);
    let is_formatter = |path: &[Option<String>]| {
        let names: Vec<Option<&str>> = path.iter().map(Option::as_deref).collect();
        match names.as_slice() {
            [Some("outputs" | "flake" | "perSystem"), rest @ ..] | rest => {
                rest.first() == Some(&Some("formatter")) && rest.len() <= 2
            }
        }
    };
    let mut named = Named::new();
    for (binding, _) in bindings.iter().filter(|(_, path)| is_formatter(path)) {
        let Some(value) = binding.value() else { continue };
        let mut found = mentioned(flake, &value);
        if found.is_empty() {
            // What a `let` calls it.
            for used in syntax::uses(value.syntax()) {
                let is_own = |path: &[Option<String>]| matches!(path, [Some(name)] if *name == used.name);
                let values = bindings.iter().filter(|(_, path)| is_own(path));
                found.extend(
                    values
                        .filter_map(|(binding, _)| binding.value())
                        .flat_map(|value| mentioned(flake, &value)),
                );
            }
        }
        named.extend(found);
    }
    named
}

/// The formatters that an expression names.
fn mentioned(source: &Source, value: &ast::Expr) -> Named {
    let names = syntax::tokens(value.syntax()).filter(|token| token.kind() == SyntaxKind::TOKEN_IDENT);
    let format = |token: syntax::SyntaxToken| {
        let format = Format::made_by(token.text())?;
        Some((format, source.place(syntax::token_span(&token))))
    };
    names.filter_map(format).collect()
}

/// The formatters that are turned on below `set`: `programs.alejandra.enable = true`.
fn enabled<'s>(sources: impl Iterator<Item = &'s Source>, set: &str) -> Named {
    let mut named = Named::new();
    for source in sources {
        for (binding, path) in bindings(source) {
            let [.., Some(above), Some(program), Some(switch)] = path.as_slice() else {
                continue;
            };
            let is_on = || {
                binding
                    .value()
                    .is_some_and(|value| syntax::text_of(value.syntax()) == "true")
            };
            if let (true, Some(format)) = (above == set && switch == "enable", Format::made_by(program))
                && is_on()
            {
                named.entry(format).or_insert_with(|| source.place_of(binding.syntax()));
            }
        }
    }
    named
}

/// The commands of `treefmt.toml`: `[formatter.nix] command = "nixfmt"`.
fn treefmt((path, text): &(&Path, Arc<str>)) -> Named {
    let table: toml::Table = text.parse().unwrap_or_default();
    let formatters = table.get("formatter").and_then(toml::Value::as_table);
    let commands = formatters.into_iter().flat_map(|formatters| formatters.values());
    let commands = commands.filter_map(|formatter| formatter.get("command")?.as_str());
    let format = |command: &str| {
        let format = Format::made_by(program(command))?;
        let at = text.find(&format!("{command:?}")).unwrap_or(0);
        Some((format, Place::new(path, text, at..at)))
    };
    commands.filter_map(format).collect()
}

/// The hooks of `.pre-commit-config.yaml`, by their ids and what they run. Read line by line: of YAML no more is needed.
fn pre_commit((path, text): &(&Path, Arc<str>)) -> Named {
    let mut named = Named::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let line = line.split(" #").next().unwrap_or_default();
        let entry = line.trim().trim_start_matches("- ").split_once(':');
        let Some(("id" | "entry", value)) = entry.map(|(key, value)| (key.trim(), value.trim())) else {
            continue;
        };
        let value = value.trim_matches(['"', '\'']);
        if let Some(format) = value
            .split_whitespace()
            .next()
            .and_then(|word| Format::made_by(program(word)))
        {
            named
                .entry(format)
                .or_insert_with(|| Place::new(path, text, begin..begin));
        }
    }
    named
}

/// A command's own name.
fn program(command: &str) -> &str {
    command.rsplit('/').next().unwrap_or(command)
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
