//! What evaluation is not given, and what is said where it asks for it.

use std::fs;
use std::path::{Path, PathBuf};

use qgroget::error::Error;
use qgroget::prove::{Mode, Proof, ProveOptions, Prover, WithheldReason, scratch};

use super::system::{FLAKE, NIXPKGS, lock};
use crate::common::Repo;
use crate::needs_nix;

/// What must not be found anywhere.
pub const MARK: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz";

/// A repository with secrets of all kinds, whose module has this definition.
fn repository(definition: &str) -> (Repo, tempfile::TempDir) {
    let nixpkgs = super::common::repository(&[("flake.nix", NIXPKGS)]);
    let repo = Repo::bare();
    let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{MARK}\n-----END OPENSSH PRIVATE KEY-----\n");
    let module = format!("{{ lib, ... }}: {{\n  systemd.services.a.script = {definition};\n}}\n");
    for (path, text) in [
        ("flake.nix", FLAKE),
        ("flake.lock", &lock(nixpkgs.path())),
        ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
        ("modules/server/default.nix", &module),
        ("secrets/age.key", MARK),
        (".env", MARK),
        ("deploy", &key),
        ("sealed", "\0GITCRYPT\0abc"),
        ("secrets/sops.yaml", "password: ENC[AES256_GCM,data:abc]\n"),
        (".gitignore", "ignored*\n"),
    ] {
        repo.write(path, text);
    }
    repo.start();
    for path in ["untracked.txt", "ignored.nix", "ignored.key"] {
        repo.write(path, format!("\"{MARK}\""));
    }
    (repo, nixpkgs)
}

/// Proves the last commit against itself, or the working tree.
fn prove(repo: &Repo, mode: Mode, committed: bool) -> Result<Proof, Error> {
    let to = tempfile::tempdir().unwrap();
    let sides = ["before", "after"].map(|side| to.path().join(side));
    let mut withheld = qgroget::prove::Withheld::default();
    for side in &sides {
        withheld = withheld.and(match committed {
            true => scratch::materialise_revision(&repo.root(), "HEAD", None, side)?,
            false => scratch::materialise(&repo.root(), None, side)?,
        });
    }
    let options = ProveOptions {
        mode,
        disposable: true,
        ..ProveOptions::default()
    };
    let proof = Prover::new(options).prove_copies(&sides[0], &sides[1], &withheld, &[]);
    assert_eq!(
        found(to.path()),
        Vec::<PathBuf>::new(),
        "a secret is in the scratch copy"
    );
    proof
}

/// The files below a directory that contain [`MARK`].
fn found(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            found.extend(self::found(&path));
        } else if kind.is_file()
            && fs::read(&path)
                .unwrap()
                .windows(MARK.len())
                .any(|w| w == MARK.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn evaluation_that_reads_a_secret_is_refused_where_it_does() {
    needs_nix!();
    for (definition, path, reason) in [
        (
            "builtins.readFile ../../secrets/age.key",
            "secrets/age.key",
            WithheldReason::Named,
        ),
        ("\"${../../secrets/age.key}\"", "secrets/age.key", WithheldReason::Named),
        ("builtins.hashFile \"sha256\" ../../.env", ".env", WithheldReason::Named),
        ("builtins.readFile ../../deploy", "deploy", WithheldReason::PrivateKey),
        (
            "builtins.readFile (builtins.path {path = ../../deploy;})",
            "deploy",
            WithheldReason::PrivateKey,
        ),
        ("import ../../sealed", "sealed", WithheldReason::Sealed),
        (
            "builtins.readFile ../../untracked.txt",
            "untracked.txt",
            WithheldReason::Untracked,
        ),
        ("import ../../ignored.nix", "ignored.nix", WithheldReason::Untracked),
        (
            "builtins.readFile ../../ignored.key",
            "ignored.key",
            WithheldReason::Untracked,
        ),
    ] {
        let (repo, _nixpkgs) = repository(definition);
        for mode in [Mode::Slice, Mode::System] {
            for committed in [true, false] {
                let error = prove(&repo, mode, committed).expect_err(definition);
                let context = format!(
                    "{definition}, {mode:?}, committed: {committed}: {error} {:?}",
                    error.hints()
                );
                assert_eq!(error.code(), "reads-withheld-file", "{context}");
                assert_eq!(
                    error.message(),
                    format!("evaluation reads {path}, which the proof does not open"),
                    "{context}"
                );
                let said = match reason {
                    WithheldReason::Named => "its name is that of a secret in plain text",
                    WithheldReason::PrivateKey => "it holds a private key in plain text",
                    WithheldReason::Sealed => "git has it encrypted (git-crypt), and it is taken as git has it",
                    WithheldReason::Untracked => "git does not track it",
                };
                assert_eq!(error.reason_text(), Some(said), "{context}");
                let place = error.place().expect(&context);
                assert_eq!(place.path, Path::new("modules/server/default.nix"), "{context}");
                assert_eq!(place.line, 2, "{context}");
            }
        }
    }
}

#[test]
fn a_directory_with_a_secret_is_not_copied_by_evaluation_either() {
    needs_nix!();
    let (repo, _nixpkgs) = repository("\"${../../secrets}\"");
    for mode in [Mode::Slice, Mode::System] {
        let error = prove(&repo, mode, true).expect_err("it copies the key");
        assert_eq!(error.code(), "reads-withheld-file", "{error}");
        assert!(error.message().contains("secrets/age.key"), "{error}");
    }
}

#[test]
fn what_is_encrypted_is_read_as_git_has_it_and_a_name_is_no_content() {
    needs_nix!();
    for definition in [
        "builtins.readFile ../../secrets/sops.yaml",
        "lib.boolToString (builtins.pathExists ../../secrets/age.key)",
        "lib.boolToString (builtins.pathExists ../../ignored.nix)",
        "lib.concatStrings (builtins.attrNames (builtins.readDir ../../secrets))",
    ] {
        let (repo, _nixpkgs) = repository(definition);
        for mode in [Mode::Slice, Mode::System] {
            let proof = prove(&repo, mode, true).unwrap_or_else(|e| panic!("{definition}: {e} {:?}", e.hints()));
            assert!(proof.is_preserving(), "{definition}");
        }
    }
}

#[test]
fn a_filter_is_not_run_and_its_plain_text_is_not_taken() {
    needs_nix!();
    let (repo, _nixpkgs) = repository("builtins.readFile ../../locked.txt");
    fs::remove_file(repo.path("untracked.txt")).unwrap();
    repo.write(".gitattributes", "locked.txt filter=vault\n");
    repo.write("locked.txt", "cipher\n");
    repo.commit_all("locked");
    // As git-crypt and LFS leave it: plain in the working tree, encrypted in git.
    repo.git(&["config", "filter.vault.clean", "echo cipher"]);
    repo.git(&["config", "filter.vault.smudge", "touch ran; cat"]);
    repo.write("locked.txt", MARK);
    for committed in [true, false] {
        prove(&repo, Mode::Slice, committed).unwrap_or_else(|e| panic!("{e} {:?}", e.hints()));
    }
    assert!(!repo.exists("ran"));
}
