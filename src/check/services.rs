//! The services of a namespace as the modules declare them, contract or legacy: fields with their definitions.

use std::collections::BTreeMap;
use std::path::Path;

use super::statics::{Item, Static, StaticReader};
use crate::error::Place;
use crate::resolve::eval::{self, Eval};
use crate::resolve::module::{Def, Module};
use crate::resolve::priority::prioritised;
use crate::resolve::value::UnknownReason;
use crate::syntax::{self, AstNode, ast};

/// One definition of a field.
#[derive(Clone)]
pub struct Definition<'a> {
    pub module: &'a Module,
    pub def: &'a Def,
    pub value: Static,
    /// Why it is not known whether the definition holds.
    pub doubt: Option<UnknownReason>,
    rank: u8,
}

impl Definition<'_> {
    /// Where the value stands.
    pub fn place(&self) -> Place {
        match &self.def.value {
            Some(value) => self.module.source.place_of(value.syntax()),
            None => self.module.source.place_of(self.def.entry.syntax()),
        }
    }

    /// Where the name stands.
    pub fn name_place(&self) -> Place {
        self.module.source.place_of(&name_node(self.def))
    }

    /// The value as Nix prints it, or its source where that is not known.
    pub fn shown(&self) -> String {
        self.value.show().unwrap_or_else(|| match &self.def.value {
            Some(value) => super::statics::source_text(value),
            None => "…".into(),
        })
    }
}

/// The attrpath of a binding; the whole of an `inherit`.
pub fn name_node(def: &Def) -> syntax::SyntaxNode {
    match &def.entry {
        ast::Entry::AttrpathValue(binding) => binding
            .attrpath()
            .map_or_else(|| binding.syntax().clone(), |path| path.syntax().clone()),
        ast::Entry::Inherit(inherit) => inherit.syntax().clone(),
    }
}

/// A service.
#[derive(Clone, Default)]
pub struct Service<'a> {
    /// Definitions of each field that may hold.
    fields: BTreeMap<String, Vec<Definition<'a>>>,
    /// The bindings that the service is declared by: the module, the binding's definition.
    pub sites: Vec<(&'a Module, &'a Def)>,
    /// Whether some definition of the service cannot be taken apart.
    pub open: bool,
    /// Whether it is known that the service is declared.
    pub certain: bool,
    /// Definitions of fields whose own condition does not hold: no values, but the names have to be right.
    pub unheld: Vec<(&'a Module, &'a Def, &'a str)>,
    /// Where it is defined as something else than a set.
    pub no_set: Option<Place>,
}

impl<'a> Service<'a> {
    /// The fields that are or may be defined.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[Definition<'a>])> {
        self.fields
            .iter()
            .map(|(name, definitions)| (name.as_str(), definitions.as_slice()))
    }

    /// Whether the field is or may be defined.
    pub fn mentions(&self, field: &str) -> bool {
        self.open || self.fields.contains_key(field)
    }

    /// Whether the field is defined for certain.
    pub fn sets(&self, field: &str) -> bool {
        self.fields
            .get(field)
            .is_some_and(|definitions| definitions.iter().any(|d| d.doubt.is_none()))
    }

    /// The definitions that count: those of the strongest priority. `None` where it is not known which do.
    pub fn effective(&self, field: &str) -> Option<Vec<&Definition<'a>>> {
        let Some(definitions) = self.fields.get(field) else {
            return (!self.open).then(Vec::new);
        };
        if definitions.iter().any(|d| d.doubt.is_some()) {
            return None;
        }
        let best = definitions.iter().map(|d| d.rank).min();
        Some(definitions.iter().filter(|d| Some(d.rank) == best).collect())
    }

    /// The value of a field that takes one; `default` where it is not set, `None` where it is not known.
    pub fn value(&self, field: &str, default: Static) -> Option<Static> {
        let definitions = self.effective(field)?;
        let Some(first) = definitions.first() else {
            return Some(default);
        };
        let shown = first.value.show()?;
        definitions
            .iter()
            .all(|d| d.value.show().as_deref() == Some(&*shown))
            .then(|| first.value.clone())
    }

    /// The truth value of a field.
    pub fn is(&self, field: &str, default: bool) -> Option<bool> {
        self.value(field, Static::Bool(default))?.as_bool()
    }

    /// The elements of a list field, of all definitions together; `None` where they are not all to be seen.
    pub fn items(&self, reader: &StaticReader<'a>, field: &str) -> Option<Vec<Item<'a>>> {
        let mut items = Vec::new();
        for definition in self.effective(field)? {
            items.extend(reader.items(definition.module, definition.def.value.as_ref()?)?);
        }
        Some(items)
    }

    /// The module that says most about the service.
    pub fn home(&self, settings: &Path) -> Option<&'a Module> {
        let mut counts: Vec<(&'a Module, usize)> = Vec::new();
        for definition in self.fields.values().flatten() {
            let module = definition.module;
            if module.source.path() == settings {
                continue;
            }
            match counts.iter_mut().find(|(m, _)| m.source.path() == module.source.path()) {
                Some((_, count)) => *count += 1,
                None => counts.push((module, 1)),
            }
        }
        counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(module, _)| module)
    }

    /// Where the service is declared: in `home` if that is one of the places.
    pub fn anchor(&self, home: Option<&Module>) -> Option<Place> {
        let is_home = |module: &Module| home.is_some_and(|home| home.source.path() == module.source.path());
        let site = self
            .sites
            .iter()
            .find(|(module, _)| is_home(module))
            .or(self.sites.first())?;
        Some(site.0.source.place_of(&name_node(site.1)))
    }
}

