//! What a repository evaluates to, asked of nix itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use super::project;

/// What `<nixpkgs>` is on this machine, or what is missing.
fn found() -> &'static Result<PathBuf, &'static str> {
    static FOUND: OnceLock<Result<PathBuf, &'static str>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let search = Command::new("nix-instantiate")
            .args(["--find-file", "nixpkgs"])
            .output();
        let output = search.map_err(|_| "nix-instantiate")?;
        let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let there = output.status.success() && path.join("lib/default.nix").is_file();
        there.then_some(path).ok_or("<nixpkgs/lib>")
    })
}

/// The directory that `<nixpkgs>` stands for.
pub fn library() -> Option<&'static Path> {
    found().as_deref().ok()
}

/// Whether nix can evaluate here; says by name what a test is skipped for if not.
pub fn available() -> bool {
    match found() {
        Ok(_) => true,
        Err(what) => {
            super::skip(what);
            false
        }
    }
}

fn instantiate(arguments: &[&str]) -> Output {
    Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "--readonly-mode"])
        .current_dir(project())
        .args(arguments)
        .output()
        .unwrap()
}

/// The configuration of the host `Server`, or nix's message.
pub fn configuration(root: &Path) -> Result<Value, String> {
    let slice = project().join("tests/common/evaluate.nix");
    evaluated(&[
        &slice.display().to_string(),
        "--arg",
        "root",
        &root.display().to_string(),
    ])
    .map(unordered)
}

/// What a file of this project evaluates to, or nix's message.
pub fn file(path: &str) -> Result<Value, String> {
    evaluated(&[&project().join(path).display().to_string()])
}

/// What an expression evaluates to, in the project's directory, or nix's message.
pub fn expression(text: &str) -> Result<Value, String> {
    evaluated(&["--expr", text])
}

fn evaluated(arguments: &[&str]) -> Result<Value, String> {
    let output = instantiate(arguments);
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The order in which directories are made persistent means nothing.
fn unordered(mut configuration: Value) -> Value {
    let roots = configuration["environment"]["persistence"].as_object_mut();
    for root in roots.into_iter().flat_map(|roots| roots.values_mut()) {
        if let Some(directories) = root["directories"].as_array_mut() {
            directories.sort_by_key(Value::to_string);
        }
    }
    configuration
}

/// Asserts that two repositories have the same configuration.
#[track_caller]
pub fn assert_equal(before: &Path, after: &Path, what: &str) {
    let evaluated = |root| configuration(root).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_same(&evaluated(before), &evaluated(after), what);
}

/// Asserts that two configurations are the same, and says where they are not.
#[track_caller]
pub fn assert_same(before: &Value, after: &Value, what: &str) {
    let mut differences = Vec::new();
    compare(before, after, "", &mut differences);
    assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
}

fn compare(before: &Value, after: &Value, path: &str, differences: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let of = |set: &serde_json::Map<String, Value>| set.get(name).cloned().unwrap_or(Value::Null);
                compare(&of(a), &of(b), &format!("{path}.{name}"), differences);
            }
        }
        _ if before == after => {}
        _ => differences.push(format!("{path}: {before} -> {after}")),
    }
}
