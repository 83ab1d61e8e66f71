//! Adding a field: its option, its message where it is required, and its value in every contract.

use std::collections::BTreeMap;

use super::references::{contracts_in_tests, end_of};
use super::{Default, Evolution, NewField, SCHEMA, SERVICES, TEMPLATE, contracts, line, schema};
use crate::error::{self, Result};
use crate::plan::model::{self, Context};
use crate::plan::ops::Ops;
use crate::plan::setting::Setting;
use crate::plan::{Accepted, Move, texts};
use crate::resolve::Module;
use crate::resolve::scope::{self, Binding};
use crate::rules::parts;
use crate::syntax::{self, AstNode, SyntaxNode};

/// The value that each contract gets.
///
/// # Errors
/// `not-all-migrated` where the field is required and legacy services are left; `no-such-contract` for a value of a service
/// that has none; `value-needed` where a required field lacks one.
pub fn values(context: &Context, field: &NewField) -> Result<BTreeMap<String, String>> {
    let legacy = without_contract(context);
    if field.is_required() && !legacy.is_empty() {
        return Err(error::evolve::not_all_migrated(&field.name, &legacy));
    }
    let services: Vec<String> = contracts(context).into_iter().map(|(name, _)| name).collect();
    if let Some(unknown) = field.values.keys().find(|name| !services.contains(name)) {
        return Err(error::evolve::no_such_contract(unknown, &services));
    }
    let mut values = BTreeMap::new();
    let mut without = Vec::new();
    for service in services {
        match field.values.get(&service).or(field.value.as_ref()) {
            Some(value) => {
                values.insert(service, value.clone());
            }
            None => without.push(service),
        }
    }
    match field.is_required() && !without.is_empty() {
        true => Err(error::evolve::value_needed(&field.name, &without)),
        false => Ok(values),
    }
}

/// The legacy services that have no contract yet.
fn without_contract(context: &Context) -> Vec<String> {
    let migrated = model::contract_names(context.model, context.rules());
    let mut legacy = model::legacy_names(context.model, context.rules());
    legacy.retain(|name| !migrated.contains(name));
    legacy
}

impl Evolution<'_> {
    /// Adds the field to the schema, and with the groups that are accepted to contracts and the template.
    ///
    /// # Errors
    /// `schema-unreadable` where a required field's message has no place; `unsupported-module` where a contract has none
    /// for another field.
    pub(super) fn add(&self, work: &mut Ops, field: &NewField, accepted: &Accepted) -> Result<()> {
        self.option(work, field)?;
        let services = match field.is_required() {
            true => Some(SCHEMA),
            false => self.groups.accepted(SERVICES, accepted),
        };
        if let Some(group) = services {
            for (service, module) in contracts(self.context) {
                if let Some(value) = self.values.get(&service) {
                    self.set(work, module, &service, value, "", group)?;
                    let to = format!("{} = {value}", field.name);
                    work.tell(group, [Move::added(texts::field_of(&service), to)]);
                }
            }
        }
        if field.is_required() {
            self.tests(work, field);
        }
        let template = schema::template(self.context);
        let shown = self.groups.accepted(TEMPLATE, accepted);
        if let (Some(group), Some(source)) = (shown, self.context.repo.source(&template))
            && let Some(module) = Module::read(source)
        {
            let value = self.shown(field);
            let comment = match &field.default {
                Default::Required => texts::field_required_comment(&field.description),
                Default::Value(default) => texts::field_optional_comment(&field.description, default),
            };
            self.set(work, &module, "example", &value, &comment, group)?;
            work.tell(group, [Move::added_to(texts::FIELD_IN_TEMPLATE, &template)]);
        }
        Ok(())
    }

    /// A value to show: the one that contracts get, or the default.
    fn shown(&self, field: &NewField) -> String {
        let given = field.value.clone().or_else(|| self.values.values().next().cloned());
        match (&given, &field.default) {
            (Some(value), _) => value.clone(),
            (None, Default::Value(value)) => value.clone(),
            (None, Default::Required) => "null".to_owned(),
        }
    }

    fn option(&self, work: &mut Ops, field: &NewField) -> Result<()> {
        let source = self.schema.source;
        let unreadable = || error::evolve::schema_unreadable(self.schema.place());
        let mut names = vec!["mkOption", "types"];
        if field.is_required() {
            names.extend(["missing", "name"]);
        }
        if names.iter().any(|name| !bound(self.schema.set.syntax(), name)) {
            return Err(unreadable());
        }
        let name = syntax::attr_text(&field.name);
        let quoted = syntax::string_text(&field.name);
        let default = match &field.default {
            Default::Required => {
                let words = match bound(self.schema.set.syntax(), "prose") {
                    true => "prose \"none: required\"",
                    false => "\"none: required\"",
                };
                format!("default = missing {quoted} name;\ndefaultText = {words};")
            }
            Default::Value(value) => format!("default = {value};"),
        };
        let text = format!(
            "{name} = mkOption {{\n  type = {};\n  {}\n  example = {};\n  description = {};\n}};",
            field.kind,
            default.replace('\n', "\n  "),
            self.shown(field),
            syntax::string_text(&field.description),
        );
        let (at, pad) = end_of(source, &self.schema.set);
        work.insert(source.path(), at, format!("\n{}", line("", &text, &pad)), SCHEMA);
        let to = format!("{}: {}", source.path().display(), field.name);
        work.tell(SCHEMA, [Move::added(texts::FIELD, to)]);
        if field.is_required() {
            let messages = self.schema.messages().ok_or_else(unreadable)?;
            let (at, pad) = end_of(source, &messages);
            let message = format!(
                "{name} = say {quoted} {} (_: {});",
                syntax::string_text(&field.description),
                syntax::string_text(&self.shown(field)),
            );
            work.insert(source.path(), at, line("", &message, &pad), SCHEMA);
        }
        Ok(())
    }

    /// Sets the field in the contract of `service` in its module.
    fn set(
        &self,
        work: &mut Ops,
        module: &Module,
        service: &str,
        value: &str,
        comment: &str,
        group: crate::edit::GroupId,
    ) -> Result<()> {
        let field = self.change.field();
        let namespace = parts(&self.context.rules().namespaces.contract);
        let prefix: Vec<&str> = namespace.into_iter().chain([service]).collect();
        let setting = Setting {
            prefix: &prefix,
            name: field,
            rest: "",
            value,
            comment,
            last: true,
        };
        setting.insert(work, module, group)
    }

    /// Sets a required field in the contracts that tests make.
    fn tests(&self, work: &mut Ops, field: &NewField) {
        let text = format!("{} = {};", syntax::attr_text(&field.name), self.shown(field));
        for (source, set) in contracts_in_tests(self.context) {
            let (at, pad) = end_of(source, &set);
            work.insert(source.path(), at, line("", &text, &pad), SCHEMA);
        }
    }
}

fn bound(node: &SyntaxNode, name: &str) -> bool {
    !matches!(scope::lookup(node, name), Binding::Unbound | Binding::Global)
}
