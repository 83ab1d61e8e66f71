//! The fields of each service: required, of their type, known to the schema, said once.

use super::mend::QuickFix;
use super::services::{Definition, Service, name_node};
use super::statics::Static;
use super::texts;
use super::types::{Required, Type};
use super::{CheckContext, Finding, fault, name_part, note};
use crate::error::Error;
use crate::syntax;

/// Whether the host imports the module of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    /// It does not: nothing is required of its settings.
    Dormant,
}

/// Fields whose values the other checks need.
const NEEDED: [&str; 7] = [
    "enable",
    "exposed",
    "port",
    "url",
    "middlewares",
    "dependsOn",
    "databases",
];

/// Checks one service.
pub fn check<'a>(
    context: &CheckContext<'a>,
    name: &str,
    service: &Service<'a>,
    state: State,
    found: &mut Vec<Finding>,
) {
    if let Some(place) = &service.no_set {
        found.push(fault(name, texts::not_a_set(context.subject(name))).at(Some(place.clone())));
        return;
    }
    let check = Check { context, name, service };
    check.missing(state, found);
    for (field, definitions) in service.fields() {
        match context.schema.fields.get(field) {
            Some(_) => check.value(field, definitions, found),
            None if !context.schema.open => check.undeclared(field, definitions, found),
            None => {}
        }
        check.doubts(field, definitions, found);
    }
    for (module, def, field) in &service.unheld {
        let place = module.source.place_of(&name_node(def));
        let known = context.schema.open || context.schema.fields.contains_key(*field);
        if !known && !service.mentions(field) {
            found.push(fault(name, check.unknown(field, "…", &[]).0).at(Some(place)));
        }
    }
    check.names(found);
}

struct Check<'g, 'a> {
    context: &'g CheckContext<'a>,
    name: &'g str,
    service: &'g Service<'a>,
}

impl Check<'_, '_> {
    fn missing(&self, state: State, found: &mut Vec<Finding>) {
        let schema = &self.context.schema;
        let strict = is_strict(self.context);
        let anchor = self.context.anchor(self.service);
        let only_switch = self.service.fields().all(|(field, _)| field == "enable") && !self.service.open;
        if only_switch && self.context.blind {
            return;
        }
        let reason = only_switch.then(|| self.switch_alone()).flatten();
        for (field, spec) in &schema.fields {
            let wanted = match spec.required {
                Required::Always => true,
                Required::Strict => strict == Some(true),
                Required::No => field == "port" && self.needs_port(),
            };
            let other = schema.other_name(field);
            let mentioned = match field.as_str() {
                "port" => !self.needs_port(),
                field => self.service.mentions(field),
            };
            if !wanted
                || mentioned
                || other.is_some_and(|other| self.service.mentions(other))
                || (state == State::Dormant && field == "enable")
            {
                continue;
            }
            let (meaning, example) = self.requirement(field);
            let place = self.null_port(field).or_else(|| anchor.clone());
            found.push(
                fault(
                    self.name,
                    texts::missing_field(self.context.subject(self.name), field, &meaning, &example),
                )
                .at(place)
                .reason(reason.clone()),
            );
        }
    }

    /// A switch without a contract is most likely a slip of the pen.
    fn switch_alone(&self) -> Option<String> {
        let others: Vec<String> = self
            .context
            .contracts
            .services
            .keys()
            .filter(|other| *other != self.name)
            .cloned()
            .collect();
        let near = crate::error::nearest(self.name, &others)?;
        Some(format!("only its switch is set; did you mean '{near}'?"))
    }

    /// A route needs a port to lead to.
    fn needs_port(&self) -> bool {
        self.context.schema.fields.contains_key("port")
            && self.service.is("exposed", false) == Some(true)
            && matches!(self.service.value("url", Static::Null), Some(Static::Null))
            && matches!(self.service.value("port", Static::Null), Some(Static::Null))
    }

