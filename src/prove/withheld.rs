//! What evaluation is not given: plain secrets, what only git-crypt can read, and what git does not track.
//!
//! At the path of a tracked one stands a socket. It is there, and `builtins.pathExists` says so, but it has no content:
//! opening, copying or hashing it fails for everybody, and nix's message names it. A file that git does not track is not
//! there at all, as for a flake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::nix::{headline, positions};
use crate::error::{Error, Place, prove as text};
use crate::resolve::value::normalize;
use crate::syntax::{self, Source};

/// Why evaluation does not get a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithheldReason {
    /// Its name is that of a plain secret.
    Named,
    /// Its content is a private key.
    PrivateKey,
    /// It is encrypted as a whole, with git-crypt.
    Sealed,
    /// Git does not track it.
    Untracked,
}

/// What the copies of a repository leave out.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    /// What stands in the copies without its content, as a socket.
    pub(super) sockets: BTreeMap<PathBuf, WithheldReason>,
    /// What is part of the repository.
    pub(super) known: BTreeSet<PathBuf>,
    /// The repository's root, where there is more than is part of it.
    pub(super) root: Option<PathBuf>,
}

impl Withheld {
    /// What either copy leaves out.
    #[must_use]
    pub fn and(mut self, other: Withheld) -> Withheld {
        self.sockets.extend(other.sockets);
        self.known.extend(other.known);
        self.root = self.root.or(other.root);
        self
    }

    /// Why evaluation does not get the file at `path`, relative to the root; `None` if it does, or if there is none.
    pub fn why(&self, path: &Path) -> Option<WithheldReason> {
        if let Some(why) = self.sockets.get(path) {
            return Some(*why);
        }
        let mut from = self.known.range(path.to_owned()..);
        let known = from.next().is_some_and(|next| next.starts_with(path));
        let there = |root: &PathBuf| root.join(path).symlink_metadata().is_ok();
        (!known && self.root.as_ref().is_some_and(there)).then_some(WithheldReason::Untracked)
    }

    /// The refusal for an evaluation in `root`, a copy, that failed with `message` because it read what it is not given.
    pub fn refusal(&self, root: &Path, message: &str) -> Option<Error> {
        let head = headline(message);
        let (path, why) = below(&head, root).find_map(|path| Some((path, self.why(path)?)))?;
        let error = match why {
            WithheldReason::Named => text::reads_named_secret(path),
            WithheldReason::PrivateKey => text::reads_private_key(path),
            WithheldReason::Sealed => text::reads_sealed(path),
            WithheldReason::Untracked => text::reads_untracked(path),
        };
        Some(match place(root, path, message) {
            Some(place) => error.at(place),
            None => error,
        })
    }
}

/// The paths below `root` that a message names in quotes, relative to it.
fn below<'t>(text: &'t str, root: &'t Path) -> impl Iterator<Item = &'t Path> {
    let start = format!("{}/", root.display());
    let ends: Vec<usize> = text.match_indices(&start).map(|(at, found)| at + found.len()).collect();
    ends.into_iter().filter_map(move |at| {
        let rest = &text[at..];
        Some(Path::new(&rest[..rest.find('\'')?]))
    })
}

/// Where the repository mentions a path, or else the nearest place that led evaluation to it.
fn place(root: &Path, path: &Path, message: &str) -> Option<Place> {
    let mut first = None;
    for (file, line, column) in positions(message) {
        let Ok(relative) = file.strip_prefix(root) else {
            continue;
        };
        let Ok(source) = std::fs::read_to_string(&file) else {
            continue;
        };
        if let Some(span) = mention(&source, relative, path) {
            return Some(Place::new(relative, &Arc::from(source), span));
        }
        first = first.or_else(|| {
            let before: usize = source.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
            let start = before + (column as usize).saturating_sub(1);
            let start = (start..source.len()).find(|at| source.is_char_boundary(*at))?;
            let end = source[start..].find('\n').map_or(source.len(), |length| start + length);
            Some(Place::new(relative, &Arc::from(source), start..end))
        });
    }
    first.or_else(|| anywhere(root, path))
}

/// Where any file of a copy mentions a path, the first by name.
fn anywhere(root: &Path, path: &Path) -> Option<Place> {
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .sort_by_file_name(Ord::cmp)
        .build();
    walk.flatten().find_map(|entry| {
        let file = entry.path();
        let is_nix = file.extension().is_some_and(|e| e == "nix") && entry.file_type()?.is_file();
        let source = is_nix.then(|| std::fs::read_to_string(file).ok())??;
        let relative = file.strip_prefix(root).ok()?;
        let span = mention(&source, relative, path)?;
        Some(Place::new(relative, &Arc::from(source), span))
    })
}

/// Where the file `text` at `file` names `path` by a path literal.
fn mention(text: &str, file: &Path, path: &Path) -> Option<std::ops::Range<usize>> {
    let directory = file.parent().unwrap_or(Path::new(""));
    let is_meant = |literal: &str| normalize(&directory.join(literal)).as_deref() == Some(path);
    if !text.contains(path.file_name()?.to_str()?) {
        return None;
    }
    let literals = syntax::paths(&Source::new(file, text)).into_iter();
    let mut plain = literals
        .filter(|literal| !literal.is_computed)
        .map(|literal| literal.span);
    plain.find(|span| is_meant(&text[span.clone()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_literal_is_found_where_it_means_the_file() {
        let source = "{ a = \"age.key\"; b = ./age.key; c = builtins.readFile ../secrets/age.key; }";
        let found = mention(source, Path::new("modules/x.nix"), Path::new("secrets/age.key")).unwrap();
        assert_eq!(&source[found], "../secrets/age.key");
        assert_eq!(
            mention(source, Path::new("a/b/x.nix"), Path::new("secrets/age.key")),
            None
        );
    }

    #[test]
    fn what_a_message_names_below_the_root_is_found() {
        let text = "opening file '/s/before/a/b.key': No such device or address";
        let found: Vec<&Path> = below(text, Path::new("/s/before")).collect();
        assert_eq!(found, [Path::new("a/b.key")]);
        assert_eq!(below(text, Path::new("/s/after")).count(), 0);
    }

    #[test]
    fn a_file_that_is_there_and_not_tracked_is_withheld() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        for name in ["d/known.nix", "mine.nix"] {
            std::fs::write(root.path().join(name), "{}").unwrap();
        }
        let withheld = Withheld {
            sockets: BTreeMap::from([(PathBuf::from("k.key"), WithheldReason::Named)]),
            known: BTreeSet::from([PathBuf::from("d/known.nix")]),
            root: Some(root.path().to_owned()),
        };
        assert_eq!(withheld.why(Path::new("k.key")), Some(WithheldReason::Named));
        assert_eq!(withheld.why(Path::new("mine.nix")), Some(WithheldReason::Untracked));
        for known in ["d", "d/known.nix", "nowhere.nix"] {
            assert_eq!(withheld.why(Path::new(known)), None, "{known}");
        }
    }
}
