//! Reading a module's definitions and declarations, at every depth.
//!
//! Computed attribute names that the module itself tells are evaluated, so that this stands above the evaluator.

use std::rc::Rc;

use super::eval::Eval;
use super::module::{Module, OptionDecl, STRUCTURAL, Segment, entry_names, segments};
use crate::syntax::{self, HasEntry, Source, ast};

mod walk;

use walk::Walk;

impl Module {
    /// Reads a module; `None` where the file does not parse or is no module (no function to a set, no set).
    pub fn read(source: &Source) -> Option<Module> {
        let mut module = Module::head(source)?;
        module.collect();
        Some(module)
    }

    /// A module that is written inside another file, such as a machine of a test: a set literal, read as a module.
    pub fn within(source: &Source, body: ast::AttrSet) -> Module {
        let mut module = Module::shell(source, body);
        module.collect();
        module
    }

    fn collect(&mut self) {
        // Computed attribute names that the file's own `let` bindings tell are names like any other.
        let probe = self.clone();
        let mut walk = Walk {
            defs: &mut self.defs,
            computed: &mut self.computed,
            eval: Eval::alone(&probe),
        };
        for entry in self.body.clone().entries() {
            let names = entry_names(&entry);
            match names.first().and_then(|n| n.as_deref()) {
                Some("options") => {
                    if let ast::Entry::AttrpathValue(value) = &entry {
                        declarations(value, &segments(value)[1..], &mut self.options);
                    }
                }
                Some("config") if self.explicit => walk.entry(&entry, &[], 1, &Rc::default()),
                Some(name) if !self.explicit && STRUCTURAL.contains(&name) => {}
                _ if self.explicit => {}
                _ => walk.entry(&entry, &[], 0, &Rc::default()),
            }
        }
        self.index_definitions();
    }
}

fn declarations(value: &ast::AttrpathValue, path: &[Segment], found: &mut Vec<OptionDecl>) {
    let Some(expr) = value.value().map(syntax::unparen) else {
        return;
    };
    let mut set = expr.clone();
    while let ast::Expr::LetIn(_) | ast::Expr::With(_) = &set {
        let inner = match &set {
            ast::Expr::LetIn(let_in) => let_in.body(),
            ast::Expr::With(with) => with.body(),
            _ => None,
        };
        let Some(inner) = inner else { return };
        set = syntax::unparen(inner);
    }
    if let ast::Expr::AttrSet(set) = &set {
        for inner in set.attrpath_values() {
            let mut path = path.to_vec();
            path.extend(segments(&inner));
            declarations(&inner, &path, found);
        }
    } else {
        found.push(OptionDecl {
            path: path.to_vec(),
            entry: value.clone(),
            value: expr,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::module::path_text;

    fn paths(text: &str) -> Vec<String> {
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        module
            .defs
            .iter()
            .map(|def| format!("{}{}", def.path_text(), "?".repeat(def.context.conditions.len())))
            .collect()
    }

    #[test]
    fn definitions_are_found_however_they_are_split() {
        assert_eq!(
            paths("{...}: { a.b.c = 1; a = { b.d = 2; }; }"),
            ["a.b.c", "a", "a.b.d"]
        );
        assert_eq!(
            paths("{lib, ...}: { config = lib.mkIf c { a = lib.mkDefault 1; }; }"),
            ["a?"]
        );
        assert_eq!(
            paths("{ options.x = 1; config = mkMerge [(mkIf c { a = 1; }) { b = 2; }]; }"),
            ["a?", "b"]
        );
        assert_eq!(
            paths("{ imports = []; a = let q = 1; in { inherit q; ${w} = 2; }; }"),
            ["a", "a.q", "a.${…}"]
        );
        assert_eq!(
            paths("{lib, ...}: { config = lib.mkIf (true) { a = lib.mkIf true 1; }; }"),
            ["a"]
        );
        assert_eq!(
            paths("with lib; let in { config.a = mkIf c (mkIf d { b = 1; } // { e = 2; }); }"),
            ["a?", "a.b??", "a.e?"]
        );
    }

    #[test]
    fn options_and_imports_are_found() {
        let text = "{lib, ...}: { options.q.s = { enable = lib.mkEnableOption \"x\"; port = lib.mkOption { default = 1; }; }; imports = [./a] ++ [./b]; }";
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        let names: Vec<String> = module.options.iter().map(|o| path_text(&o.path)).collect();
        assert_eq!(names, ["q.s.enable", "q.s.port"]);
        assert!(module.options[0].is_enable());
        assert_eq!(
            module.options[1].argument("default").expect("a default").to_string(),
            "1"
        );
        assert_eq!(module.imports().len(), 2);
    }
}
