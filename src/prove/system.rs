//! System mode: `nixosConfigurations.<host>` of both sides, with the flake's locked inputs as they are on this machine.
//!
//! The flake is called by `system.nix` and not by nix's own fetcher: nothing is copied into the store, nothing is
//! fetched, and neither side carries a revision or a dirty mark that would make the two systems differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::configuration::Configuration;
use super::library::source_path;
use super::namespaces::Namespaces;
use super::nix::{Evaluation, Nix, Outcome, headline, path_expression, string_expression};
use super::scratch;
use super::withheld::Withheld;
use crate::error::{Result, prove as text, prove::Side};
use crate::resolve::{module, scope};
use crate::scratch::Directory;
use crate::syntax::{Source, ast};

const CALL: &str = include_str!("nix/system.nix");
const NORMAL: &str = include_str!("nix/normal.nix");

/// What a host evaluates to.
#[derive(Debug)]
pub enum System {
    /// Both sides have this toplevel derivation.
    Same(String),
    /// They differ; what can be observed of each.
    Different(Box<[Configuration; 2]>, [String; 2]),
}

/// A flake's lock, resolved to directories of this machine.
#[derive(Debug)]
pub struct Lock {
    /// What `system.nix` reads.
    specification: Value,
    /// The inputs' directories.
    directories: BTreeSet<PathBuf>,
}

/// Whether `path` is a link, and what it leads to is missing or outside `root`. Nix reads nothing there either.
fn leads_away(root: &Path, path: &Path) -> bool {
    let inside = || Some(path.canonicalize().ok()?.starts_with(root.canonicalize().ok()?));
    path.is_symlink() && inside() != Some(true)
}

impl Lock {
    /// The lock of the flake at `root`; the reason why not where an input is not here.
    ///
    /// # Errors
    /// Refuses a repository that is no flake, has no readable lock, or whose inputs are not at hand.
    pub fn read(root: &Path) -> Result<Lock> {
        if !root.join("flake.nix").is_file() {
            return Err(text::no_system("there is no flake.nix"));
        }
        let path = root.join("flake.lock");
        if leads_away(root, &path) {
            return Err(text::no_system(
                "flake.lock is a link to nothing that is in the repository",
            ));
        }
        let lock: Value = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| text::no_system("flake.lock is not JSON"))?,
            Err(_) if has_inputs(&root.join("flake.nix")) => return Err(text::no_system("there is no flake.lock")),
            Err(_) => json!({"nodes": {"root": {}}, "root": "root"}),
        };
        let nodes = lock["nodes"]
            .as_object()
            .ok_or_else(|| text::no_system("flake.lock has no nodes"))?;
        let top = lock["root"].as_str().unwrap_or("root");
        let mut directories = BTreeSet::new();
        let mut resolved = serde_json::Map::new();
        for (name, node) in nodes {
            let mut inputs = BTreeMap::new();
            for (input, target) in node["inputs"].as_object().into_iter().flatten() {
                let target = follow(nodes, top, target, 0)
                    .ok_or_else(|| text::no_system(&format!("flake.lock does not say what the input '{input}' is")))?;
                inputs.insert(input.clone(), target);
            }
            let mut entry = json!({"inputs": inputs, "flake": node["flake"] != json!(false)});
            if name != top {
                let directory = directory(&node["locked"]);
                if directory.is_none()
                    && nodes[top]["inputs"]
                        .as_object()
                        .is_some_and(|i| i.values().any(|v| v == name))
                {
                    return Err(text::no_system(&format!(
                        "the flake input '{name}' is not in the store"
                    )));
                }
                if let Some(directory) = directory {
                    entry["path"] = json!(directory);
                    entry["subdirectory"] = json!(node["locked"]["dir"].as_str().unwrap_or(""));
                    entry["info"] = info(&node["locked"]);
                    directories.insert(directory);
                }
            }
            resolved.insert(name.clone(), entry);
        }
        Ok(Lock {
            specification: json!({"root": top, "nodes": resolved}),
            directories,
        })
    }
}

/// Whether a flake asks for inputs, by declaring them or by naming them among the arguments of its outputs.
fn has_inputs(flake: &Path) -> bool {
    let Ok(text) = fs::read_to_string(flake) else {
        return false;
    };
    let Ok(ast::Expr::AttrSet(set)) = Source::new("flake.nix", text).expr() else {
        return false;
    };
    let asks = |outputs: ast::Expr| match outputs {
        ast::Expr::Lambda(lambda) => scope::param_names(&lambda).iter().any(|name| name != "self"),
        _ => false,
    };
    module::attribute(&set, "inputs").is_some() || module::attribute(&set, "outputs").is_some_and(asks)
}

/// The node that an input means: its name, or a path of inputs from the root (`follows`).
fn follow(nodes: &serde_json::Map<String, Value>, top: &str, target: &Value, depth: usize) -> Option<String> {
    match target {
        Value::String(name) => Some(name.clone()),
        Value::Array(path) if depth < 32 => path.iter().try_fold(top.to_owned(), |node, step| {
            follow(nodes, top, &nodes.get(&node)?["inputs"][step.as_str()?], depth + 1)
        }),
        _ => None,
    }
}

/// Where a locked input is on this machine.
fn directory(locked: &Value) -> Option<PathBuf> {
    let stored = locked["narHash"].as_str().and_then(source_path).filter(|p| p.is_dir());
    let local = || {
        let path = PathBuf::from(locked["path"].as_str().filter(|_| locked["type"] == json!("path"))?);
        (path.is_absolute() && path.is_dir()).then_some(path)
    };
    stored.or_else(local)
}