    /// Where a port is set to null.
    fn null_port(&self, field: &str) -> Option<crate::error::Place> {
        (field == "port").then_some(())?;
        let first = |field| Some(self.service.effective(field)?.first()?.place());
        first("port").or_else(|| first("url"))
    }

    fn requirement(&self, field: &str) -> (String, String) {
        let directory = syntax::string_text(&format!("/var/lib/{}", self.name));
        let (meaning, example) = match field {
            "enable" => ("whether the service runs", "true".to_owned()),
            "domain" => ("the domain its subdomain belongs to", self.context.domain_example()),
            "dataDir" => ("where its state lives (null if it keeps none)", directory),
            "port" => (
                "the port it listens on, which a route needs (or give a url)",
                "8080".to_owned(),
            ),
            "persistedData" => (
                "the directories that survive a reboot ([] for none)",
                format!("[{directory}]"),
            ),
            "backupPaths" => ("the paths to back up ([] for none)", format!("[{directory}]")),
            _ => return (self.described(field), self.example(field)),
        };
        (meaning.to_owned(), example)
    }

    /// The first sentence of the field's description.
    fn described(&self, field: &str) -> String {
        let description = self.context.schema.fields[field].description.as_deref().unwrap_or("");
        let text = description.trim().trim_start_matches("Required.").trim();
        match text.split(['.', '\n']).next() {
            Some(sentence) if !sentence.is_empty() => sentence.to_owned(),
            _ => "the contract asks for it".to_owned(),
        }
    }

    fn example(&self, field: &str) -> String {
        match &self.context.schema.fields[field].example {
            Some(example) => example.replace("jellyfin", self.name),
            None => "…".to_owned(),
        }
    }

    fn value(&self, field: &str, definitions: &[Definition], found: &mut Vec<Finding>) {
        let spec = &self.context.schema.fields[field];
        let subject = self.context.subject(self.name);
        let Some(mut effective) = self.service.effective(field) else {
            return;
        };
        // The service's own module speaks first.
        effective.sort_by_key(|d| d.module.source.path() == self.context.host.settings);
        let all: Vec<String> = effective.iter().map(|d| d.shown()).collect();
        let shown = all.join(", ");
        let error = if spec.read_only {
            let place = definitions[0].name_place();
            Some((texts::read_only_field(subject, field), place))
        } else if let Some(wrong) = effective.iter().find(|d| spec.ty.takes(&d.value) == Some(false)) {
            let expected = spec.ty.description();
            let error = texts::wrong_type(subject, field, &expected, &shown, &self.example(field));
            Some((error, wrong.place()))
        } else if !spec.ty.merges()
            && effective.iter().all(|d| d.value.show().is_some())
            && let Some(other) = effective.iter().find(|d| d.shown() != all[0])
        {
            let error = texts::several_values(subject, field, &shown, &all[0])
                .reason(format!("the other one stands at {}", effective[0].place()));
            Some((error, other.place()))
        } else {
            None
        };
        if let Some((error, place)) = error {
            found.push(fault(self.name, error).at(Some(place)));
        }
    }

    /// What is said of a field that the schema does not have, and what was meant if that is certain.
    /// A field that would not take the value was not meant.
    fn unknown(&self, field: &str, value: &str, definitions: &[Definition]) -> (Error, Option<&str>) {
        let subject = self.context.subject(self.name);
        let fields = self.context.schema.fields.iter();
        let takes = |ty: &Type| definitions.iter().all(|one| ty.takes(&one.value) != Some(false));
        let mut near: Vec<(usize, &String)> = fields
            .filter(|(_, known)| takes(&known.ty))
            .map(|(known, _)| (strsim::levenshtein(field, known), known))
            .collect();
        near.sort_by_key(|(distance, _)| *distance);
        match near.as_slice() {
            [(distance, nearest), rest @ ..] if *distance <= 2 => {
                let alone = rest.first().is_none_or(|(other, _)| other > distance);
                let error = texts::misspelt_field(subject, field, nearest, value);
                (error, alone.then_some(nearest.as_str()))
            }
            _ => (texts::undeclared_field(subject, field, value), None),
        }
    }