/// The services of a namespace.
#[derive(Clone, Default)]
pub struct Services<'a> {
    pub services: BTreeMap<String, Service<'a>>,
    /// Whether there may be services that are not to be seen.
    pub open: bool,
}

impl<'a> Services<'a> {
    /// The services below `namespace` that the accepted modules declare.
    pub fn collect(
        reader: &StaticReader<'a>,
        namespace: &[&str],
        accepted: impl Fn(&Module, &Def) -> bool,
    ) -> Services<'a> {
        let mut found = Services::default();
        for (module, def) in reader.model().under(namespace) {
            if accepted(module, def) {
                found.add(reader, namespace.len(), module, def);
            }
        }
        found
    }

    fn add(&mut self, reader: &StaticReader<'a>, depth: usize, module: &'a Module, def: &'a Def) {
        let doubt = doubt(reader, module, def, def.context.conditions.len());
        let length = def.path.len();
        if matches!(doubt, Doubt::Off) {
            let outer = def.context.conditions.len() - own_conditions(def);
            let declared = length == depth + 2 && matches!(self::doubt(reader, module, def, outer), Doubt::None);
            if let (true, Some(name), Some(field)) = (declared, def.name(depth), def.name(depth + 1)) {
                let service = self.services.entry(name.to_owned()).or_default();
                service.unheld.push((module, def, field));
            }
            return;
        }
        if length == depth {
            self.open |= !is_plain(def.value.as_ref());
            return;
        }
        let Some(name) = def.name(depth) else {
            self.open = true;
            return;
        };
        let service = self.services.entry(name.to_owned()).or_default();
        service.certain |= matches!(doubt, Doubt::None);
        // The binding that the service's own name stands in.
        if length - def.own <= depth {
            service.sites.push((module, def));
        }
        if length == depth + 1 {
            service.whole(reader, module, def);
            return;
        }
        let Some(field) = def.name(depth + 1) else {
            service.open = true;
            return;
        };
        let is_field = length == depth + 2;
        if is_field || length - def.own < depth + 2 {
            let value = match is_field {
                true => reader.definition(module, def),
                false => Static::SomeSet,
            };
            service.fields.entry(field.to_owned()).or_default().push(Definition {
                module,
                def,
                value,
                doubt: match doubt {
                    Doubt::Some(why) => Some(why),
                    _ => None,
                },
                rank: eval::rank(def),
            });
        }
    }
}

impl<'a> Service<'a> {
    /// A definition of the service as a whole.
    fn whole(&mut self, reader: &StaticReader<'a>, module: &'a Module, def: &'a Def) {
        if is_plain(def.value.as_ref()) {
            return;
        }
        match reader.definition(module, def) {
            Static::Set(_) | Static::SomeSet | Static::Unknown(_) | Static::Function | Static::Path(_) => {
                self.open = true;
            }
            _ => self.no_set = def.value.as_ref().map(|v| module.source.place_of(v.syntax())),
        }
    }
}

/// How many of the definition's conditions stand at the head of its own value.
pub fn own_conditions(def: &Def) -> usize {
    let ast::Entry::AttrpathValue(binding) = &def.entry else {
        return 0;
    };
    let mut count = 0;
    let mut value = binding.value().map(syntax::unparen);
    while let Some(expr) = value {
        let (function, mut arguments) = syntax::call(&expr);
        let name = syntax::function_name(&function);
        count += usize::from(matches!(name.as_deref(), Some("mkIf" | "optionalAttrs")));
        value = match name.as_deref() {
            Some(name) if name.starts_with("mk") || name == "optionalAttrs" => arguments.pop().map(syntax::unparen),
            _ => None,
        };
    }
    count.min(def.context.conditions.len())
}

enum Doubt {
    /// It holds.
    None,
    /// It does not.
    Off,
    Some(UnknownReason),
}

/// Whether the definition holds, as far as its first `count` conditions say.
fn doubt(reader: &StaticReader, module: &Module, def: &Def, count: usize) -> Doubt {
    let why = |reason: &str| {
        Doubt::Some(UnknownReason {
            reason: reason.to_owned(),
            place: module.source.place_of(def.entry.syntax()),
        })
    };
    if def.context.opaque {
        return why("it is merged with '//'");
    }
    if def
        .context
        .priorities
        .iter()
        .any(|priority| priority.function == "mkOverride")
    {
        return why("its priority is a number");
    }
    match Eval::new(reader.model(), module).holds(&def.context.conditions[..count]) {
        Ok(true) => Doubt::None,
        Ok(false) => Doubt::Off,
        Err(why) => Doubt::Some(why),
    }
}

/// Whether every definition in the value is one of the module's definitions: a set literal, through `let`, `with`,
/// `mkIf`, `mkMerge` and `//`.
pub fn is_plain(value: Option<&ast::Expr>) -> bool {
    let Some(value) = value else { return false };
    match super::schema::below_scopes(value.clone()) {
        ast::Expr::AttrSet(_) => true,
        ast::Expr::BinOp(op) => {
            op.operator() == Some(ast::BinOpKind::Update) && is_plain(op.lhs().as_ref()) && is_plain(op.rhs().as_ref())
        }
        other => {
            let (function, arguments) = syntax::call(&other);
            match (syntax::function_name(&function).as_deref(), arguments.as_slice()) {
                (Some("mkMerge"), [list]) => match syntax::unparen(list.clone()) {
                    ast::Expr::List(list) => list.items().all(|item| is_plain(Some(&item))),
                    _ => false,
                },
                (Some("mkIf" | "optionalAttrs"), [_, inner]) => is_plain(Some(inner)),
                (Some(function), arguments) => {
                    prioritised(function, arguments).is_some_and(|inner| is_plain(Some(inner)))
                }
                (None, _) => false,
            }
        }
    }
}
