//! The Nix files of a directory that is compared, and which of them a host's modules reach.
//!
//! Whether git tracks a file was decided when the directory was made: here counts what is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::mentions::Mentions;
use crate::error::{Result, prove as text};
use crate::resolve::imports;
use crate::resolve::value::normalize;
use crate::syntax::Source;
use crate::syntax::screen::LARGEST;

/// The most Nix files of one repository.
const MOST: usize = 20_000;

/// The Nix files of one side, by path relative to its root.
#[derive(Clone, Debug, Default)]
pub struct SourceTree {
    /// What each `.nix` file mentions.
    pub files: BTreeMap<PathBuf, Arc<Mentions>>,
    /// What is a symbolic link, and what it leads to: a module behind one is the module that it leads to.
    links: BTreeMap<PathBuf, PathBuf>,
}

/// What a directory has: its Nix files with their texts, and its links.
type Found = (Vec<(PathBuf, String)>, BTreeMap<PathBuf, PathBuf>);

impl SourceTree {
    /// Reads all Nix files under the roots of both sides; what has the same text on both mentions the same.
    ///
    /// # Errors
    /// Refuses a directory that cannot be read, or one with more files than a configuration has.
    pub fn of_sides(roots: [&Path; 2]) -> Result<[SourceTree; 2]> {
        let (before, after) = rayon::join(|| texts(roots[0]), || texts(roots[1]));
        let (before, after) = (before?, after?);
        let before = SourceTree::of(before, &SourceTree::default());
        let after = SourceTree::of(after, &before);
        Ok([before, after])
    }

    fn of((texts, links): Found, other: &SourceTree) -> SourceTree {
        let read = |(path, text): (PathBuf, String)| {
            let known = other.files.get(&path).filter(|known| *known.text == *text);
            let mentions = known.cloned();
            let mentions = mentions.unwrap_or_else(|| Arc::new(Mentions::of(&Source::new(&path, text))));
            (path, mentions)
        };
        SourceTree {
            files: texts.into_par_iter().map(read).collect(),
            links,
        }
    }

    /// The files that a host's modules start from.
    pub fn starts(&self, hosts: &Path, host: &str) -> Vec<PathBuf> {
        let own = self.behind(hosts.join(host));
        let inside = self.files.keys().filter(|path| path.parent() == Some(&own));
        inside.cloned().collect()
    }

    /// The files that a host's modules reach by paths written in them; what is computed in a path is taken for the host's
    /// name, and where imports are computed, all modules in a directory that the file names are taken for imported.
    pub fn reached_from(&self, starts: &[PathBuf], host: &str) -> BTreeSet<PathBuf> {
        let mut found: BTreeSet<PathBuf> = BTreeSet::new();
        let mut queue: VecDeque<PathBuf> = starts.iter().filter_map(|path| self.module(path)).collect();
        while let Some(path) = queue.pop_front() {
            if !found.insert(path.clone()) {
                continue;
            }
            for pieces in self.files.get(&path).iter().flat_map(|file| &file.paths) {
                let literal: String = pieces.iter().map(|piece| piece.as_deref().unwrap_or(host)).collect();
                let target = meant(&path, &literal);
                queue.extend(target.iter().filter_map(|target| self.module(target)));
                queue.extend(target.iter().flat_map(|target| self.may_import(&path, target)));
            }
        }
        found
    }

    /// Whether a file does not parse.
    pub fn is_faulty(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|file| file.is_faulty)
    }

    /// What of a directory a file that names it may import by computed imports.
    fn may_import(&self, path: &Path, directory: &Path) -> Vec<PathBuf> {
        let computed = self.files.get(path).and_then(|file| file.computed_imports);
        let is_own = path.parent() == Some(directory);
        let (Some(recursive), true) = (computed, is_own || self.module(directory).is_none()) else {
            return Vec::new();
        };
        let named = |other: &&PathBuf| {
            let inside = other.strip_prefix(directory);
            *other != path && inside.is_ok_and(|inside| imports::may_name(inside, recursive))
        };
        self.files.keys().filter(named).cloned().collect()
    }

    /// The files that a host's modules reach.
    pub fn reached(&self, hosts: &Path, host: &str) -> BTreeSet<PathBuf> {
        self.reached_from(&self.starts(hosts, host), host)
    }

    /// Files other than modules that the sources name by a path, and that are not there.
    pub fn absent(&self, root: &Path) -> BTreeSet<PathBuf> {
        let mut absent = BTreeSet::new();
        for (path, file) in &self.files {
            for pieces in &file.paths {
                let literal: Option<String> = pieces.iter().cloned().collect();
                let target = literal.and_then(|literal| meant(path, &literal));
                let is_data = |target: &PathBuf| target.extension().is_some_and(|e| e != "nix");
                absent.extend(target.filter(|target| is_data(target) && !root.join(target).exists()));
            }
        }
        absent
    }

    /// The file that importing `path` reads.
    pub fn module(&self, path: &Path) -> Option<PathBuf> {
        let read = |path: PathBuf| {
            let path = self.behind(path);
            self.files.contains_key(&path).then_some(path)
        };
        read(path.to_owned()).or_else(|| read(self.behind(path.to_owned()).join("default.nix")))
    }

    /// A path without the links in it.
    fn behind(&self, path: PathBuf) -> PathBuf {
        let link = path.ancestors().find_map(|part| Some((part, self.links.get(part)?)));
        let target = link.and_then(|(part, target)| Some(target.join(path.strip_prefix(part).ok()?)));
        // An empty rest would leave a separator at the end.
        target.map_or(path, |target| target.components().collect())
    }

    /// The files that differ from another tree's, those that only one has included.
    pub fn changed(&self, other: &SourceTree) -> BTreeSet<PathBuf> {
        let text = |tree: &SourceTree, path: &Path| tree.files.get(path).map(|file| Arc::clone(&file.text));
        let all = self.files.keys().chain(other.files.keys());
        all.filter(|path| text(self, path) != text(other, path))
            .cloned()
            .collect()
    }

    /// The hosts that have a directory below `root` with a configuration.
    pub fn hosts(&self, root: &Path) -> BTreeSet<String> {
        let mut hosts = BTreeSet::new();
        for path in self.files.keys().filter_map(|path| path.strip_prefix(root).ok()) {
            let mut names = path.components().filter_map(|c| c.as_os_str().to_str());
            if let (Some(host), Some("configuration.nix" | "default.nix")) = (names.next(), names.next()) {
                hosts.insert(host.to_owned());
            }
        }
        hosts
    }
}

