//! The Nix files of a tree, and which of them a host's modules reach.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::scan::Source;
use crate::error::{Result, prove as text};

/// The largest Nix file that is looked into; a larger one is generated data.
const LARGEST: u64 = 4 << 20;
/// The most Nix files of one repository.
const MOST: usize = 20_000;

/// The findings in all Nix files under `root`.
///
/// # Errors
/// Refuses a directory that cannot be read, or one with more files than a configuration has.
pub fn read(root: &Path) -> Result<Sources> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .filter_entry(|e| e.file_name() != ".git" && !e.file_name().to_string_lossy().starts_with("result"))
        .build();
    for entry in walk {
        let entry = entry.map_err(|cause| text::scratch("read", root, std::io::Error::other(cause)))?;
        let is_file = entry.file_type().is_some_and(|t| t.is_file());
        if !is_file || entry.path().extension().is_none_or(|e| e != "nix") {
            continue;
        }
        if entry.metadata().is_ok_and(|m| m.len() <= LARGEST) {
            paths.push(entry.into_path());
        }
        if paths.len() > MOST {
            return Err(text::tree_too_large(format!(
                "more than {MOST} Nix files under {}",
                root.display()
            )));
        }
    }
    let files = paths
        .par_iter()
        .filter_map(|path| {
            let bytes = fs::read(path).ok()?;
            let relative = path.strip_prefix(root).ok()?.to_owned();
            Some((relative, Source::read(&String::from_utf8_lossy(&bytes))))
        })
        .collect();
    Ok(Sources { files })
}

/// The sources of one tree, by path relative to its root.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Each `.nix` file's findings.
    pub files: BTreeMap<PathBuf, Source>,
}

impl Sources {
    /// The files that a host's modules reach by paths written in them.
    pub fn reached_from(&self, starts: &[PathBuf], host: &str) -> BTreeSet<PathBuf> {
        let mut found: BTreeSet<PathBuf> = BTreeSet::new();
        let mut queue: VecDeque<PathBuf> = starts.iter().filter_map(|p| self.module(p)).collect();
        while let Some(path) = queue.pop_front() {
            if !found.insert(path.clone()) {
                continue;
            }
            let Some(source) = self.files.get(&path) else { continue };
            let directory = path.parent().unwrap_or(Path::new(""));
            for mention in &source.paths {
                let target = normalised(&directory.join(with_host(mention, host)));
                queue.extend(self.module(&target));
            }
        }
        found
    }

    /// Files other than modules that the sources name by a path, and that are not there.
    pub fn absent(&self, root: &Path) -> BTreeSet<PathBuf> {
        let mut absent = BTreeSet::new();
        for (path, source) in &self.files {
            let directory = path.parent().unwrap_or(Path::new(""));
            for mention in &source.paths {
                let target = normalised(&directory.join(mention));
                let data = target.extension().is_some_and(|e| e != "nix");
                if data && !mention.contains('$') && !root.join(&target).exists() {
                    absent.insert(target);
                }
            }
        }
        absent
    }

    /// The file that importing `path` reads.
    fn module(&self, path: &Path) -> Option<PathBuf> {
        if self.files.contains_key(path) {
            return Some(path.to_owned());
        }
        let default = path.join("default.nix");
        self.files.contains_key(&default).then_some(default)
    }

    /// The files that differ from another tree's, those that only one has included.
    pub fn changed(&self, other: &Sources) -> BTreeSet<PathBuf> {
        let differs =
            |path: &&PathBuf| self.files.get(*path).map(|s| s.digest) != other.files.get(*path).map(|s| s.digest);
        self.files
            .keys()
            .chain(other.files.keys())
            .filter(differs)
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

/// A path mention with its interpolations taken for the host's name.
fn with_host(mention: &str, host: &str) -> String {
    let mut out = String::new();
    let mut rest = mention;
    while let Some(open) = rest.find("${") {
        out.push_str(&rest[..open]);
        out.push_str(host);
        rest = rest[open..].find('}').map_or("", |close| &rest[open + close + 1..]);
    }
    out + rest
}

/// `a/../b/./c` as `b/c`.
pub(super) fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(name) => out.push(name),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_reached_through_the_hosts_name() {
        let mut sources = Sources::default();
        for (name, text) in [
            (
                "hosts/A/configuration.nix",
                "{imports = [../setting.nix ../../modules/server];}",
            ),
            (
                "hosts/setting.nix",
                "{hostname, ...}: {imports = [./${hostname}/settings.nix];}",
            ),
            ("hosts/A/settings.nix", "{}"),
            ("hosts/B/settings.nix", "{}"),
            ("modules/server/default.nix", "{imports = [./x.nix];}"),
            ("modules/server/x.nix", "{}"),
        ] {
            sources.files.insert(PathBuf::from(name), Source::read(text));
        }
        let reached = sources.reached_from(&[PathBuf::from("hosts/A/configuration.nix")], "A");
        assert_eq!(reached.len(), 5);
        assert!(!reached.contains(Path::new("hosts/B/settings.nix")));
    }
}
