//! The modules of the program import each other in one direction: from the shell to the core.
//!
//! An import of a parent by its child, or of a child by its parent, is no circle: the parent is where the child's
//! neighbours are found. Nor is a re-export. Of all other circles there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use crate::common::project;

/// The paths that a module names.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn of_use(&mut self, tree: &syn::UseTree, mut above: Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                above.push(path.ident.to_string());
                self.of_use(&path.tree, above);
            }
            syn::UseTree::Name(name) => self.0.push([above, vec![name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self.0.push([above, vec![name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.0.push(above),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree, above.clone())),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if matches!(item.vis, syn::Visibility::Inherited) {
            self.of_use(&item.tree, Vec::new());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Tests may look at anything.
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0
            .push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

/// The modules by their paths in the crate, tests apart.
fn modules(directory: &Path, above: &[String], found: &mut BTreeMap<Vec<String>, PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let own = [above, std::slice::from_ref(&name)].concat();
        if name.contains("test") || ["lib", "main"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            modules(&path, &own, found);
        } else if path.extension().is_none_or(|extension| extension != "rs") {
            // Nix files and rules stand beside the modules that embed them.
        } else if name == "mod" {
            found.insert(above.to_vec(), path);
        } else {
            found.insert(own, path);
        }
    }
}

/// The module that a path leads to from another one.
fn target(path: &[String], from: &[String], modules: &BTreeMap<Vec<String>, PathBuf>) -> Option<Vec<String>> {
    let mut rest = path;
    let mut at = match rest.first().map(String::as_str)? {
        "crate" => Vec::new(),
        "self" | "super" => from.to_vec(),
        _ => return None,
    };
    while let Some((first, others)) = rest
        .split_first()
        .filter(|(first, _)| ["crate", "self", "super"].contains(&first.as_str()))
    {
        if first == "super" {
            at.pop();
        }
        rest = others;
    }
    at.extend(rest.iter().cloned());
    (1..=at.len())
        .rev()
        .map(|length| at[..length].to_vec())
        .find(|path| modules.contains_key(path))
}

/// The modules that can be reached from `start`.
fn reached<'m>(start: &'m str, imports: &'m BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        for import in imports.get(next).into_iter().flatten() {
            if reached.insert(import.as_str()) {
                open.push(import);
            }
        }
    }
    reached
}

/// The modules, and what each of them imports.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    modules(&project().join("src"), &[], &mut all);
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (own, file) in &all {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut paths = Paths::default();
        paths.visit_file(&parsed);
        let targets = paths.0.iter().filter_map(|path| target(path, own, &all));
        let others = targets.filter(|other| !other.starts_with(own) && !own.starts_with(other));
        imports.insert(own.join("::"), others.map(|other| other.join("::")).collect());
    }
    assert!(imports.len() > 150, "{} modules", imports.len());
    imports
}

/// Whether `module` is `top` or in it.
fn is_in(module: &str, top: &str) -> bool {
    module.split("::").next() == Some(top)
}

#[test]
fn imports_make_no_circle() {
    let imports = imports();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for module in imports.keys() {
        let own = reached(module, &imports);
        if own.contains(module.as_str()) {
            let circle = own
                .into_iter()
                .filter(|other| reached(other, &imports).contains(module.as_str()));
            circles.insert(circle.collect());
        }
    }
    assert!(circles.is_empty(), "circles: {circles:#?}");
}

#[test]
fn errors_are_made_of_plain_values() {
    for (module, imports) in imports().iter().filter(|(module, _)| is_in(module, "error")) {
        let other: Vec<&String> = imports.iter().filter(|other| !is_in(other, "error")).collect();
        assert!(other.is_empty(), "{module} imports {other:?}");
    }
}

#[test]
fn nothing_but_the_command_line_knows_the_command_line() {
    let inner = [
        "check", "codes", "deep", "commit", "edit", "error", "plan", "process", "prove", "repo", "resolve", "review",
        "map", "markup", "rules", "scratch", "secrets", "status", "syntax", "term",
    ];
    for (module, imports) in imports() {
        let top = module.split("::").next().unwrap_or_default();
        let cli: Vec<&String> = imports.iter().filter(|other| is_in(other, "cli")).collect();
        assert!(cli.is_empty() || !inner.contains(&top), "{module} imports {cli:?}");
    }
}
