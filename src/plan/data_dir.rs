//! Where a service keeps its state: what its backups and persistence say, or else its own options and volumes.

use std::path::Path;

use super::model::{self, Context, Fact, ServiceFacts};
use super::placement;
use crate::error::{self, Result};
use crate::resolve::free;
use crate::resolve::module::{Def, Module, list_elements};
use crate::resolve::scope::Binding;
use crate::resolve::value::Value;
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, InterpolPart, Source, SyntaxNode, ast};

/// Options of a NixOS module that hold the directory of its state.
const OPTIONS: [&str; 3] = ["dataDir", "stateDir", "configDir"];

/// Where the service keeps its state, as Nix source for the file `module`; `null` if nothing says that it keeps any.
///
/// # Errors
/// `ambiguous-data-dir` where several directories are named and none of them is the one; `computed-path`.
pub fn text(context: &Context, facts: &ServiceFacts, module: &Path) -> Result<String> {
    if let Some(said) = context.data_dir(&facts.name) {
        return Ok(said);
    }
    match state_directory(context, facts)? {
        Some(found) => placement::relocated_text(&found.source, &found.node, &found.text, module),
        None => Ok("null".to_owned()),
    }
}

/// The node that [`text`]'s text was taken from, for the names in it.
///
/// # Errors
/// As [`text`].
pub fn of_node(context: &Context, facts: &ServiceFacts) -> Result<Option<SyntaxNode>> {
    match context.data_dir(&facts.name) {
        Some(_) => Ok(None),
        None => Ok(state_directory(context, facts)?.map(|candidate| candidate.node)),
    }
}

fn state_directory(context: &Context, facts: &ServiceFacts) -> Result<Option<Candidate>> {
    let paths = |shared: bool| {
        let jobs = facts.jobs.iter().filter(move |job| job.shared == shared);
        jobs.flat_map(|job| &job.facts)
            .filter(|fact| fact.field == ContractField::BackupPaths)
    };
    let mut backups = candidates(context, paths(false));
    backups.extend(candidates(context, paths(true)));
    let mut persisted = candidates(context, facts.of(&ContractField::PersistedData));
    for entry in &facts.persisted {
        persisted.extend(candidate(context, entry.module, &entry.element));
    }
    let unread = facts.unread().filter(|fact| fact.field == ContractField::BackupPaths);
    let unread = candidates(context, unread);
    let both = |a: &[Candidate], b: &[Candidate]| -> Vec<Candidate> {
        a.iter().filter(|x| b.iter().any(|y| y.key == x.key)).cloned().collect()
    };
    let names: Vec<String> = context.names_of(&facts.name);
    let named = |list: &[Candidate]| -> Vec<Candidate> {
        list.iter().filter(|c| names_service(&c.key, &names)).cloned().collect()
    };
    let exactly = |list: &[Candidate]| -> Vec<Candidate> {
        let is = |c: &&Candidate| c.key.split('/').any(|part| part.trim_end_matches('"') == facts.name);
        list.iter().filter(is).cloned().collect()
    };
    let all: Vec<Candidate> = backups.iter().chain(&persisted).chain(&unread).cloned().collect();
    // Caches and logs are no state.
    let kept: Vec<Candidate> = all
        .iter()
        .filter(|c| !["/var/cache/", "/var/log/"].iter().any(|p| c.key.starts_with(p)))
        .cloned()
        .collect();
    let tries = [
        both(&backups, &persisted),
        both(&unread, &persisted),
        kept.clone(),
        backups,
        exactly(&kept),
        named(&kept),
    ];
    for choice in tries {
        let mut keys: Vec<&str> = choice.iter().map(|c| c.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() == 1 {
            return Ok(choice.into_iter().next());
        }
    }
    if all.is_empty() {
        return Ok(implied(context, facts));
    }
    let mut names: Vec<String> = all.iter().map(|c| c.text.clone()).collect();
    names.dedup();
    Err(error::plan::ambiguous_data_dir(facts.place(), &facts.name, &names))
}

/// A directory that may be the service's: its source text, and its value where that is known.
#[derive(Clone)]
struct Candidate {
    text: String,
    /// The value where that is known, the option that it reads, or else the text: equal for equal directories.
    key: String,
    node: SyntaxNode,
    /// The file of the node.
    source: Source,
}

fn candidates<'f, 'a: 'f>(context: &Context<'a>, facts: impl Iterator<Item = &'f Fact<'a>>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for fact in facts {
        let list = fact.list();
        found.extend(list.iter().filter_map(|e| candidate(context, fact.origin.module, e)));
    }
    found
}

fn candidate<'a>(context: &Context<'a>, module: &'a crate::resolve::Module, element: &ast::Expr) -> Option<Candidate> {
    let eval = context.eval(module);
    let path = match syntax::unparen(element.clone()) {
        ast::Expr::AttrSet(set) => crate::resolve::module::attribute(&set, "directory")?,
        other => other,
    };
    if let Value::Set(_) = eval.force(&path) {
        // A name for a set with a directory in it: the name is no directory.
        let key = model::directory(&eval, &path)?;
        return Some(Candidate {
            text: syntax::string_text(&key),
            key,
            node: path.syntax().clone(),
            source: module.source.clone(),
        });
    }
    let text = syntax::text_of(path.syntax());
    let option = || eval.option_path(&sole_interpolation(&path)?).map(|path| path.join("."));
    let key = eval.string(&path).ok().or_else(option).unwrap_or_else(|| text.clone());
    Some(Candidate {
        text,
        key,
        node: path.syntax().clone(),
        source: module.source.clone(),
    })
}

