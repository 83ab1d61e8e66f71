//! What the tests of proofs share: copies of the example homelab, and small repositories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use qgroget::prove::{Mode, Proof, ProveOptions, Prover, scratch};
use tempfile::TempDir;

/// The example homelab, or a note that the test is skipped: without nix or nixpkgs' library nothing can be evaluated.
#[macro_export]
macro_rules! needs_nix {
    () => {
        if let Err(missing) = $crate::prove::common::tools() {
            $crate::common::skip(missing);
            return;
        }
    };
}

/// What is missing to evaluate.
pub fn tools() -> Result<PathBuf, &'static str> {
    let found = Command::new("nix-instantiate")
        .args(["--find-file", "nixpkgs/lib"])
        .output();
    let output = found.map_err(|_| "nix-instantiate")?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && path.join("default.nix").is_file() {
        Ok(path)
    } else {
        Err("<nixpkgs/lib>")
    }
}

/// The example homelab.
pub fn homelab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab")
}

/// A copy of a tree in a directory of its own.
pub fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a temporary directory");
    scratch::materialise(from, None, to.path()).expect("a copy");
    to
}

/// A repository made of these files.
pub fn repository(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    for (name, content) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
    root
}

/// A repository with one host, whose only server module this is.
pub fn server(module: &str) -> TempDir {
    repository(&[
        ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
        ("modules/server/default.nix", module),
    ])
}

/// Replaces `from`, which must be there, by `to` in a file.
pub fn replace(root: &Path, file: &str, from: &str, to: &str) {
    let path = root.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}"));
    assert!(text.contains(from), "{file} does not contain {from:?}");
    fs::write(path, text.replacen(from, to, 1)).expect("a file");
}

/// Slice mode.
pub fn options() -> ProveOptions {
    ProveOptions {
        mode: Mode::Slice,
        ..ProveOptions::default()
    }
}

/// A proof in slice mode that must succeed.
pub fn prove(before: &Path, after: &Path) -> Proof {
    Prover::new(options())
        .prove(before, after)
        .unwrap_or_else(|e| panic!("{e}: {:?}", e.hints()))
}
