//! Definitions that a plan declares to change the configuration by: what the machine gains, as a person would have written
//! it in the legacy pattern. A proof makes them in a copy of the state before; then nothing else may differ.

use super::install::wiring;
use super::model::{Context, Guard, ServiceFacts};
use super::ops::Ops;
use crate::edit::{GroupId, SourceChange};
use crate::error::Result;
use crate::resolve::free;
use crate::resolve::module::Module;
use crate::resolve::scope::Binding;
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The name of the file that makes them, beside the host's settings.
const FILE: &str = "qgroget-declared";
/// The arguments that every module is given, and that a text may use wherever it stands.
const ARGUMENTS: [&str; 3] = ["config", "lib", "pkgs"];

/// A list that is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The option's path.
    pub option: Vec<String>,
    /// When it is defined, as Nix source; `None` for always.
    condition: Option<String>,
    /// Whether it holds whatever else defines the option.
    forced: bool,
    /// Its elements as Nix source.
    elements: Vec<String>,
    /// What each element is, where that is known.
    pub known: Vec<Option<String>>,
    /// What is gained by it, for people.
    pub sentence: String,
}

impl Definition {
    /// The paths of a service's own backup job, in the legacy pattern: `paths`, and the known `directories`. `None` where a
    /// path means something only where it stands, so that no other file can say it.
    pub fn backup(
        context: &Context,
        facts: &ServiceFacts,
        paths: &[(&Module, ast::Expr)],
        directories: &[&str],
    ) -> Option<Definition> {
        let service = &facts.name;
        let imported = context.model.is_imported(facts.home.source.path());
        let rules = context.rules();
        let field = rules.backup_fields_of(&ContractField::BackupPaths).next()?;
        let mut elements = Vec::new();
        let mut known = Vec::new();
        for (module, path) in paths {
            let value = context.eval(module).string(path).ok();
            elements.push(match &value {
                Some(value) => syntax::string_text(value),
                None => movable(path.syntax())?,
            });
            known.push(value);
        }
        let source = |path: &ast::Expr| path.syntax().text().to_string().trim_matches('"').to_owned();
        let shown = known
            .iter()
            .zip(paths)
            .map(|(value, (_, path))| value.clone().unwrap_or_else(|| source(path)));
        let mut shown: Vec<String> = shown.collect();
        for directory in directories {
            elements.push(syntax::string_text(directory));
            known.push(Some((*directory).to_owned()));
            shown.push((*directory).to_owned());
        }
        let own = [service.clone(), field.to_owned()];
        let option = parts(&rules.namespaces.backups)
            .into_iter()
            .map(str::to_owned)
            .chain(own);
        Some(Definition {
            option: option.collect(),
            condition: condition(&facts.guard)?,
            forced: false,
            sentence: super::texts::gained_backup(&shown, service, imported),
            elements,
            known,
        })
    }

    /// The list at `option` with these elements, in this order, whatever else defines it.
    pub fn forced(option: Vec<String>, elements: &[String]) -> Definition {
        Definition {
            sentence: super::texts::other_order(&option.join(".")),
            option,
            condition: None,
            forced: true,
            elements: elements.iter().map(|element| syntax::string_text(element)).collect(),
            known: elements.iter().cloned().map(Some).collect(),
        }
    }

    /// Whether it only gives a set another order.
    pub fn is_order(&self) -> bool {
        self.forced
    }

    fn text(&self) -> String {
        let path: Vec<String> = self.option.iter().map(|name| syntax::attr_text(name)).collect();
        let force = if self.forced { "lib.mkForce " } else { "" };
        let list = format!("{force}[{}]", self.elements.join(" "));
        match &self.condition {
            None => format!("  {} = {list};\n", path.join(".")),
            Some(condition) => format!("  {} = lib.mkIf ({condition}) {list};\n", path.join(".")),
        }
    }
}

/// The source of an expression that means the same in any module.
fn movable(node: &SyntaxNode) -> Option<String> {
    let variables = free::variables(node);
    let everywhere = variables.iter().all(|(name, variable)| {
        matches!(variable.binding, Binding::Param(_)) && ARGUMENTS.contains(&name.as_str())
            || matches!(variable.binding, Binding::Global)
    });
    everywhere.then(|| format!("({})", node.text()))
}

/// The condition of a service's declarations, in a module of its own; `None` where it means something only where it stands.
fn condition(guard: &Guard) -> Option<Option<String>> {
    match guard {
        Guard::Always => Some(None),
        Guard::Switch { path, .. } | Guard::Condition { option: Some(path), .. } => {
            let path: Vec<String> = path.iter().map(|name| syntax::attr_text(name)).collect();
            Some(Some(format!("config.{}", path.join("."))))
        }
        Guard::Condition { text, option: None, .. } => {
            let source = syntax::Source::new("condition.nix", format!("{{config, lib, pkgs, ...}}: {text}"));
            let root = source.expr().ok()?;
            let ast::Expr::Lambda(lambda) = root else { return None };
            let body = lambda.body()?;
            movable(body.syntax()).map(Some)
        }
    }
}

/// The change that makes definitions in a repository: a module of its own, which the host's settings import.
///
/// # Errors
/// `unsupported-module` where the host's settings take no import.
pub fn change(context: &Context, definitions: &[Definition]) -> Result<SourceChange> {
    let settings = &context.host.settings;
    let names = (0..).map(|number| match number {
        0 => format!("{FILE}.nix"),
        _ => format!("{FILE}-{number}.nix"),
    });
    let mut free = names.filter(|name| !context.repo.exists(&settings.with_file_name(name)));
    let name = free.next().expect("numbers do not end");
    let file = settings.with_file_name(&name);
    let body: String = definitions.iter().map(Definition::text).collect();
    let mut ops = Ops::new(context.repo);
    ops.create(file, format!("{{config, lib, pkgs, ...}}: {{\n{body}}}\n"));
    wiring::add_imports(
        &mut ops,
        context.repo,
        settings,
        &[format!("./{name}")],
        None,
        GroupId(0),
    )?;
    ops.finish()
}
