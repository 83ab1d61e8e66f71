//! A `git` before the real one: it counts the git processes, and puts one of them under `strace`.
//!
//! `strace` counts calls in each process by itself, so a call of the third git process can only be named by tracing
//! that process alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::faults::Lab;

pub struct Wrapper {
    bin: PathBuf,
    spawned: PathBuf,
}

impl Wrapper {
    /// One that only counts.
    pub fn recording(lab: &Lab) -> Wrapper {
        Wrapper::new(lab, "")
    }

    /// One that traces the git process of this number, with these arguments of `strace`.
    pub fn tracing(lab: &Lab, number: usize, strace: &[String]) -> Wrapper {
        let strace = strace.join(" ");
        let count = lab.directory().join("spawned");
        Wrapper::new(
            lab,
            &format!(
                "[ \"$(wc -l < {})\" -ne {number} ] || set -- strace {strace} \"$@\"\n",
                count.display()
            ),
        )
    }

    fn new(lab: &Lab, chosen: &str) -> Wrapper {
        let wrapper = Wrapper {
            bin: lab.directory().join("bin"),
            spawned: lab.directory().join("spawned"),
        };
        let (real, helpers) = installed();
        for entry in fs::read_dir(&helpers).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            let own = wrapper.bin.join(name);
            if name != "git" && !own.is_symlink() {
                symlink(&path, own).unwrap();
            }
        }
        let own = wrapper.bin.join("git");
        let script = format!(
            "#!/bin/sh\necho $$ >> {}\nset -- {} \"$@\"\n{chosen}exec \"$@\"\n",
            wrapper.spawned.display(),
            real.display(),
        );
        fs::write(&own, script).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        wrapper
    }

    /// Makes a command and all that it starts find this `git`: git looks for itself beside its helpers.
    pub fn put_into(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(all).unwrap())
            .env("GIT_EXEC_PATH", &self.bin);
    }

    /// The number of the git process with this id.
    pub fn number(&self, id: &str) -> Option<usize> {
        let spawned = fs::read_to_string(&self.spawned).unwrap_or_default();
        spawned.lines().position(|line| line == id).map(|at| at + 1)
    }
}

/// The installed git and the directory of its helpers.
fn installed() -> (PathBuf, PathBuf) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let real = std::env::split_paths(&path)
        .map(|directory| directory.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    let helpers = Command::new(&real).arg("--exec-path").output().unwrap().stdout;
    (real, Path::new(String::from_utf8_lossy(&helpers).trim()).to_owned())
}
