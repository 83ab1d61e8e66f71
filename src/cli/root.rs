//! The repository that a person stands in.

use std::env;
use std::path::{Path, PathBuf};

use crate::repo::files;

/// The root of the repository: `said`, or else the nearest directory from here upwards that has a `qgroget.toml` or the
/// directories of hosts and server modules; the top of git's working tree where none has, and this directory where there is
/// no git either.
pub fn find(said: Option<&Path>) -> PathBuf {
    if let Some(said) = said {
        return said.to_owned();
    }
    let here = PathBuf::from(".");
    let Ok(current) = env::current_dir() else { return here };
    let steps = current.ancestors().enumerate();
    let up = |steps: usize| match steps {
        0 => here.clone(),
        _ => [".."].repeat(steps).iter().collect(),
    };
    for (at, directory) in steps {
        if is_root(directory) || directory.join(".git").exists() {
            return up(at);
        }
    }
    here
}

fn is_root(directory: &Path) -> bool {
    if directory.join("qgroget.toml").is_file() {
        return true;
    }
    // Without a file of its own, a repository has the usual names.
    files::rules(directory).is_ok_and(|rules| {
        let paths = [&rules.paths.hosts, &rules.paths.server];
        paths.iter().all(|path| directory.join(path).is_dir())
    })
}

/// Whether a directory has anything of a repository that this program is made for.
pub fn is_one(root: &Path) -> bool {
    is_root(root) || ["hosts", "flake.nix"].into_iter().any(|sign| root.join(sign).exists())
}
