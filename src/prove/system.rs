//! System mode: `nixosConfigurations.<host>` of both sides, with the flake's locked inputs as they are on this machine.
//!
//! The flake is called by `system.nix` and not by nix's own fetcher: nothing is copied into the store, nothing is
//! fetched, and both sides carry the same revision and date, which would make the two systems differ otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::configuration::Configuration;
use super::failure::{Failed, not_evaluating};
use super::library;
use super::namespaces::Namespaces;
use super::nix::{Evaluation, Nix, Outcome, headline, path_expression, string_expression};
use super::scratch;
use super::withheld::Withheld;
use crate::error::{Error, Result, prove as text, prove::Side};
use crate::resolve::{module, scope};
use crate::rules::parts;
use crate::scratch::Directory;
use crate::syntax::{Source, ast};

const CALL: &str = include_str!("nix/system.nix");
const NORMAL: &str = include_str!("nix/normal.nix");
/// The file with the options that the repository mentions.
const MENTIONED: &str = "mentioned.json";

/// What a host evaluates to.
#[derive(Debug)]
pub enum System {
    /// Both sides have this toplevel derivation; what can be observed of the one before, or null.
    Same(String, Value),
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
                let directory = library::directory(root, node);
                if directory.is_none()
                    && nodes[top]["inputs"]
                        .as_object()
                        .is_some_and(|i| i.values().any(|v| v == name))
                {
                    return Err(text::no_input(name));
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
    names: &'a Namespaces,
    withheld: &'a Withheld,
    sides: [(PathBuf, Lock); 2],
    /// Whether the sides are scratch copies, which can be moved.
    disposable: bool,
}

impl<'a> Systems<'a> {
    /// Prepares the evaluation of two directories; `disposable` ones are copies that may be moved. `mentioned` has the first
    /// two names of the options to look at besides those that are always compared.
    ///
    /// # Errors
    /// Refuses where the flake's inputs are not at hand.
    pub fn new(
        nix: &'a Nix,
        roots: [&Path; 2],
        names: &'a Namespaces,
        withheld: &'a Withheld,
        mentioned: &BTreeMap<String, BTreeSet<String>>,
        disposable: bool,
    ) -> Result<Systems<'a>> {
        let directory = Directory::new()?;
        scratch::write(
            &directory.path().join(MENTIONED),
            json!(mentioned).to_string().as_bytes(),
        )?;
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
        let sides = sides.try_into().map_err(|_| Error::internal("there are two sides"))?;
        Ok(Systems {
            nix,
            directory,
            names,
            withheld,
            sides,
            disposable,
        })
    }

    /// Compares a host's toplevel derivations, and what can be observed where they differ. What the side before has to show
    /// is printed along with its derivation: a difference costs one evaluation more.
    ///
    /// # Errors
    /// The side that does not evaluate: the one before, if both do not.
    pub fn compare(&self, host: &str) -> Result<System, Failed> {
        let (before, after) = rayon::join(
            || self.first(host),
            || self.side(Side::After, host, "toplevel", &self.sides[1].0),
        );
        let (before, after) = (before?, after?);
        let path = |value: &Value| value["toplevel"].as_str().unwrap_or_default().to_owned();
        let derivation = path(&before);
        if derivation == path(&after) {
            return Ok(System::Same(derivation, before["whole"].clone()));
        }
        let after = self.at_the_same_path(|root| self.side(Side::After, host, "all", root))?;
        let derivations = [derivation, path(&after)];
        if derivations[0] == derivations[1] {
            let [derivation, _] = derivations;
            return Ok(System::Same(derivation, before["whole"].clone()));
        }
        // It was printed without where it cannot be evaluated.
        let before = match before.get("whole") {
            Some(_) => before,
            None => self.side(Side::Before, host, "all", &self.sides[0].0)?,
        };
        let read = |side, value: &Value| {
            Configuration::read(value.to_string().as_bytes(), "").map_err(|error| Failed(side, error))
        };
        let sides = [read(Side::Before, &before)?, read(Side::After, &after)?];
        Ok(System::Different(Box::new(sides), derivations))
    }

