//! The reference of the contract's fields, made from the schema that declares them.

use crate::error::Result;
use crate::plan::evolve::schema::{option_of, service_type};
use crate::plan::install::schema::{embedded, options_below};
use crate::plan::model::Context;
use crate::resolve::module::{OptionDecl, attribute};
use crate::resolve::scope::{self, Binding};
use crate::rules::parts;
use crate::syntax::{self, AstNode, ast};

/// A field as the reference has it.
#[derive(Clone, Debug)]
struct Entry {
    name: String,
    kind: String,
    default: String,
    meaning: String,
}

/// The fields of a service, of what stands in lists of it, and the settings of all services.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    service: Vec<Entry>,
    nested: Vec<Entry>,
    contract: Vec<Entry>,
}

impl Reference {
    /// The fields that the repository's schema declares; those of the embedded one where it has none yet.
    ///
    /// # Errors
    /// An internal error if the embedded schema cannot be read.
    pub fn of(context: &Context) -> Result<Reference> {
        let namespaces = &context.rules().namespaces;
        let (contract, options) = (parts(&namespaces.contract), parts(&namespaces.contract_options));
        let own = context.model.modules().flat_map(|module| &module.options);
        let own: Vec<OptionDecl> = own.cloned().collect();
        let is = |declaration: &OptionDecl, prefix: &[&str]| {
            let names = declaration.path.iter().map(|name| name.as_deref());
            names.take(prefix.len()).eq(prefix.iter().map(|name| Some(*name)))
        };
        let declared = |prefix: &[&str]| own.iter().any(|declaration| is(declaration, prefix));
        let embedded = match declared(&contract) && declared(&options) {
            true => Vec::new(),
            false => embedded(context.rules())?,
        };
        let of = |prefix: &[&str]| -> Vec<OptionDecl> {
            let all = if declared(prefix) { &own } else { &embedded };
            all.iter()
                .filter(|declaration| is(declaration, prefix))
                .cloned()
                .collect()
        };
        let mut reference = Reference::default();
        for declaration in of(&contract)
            .iter()
            .filter(|declaration| declaration.path.len() == contract.len())
        {
            reference.read_service(&declaration.value);
        }
        for declaration in of(&options) {
            let name: Vec<&str> = declaration.path[options.len()..]
                .iter()
                .flatten()
                .map(|name| &**name)
                .collect();
            reference.contract.extend(entry(&name.join("."), &declaration.value));
        }
        Ok(reference)
    }

    fn read_service(&mut self, value: &ast::Expr) {
        let Some(kind) = option_of(value).and_then(|option| attribute(&option, "type")) else {
            return;
        };
        for (name, binding) in options_below(&service_type(&kind)) {
            let Some(value) = binding.value() else { continue };
            self.service.extend(entry(&name, &value));
            self.read_elements(&name, &value);
        }
    }

    /// The fields of a list's elements, where its type names a submodule.
    fn read_elements(&mut self, list: &str, value: &ast::Expr) {
        let Some(kind) = option_of(value).and_then(|option| attribute(&option, "type")) else {
            return;
        };
        let names: Vec<ast::Ident> = syntax::nodes(kind.syntax());
        for name in names {
            let Binding::Value(binding) = scope::lookup(name.syntax(), &syntax::ident_text(&name)) else {
                continue;
            };
            let Some(value) = binding.value() else { continue };
            for (field, binding) in options_below(value.syntax()) {
                let read = binding
                    .value()
                    .and_then(|value| entry(&format!("{list}.*.{field}"), &value));
                self.nested.extend(read);
            }
        }
    }

    pub fn service(&self) -> String {
        lines(&self.service)
    }

    pub fn nested(&self) -> String {
        lines(&self.nested)
    }

    /// The settings of all services, by their whole names.
    pub fn contract(&self, namespace: &str) -> String {
        let whole = self.contract.iter().map(|entry| Entry {
            name: format!("{namespace}.{}", entry.name),
            ..entry.clone()
        });
        lines(&whole.collect::<Vec<_>>())
    }
}

/// What a declaration says of an option; `None` for one that is not for people, or that cannot be read.
fn entry(name: &str, value: &ast::Expr) -> Option<Entry> {
    let option = option_of(value)?;
    let text = |name: &str| attribute(&option, name).map(|value| syntax::in_one_line(&syntax::text_of(value.syntax())));
    if text("internal").is_some_and(|internal| internal == "true") {
        return None;
    }
    Some(Entry {
        name: name.to_owned(),
        kind: text("type").unwrap_or_default().replace("types.", ""),
        default: default_of(&option),
        meaning: attribute(&option, "description")
            .and_then(|value| string(&value))
            .unwrap_or_default(),
    })
}

/// The default as a reader is told it: in words, or as Nix.
fn default_of(option: &ast::AttrSet) -> String {
    if let Some(text) = attribute(option, "defaultText") {
        // Of a call, whatever it is named by there, the argument is the text: words, unless it is an expression.
        let (function, mut arguments) = syntax::call(&text);
        let is_code = syntax::function_name(&function).as_deref() == Some("literalExpression");
        let said = arguments.pop().map_or(text, syntax::unparen);
        return match string(&said).unwrap_or_default() {
            said if is_code => format!("default `{said}`"),
            said if said.starts_with("none: ") => said["none: ".len()..].to_owned(),
            said => format!("default: {said}"),
        };
    }
    match attribute(option, "default") {
        Some(default) => format!("default `{}`", syntax::in_one_line(&syntax::text_of(default.syntax()))),
        None => "required".to_owned(),
    }
}

fn string(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Str(string) => syntax::string_value(string).map(|value| syntax::in_one_line(&value)),
        _ => None,
    }
}

/// A list of fields.
fn lines(entries: &[Entry]) -> String {
    let options = textwrap::Options::new(118)
        .subsequent_indent("  ")
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let line = |entry: &Entry| {
        let text = format!(
            "- `{}` (`{}`, {}): {}",
            entry.name, entry.kind, entry.default, entry.meaning
        );
        textwrap::fill(text.trim_end().trim_end_matches(':'), &options)
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}
