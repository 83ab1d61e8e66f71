//! The documents: what they quote is what the program prints and what the files hold, and their links lead somewhere.
//!
//! A fenced block after one of these comments is compared with its origin, and written anew by
//! `QGROGET_BLESS=1 cargo test documents`:
//!
//! - `<!-- output: qgroget <arguments> | from <text> | to <text> -->`: the lines that the command prints on the homelab
//!   with the contract installed, from the first one that begins with the first text, up to the next that begins with
//!   the second; both parts may be left out;
//! - `<!-- file: <path> -->`: a file of the project;
//! - `<!-- module: <example> <service> -->`: the service's module when all services of the example are migrated.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Repo, copy, project};

fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in ["", "docs"] {
        for entry in fs::read_dir(project().join(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What a comment before a block says that the block holds.
fn origin(marker: &str, printed: &mut BTreeMap<String, String>) -> Option<String> {
    let inside = marker.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    if let Some(path) = inside.strip_prefix("file: ") {
        let text = fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        // A snapshot begins with where it comes from.
        let snapshot = text.strip_prefix("---\n").filter(|_| path.ends_with(".snap"));
        let content = snapshot
            .and_then(|rest| rest.split_once("\n---\n"))
            .map(|(_, content)| content.to_owned());
        return Some(content.unwrap_or(text));
    }
    if let Some((example, service)) = inside.strip_prefix("module: ").and_then(|rest| rest.split_once(' ')) {
        return Some(migrated(example, service, printed));
    }
    let mut parts = inside.strip_prefix("output: qgroget ")?.split(" | ");
    let command = parts.next()?;
    let output = printed.entry(command.to_owned()).or_insert_with(|| {
        let arguments: Vec<&str> = command.split(' ').collect();
        Repo::with_contract().run(&arguments).out
    });
    let (mut from, mut to) = ("", None);
    for part in parts {
        match part.split_once(' ') {
            Some(("from", text)) => from = text,
            Some(("to", text)) => to = Some(text),
            _ => panic!("not understood: {marker}"),
        }
    }
    let mut lines = output.lines().skip_while(|line| !line.starts_with(from));
    let first = lines
        .next()
        .unwrap_or_else(|| panic!("{marker}: no such line in\n{output}"));
    let rest = lines.take_while(|line| to.is_none_or(|to| !line.starts_with(to)));
    let text = std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n");
    Some(text.trim_end().to_owned() + "\n")
}

/// The module of a service in an example of which all services are migrated.
fn migrated(example: &str, service: &str, known: &mut BTreeMap<String, String>) -> String {
    let key = |service: &str| format!("{example} {service}");
    if !known.contains_key(&key(service)) {
        let repo = Repo::bare();
        copy(&project().join("examples").join(example), &repo.root());
        repo.start();
        repo.run(&["init", "--yes", "--no-verify"]).succeeds();
        repo.migrate(&["--all", "--accept-gains"]).succeeds();
        for (path, text) in repo.tree() {
            let module = path
                .strip_suffix("/default.nix")
                .and_then(|path| path.rsplit('/').next());
            let text = String::from_utf8(text).unwrap();
            if let Some(module) = module.filter(|_| text.contains("# ── 1. Contract")) {
                known.insert(key(module), text);
            }
        }
    }
    let found = known.get(&key(service));
    found
        .unwrap_or_else(|| panic!("{example} has no module of {service}"))
        .clone()
}

/// The document with every quoted block as it has to be.
fn renewed(text: &str, printed: &mut BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        result.push_str(line);
        result.push('\n');
        let Some(content) = origin(line, printed) else { continue };
        let fence = lines.by_ref().find(|line| !line.is_empty()).unwrap_or_default();
        assert!(fence.starts_with("```"), "no block after {line}");
        lines
            .by_ref()
            .find(|line| *line == "```")
            .unwrap_or_else(|| panic!("the block after {line} has no end"));
        result.push_str(&format!("\n{fence}\n{content}```\n"));
    }
    result
}

#[test]
fn what_is_quoted_is_true() {
    let mut printed = BTreeMap::new();
    let mut quoted = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        quoted += text.matches("<!-- output: ").count() + text.matches("<!-- file: ").count();
        let now = renewed(&text, &mut printed);
        if std::env::var_os("QGROGET_BLESS").is_some() {
            fs::write(&path, &now).unwrap();
        } else {
            let diff = similar::TextDiff::from_lines(&text, &now);
            assert!(
                text == now,
                "{} quotes what is not so:\n{}",
                path.display(),
                diff.unified_diff()
            );
        }
    }
    assert!(quoted > 0, "nothing is quoted");
}

#[test]
fn links_lead_somewhere() {
    for path in documents() {
        assert_links(&path);
    }
}

/// Asserts that the links of a document lead to files that are there, and to headings that these have.
pub fn assert_links(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    for (at, _) in text.match_indices("](") {
        let target: &str = text[at + 2..].split([')', ' ', '\n']).next().unwrap();
        if target.contains("://") {
            continue;
        }
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let goal = match file {
            "" => path.to_owned(),
            file => path.parent().unwrap().join(file),
        };
        assert!(goal.exists(), "{}: {target} is not there", path.display());
        if !heading.is_empty() {
            assert!(
                headings(&goal).contains(&heading.to_owned()),
                "{}: {target} has no such heading",
                path.display()
            );
        }
    }
}

/// The anchors of a document's headings, as forges make them.
fn headings(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let titles = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let anchor = |title: &str| {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    titles.map(anchor).collect()
}

/// Every code block in Markdown that claims to be Nix is Nix.
#[test]
fn nix_in_documents_parses() {
    let installed = fs::read_dir(project().join("nix/docs")).unwrap();
    let installed = installed.map(|entry| entry.unwrap().path());
    for path in documents().into_iter().chain(installed) {
        // Shows what is refused, and so what is wrong.
        if path.ends_with("docs/codes.md") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for block in text.split("```nix\n").skip(1) {
            let code = block.split("\n```").next().unwrap();
            let whole = qgroget::syntax::parses(code) || qgroget::syntax::parses(&format!("{{\n{code}\n}}"));
            assert!(whole, "{}:\n{code}", path.display());
        }
    }
}

/// Every table of the names that a repository can override is explained.
#[test]
fn every_table_of_names_is_documented() {
    let guide = fs::read_to_string(project().join("docs/writing-a-rule.md")).unwrap();
    let names = fs::read_to_string(project().join("rules/names.toml")).unwrap();
    let tables: Vec<&str> = names.lines().filter(|line| line.starts_with('[')).collect();
    assert!(tables.len() > 5, "{tables:?}");
    for table in tables {
        assert!(guide.contains(&format!("\n| `{table}` | ")), "{table}");
    }
}