    /// Evaluates a check of the flake after.
    ///
    /// # Errors
    /// Why it does not evaluate.
    pub fn check(&self, name: &str) -> Result<()> {
        let root = &self.sides[1].0;
        let done = self.side(Side::After, name, "check", root);
        done.map(drop).map_err(|Failed(_, error)| error)
    }

    /// The side before with all that it has to show, or its derivation alone where only that can be evaluated.
    fn first(&self, host: &str) -> Result<Value, Failed> {
        let root = &self.sides[0].0;
        match self.side(Side::Before, host, "all", root) {
            Err(failed) if failed.1.code() == "does-not-evaluate" => {
                self.side(Side::Before, host, "toplevel", root).map_err(|_| failed)
            }
            done => done,
        }
    }

    /// Has `evaluate` see the side after at the path of the side before, so that a system which knows the path of its own
    /// source (`"${self}/script"`) is the same system; where it is, if the sides are not ours to move.
    fn at_the_same_path(&self, evaluate: impl FnOnce(&Path) -> Result<Value, Failed>) -> Result<Value, Failed> {
        let [(before, _), (after, _)] = &self.sides;
        if !self.disposable {
            return evaluate(after);
        }
        let aside = before.with_extension("aside");
        let rename = |from: &Path, to: &Path| {
            let moved = fs::rename(from, to);
            moved.map_err(|cause| Failed(Side::After, text::scratch("move", from, cause)))
        };
        rename(before, &aside)?;
        rename(after, before)?;
        let done = evaluate(before);
        rename(before, after)?;
        rename(&aside, before)?;
        done
    }

    /// What a side that stands at `root` evaluates to.
    fn side(&self, side: Side, host: &str, what: &str, root: &Path) -> Result<Value, Failed> {
        let outcome = self.evaluate(side, host, what, root);
        match outcome.map_err(|error| Failed(side, error))? {
            Outcome::Value(output, _) => {
                serde_json::from_slice(&output).map_err(|cause| Failed(side, text::unreadable_result(cause)))
            }
            Outcome::Failed(message) => {
                let refusal = self.withheld.refusal(root, &message);
                let failed = || not_possible(&message).unwrap_or_else(|| not_evaluating(side, &message));
                Err(Failed(side, refusal.unwrap_or_else(failed)))
            }
        }
    }

    fn evaluate(&self, side: Side, host: &str, what: &str, root: &Path) -> Result<Outcome> {
        let here = self.directory.path().to_owned();
        let number = usize::from(side == Side::After);
        let list = |names: Vec<&str>| {
            let names: Vec<String> = names.into_iter().map(string_expression).collect();
            format!("[{}]", names.join(" "))
        };
        let own = self.names.roots();
        let mut readable = vec![root.to_owned(), here.clone()];
        readable.extend(self.sides[number].1.directories.iter().cloned());
        self.nix.evaluate(&Evaluation {
            file: here.join("system.nix"),
            arguments: vec![
                ("root".to_owned(), path_expression(root)),
                (
                    "lock".to_owned(),
                    path_expression(&here.join(["before.json", "after.json"][number])),
                ),
                ("host".to_owned(), string_expression(host)),
                ("own".to_owned(), list(own.iter().map(String::as_str).collect())),
                ("legacy".to_owned(), list(parts(&self.names.services))),
                ("mentioned".to_owned(), path_expression(&here.join(MENTIONED))),
                ("what".to_owned(), string_expression(what)),
            ],
            readable,
        })
    }
}

/// Why a whole system cannot be evaluated without the network, without builds, or without an input that is not here.
fn not_possible(message: &str) -> Option<Error> {
    let head = headline(message);
    let quoted = |before: &str| {
        head.split_once(before)?
            .1
            .split_once('\'')
            .map(|(name, _)| name.to_owned())
    };
    if let Some(input) = quoted("the flake input '") {
        return Some(text::no_input(&input));
    }
    if let Some(uri) = quoted("access to URI '").filter(|uri| !uri.starts_with("file:")) {
        return Some(text::fetches(&uri));
    }
    head.contains("allow-import-from-derivation").then(text::builds)
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
