//! Where a service's module belongs (Pattern 1), and every path that has to follow when it moves there.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::model::ServiceFacts;
use super::ops::Ops;
use super::{Move, Skipped};
use crate::edit::{GroupId, trivia};
use crate::error::{self, Place, Result};
use crate::repo::{Repository, hosts, literals};
use crate::rules::Rules;
use crate::syntax::{self, AstNode, Source, ast};

/// The category of services whose file stands in no directory of its own.
const NO_CATEGORY: &str = "misc";

/// `<server>/<category>/<service>/default.nix`, the category being the first directory that the module is in.
pub fn target(rules: &Rules, home: &Path, service: &str) -> PathBuf {
    let server = &rules.paths.server;
    let inside = home.strip_prefix(server).unwrap_or(Path::new(""));
    let said = rules.service.get(service).and_then(|rule| rule.category.clone());
    let category = match inside.components().next() {
        _ if said.is_some() => said.unwrap_or_default(),
        Some(Component::Normal(first)) if inside.components().count() > 1 => first.to_string_lossy().into_owned(),
        _ => NO_CATEGORY.to_owned(),
    };
    server.join(category).join(service).join("default.nix")
}

/// Whether a name can be a part of a path literal, and of a path that stays below its directory.
pub fn is_path_word(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(plain)
}

/// A path literal that names the module that moves.
#[derive(Clone)]
pub struct Reference {
    pub file: PathBuf,
    pub place: Place,
    /// The new literal.
    pub text: String,
    range: std::ops::Range<usize>,
}

/// Every path literal in the repository's Nix files that names `from`, itself or by its directory, as it has to be
/// when the file is at `to`.
pub fn references(repo: &Repository, from: &Path, to: &Path) -> Vec<Reference> {
    let mut found = Vec::new();
    for (source, literal) in repo.naming(from) {
        let whole = literal.target.as_os_str() == from.as_os_str();
        if !(whole || literal.is_module) {
            continue;
        }
        let goal = if literal.is_module || !whole {
            to.parent().unwrap_or(to)
        } else {
            to
        };
        found.push(Reference {
            file: source.path().to_owned(),
            place: source.place(literal.span.clone()),
            text: relative(source.path(), goal),
            range: literal.span.clone(),
        });
    }
    found
}

/// A path literal for `goal` in the file `from`: `./x`, `../x`.
pub fn relative(from: &Path, goal: &Path) -> String {
    let base: Vec<Component> = from.parent().unwrap_or(Path::new("")).components().collect();
    let goal: Vec<Component> = goal.components().collect();
    let shared = base.iter().zip(&goal).take_while(|(a, b)| a == b).count();
    let up = base.len() - shared;
    let rest: Vec<String> = goal[shared..]
        .iter()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    let head = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    match rest.is_empty() {
        true if up == 0 => "./.".to_owned(),
        true => head.trim_end_matches('/').to_owned() + "/.",
        false => head + &rest.join("/"),
    }
}

/// A node's text with its relative paths as they have to be in the file at `to`, and `others`, ranges of the file, replaced.
///
/// # Errors
/// `computed-path` for a path that is computed from the module's place.
pub fn relocated(
    source: &Source,
    node: &syntax::SyntaxNode,
    to: &Path,
    others: &[(Range<usize>, String)],
) -> Result<String> {
    let own = syntax::span(node);
    let inside = |(range, _): &&(Range<usize>, String)| syntax::covers(&own, range);
    let mut replaced: Vec<(Range<usize>, String)> = others.iter().filter(inside).cloned().collect();
    let paths: Vec<ast::PathRel> = syntax::nodes(node);
    for path in paths.into_iter().filter(|_| to != source.path()) {
        let Some(goal) = literals::target(source, &path) else {
            return Err(error::plan::computed_path(source.place_of(path.syntax())));
        };
        replaced.push((syntax::span(path.syntax()), relative(to, &goal)));
    }
    replaced.sort_by_key(|(range, _)| range.start);
    let mut text = syntax::text_of(node);
    for (range, new) in replaced.into_iter().rev() {
        text.replace_range(range.start - own.start..range.end - own.start, &new);
    }
    Ok(text)
}

/// A value's text, which stands at `node` in `source`, with its relative paths as they have to be in the file at `to`.
///
/// # Errors
/// As [`relocated`].
pub fn relocated_text(source: &Source, node: &syntax::SyntaxNode, text: &str, to: &Path) -> Result<String> {
    let mut text = text.to_owned();
    if to.parent() == source.path().parent() || !text.contains('/') {
        return Ok(text);
    }
    let value = Source::new(source.path(), text.as_str());
    for path in syntax::paths(&value).into_iter().rev() {
        let Some(goal) = literals::meant(&value, &path) else {
            return Err(error::plan::computed_path(source.place_of(node)));
        };
        text.replace_range(path.span, &relative(to, &goal));
    }
    Ok(text)
}

/// A binding with the comments that belong to it, with its relative paths as they have to be in the file at `to`.
///
/// # Errors
/// As [`relocated`].
pub fn relocated_binding(source: &Source, node: &syntax::SyntaxNode, to: &Path) -> Result<String> {
    let (own, extent) = (syntax::span(node), trivia::extent(source.text(), node));
    let text = relocated(source, node, to, &[])?;
    let around = |range: Range<usize>| &source.text()[range];
    let (before, after) = (around(extent.text.start..own.start), around(own.end..extent.text.end));
    Ok(format!("{before}{text}{after}"))
}

