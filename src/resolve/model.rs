//! The modules of one machine, and where each option is declared and defined.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::module::{Def, Module, OptionDecl};

/// The modules that a host's configuration is made of, as far as the repository has them.
#[derive(Clone, Default)]
pub struct Model {
    modules: Vec<Rc<Module>>,
    imported: BTreeSet<PathBuf>,
    /// The modules that have definitions whose path begins with a name, in order.
    by_first: HashMap<String, Vec<Rc<Module>>>,
}

impl Model {
    /// A model of these modules, in the order in which they are given; `imported` are the files that the host's
    /// imports lead to.
    pub fn new(modules: Vec<Rc<Module>>, imported: BTreeSet<PathBuf>) -> Model {
        let mut by_first: HashMap<String, Vec<Rc<Module>>> = HashMap::new();
        for module in &modules {
            for first in module.first_names() {
                match by_first.get_mut(first) {
                    Some(list) => list.push(Rc::clone(module)),
                    None => drop(by_first.insert(first.to_owned(), vec![Rc::clone(module)])),
                }
            }
        }
        Model {
            modules,
            imported,
            by_first,
        }
    }

    /// Whether the host's imports lead to the file. A module whose import is commented out is in the model, and not
    /// imported.
    pub fn is_imported(&self, path: &Path) -> bool {
        self.imported.contains(path)
    }

    /// Every module.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().map(|module| &**module)
    }

    /// The module at `path`, relative to the root.
    pub fn module(&self, path: &Path) -> Option<&Module> {
        self.modules().find(|module| module.source.path() == path)
    }

    /// The definitions of exactly the option `path`.
    pub fn definitions(&self, path: &[&str]) -> Vec<(&Module, &Def)> {
        self.matching(path, |def| def.is(path))
    }

    /// The definitions at or below `prefix`.
    pub fn under(&self, prefix: &[&str]) -> Vec<(&Module, &Def)> {
        self.matching(prefix, |def| def.under(prefix))
    }

    fn matching(&self, path: &[&str], wanted: impl Fn(&Def) -> bool) -> Vec<(&Module, &Def)> {
        let first = path.first().copied();
        let modules = match first {
            Some(first) => self.by_first.get(first).map_or(&[] as &[_], Vec::as_slice),
            None => &self.modules,
        };
        let of = |module| Module::matching(module, first, &wanted).map(move |def| (module, def));
        modules.iter().map(|module| &**module).flat_map(of).collect()
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

    /// Whether nothing in the repository declares or defines `path`, anything above it as a whole, or anything below it.
    pub fn is_silent_on(&self, path: &[String]) -> bool {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        self.declaration(&names).is_none() && self.under(&names).is_empty()
    }
}