/// What a path literal in `file` means, relative to the root; `None` if it leaves it.
fn meant(file: &Path, literal: &str) -> Option<PathBuf> {
    normalize(&file.parent().unwrap_or(Path::new("")).join(literal))
}

/// The Nix files under `root`, by path relative to it, and the links; what is no UTF-8 is replaced.
fn texts(root: &Path) -> Result<Found> {
    let read = |path: PathBuf| {
        let bytes = fs::read(root.join(&path)).ok()?;
        Some((path, String::from_utf8_lossy(&bytes).into_owned()))
    };
    let (files, links) = nix_files(root)?;
    Ok((files.into_par_iter().filter_map(read).collect(), links))
}

/// The paths of all Nix files under `root` that are not too large to be source, and what links lead to that stays in it;
/// relative to it.
fn nix_files(root: &Path) -> Result<(Vec<PathBuf>, BTreeMap<PathBuf, PathBuf>)> {
    let (mut paths, mut links) = (Vec::new(), BTreeMap::new());
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .filter_entry(|e| e.file_name() != ".git" && !e.file_name().to_string_lossy().starts_with("result"))
        .build();
    for entry in walk {
        let entry = entry.map_err(|cause| text::scratch("read", root, std::io::Error::other(cause)))?;
        if entry.path_is_symlink() {
            let target = entry.path().canonicalize().ok();
            let target = target.and_then(|target| Some(target.strip_prefix(&real).ok()?.to_owned()));
            let from = entry.path().strip_prefix(root).map(Path::to_owned);
            links.extend(from.ok().zip(target));
            continue;
        }
        let is_nix = entry.path().extension().is_some_and(|e| e == "nix");
        let is_source = |file: fs::Metadata| file.is_file() && file.len() <= LARGEST as u64;
        if is_nix && entry.metadata().is_ok_and(is_source) {
            paths.extend(entry.path().strip_prefix(root).map(Path::to_owned));
        }
        if paths.len() > MOST {
            return Err(text::tree_too_large(format!(
                "more than {MOST} Nix files under {}",
                root.display()
            )));
        }
    }
    Ok((paths, links))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_reached_through_the_hosts_name() {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [
            (
                "hosts/A/configuration.nix",
                "{imports = [../setting.nix ../../modules/server ../../../out.nix];}",
            ),
            (
                "hosts/setting.nix",
                "{hostname, ...}: {imports = [./${hostname}/settings.nix];}",
            ),
            ("hosts/A/settings.nix", "{}"),
            ("hosts/B/settings.nix", "{}"),
            ("modules/server/default.nix", "{imports = [./x.nix]; a = ./gone.toml;}"),
            ("modules/server/x.nix", "{}"),
            ("modules/server/y.nix", "{ # ./x.nix\n"),
        ] {
            super::super::scratch::write(&root.path().join(name), text.as_bytes()).unwrap();
        }
        let [tree, _] = SourceTree::of_sides([root.path(); 2]).unwrap();
        assert_eq!(tree.files.len(), 7);
        let starts = tree.starts(Path::new("hosts"), "A");
        let reached = tree.reached_from(&starts[..1], "A");
        assert_eq!(reached.len(), 5, "{reached:?}");
        assert!(!reached.contains(Path::new("hosts/B/settings.nix")));
        assert_eq!(
            tree.absent(root.path()),
            BTreeSet::from([PathBuf::from("modules/server/gone.toml")])
        );
    }

    #[test]
    fn what_differs_is_read_anew() {
        let side = |text: &str| {
            let root = tempfile::tempdir().unwrap();
            for (name, text) in [("a.nix", "{}"), ("b.nix", text)] {
                fs::write(root.path().join(name), text).unwrap();
            }
            root
        };
        let (before, after) = (side("1"), side("2"));
        let [before, after] = SourceTree::of_sides([before.path(), after.path()]).unwrap();
        assert_eq!(before.changed(&after), BTreeSet::from([PathBuf::from("b.nix")]));
        assert!(Arc::ptr_eq(
            &before.files[Path::new("a.nix")],
            &after.files[Path::new("a.nix")]
        ));
    }
}
