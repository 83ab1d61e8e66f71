//! The registry is complete, and nothing in it is out of date.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{all, document, explain, families, nearest};
use crate::syntax;

/// Every code that the crate's own code gives to an error, and where.
fn used() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.insert("internal".into(), "src/error/mod.rs".into());
    found
}

fn visit(directory: &Path, found: &mut BTreeMap<String, PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let is_test = name == "tests" || name.ends_with("tests.rs") || name.starts_with("testing");
        if is_test || path.ends_with("src/codes") {
            continue;
        }
        if path.is_dir() {
            visit(&path, found);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).expect("reads");
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or(&text);
            for code in literals(text) {
                found.entry(code).or_insert(path.clone());
            }
        }
    }
}

/// The codes in `Error::refused("…"`, `Error::usage("…"` and `Error::new(kind, "…"`.
fn literals(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for constructor in ["Error::refused(", "Error::usage(", "Error::new("] {
        for (at, _) in text.match_indices(constructor) {
            let arguments = text[at + constructor.len()..].trim_start();
            let literal = match constructor {
                "Error::new(" => arguments.split_once(',').map_or("", |(_, rest)| rest.trim_start()),
                _ => arguments,
            };
            if let Some((code, _)) = literal.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                // `io::Error::new` has a text in that place.
                if !code.contains(' ') {
                    codes.push(code.to_owned());
                }
            }
        }
    }
    codes
}

#[test]
fn every_code_is_explained_and_every_explanation_is_of_a_code() {
    let used = used();
    let missing: Vec<_> = used.iter().filter(|(code, _)| explain(code).is_none()).collect();
    assert!(missing.is_empty(), "without an entry in src/codes: {missing:#?}");
    let unused: Vec<_> = all().map(|c| c.code).filter(|code| !used.contains_key(*code)).collect();
    assert!(unused.is_empty(), "explained, and used nowhere: {unused:?}");
}

#[test]
fn codes_are_unique_and_written_alike() {
    let mut seen = BTreeSet::new();
    for code in all() {
        assert!(seen.insert(code.code), "{} twice", code.code);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(code.code.chars().all(plain), "{}", code.code);
        assert!(
            code.title.starts_with(char::is_lowercase) && !code.title.ends_with('.'),
            "{}",
            code.code
        );
        for text in [code.means, code.why, code.next] {
            assert!(text.ends_with('.') && text.len() > 10, "{}: {text:?}", code.code);
        }
    }
}

#[test]
fn examples_are_nix_or_commands_or_toml() {
    for code in all() {
        for example in [code.before, code.after] {
            // A definition stands in a set; what is left out is a name here.
            let text = example.replace('…', "rest");
            let nix = text.replace("{rest}", "{}").replace("[rest]", "[]");
            let parses = syntax::parses(&nix)
                || syntax::parses(&format!("{{{nix}\n}}"))
                || syntax::parses(&format!("[\n{nix}\n]"));
            let other = text.is_empty() || text.starts_with("$ ") || text.parse::<toml::Table>().is_ok();
            assert!(
                parses || other || code.code == "does-not-parse",
                "{}:\n{example}",
                code.code
            );
        }
    }
}

#[test]
fn an_explanation_says_all_of_it() {
    let entry = explain("port-conflict").expect("an entry");
    let text = entry.text();
    assert!(
        text.starts_with("port-conflict: two services use one port\n\n"),
        "{text}"
    );
    assert!(
        text.contains("    qgroget.serviceModules.sonarr.port = 8081;\n"),
        "{text}"
    );
    assert!(text.contains("\nWhat to do: Paste the line"), "{text}");
    assert!(entry.markdown().contains("```nix\n"));
    assert!(
        explain("dirty-files")
            .expect("an entry")
            .markdown()
            .contains("```console\n$ git")
    );
}

#[test]
fn the_nearest_code_is_proposed() {
    assert_eq!(nearest("port-conflit"), Some("port-conflict"));
    assert_eq!(nearest("zzzz"), None);
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes.md");
    let wanted = document();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(&path, &wanted).expect("writes");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/codes.md: make it anew with UPDATE_DOCUMENTS=1 cargo test codes"
    );
    let entries: usize = families().map(|(_, codes)| codes.len()).sum();
    assert_eq!(wanted.matches("\n## ").count(), entries);
}

#[test]
fn what_is_to_be_written_into_the_rules_is_a_key_there() {
    let code = explain("no-stand-in").expect("a code");
    let own = std::path::Path::new(crate::rules::FILE);
    let rules = crate::rules::Rules::new(Some((own, code.after))).expect("rules");
    assert_eq!(rules.prove.values.len(), 1);
}
