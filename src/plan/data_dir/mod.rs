//! Where a service keeps its state: what a person says, what its backups and persistence say, or else what
//! [`implied`](implied::find) finds.

mod candidate;
mod implied;
#[cfg(test)]
mod tests;
mod texts;

use std::path::Path;

use candidate::{Candidate, distinct, of_facts};
pub use implied::seen_at_the_top;

use super::Skipped;
use super::model::{Context, ServiceFacts};
use super::placement;
use crate::error::{self, Result};
use crate::resolve::free;
use crate::resolve::scope::{self, Binding};
use crate::rules::ContractField;
use crate::syntax::{AstNode, Source, SyntaxNode};

/// What is known of the directory.
enum Found {
    Directory(Candidate),
    /// Nothing says that there is one.
    Nowhere,
    /// It is one of these, each once.
    OneOf(Vec<Candidate>),
    /// There may be one; the reason why it is not known.
    Unclear(String),
}

impl Found {
    fn among(all: Vec<Candidate>) -> Found {
        let mut all = distinct(all);
        match all.len() {
            0 => Found::Nowhere,
            1 => Found::Directory(all.remove(0)),
            _ => Found::OneOf(all),
        }
    }
}

/// Where the service keeps its state, as Nix source for the file `module`; `null` if nothing says that it keeps any.
///
/// # Errors
/// `ambiguous-data-dir` where several directories are named and none of them is the one; `unmovable` for a directory that
/// a person says by names that the contract does not see; `computed-path`.
pub fn text(context: &Context, facts: &ServiceFacts, module: &Path) -> Result<String> {
    let Some(candidate) = directory(context, facts)? else {
        return Ok("null".to_owned());
    };
    if let (Some((name, node)), Some((source, _))) = (candidate.unseen(), &candidate.from) {
        return Err(error::plan::unmovable(source.place_of(&node), &name));
    }
    match &candidate.from {
        Some((source, node)) => placement::relocated_text(source, node, &candidate.text, module),
        None => Ok(candidate.text),
    }
}

/// The node that [`text`]'s text was taken from, for the names in it.
///
/// # Errors
/// As [`text`].
pub fn of_node(context: &Context, facts: &ServiceFacts) -> Result<Option<SyntaxNode>> {
    let candidate = directory(context, facts)?;
    Ok(candidate.and_then(|candidate| candidate.from).map(|(_, node)| node))
}

fn directory(context: &Context, facts: &ServiceFacts) -> Result<Option<Candidate>> {
    match find(context, facts)? {
        Found::Directory(candidate) => Ok(Some(candidate)),
        Found::Nowhere | Found::Unclear(_) => Ok(None),
        Found::OneOf(all) => {
            let said: Vec<String> = all.iter().map(Candidate::said).collect();
            Err(error::plan::ambiguous_data_dir(facts.place(), &facts.name, &said))
        }
    }
}

/// What is left to a person: a service that may keep state, and nothing says where.
pub fn left(context: &Context, facts: &ServiceFacts) -> Option<Skipped> {
    if facts.first(&ContractField::DataDir).is_some() {
        return None;
    }
    match find(context, facts) {
        Ok(Found::Unclear(why)) => Some(Skipped {
            what: texts::left(&facts.name),
            place: Some(facts.place()),
            why: texts::left_why(&why),
            next: Some(texts::left_next(&facts.name)),
        }),
        _ => None,
    }
}

/// The directories that a person may choose among, as [`Choices`](super::model::Choices) takes them; none where the plan
/// needs no choice.
///
/// # Errors
/// Every refusal of [`ServiceFacts::collect`].
pub fn choices(context: &Context, service: &str) -> Result<Vec<String>> {
    let facts = ServiceFacts::collect(context, service)?;
    match find(context, &facts) {
        Ok(Found::OneOf(all)) => Ok(all.iter().map(Candidate::said).collect()),
        _ => Ok(Vec::new()),
    }
}

