//! What a machine needs besides a service's module: the modules that declare and define what it reads, the values that only
//! the host gives, and the arguments of modules that are the host's own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::plan::model::Context;
use crate::resolve::module::{Module, OptionDecl};
use crate::resolve::reads;
use crate::resolve::value::{Known, Value};
use crate::rules::{is_within, parts};
use crate::syntax::{self, ast};

/// Options whose attributes are there only where a module defines them.
const NAMED: [&str; 6] = [
    "users.users",
    "users.groups",
    "sops.secrets",
    "sops.templates",
    "virtualisation.quadlet.networks",
    "virtualisation.quadlet.volumes",
];

/// Arguments that every module has.
const OF_NIXOS: [&str; 8] = [
    "config",
    "lib",
    "pkgs",
    "options",
    "modulesPath",
    "utils",
    "baseModules",
    "extendModules",
];

/// What the library gives modules: the flake's inputs.
const OF_THE_LIBRARY: &str = "inputs";

/// The surroundings of a service in a machine of its own.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Files of modules, the service's own first.
    pub modules: Vec<PathBuf>,
    /// Values that only the host gives: option and source.
    pub settings: Vec<(String, String)>,
    /// Arguments of modules, with their source.
    pub arguments: Vec<(String, String)>,
    /// An argument of a module that is not known.
    pub unknown: Option<(String, PathBuf)>,
}

impl Surroundings {
    /// What the module at `own` needs.
    pub fn of(context: &Context, own: &Path) -> Surroundings {
        let mut found = Surroundings {
            modules: vec![own.to_owned()],
            ..Surroundings::default()
        };
        let mut at = 0;
        let mut reads = Vec::new();
        while let Some(path) = found.modules.get(at) {
            at += 1;
            if let Some(module) = context.model.module(path) {
                let mut paths = reads_of(context, module);
                reads.extend(paths.iter().cloned());
                paths.extend(defined(module));
                found.follow(context, module, &paths);
                found.take_arguments(context, module);
            }
        }
        for path in reads {
            found.set(context, &path);
        }
        found
    }

    /// Adds what declares and defines these options.
    fn follow(&mut self, context: &Context, module: &Module, paths: &BTreeSet<Vec<String>>) {
        for path in paths.iter().filter(|path| !is_installed(context, path)) {
            for declaring in declaring(context, path) {
                self.add(context, declaring);
            }
            let Some(set) = named(context, path) else { continue };
            let whole: Vec<&str> = path.iter().map(String::as_str).collect();
            let entry = &whole[..parts(&set).len() + 1];
            if defines(module, entry) && defines(module, &whole) {
                continue;
            }
            // What gives the very value that is read; else whatever has the entry.
            for wanted in [&whole[..], entry] {
                let definers: Vec<&Module> = context
                    .model
                    .under(wanted)
                    .into_iter()
                    .map(|(module, _)| module)
                    .collect();
                let there = |module: &Module| self.modules.iter().any(|path| path == module.source.path());
                if definers.iter().any(|module| there(module)) {
                    break;
                }
                let fit = definers
                    .into_iter()
                    .find(|module| is_shareable(context, module.source.path()));
                if let Some(module) = fit {
                    self.add(context, module.source.path());
                    break;
                }
            }
        }
    }

    fn add(&mut self, context: &Context, path: &Path) {
        if is_shareable(context, path) && !self.modules.iter().any(|there| there == path) {
            self.modules.push(path.to_owned());
        }
    }

    /// Takes over what only the host says: an option without a default, or an entry that a host's own file has.
    fn set(&mut self, context: &Context, path: &[String]) {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let needed = match context.model.declaration(&names) {
            Some((_, declaration)) => lacks_default(declaration),
            None => named(context, path).is_some(),
        };
        let definitions = context.model.definitions(&names);
        let there = |module: &Module| self.modules.iter().any(|path| path == module.source.path());
        let option: Vec<String> = path.iter().map(|name| syntax::attr_text(name)).collect();
        let option = option.join(".");
        let said = self.settings.iter().any(|(said, _)| *said == option);
        if !needed || said || is_installed(context, path) || definitions.iter().any(|(module, _)| there(module)) {
            return;
        }
        let known =
            definitions
                .iter()
                .find_map(|(module, def)| match context.eval(module).force(def.value.as_ref()?) {
                    Value::Known(known) => text_of(&known),
                    _ => None,
                });
        self.settings.extend(known.map(|text| (option, text)));
    }

    fn take_arguments(&mut self, context: &Context, module: &Module) {
        let names = module.lambda.iter().flat_map(arguments);
        for name in names.filter(|name| !OF_NIXOS.contains(&name.as_str()) && name != OF_THE_LIBRARY) {
            match name.as_str() {
                "hostname" | "hostName" | "host" => {
                    let argument = (name, syntax::string_text(&context.host.name));
                    if !self.arguments.contains(&argument) {
                        self.arguments.push(argument);
                    }
                }
                _ => {
                    let unknown = (name, module.source.path().to_owned());
                    self.unknown.get_or_insert(unknown);
                }
            }
        }
    }
}