    fn undeclared(&self, field: &str, definitions: &[Definition], found: &mut Vec<Finding>) {
        let (error, meant) = self.unknown(field, &definitions[0].shown(), definitions);
        let fits = |meant: &&str| {
            let ty = &self.context.schema.fields[*meant].ty;
            !self.service.mentions(meant) && definitions.iter().all(|d| ty.takes(&d.value) == Some(true))
        };
        let mend = meant
            .filter(fits)
            .and_then(|meant| self.rename(field, meant, definitions));
        found.push(fault(self.name, error).at(Some(definitions[0].name_place())).mend(mend));
    }

    /// Renames the field in every definition, if all stand in one file.
    fn rename(&self, field: &str, to: &str, definitions: &[Definition]) -> Option<QuickFix> {
        let module = definitions[0].module;
        let mut edits = Vec::new();
        for definition in definitions {
            let part = name_part(definition.def, self.context.depth() + 1)?;
            (definition.module.source.path() == module.source.path()).then_some(())?;
            edits.push((syntax::span(&part), syntax::attr_text(to)));
        }
        Some(QuickFix::edits(
            format!("rename field '{field}' of {} to '{to}'", self.name),
            module.source.path(),
            edits,
        ))
    }

    fn names(&self, found: &mut Vec<Finding>) {
        let schema = &self.context.schema;
        for (other, spec) in &schema.fields {
            let Some(field) = &spec.other_name_of else { continue };
            let Some((_, definitions)) = self.service.fields().find(|(name, _)| name == other) else {
                continue;
            };
            let subject = self.context.subject(self.name);
            let place = Some(definitions[0].name_place());
            if self.service.sets(other) && self.service.sets(field) {
                let value = self.merged(field, other);
                found.push(fault(self.name, texts::both_names(subject, field, other, &value)).at(place));
            } else if !self.service.mentions(field) {
                let error = texts::other_name(subject, field, other, &definitions[0].shown());
                let mend = self.rename(other, field, definitions);
                found.push(note(self.name, error).at(place).mend(mend));
            }
        }
    }

    /// The value that a field and its other name have together, in the order in which the schema joins them.
    fn merged(&self, field: &str, other: &str) -> String {
        let mut all = Vec::new();
        for name in [other, field] {
            for definition in self.service.effective(name).unwrap_or_default() {
                match &definition.value {
                    Static::List(items) => all.extend(items.iter().cloned()),
                    _ => return "…".to_owned(),
                }
            }
        }
        Static::List(all).show().unwrap_or_else(|| "…".to_owned())
    }

    /// What a check would have needed and could not see.
    fn doubts(&self, field: &str, definitions: &[Definition], found: &mut Vec<Finding>) {
        if !NEEDED.contains(&self.context.schema.canonical(field)) {
            return;
        }
        for definition in definitions {
            let why = match (&definition.doubt, &definition.value) {
                (Some(why), _) | (None, Static::Unknown(why)) => why.to_string(),
                (None, Static::Text) => "a part of it is computed".to_owned(),
                (None, Static::SomeList) => "some of its elements are computed".to_owned(),
                _ => continue,
            };
            found.push(note(self.name, texts::not_known(self.name, field, &why)).at(Some(definition.place())));
        }
    }
}

/// Whether the contract is strict; `None` where that is not known.
pub fn is_strict(context: &CheckContext) -> Option<bool> {
    let path = context.contract_option(&["strict"]);
    if context.reader.model().definitions(&path).is_empty() {
        return Some(false);
    }
    let module = context.reader.model().modules().next()?;
    context.reader.option(module, &path).as_bool()
}
