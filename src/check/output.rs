//! Findings for people and for programs: a summary line, JSON (schema 1, `docs/json.md`), SARIF 2.1.0.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Finding, Severity};
use crate::codes;
use crate::error::{Place, line_column};

/// How many findings of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
    /// How many `--fix` settles.
    pub fixable: usize,
}

impl Summary {
    /// The counts of `findings`.
    pub fn of(findings: &[Finding]) -> Summary {
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        Summary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            fixable: findings.iter().filter(|f| f.mend.is_some()).count(),
        }
    }

    /// The process's exit status: 1 where the contracts have errors.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.errors > 0)
    }

    /// One line for people, about `services` services with a contract.
    pub fn line(&self, services: usize) -> String {
        let services = counted(services, "service", "services");
        if self.errors == 0 && self.warnings == 0 {
            return format!("{services}, nothing wrong");
        }
        let mut line = format!(
            "{services}: {}, {}",
            counted(self.errors, "error", "errors"),
            counted(self.warnings, "warning", "warnings")
        );
        if self.fixable > 0 {
            line.push_str(&format!("; --fix settles {}", self.fixable));
        }
        line
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        0 => format!("no {many}"),
        number => format!("{number} {many}"),
    }
}

/// The JSON document, with a newline at its end.
pub fn json(findings: &[Finding]) -> String {
    let document = json!({
        "schema": 1,
        "command": "check",
        "summary": Summary::of(findings),
        "findings": findings.iter().map(entry).collect::<Vec<Value>>(),
    });
    pretty(&document)
}

fn entry(finding: &Finding) -> Value {
    let error = &finding.error;
    let place = error.place();
    let end = place.map(end);
    json!({
        "code": error.code(),
        "severity": finding.severity,
        "service": finding.service,
        "file": place.map(|p| p.path.to_string_lossy()),
        "line": place.map(|p| p.line),
        "column": place.map(|p| p.column),
        "end_line": end.map(|e| e.0),
        "end_column": end.map(|e| e.1),
        "message": error.message(),
        "reason": error.reason_text(),
        "next": error.hints(),
        "fixable": finding.mend.is_some(),
    })
}

/// Line and column behind the last character.
fn end(place: &Place) -> (u32, u32) {
    match &place.source {
        Some(source) => line_column(source, place.span.end),
        None => (place.line, place.column),
    }
}

/// A SARIF 2.1.0 log, with a newline at its end.
pub fn sarif(findings: &[Finding]) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let next = rules.len();
        rules.entry(finding.error.code()).or_insert(next);
    }
    let mut descriptors: Vec<(&str, usize)> = rules.iter().map(|(code, index)| (*code, *index)).collect();
    descriptors.sort_by_key(|(_, index)| *index);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "qgroget",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": descriptors.iter().map(|(code, _)| rule(code)).collect::<Vec<Value>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "ROOT": {"description": {"text": "The repository's root."}},
            },
            "results": findings.iter().map(|finding| result(finding, &rules)).collect::<Vec<Value>>(),
        }],
    });
    pretty(&log)
}

fn rule(code: &str) -> Value {
    match codes::explain(code) {
        Some(entry) => json!({
            "id": code,
            "shortDescription": {"text": entry.title},
            "fullDescription": {"text": entry.means},
            "help": {"text": entry.text(), "markdown": entry.markdown()},
        }),
        None => json!({"id": code}),
    }
}

fn result(finding: &Finding, rules: &BTreeMap<&str, usize>) -> Value {
    let error = &finding.error;
    let mut text = error.message().to_owned();
    for line in error
        .reason_text()
        .into_iter()
        .chain(error.hints().iter().map(String::as_str))
    {
        text.push('\n');
        text.push_str(line);
    }
    let mut result = json!({
        "ruleId": error.code(),
        "ruleIndex": rules[error.code()],
        "level": finding.severity,
        "message": {"text": text},
        "locations": error.place().map(location).into_iter().collect::<Vec<Value>>(),
    });
    if let Some(place) = error.place() {
        // Stable while lines above move: code scanning tells findings apart by it.
        let service = finding.service.as_deref().unwrap_or_default();
        result["partialFingerprints"] = json!({
            "finding/v1": format!("{}:{}:{}", error.code(), service, place.path.display()),
        });
    }
    result
}

fn location(place: &Place) -> Value {
    let (end_line, end_column) = end(place);
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(place), "uriBaseId": "ROOT"},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": end_line,
                "endColumn": end_column,
            },
        },
    })
}

/// The path as a relative URI reference (RFC 3986).
fn uri(place: &Place) -> String {
    let mut uri = String::new();
    for byte in place.path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte as char),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn pretty(value: &Value) -> String {
    // A tree of values without maps that have other keys than strings always has a text.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
