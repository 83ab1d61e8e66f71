//! Modules that are evaluated besides what a host imports: those whose import is commented out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::tree::SourceTree;

/// What becomes of the modules that were named besides a host's own.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// What no module of any host leads to, neither before nor after: it is evaluated as well.
    pub(super) extra: Vec<PathBuf>,
    /// What is there after the change and no longer imported, though it was before, there or under another name.
    pub(super) unimported: Vec<PathBuf>,
    /// What the host imports after the change.
    pub(super) imported: Vec<PathBuf>,
}

impl Beside {
    /// Sorts out `named`, relative to the root, for a host whose directory is below `hosts`. A module that the host
    /// imports must not be evaluated once more: under another path it would be another module.
    pub(super) fn of(named: &[PathBuf], trees: [&SourceTree; 2], hosts: &Path, host: &str) -> Beside {
        let mut beside = Beside::default();
        if named.is_empty() {
            return beside;
        }
        let reached = trees.map(|tree| tree.reached(hosts, host));
        let files: BTreeSet<PathBuf> = named
            .iter()
            .flat_map(|path| trees.map(|tree| tree.module(path)))
            .flatten()
            .collect();
        let before = files.iter().any(|file| reached[0].contains(file));
        for file in &files {
            let (was, is) = (reached[0].contains(file), reached[1].contains(file));
            match (is, was || before) {
                (true, _) => beside.imported.push(file.clone()),
                (false, true) if trees[1].files.contains_key(file) => beside.unimported.push(file.clone()),
                (false, true) => {}
                (false, false) => beside.extra.push(file.clone()),
            }
        }
        // What another one of them imports comes with it.
        let led_to = |file: &PathBuf, from: &PathBuf| {
            let starts = std::slice::from_ref(from);
            from != file && trees.iter().any(|tree| tree.reached_from(starts, host).contains(file))
        };
        // What another host imports is a part of that one, and none of this.
        if !beside.extra.is_empty() {
            let known: BTreeSet<String> = trees.iter().flat_map(|tree| tree.hosts(hosts)).collect();
            let others = known.iter().filter(|other| *other != host);
            let of_others: BTreeSet<PathBuf> = others
                .flat_map(|other| trees.iter().flat_map(|tree| tree.reached(hosts, other)))
                .collect();
            beside.extra.retain(|file| !of_others.contains(file));
        }
        let all = beside.extra.clone();
        beside.extra.retain(|file| !all.iter().any(|from| led_to(file, from)));
        beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trees(before: &[(&str, &str)], after: &[(&str, &str)]) -> [SourceTree; 2] {
        let roots = [before, after].map(|files| {
            let root = tempfile::tempdir().unwrap();
            for (name, text) in files {
                super::super::scratch::write(&root.path().join(name), text.as_bytes()).unwrap();
            }
            root
        });
        SourceTree::of_sides([roots[0].path(), roots[1].path()]).unwrap()
    }

    fn beside(named: &[&str], [before, after]: [SourceTree; 2]) -> Beside {
        let named: Vec<PathBuf> = named.iter().map(PathBuf::from).collect();
        Beside::of(&named, [&before, &after], Path::new("hosts"), "A")
    }

    const HOST: (&str, &str) = ("hosts/A/default.nix", "{imports = [../../server];}");

    #[test]
    fn a_directory_is_its_default_file() {
        let side = [
            HOST,
            ("server/default.nix", "{imports = [./x];}"),
            ("server/x/default.nix", "{}"),
        ];
        for named in ["server/x", "server/x/default.nix"] {
            let beside = beside(&[named], trees(&side, &side));
            assert_eq!(beside.imported, [Path::new("server/x/default.nix")]);
            assert!(beside.extra.is_empty() && beside.unimported.is_empty());
        }
    }

    #[test]
    fn a_module_that_moves_is_imported_where_it_was() {
        let before = [
            HOST,
            ("server/default.nix", "{imports = [./x.nix];}"),
            ("server/x.nix", "{}"),
        ];
        let after = [
            HOST,
            ("server/default.nix", "{imports = [];}"),
            ("server/x/default.nix", "{}"),
        ];
        let beside = beside(&["server/x.nix", "server/x/default.nix"], trees(&before, &after));
        assert_eq!(beside.unimported, [Path::new("server/x/default.nix")]);
        assert!(beside.extra.is_empty());
    }

    #[test]
    fn what_nothing_imports_is_evaluated_once() {
        let side = [
            HOST,
            ("server/default.nix", "{imports = [/* ./x */];}"),
            ("server/x/default.nix", "{imports = [./y.nix];}"),
            ("server/x/y.nix", "{}"),
        ];
        let beside = beside(&["server/x/y.nix", "server/x/default.nix"], trees(&side, &side));
        assert_eq!(beside.extra, [Path::new("server/x/default.nix")]);
    }

    #[test]
    fn what_another_host_imports_is_none_of_this_one() {
        let side = [
            ("hosts/A/default.nix", "{}"),
            ("hosts/B/default.nix", "{imports = [../../server];}"),
            ("server/default.nix", "{imports = [./x];}"),
            ("server/x/default.nix", "{}"),
        ];
        let beside = beside(&["server/x"], trees(&side, &side));
        assert!(beside.extra.is_empty() && beside.imported.is_empty() && beside.unimported.is_empty());
    }
}