/// What a flake knows about its own source.
fn info(locked: &Value) -> Value {
    let mut info = serde_json::Map::new();
    for key in ["rev", "narHash", "lastModified", "revCount"] {
        if let Some(value) = locked.get(key) {
            info.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(rev) = locked["rev"].as_str() {
        info.insert("shortRev".to_owned(), json!(rev.get(..7).unwrap_or(rev)));
    }
    if let Some(date) = locked["lastModified"].as_i64().and_then(date_of) {
        info.insert("lastModifiedDate".to_owned(), json!(date));
    }
    Value::Object(info)
}

/// Seconds since 1970 as `YYYYMMDDhhmmss`, the form of `lastModifiedDate`; `None` for a time that no calendar has.
fn date_of(seconds: i64) -> Option<String> {
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y%m%d%H%M%S").to_string())
}

/// A flake's outputs on both sides.
pub struct Systems<'a> {
    nix: &'a Nix,
    directory: Directory,
    own: Vec<String>,
    withheld: &'a Withheld,
    sides: [(PathBuf, Lock); 2],
}

impl<'a> Systems<'a> {
    /// Prepares the evaluation of two directories.
    ///
    /// # Errors
    /// Refuses where the flake's inputs are not at hand.
    pub fn new(nix: &'a Nix, roots: [&Path; 2], names: &Namespaces, withheld: &'a Withheld) -> Result<Systems<'a>> {
        let directory = Directory::new()?;
        let mut sides = Vec::new();
        for (root, name) in roots.into_iter().zip(["before.json", "after.json"]) {
            let root = root
                .canonicalize()
                .map_err(|cause| text::scratch("read", root, cause))?;
            let lock = Lock::read(&root)?;
            scratch::write(&directory.path().join(name), lock.specification.to_string().as_bytes())?;
            sides.push((root, lock));
        }
        scratch::write(&directory.path().join("system.nix"), CALL.as_bytes())?;
        scratch::write(&directory.path().join("normal.nix"), NORMAL.as_bytes())?;
        let sides = sides
            .try_into()
            .map_err(|_| crate::error::Error::internal("there are two sides"))?;
        Ok(Systems {
            nix,
            directory,
            own: names.roots(),
            withheld,
            sides,
        })
    }

    /// Compares a host's toplevel derivations, and what can be observed where they differ.
    ///
    /// # Errors
    /// Refuses when a side does not evaluate.
    pub fn compare(&self, host: &str) -> Result<System> {
        let [before, after] = self.both(host, "toplevel")?;
        let path = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (before, after) = (path(&before), path(&after));
        if before == after {
            return Ok(System::Same(before));
        }
        let [first, second] = self.both(host, "observables")?;
        let observed = |whole| Configuration {
            whole,
            ..Configuration::default()
        };
        Ok(System::Different(
            Box::new([observed(first), observed(second)]),
            [before, after],
        ))
    }

    /// What can be observed of a host before the change.
    ///
    /// # Errors
    /// Refuses when it does not evaluate.
    pub fn observed_before(&self, host: &str) -> Result<Value> {
        self.read(Side::Before, self.side(0, host, "observables")?)
    }

    fn both(&self, host: &str, what: &str) -> Result<[Value; 2]> {
        let (before, after) = rayon::join(|| self.side(0, host, what), || self.side(1, host, what));
        Ok([self.read(Side::Before, before?)?, self.read(Side::After, after?)?])
    }

    fn read(&self, side: Side, outcome: Outcome) -> Result<Value> {
        match outcome {
            Outcome::Value(output, _) => serde_json::from_slice(&output).map_err(text::unreadable_result),
            Outcome::Failed(message) => {
                let root = &self.sides[usize::from(side == Side::After)].0;
                let failed = || text::does_not_evaluate(side, &headline(&message), Vec::new());
                Err(self.withheld.refusal(root, &message).unwrap_or_else(failed))
            }
        }
    }

    fn side(&self, side: usize, host: &str, what: &str) -> Result<Outcome> {
        let here = self.directory.path().to_owned();
        let (root, lock) = &self.sides[side];
        let own: Vec<String> = self.own.iter().map(|name| string_expression(name)).collect();
        let mut readable = vec![root.clone(), here.clone()];
        readable.extend(lock.directories.iter().cloned());
        self.nix.evaluate(&Evaluation {
            file: here.join("system.nix"),
            arguments: vec![
                ("root".to_owned(), path_expression(root)),
                (
                    "lock".to_owned(),
                    path_expression(&here.join(["before.json", "after.json"][side])),
                ),
                ("host".to_owned(), string_expression(host)),
                ("own".to_owned(), format!("[{}]", own.join(" "))),
                ("what".to_owned(), string_expression(what)),
            ],
            readable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_flakes_form() {
        assert_eq!(date_of(0).as_deref(), Some("19700101000000"));
        assert_eq!(date_of(951_827_696).as_deref(), Some("20000229123456"));
        assert_eq!(date_of(1_735_689_599).as_deref(), Some("20241231235959"));
        assert_eq!(date_of(i64::MAX), None);
    }

    #[test]
    fn follows_are_resolved_from_the_root() {
        let lock =
            json!({"root": {"inputs": {"a": "a", "n": "n"}}, "a": {"inputs": {"n": ["n"], "m": ["a", "n"]}}, "n": {}});
        let nodes = lock.as_object().unwrap();
        assert_eq!(follow(nodes, "root", &json!(["n"]), 0).as_deref(), Some("n"));
        assert_eq!(follow(nodes, "root", &json!(["a", "m"]), 0).as_deref(), Some("n"));
        assert_eq!(follow(nodes, "root", &json!(["x"]), 0), None);
    }
}
