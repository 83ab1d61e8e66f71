//! A document's text with what is true of a repository put in.
//!
//! - `<!-- if <condition> -->`, `<!-- if not … -->`, `<!-- else -->`, `<!-- end -->` on lines of their own: what stands
//!   between them holds only where the condition does ([`Facts::hold`]).
//! - `@name@`: a value. One that stands on a line of its own may have any number of lines.
//! - Names of options, in prose and in Nix, are those of `rules/names.toml`; a repository's own take their place.

use super::facts::PLANNING;
use super::{Facts, examples};
use crate::error::{Error, Result};
use crate::plan::install::names::Names;
use crate::rules::ContractField;

/// The text where `facts` hold.
///
/// # Errors
/// An internal error where it names a condition or a value that there is not.
pub fn fill(text: &str, facts: &Facts) -> Result<String> {
    let chosen = chosen(text, facts)?;
    let names = Names::of(facts.rules).with_switches(facts.rules);
    let mut result = String::new();
    // What stands between fences is Nix, or words as those of the text.
    for (index, part) in chosen.split("```").enumerate() {
        if index > 0 {
            result.push_str("```");
        }
        match part.strip_prefix("nix\n").filter(|_| index % 2 == 1) {
            Some(code) => result.push_str(&format!("nix\n{}", examples::fitted(code, facts, &names)?)),
            None => result.push_str(&values(&names.prose(&examples::with_domain(part, facts)), facts)?),
        }
    }
    Ok(without_double_blanks(&result))
}

/// The lines whose conditions hold.
fn chosen(text: &str, facts: &Facts) -> Result<String> {
    let mut open: Vec<bool> = Vec::new();
    let mut result = String::new();
    for line in text.split_inclusive('\n') {
        let marker = line
            .trim_end()
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        match marker {
            Some("else") => open.last_mut().into_iter().for_each(|last| *last = !*last),
            Some("end") => drop(open.pop()),
            Some(marker) => open.push(condition(marker, facts)?),
            None if open.iter().all(|holds| *holds) => result.push_str(line),
            None => {}
        }
    }
    Ok(result)
}

fn condition(marker: &str, facts: &Facts) -> Result<bool> {
    let unknown = || Error::internal(format!("a document asks for what there is not: {marker}"));
    let asked = marker.strip_prefix("if ").ok_or_else(unknown)?;
    match asked.strip_prefix("not ") {
        Some(asked) => facts.hold(asked).map(|holds| !holds),
        None => facts.hold(asked),
    }
    .ok_or_else(unknown)
}

/// The text with its values.
fn values(text: &str, facts: &Facts) -> Result<String> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let (mut result, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('@') {
        result.push_str(before);
        rest = match after.split_once('@').filter(|(name, _)| is_name(name)) {
            Some((name, behind)) => {
                result.push_str(&value(name, facts)?);
                behind
            }
            None => {
                result.push('@');
                after
            }
        };
    }
    result.push_str(rest);
    Ok(result)
}

fn value(name: &str, facts: &Facts) -> Result<String> {
    let paths = &facts.rules.paths;
    Ok(match name {
        "host" => facts.host.clone(),
        "settings" => facts.settings.display().to_string(),
        "server" => paths.server.display().to_string(),
        "tests" => paths.tests.display().to_string(),
        "hosts" => paths.hosts.display().to_string(),
        "planning" => PLANNING.to_owned(),
        "list" => facts.rules.persistence.list.clone(),
        "containers" => facts.rules.containers.options.first().cloned().unwrap_or_default(),
        "middlewares" => {
            let quoted: Vec<String> = facts.middlewares.iter().map(|name| format!("`{name}`")).collect();
            quoted.join(", ")
        }
        "legacy-fields" => becoming(&facts.fields),
        "job-fields" => becoming(&facts.jobs),
        "service-fields" => facts.reference.service(),
        "nested-fields" => facts.reference.nested(),
        "contract-fields" => facts.reference.contract(&facts.rules.namespaces.contract_options),
        _ => return Err(Error::internal(format!("a document has no value for {name}"))),
    })
}

/// What becomes of fields, as a sentence within a list.
fn becoming(fields: &[(String, ContractField)]) -> String {
    let one = |(name, field): &(String, ContractField)| match field {
        ContractField::Url => format!(
            "`{name}` → `port` and `exposed = true`, or `url` if it leads elsewhere than `http://127.0.0.1:<port>`"
        ),
        ContractField::Type => format!("`{name}` → `type`, also where its default held"),
        field => format!("`{name}` → `{}`", field.path()),
    };
    let all: Vec<String> = fields.iter().map(one).collect();
    let options = textwrap::Options::new(115)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::fill(&format!("{}.", all.join("; ")), options).replace('\n', "\n   ")
}

/// Without the blank lines that stand around what was left out.
fn without_double_blanks(text: &str) -> String {
    let mut result = String::new();
    let mut code = false;
    for line in text.split_inclusive('\n') {
        code ^= line.starts_with("```");
        let second = !code && line == "\n" && (result.is_empty() || result.ends_with("\n\n"));
        if !second {
            result.push_str(line);
        }
    }
    format!("{}\n", result.trim_end())
}