/// The arguments that a module cannot do without.
fn arguments(lambda: &ast::Lambda) -> Vec<String> {
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return Vec::new();
    };
    let entries = pattern.pat_entries().filter(|entry| entry.default().is_none());
    entries
        .filter_map(|entry| Some(syntax::ident_text(&entry.ident()?)))
        .collect()
}

/// The options that a module reads, as far as their names are known.
fn reads_of(context: &Context, module: &Module) -> BTreeSet<Vec<String>> {
    let eval = context.eval(module);
    let root = module.source.root();
    let mut found = BTreeSet::new();
    for select in syntax::nodes::<ast::Select>(&root) {
        let expr = ast::Expr::Select(select);
        let path = eval.option_path(&expr).or_else(|| {
            let names = reads::option(&expr)?;
            Some(names.into_iter().map_while(|name| name).collect())
        });
        found.extend(path);
    }
    for inherit in syntax::nodes::<ast::Inherit>(&root) {
        let names = inherit.attrs().filter_map(|attr| syntax::attr_name(&attr));
        for name in names.collect::<Vec<_>>() {
            let path = reads::inherited(&inherit, &name);
            found.extend(path.map(|path| path.into_iter().map_while(|name| name).collect()));
        }
    }
    found.retain(|path: &Vec<String>| path.len() > 1);
    found
}

/// The options that a module defines, as far as their names are known.
fn defined(module: &Module) -> impl Iterator<Item = Vec<String>> {
    module.defs.iter().map(|def| {
        let names = def.path.iter().map_while(|name| name.as_deref().map(str::to_owned));
        names.collect()
    })
}

fn defines(module: &Module, path: &[&str]) -> bool {
    module.under(path).next().is_some()
}

/// The modules that declare an option at, above or below `path`. What is read as a whole (`inherit (config.a) b;`) counts
/// only where one module declares all of it.
fn declaring<'m>(context: &'m Context, path: &[String]) -> Vec<&'m Path> {
    let same = |declared: &OptionDecl, length: usize| {
        let names = declared.path.iter().map(Option::as_deref).zip(path).take(length);
        names.clone().count() == length && names.into_iter().all(|(a, b)| a == Some(b.as_str()))
    };
    let (mut above, mut below) = (Vec::new(), Vec::new());
    for module in context.model.modules() {
        let is_above = |declared: &OptionDecl| declared.path.len() <= path.len() && same(declared, declared.path.len());
        let is_below = |declared: &OptionDecl| path.len() > 1 && same(declared, path.len());
        if module.options.iter().any(is_above) {
            above.push(module.source.path());
        } else if module.options.iter().any(is_below) {
            below.push(module.source.path());
        }
    }
    match above.is_empty() && below.len() == 1 {
        true => below,
        false => above,
    }
}

/// The option of which `path` names an entry that some module has to define.
fn named(context: &Context, path: &[String]) -> Option<String> {
    let containers = &context.rules().containers;
    let all = NAMED
        .into_iter()
        .map(str::to_owned)
        .chain(containers.options.iter().cloned());
    let mut all = all.chain(containers.pods.iter().cloned());
    all.find(|option| path.len() > parts(option).len() && is_within(path, option))
}

/// Whether the library brings what declares the option: the contract's schema and collector.
fn is_installed(context: &Context, path: &[String]) -> bool {
    let names = &context.rules().namespaces;
    [&names.contract, &names.contract_options, &names.collector]
        .into_iter()
        .any(|option| is_within(path, option))
}

/// Whether a module can stand in another machine than the host's: no host's own, and not what the library brings.
fn is_shareable(context: &Context, path: &Path) -> bool {
    let paths = &context.rules().paths;
    let brought = ["options.nix", "collector.nix", "legacy-bridge.nix"];
    let of_the_library = path.parent() == Some(&*paths.server) && brought.iter().any(|name| path.ends_with(name));
    !of_the_library && !path.starts_with(&paths.hosts) && path != Path::new("flake.nix")
}

fn lacks_default(declaration: &OptionDecl) -> bool {
    let has = |name: &str| declaration.argument(name).is_some();
    declaration.arguments().is_some() && !has("default") && !has("readOnly")
}

/// A plain value as source; a path means something only where it stands.
fn text_of(known: &Known) -> Option<String> {
    match known {
        Known::Null => Some("null".to_owned()),
        Known::Bool(value) => Some(value.to_string()),
        Known::Int(number) => Some(number.to_string()),
        Known::Str(text) => Some(syntax::string_text(text)),
        Known::Path(_) => None,
    }
}
