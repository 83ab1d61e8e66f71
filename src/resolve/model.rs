//! The modules of one machine, and where each option is declared and defined.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::module::{self, Def, Module, OptionDecl};

/// The modules that a host's configuration is made of, as far as the repository has them.
#[derive(Clone, Default)]
pub struct Model {
    modules: Vec<Rc<Module>>,
    imported: BTreeSet<PathBuf>,
    /// The modules that have definitions with a key, in order.
    by_key: HashMap<String, Vec<Rc<Module>>>,
}

impl Model {
    /// A model of these modules, in the order in which they are given; `imported` are the files that the host's
    /// imports lead to.
    pub fn new(modules: Vec<Rc<Module>>, imported: BTreeSet<PathBuf>) -> Model {
        let mut by_key: HashMap<String, Vec<Rc<Module>>> = HashMap::new();
        for module in &modules {
            for key in module.keys() {
                match by_key.get_mut(key) {
                    Some(list) => list.push(Rc::clone(module)),
                    None => drop(by_key.insert(key.clone(), vec![Rc::clone(module)])),
                }
            }
        }
        Model {
            modules,
            imported,
            by_key,
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
            let below = module.candidates(key.as_deref()).filter(|def| def.under(prefix));
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

    /// Whether nothing in the repository declares or defines `path`, anything above it as a whole, or anything below it.
    pub fn is_silent_on(&self, path: &[String]) -> bool {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        self.declaration(&names).is_none() && self.under(&names).is_empty()
    }
}