fn find(context: &Context, facts: &ServiceFacts) -> Result<Found> {
    match context.data_dir(&facts.name) {
        Some("null") => Ok(Found::Nowhere),
        Some(path) if path.starts_with('/') => Ok(Found::Directory(Candidate::plain(path))),
        Some(text) => said(context, facts, text).map(Found::Directory),
        None => Ok(written(context, facts)),
    }
}

/// The directory that a person says as Nix source: one that the service's code has, with the names that it is written by,
/// or one by names that every contract sees.
fn said(context: &Context, facts: &ServiceFacts, text: &str) -> Result<Candidate> {
    let candidates = Named::of(context, facts).all();
    if let Some(candidate) = candidates.into_iter().find(|candidate| candidate.text == text) {
        return Ok(candidate);
    }
    let source = Source::new(facts.home.source.path(), text);
    let body = facts.home.body.syntax();
    let bound = |name: &str| {
        let binding = scope::lookup(body, name);
        let seen = !matches!(binding, Binding::Unbound | Binding::With(_) | Binding::Global);
        name == "config" || (facts.co_located.is_none() && seen)
    };
    match free::variables(&source.root()).keys().find(|name| !bound(name)) {
        Some(name) => Err(error::plan::unmovable(facts.place(), name)),
        None => Ok(Candidate {
            text: text.to_owned(),
            key: text.to_owned(),
            from: None,
        }),
    }
}

/// The directories that the service's declarations name.
struct Named {
    backups: Vec<Candidate>,
    persisted: Vec<Candidate>,
    /// In fields that nothing reads.
    unread: Vec<Candidate>,
}

impl Named {
    fn of(context: &Context, facts: &ServiceFacts) -> Named {
        let paths = |shared: bool| {
            let jobs = facts.jobs.iter().filter(move |job| job.shared == shared);
            jobs.flat_map(|job| &job.facts)
                .filter(|fact| fact.field == ContractField::BackupPaths)
        };
        let mut backups = of_facts(context, paths(false));
        backups.extend(of_facts(context, paths(true)));
        let mut persisted = of_facts(context, facts.of(&ContractField::PersistedData));
        for entry in &facts.persisted {
            persisted.extend(Candidate::of(context, entry.module, &entry.element));
        }
        let unread = facts.unread().filter(|fact| fact.field == ContractField::BackupPaths);
        Named {
            backups,
            persisted,
            unread: of_facts(context, unread),
        }
    }

    fn all(&self) -> Vec<Candidate> {
        let all = self.backups.iter().chain(&self.persisted).chain(&self.unread);
        all.cloned().collect()
    }
}

/// What the code says: the one directory that the declarations agree on, or what is implied where they name none.
fn written(context: &Context, facts: &ServiceFacts) -> Found {
    let named = Named::of(context, facts);
    let all = named.all();
    if all.is_empty() {
        return implied::find(context, facts);
    }
    let both = |a: &[Candidate], b: &[Candidate]| -> Vec<Candidate> {
        a.iter().filter(|x| b.iter().any(|y| y.key == x.key)).cloned().collect()
    };
    // Caches and logs are no state.
    let is_state = |c: &&Candidate| !["/var/cache/", "/var/log/"].iter().any(|p| c.key.starts_with(p));
    let kept: Vec<Candidate> = all.iter().filter(is_state).cloned().collect();
    let names: Vec<String> = context.names_of(&facts.name);
    let is_called = |c: &&Candidate| c.key.split('/').any(|part| part.trim_end_matches('"') == facts.name);
    let is_called_so = |c: &&Candidate| names_service(&c.key, &names);
    let tries = [
        both(&named.backups, &named.persisted),
        both(&named.unread, &named.persisted),
        kept.clone(),
        named.backups,
        kept.iter().filter(is_called).cloned().collect(),
        kept.iter().filter(is_called_so).cloned().collect(),
    ];
    let mut tries = tries.into_iter().map(distinct);
    match tries.find(|choice| choice.len() == 1) {
        Some(choice) => Found::among(choice),
        None => Found::among(all),
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