/// The `e` of `"${e}"`, and anything but a string as itself.
fn sole_interpolation(expr: &ast::Expr) -> Option<ast::Expr> {
    let ast::Expr::Str(string) = expr else {
        return Some(expr.clone());
    };
    match syntax::string_parts_of(string).as_slice() {
        [InterpolPart::Interpolation(interpol)] => interpol.expr(),
        _ => None,
    }
}

/// Whether a directory's name says that it is the service's.
fn names_service(path: &str, names: &[String]) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    path.split(['/', '.'])
        .any(|part| names.iter().any(|name| plain(part).starts_with(&plain(name))))
}

/// What the module's own definitions say of a service that is neither persisted nor backed up by itself: an option for
/// the directory of its state, or the directory of its name that its containers mount. `None` where they say nothing,
/// or different things. Nothing is persisted because of it: the contract's list of persistent directories is explicit.
fn implied(context: &Context, facts: &ServiceFacts) -> Option<Candidate> {
    let names = context.names_of(&facts.name);
    let mut found: Vec<Candidate> = Vec::new();
    for def in facts.home.under(&["services"]) {
        let named = def.name(1).is_some_and(|name| names.iter().any(|n| n == name));
        if named && def.path.len() == 3 && def.name(2).is_some_and(|last| OPTIONS.contains(&last)) {
            found.extend(
                def.value
                    .as_ref()
                    .and_then(|value| candidate(context, facts.home, value)),
            );
        }
    }
    for option in &context.rules().containers.options {
        let option = parts(option);
        for def in facts.home.under(&option).filter(|def| ends_with(def, "volumes")) {
            let mut volumes = Vec::new();
            def.value.iter().for_each(|value| list_elements(value, &mut volumes));
            found.extend(volumes.iter().filter_map(|volume| mounted(facts.home, volume, &names)));
        }
    }
    found.retain(|candidate| seen_at_the_top(&candidate.node));
    let first = found.pop()?;
    found.iter().all(|other| other.key == first.key).then_some(first)
}

fn ends_with(def: &Def, name: &str) -> bool {
    def.path.last().is_some_and(|last| last.as_deref() == Some(name))
}

/// The directory called like the service that a volume `host:container[:options]` lies in, if the container may write there.
fn mounted(home: &Module, volume: &ast::Expr, names: &[String]) -> Option<Candidate> {
    let ast::Expr::Str(string) = syntax::unparen(volume.clone()) else {
        return None;
    };
    let mut text = String::new();
    let mut options = None;
    for part in string.parts() {
        let part = match (part, &mut options) {
            (InterpolPart::Literal(literal), None) => syntax::literal_text(&literal),
            (InterpolPart::Interpolation(interpolation), None) => {
                text.push_str(&syntax::text_of(interpolation.syntax()));
                continue;
            }
            (InterpolPart::Literal(literal), Some(rest)) => {
                String::push_str(rest, &syntax::literal_text(&literal));
                continue;
            }
            (InterpolPart::Interpolation(_), Some(_)) => continue,
        };
        match part.split_once(':') {
            Some((host, rest)) => {
                text.push_str(host);
                options = Some(rest.to_owned());
            }
            None => text.push_str(&part),
        }
    }
    let read_only = options?
        .split(':')
        .nth(1)
        .is_some_and(|options| options.split(',').any(|option| option == "ro"));
    let parts: Vec<&str> = text.split('/').collect();
    let own = parts.iter().rposition(|part| names.iter().any(|name| name == part))?;
    let directory = parts[..=own].join("/");
    // A name without a directory is a volume that the container engine keeps.
    if read_only || !directory.starts_with(['/', '$']) || text.contains(['"', '\\']) {
        return None;
    }
    Some(Candidate {
        text: format!("\"{directory}\""),
        key: directory,
        node: volume.syntax().clone(),
        source: home.source.clone(),
    })
}

/// Whether every name in `node` is bound where the contract will stand too: by the module's arguments or the `let` around
/// its body.
pub(super) fn seen_at_the_top(node: &SyntaxNode) -> bool {
    free::variables(node).values().all(|free| match &free.binding {
        Binding::Param(lambda) => is_top(lambda.syntax()),
        Binding::Value(value) => in_top_let(value.syntax()),
        Binding::Inherited(inherit) => in_top_let(inherit.syntax()),
        _ => false,
    })
}

fn in_top_let(node: &SyntaxNode) -> bool {
    let around = node.ancestors().find(|n| ast::LetIn::can_cast(n.kind()));
    around.and_then(|around| around.parent()).is_some_and(|parent| {
        ast::Root::can_cast(parent.kind()) || (ast::Lambda::can_cast(parent.kind()) && is_top(&parent))
    })
}

fn is_top(lambda: &SyntaxNode) -> bool {
    lambda.parent().is_some_and(|parent| ast::Root::can_cast(parent.kind()))
}