/// Whether a path literal of another file leads to the module, which can be mended where it moves. The import of a module
/// may be computed.
pub fn is_named(repo: &Repository, facts: &ServiceFacts) -> bool {
    let home = facts.home.source.path();
    facts.references(repo).iter().any(|reference| reference.file != home)
}

/// Moves the module, mends the paths in it and the paths that lead to it.
///
/// # Errors
/// `target-exists`; `computed-path` for a path in the module that is computed from its place.
pub fn render(work: &mut Ops, repo: &Repository, facts: &ServiceFacts, group: GroupId) -> Result<()> {
    let source = &facts.home.source;
    let (from, to) = (source.path(), facts.target.as_path());
    if repo.exists(to) {
        return Err(error::plan::target_exists(source.place(0..0), to));
    }
    let own = || facts.references(repo).iter().filter(|reference| reference.file == from);
    for path in syntax::paths(source) {
        let Some(goal) = literals::meant(source, &path) else {
            return Err(error::plan::computed_path(source.place(path.span)));
        };
        // A module that names itself names itself afterwards.
        let is_own = own().any(|reference| reference.range == path.span);
        let text = relative(to, if is_own { to } else { &goal });
        if text != source.text()[path.span.clone()] {
            work.replace(from, path.span, text, group);
        }
    }
    for reference in facts.references(repo).iter().filter(|reference| reference.file != from) {
        work.replace(&reference.file, reference.range.clone(), reference.text.as_str(), group);
    }
    work.move_file(from, to.to_owned());
    work.tell(group, moves(repo, facts));
    Ok(())
}

/// What the move is, for people: the module, and each import of it.
fn moves(repo: &Repository, facts: &ServiceFacts) -> Vec<Move> {
    let mut moves = vec![Move {
        what: "the service's module".into(),
        from: Some(facts.home.source.place(0..0)),
        to: Some(facts.target.display().to_string()),
    }];
    let from = facts.home.source.path();
    let others = facts.references(repo).iter().filter(|reference| reference.file != from);
    moves.extend(others.map(|reference| Move {
        what: "its import".into(),
        to: Some(format!("{}: {}", reference.file.display(), reference.text)),
        from: Some(reference.place.clone()),
    }));
    moves
}

/// Mentions of the module's old place in files that are no Nix, and in comments of Nix files (an import that is
/// commented out): they are listed, not edited.
pub fn mentions(repo: &Repository, facts: &ServiceFacts) -> Vec<Skipped> {
    let from = facts.home.source.path();
    let file = from.display().to_string();
    let directory = from
        .parent()
        .filter(|_| from.ends_with("default.nix"))
        .map(|p| p.display().to_string());
    let mut found = commented_imports(repo, facts);
    for (path, text) in repo.other_texts() {
        for needle in [Some(&file), directory.as_ref()].into_iter().flatten() {
            for at in memchr::memmem::find_iter(text.as_bytes(), needle.as_str()) {
                let end = at + needle.len();
                let longer = text[end..]
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_alphanumeric() || "-_/".contains(c));
                if !longer {
                    let why = "files that are no Nix are not edited";
                    found.push(mention(
                        needle,
                        Place::new(path, &text, at..end),
                        why,
                        &facts.target.display().to_string(),
                    ));
                }
            }
        }
    }
    found
}

fn mention(what: &str, place: Place, why: &str, instead: &str) -> Skipped {
    Skipped {
        what: format!("a mention of {what}"),
        place: Some(place),
        why: why.into(),
        next: Some(format!("say {instead} there")),
    }
}

/// Words of comments that would be imports of the module.
fn commented_imports(repo: &Repository, facts: &ServiceFacts) -> Vec<Skipped> {
    let from = facts.home.source.path();
    let named = hosts::commented_imports(repo).into_iter();
    named
        .filter(|(target, _)| target == from)
        .map(|(_, place)| {
            let word = place
                .source
                .as_ref()
                .map_or("", |text| &text[place.span.clone()])
                .to_owned();
            let instead = relative(&place.path, facts.target.parent().unwrap_or(&facts.target));
            mention(&word, place, "it is a comment", &instead)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_goes_below_its_category() {
        let rules = Rules::new(None).expect("the embedded rules");
        let target = |home: &str| target(&rules, Path::new(home), "jellyfin").display().to_string();
        assert_eq!(
            target("modules/server/media/video/default.nix"),
            "modules/server/media/jellyfin/default.nix"
        );
        assert_eq!(
            target("modules/server/dns/default.nix"),
            "modules/server/dns/jellyfin/default.nix"
        );
        assert_eq!(
            target("modules/server/jellyfin.nix"),
            "modules/server/misc/jellyfin/default.nix"
        );
    }

    #[test]
    fn relative_paths_lead_to_their_goal() {
        let relative = |from: &str, goal: &str| relative(Path::new(from), Path::new(goal));
        assert_eq!(relative("a/default.nix", "a/b"), "./b");
        assert_eq!(relative("a/b/c/default.nix", "a/x.toml"), "../../x.toml");
        assert_eq!(relative("t/x/default.nix", "m/s"), "../../m/s");
        assert_eq!(relative("a/b.nix", "a"), "./.");
    }
}
