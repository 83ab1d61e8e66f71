//! What the files of a repository show, by their bindings alone.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use qgroget::repo::Repository;
use qgroget::rules::{Rules, parts};
use qgroget::syntax::{self, AstNode, HasEntry, ast};

/// A binding with the names of all bindings around it, outermost first.
pub struct Binding {
    pub file: PathBuf,
    pub path: Vec<Option<String>>,
    pub value: Option<ast::Expr>,
}

impl Binding {
    pub fn text(&self) -> String {
        let value = self.value.as_ref().map(|value| syntax::text_of(value.syntax()));
        value.unwrap_or_default()
    }

    /// Whether the path has these names together, and ends with them where `whole`.
    fn has(&self, names: &[&str], whole: bool) -> bool {
        let mut windows = self.path.windows(names.len());
        let fits = |window: &[Option<String>]| {
            window
                .iter()
                .zip(names)
                .all(|(own, name)| own.as_deref() == Some(*name))
        };
        match whole {
            true => windows.next_back().is_some_and(fits),
            false => windows.any(fits),
        }
    }
}

/// A text and its bindings.
type Read = (Arc<str>, Rc<[Binding]>);

/// The bindings of files as they were read: as long as a text is the same, so are they.
#[derive(Default)]
pub struct Known(RefCell<HashMap<PathBuf, Read>>);

impl Known {
    fn bindings(&self, repo: &Repository, path: &Path) -> Rc<[Binding]> {
        let text = repo.text(path).unwrap();
        let known = self.0.borrow().get(path).cloned();
        if let Some((_, bindings)) = known.filter(|(old, _)| old == text) {
            return bindings;
        }
        let root = repo.source(path).unwrap().root();
        let read = |binding: ast::AttrpathValue| Binding {
            file: path.to_owned(),
            path: around(&binding),
            value: binding.value(),
        };
        let bindings: Rc<[Binding]> = syntax::nodes(&root).into_iter().map(read).collect();
        let known = (Arc::clone(text), Rc::clone(&bindings));
        self.0.borrow_mut().insert(path.to_owned(), known);
        bindings
    }
}

/// The bindings of a repository.
pub struct Tree<'t> {
    pub repo: &'t Repository,
    files: Vec<Rc<[Binding]>>,
}

impl<'t> Tree<'t> {
    /// Those of all files but what the contract comes with and texts to copy.
    pub fn of(repo: &'t Repository, known: &Known) -> Tree<'t> {
        let is_own = |path: &&Path| {
            let mut parts = path.components();
            let copied = parts.any(|part| part.as_os_str().to_string_lossy().starts_with('_'));
            let installed = ["collector.nix", "options.nix", "legacy-bridge.nix", "eval-test.nix"];
            !copied && !installed.iter().any(|name| path.ends_with(name))
        };
        let files = repo.nix_files().filter(is_own).map(|path| known.bindings(repo, path));
        Tree {
            repo,
            files: files.collect(),
        }
    }

    fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.files.iter().flat_map(|file| file.iter())
    }

    pub fn rules(&self) -> &'t Rules {
        self.repo.rules()
    }

    /// The bindings at or below an option, tests apart.
    pub fn below(&self, names: &[&str]) -> Vec<&Binding> {
        let tests = &self.rules().paths.tests;
        let own = self.bindings().filter(|binding| !binding.file.starts_with(tests));
        own.filter(|binding| binding.has(names, false)).collect()
    }

    /// The bindings of exactly an option.
    pub fn at(&self, names: &[&str]) -> Vec<&Binding> {
        let mut found = self.below(names);
        found.retain(|binding| binding.has(names, true));
        found
    }

    /// The bindings in tests of exactly an option.
    pub fn in_tests(&self, names: &[&str]) -> Vec<&Binding> {
        let tests = &self.rules().paths.tests;
        let own = self.bindings().filter(|binding| binding.file.starts_with(tests));
        own.filter(|binding| binding.has(names, true)).collect()
    }

    /// The option of a service below a namespace.
    pub fn option<'n>(namespace: &'n str, service: &'n str, rest: &[&'n str]) -> Vec<&'n str> {
        [&parts(namespace)[..], &[service], rest].concat()
    }

    /// The fields of a service's contract.
    pub fn contract(&self, service: &str, field: &str) -> Vec<&Binding> {
        self.at(&Tree::option(&self.rules().namespaces.contract, service, &[field]))
    }

    /// Whether the contract's field has a value that is no empty list and no `false`.
    pub fn says(&self, service: &str, field: &str) -> bool {
        let empty = |binding: &&Binding| match &binding.value {
            Some(ast::Expr::List(list)) => list.items().next().is_none(),
            Some(ast::Expr::AttrSet(set)) => set.entries().next().is_none(),
            _ => binding.text() == "false",
        };
        !self.contract(service, field).iter().all(empty)
    }

    pub fn is_legacy(&self, service: &str) -> bool {
        !self
            .below(&Tree::option(&self.rules().namespaces.services, service, &[]))
            .is_empty()
    }

    pub fn job(&self, job: &str) -> String {
        let option = Tree::option(&self.rules().namespaces.backups, job, &[]);
        let texts: Vec<String> = self.below(&option).iter().map(|binding| binding.text()).collect();
        texts.join("\n")
    }

    /// The texts of everything that some backup has: of jobs, of contracts.
    pub fn saved(&self) -> Vec<String> {
        let rules = self.rules();
        let mut saved = Vec::new();
        for (name, _) in rules
            .backup_fields
            .iter()
            .filter(|(_, field)| field.path() == "backupPaths")
        {
            let jobs = self.below(&parts(&rules.namespaces.backups)).into_iter();
            let named = jobs.filter(|binding| binding.path.last() == Some(&Some(name.clone())));
            saved.extend(named.map(Binding::text));
        }
        let contracts = self.below(&parts(&rules.namespaces.contract)).into_iter();
        let named = contracts.filter(|binding| {
            let last = binding.path.last().cloned().flatten();
            matches!(last.as_deref(), Some("backupPaths" | "backupDirectories"))
        });
        saved.extend(named.map(Binding::text));
        saved
    }

    /// The files, tests apart or tests only, that name a module by a path literal.
    pub fn naming(&self, module: &Path, tests: bool) -> Vec<PathBuf> {
        let directory = &self.rules().paths.tests;
        let files = self
            .repo
            .naming(module)
            .into_iter()
            .map(|(source, _)| source.path().to_owned());
        files.filter(|file| file.starts_with(directory) == tests).collect()
    }
}

/// The names of a binding and of all around it.
fn around(binding: &ast::AttrpathValue) -> Vec<Option<String>> {
    let all = binding.syntax().ancestors().filter_map(ast::AttrpathValue::cast);
    let names = all.map(|one| {
        one.attrpath()
            .map(|path| syntax::attrpath_names(&path))
            .unwrap_or_default()
    });
    let mut names: Vec<Vec<Option<String>>> = names.collect();
    names.reverse();
    names.concat()
}
