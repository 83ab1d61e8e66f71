//! The modules of one machine, and where each option is declared and defined.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::module::{self, Computed, Def, Module, OptionDecl};
use crate::syntax::Source;

/// The modules that a host's configuration is made of, as far as the repository has them.
#[derive(Clone, Default)]
pub struct Model {
    modules: Vec<Rc<Module>>,
    imported: HashSet<OsString>,
    /// The modules that have definitions with a key, in order.
    by_key: HashMap<String, Vec<Rc<Module>>>,
    /// The parts of modules that are computed.
    computed: Index,
    /// The paths of the host's modules of which nothing can be read.
    faulty: Rc<[PathBuf]>,
    /// The files that the host's imports lead to and that are written otherwise than a module is read.
    unread: Rc<[Source]>,
    /// The names that services go by, which is asked again for each service.
    names: OnceCell<Rc<Vec<(String, String)>>>,
    /// The fields of services that nobody reads, which is asked again for each of them.
    unread_fields: OnceCell<Rc<[String]>>,
}

/// The computed parts of all modules, by the first name of their paths.
#[derive(Clone, Debug, Default)]
struct Index {
    by_name: HashMap<Rc<str>, Vec<(usize, usize)>>,
    /// Those whose first name is computed, or that are a module's whole configuration.
    anywhere: Vec<(usize, usize)>,
}

impl Index {
    /// The parts of `modules`, without those of the modules at `known`.
    fn of(modules: &[Rc<Module>], known: &[PathBuf]) -> Index {
        let mut index = Index::default();
        for (m, module) in modules.iter().enumerate() {
            if known.iter().any(|path| path == module.source.path()) {
                continue;
            }
            for (c, part) in module.computed.iter().enumerate() {
                let list = match part.path.first() {
                    Some(Some(name)) => index.by_name.entry(Rc::clone(name)).or_default(),
                    _ => &mut index.anywhere,
                };
                list.push((m, c));
            }
        }
        index
    }
}

impl Model {
    /// A model of these modules, in the order in which they are given; `imported` are the paths of the files
    /// that the host's imports lead to.
    pub fn new(modules: Vec<Rc<Module>>, imported: HashSet<OsString>) -> Model {
        let mut by_key: HashMap<String, Vec<Rc<Module>>> = HashMap::default();
        for module in &modules {
            for key in module.keys() {
                match by_key.get_mut(key) {
                    Some(list) => list.push(Rc::clone(module)),
                    None => drop(by_key.insert(key.clone(), vec![Rc::clone(module)])),
                }
            }
        }
        Model {
            computed: Index::of(&modules, &[]),
            modules,
            imported,
            by_key,
            faulty: Rc::default(),
            unread: Rc::default(),
            names: OnceCell::new(),
            unread_fields: OnceCell::new(),
        }
    }

    /// The model of a host that has modules besides of which nothing can be read, at `paths`, and `unread` ones that are
    /// written otherwise than a module is read.
    pub fn beside(self, paths: Vec<PathBuf>, unread: Vec<Source>) -> Model {
        Model {
            faulty: paths.into(),
            unread: unread.into(),
            ..self
        }
    }

    /// The model without what the modules at `paths` compute, of which it is known that it is about nothing else than
    /// what they are asked for: the contract's own.
    pub fn knowing(self, paths: &[PathBuf]) -> Model {
        Model {
            computed: Index::of(&self.modules, paths),
            ..self
        }
    }

    /// The files that the host's imports lead to and that are no functions to a set, and no sets.
    pub fn unread(&self) -> &[Source] {
        &self.unread
    }

    /// The paths of the host's modules of which nothing can be read.
    pub fn faulty(&self) -> &[PathBuf] {
        &self.faulty
    }

    /// The first of the files of which nothing can be read that the host's imports lead to: what it imports itself is not
    /// known, so that a module that no import is known to lead to may be imported by it.
    pub fn hides_imports(&self) -> Option<&Path> {
        let imported = |path: &&PathBuf| self.is_imported(path);
        self.faulty.iter().find(imported).map(PathBuf::as_path)
    }

    /// The names that services go by, which `find` finds out the first time.
    pub fn names(&self, find: impl FnOnce() -> Vec<(String, String)>) -> Rc<Vec<(String, String)>> {
        Rc::clone(self.names.get_or_init(|| Rc::new(find())))
    }

    /// The fields of services that nobody reads, which `find` finds out the first time.
    pub fn unread_fields(&self, find: impl FnOnce() -> Vec<String>) -> Rc<[String]> {
        Rc::clone(self.unread_fields.get_or_init(|| find().into()))
    }

    /// Whether the host's imports lead to the file. A module whose import is commented out is in the model, and not
    /// imported.
    pub fn is_imported(&self, path: &Path) -> bool {
        self.imported.contains(path.as_os_str())
    }

    /// Every module.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().map(|module| &**module)
    }

    /// Every module, to be taken into another model as it was read.
    pub fn shared(&self) -> impl Iterator<Item = &Rc<Module>> {
        self.modules.iter()
    }

    /// The module at `path`, relative to the root.
    pub fn module(&self, path: &Path) -> Option<&Module> {
        self.modules().find(|module| module.source.path() == path)
    }

    /// The definitions of exactly the option `path`.
    pub fn definitions(&self, path: &[&str]) -> Vec<(&Module, &Def)> {
        let mut found = self.under(path);
        found.retain(|(_, def)| def.path.len() == path.len());
        found
    }

    /// The definitions at or below `prefix`.
    pub fn under(&self, prefix: &[&str]) -> Vec<(&Module, &Def)> {
        let key = module::key(prefix);
        let modules = match &key {
            Some(key) => self.by_key.get(key).map_or(&[] as &[_], Vec::as_slice),
            None => &self.modules,
        };
        let mut found = Vec::new();
        for module in modules {
            let candidates = module.candidates(key.as_deref());
            // What has the key begins as the prefix does.
            let below = candidates.filter(|def| def.goes_on(prefix, module::KEY_NAMES));
            found.extend(below.map(|def| (&**module, def)));
        }
        found
    }

    /// The declaration of the option `path`.
    pub fn declaration<'a>(&'a self, path: &[&str]) -> Option<(&'a Module, &'a OptionDecl)> {
        self.modules().find_map(|module| {
            let found = module
                .options
                .iter()
                .find(|o| o.path.len() == path.len() && o.path.iter().zip(path).all(|(a, b)| a.as_deref() == Some(*b)));
            found.map(|declaration| (module, declaration))
        })
    }

    /// The computed parts that may define something at or below `prefix`: those at it or above it. Of modules whose
    /// configuration is computed as a whole, those that mention the prefix's first name.
    pub fn computed(&self, prefix: &[&str]) -> Vec<(&Module, &Computed)> {
        let (modules, index) = (&self.modules, &self.computed);
        let named = prefix.first().and_then(|first| index.by_name.get(*first));
        let all = named.into_iter().flatten().chain(&index.anywhere);
        let parts = all.map(|(m, c)| (&*modules[*m], &modules[*m].computed[*c]));
        let found = parts.filter(|(module, part)| {
            let mentioned = || prefix.first().is_some_and(|first| module.source.text().contains(first));
            part.is_above(prefix) && (matches!(part.path.first(), Some(Some(_))) || mentioned())
        });
        found.collect()
    }
}
