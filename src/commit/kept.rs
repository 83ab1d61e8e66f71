//! What was found in place of what the tool had written: kept as a commit under a reference of the tool's.

use std::path::{Path, PathBuf};

use git2::{Index, Signature};

use super::disk::Disk;
use super::draft::announce;
use super::text;
use crate::error::{self, Result};
use crate::repo::git::{GitState, MODE_EXECUTABLE, MODE_FILE, bare_entry};

const KEPT: &str = "refs/qgroget/kept/";

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) executable: bool,
}

/// Keeps files under a new reference, and gives its name.
///
/// # Errors
/// `git-failed`.
pub(super) fn keep(git: &GitState, disk: &mut Disk<'_>, files: &[Found]) -> Result<String> {
    let failed = |cause| error::git::failed("keep what was found", cause);
    announce(disk, git, "keep what was found")?;
    let repo = git.repo();
    let mut index = Index::new().map_err(failed)?;
    for file in files {
        // Kept as found: attributes and filters are for what is committed.
        let id = repo.blob(&file.bytes).map_err(failed)?;
        let mode = if file.executable { MODE_EXECUTABLE } else { MODE_FILE };
        index.add(&bare_entry(&text(&file.path), id, mode)).map_err(failed)?;
    }
    let tree = index
        .write_tree_to(repo)
        .and_then(|id| repo.find_tree(id))
        .map_err(failed)?;
    let author = Signature::now("qgroget", "qgroget@localhost").map_err(failed)?;
    let id = repo
        .commit(
            None,
            &author,
            &author,
            "What was found in place of what qgroget had written\n",
            &tree,
            &[],
        )
        .map_err(failed)?;
    let mut number = 1;
    loop {
        let name = format!("{KEPT}{number}");
        match repo.reference(&name, id, false, "qgroget: keep what was found") {
            Ok(_) => return Ok(name),
            Err(cause) if cause.code() == git2::ErrorCode::Exists => number += 1,
            Err(cause) => return Err(failed(cause)),
        }
    }
}

/// The command that brings files back from a reference, from anywhere in the working tree; `paths` are relative to its top.
pub fn command(reference: &str, paths: &[PathBuf]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| quote(path)).collect();
    format!("git restore --source={reference} -- {}", quoted.join(" "))
}

/// A path as git's pathspec in a shell.
fn quote(path: &Path) -> String {
    let text = path.display().to_string();
    let magic = match text.contains(['*', '?', '[', '\\']) {
        true => "top,literal",
        false => "top",
    };
    format!("':({magic}){}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::git::testing::TestRepo;

    #[test]
    fn the_command_brings_files_back_from_anywhere() {
        let repo = TestRepo::with(&[
            ("my lab/it's [a].nix", "old\n"),
            ("plain.nix", "old\n"),
            ("below/x", ""),
        ]);
        let paths = ["my lab/it's [a].nix", "plain.nix"].map(PathBuf::from);
        let found = paths.each_ref().map(|path| Found {
            path: path.clone(),
            bytes: b"found\n".to_vec(),
            executable: false,
        });
        let kept = keep(&repo.state(), &mut Disk::real(), &found).expect("kept");
        let command = command(&kept, &paths);
        assert_eq!(
            command,
            "git restore --source=refs/qgroget/kept/1 -- ':(top,literal)my lab/it'\\''s [a].nix' ':(top)plain.nix'"
        );
        let shell = format!("!{command}");
        repo.git_at(&repo.path("below"), &["-c", &format!("alias.x={shell}"), "x"]);
        for path in paths {
            assert_eq!(repo.read(&path.to_string_lossy()), "found\n");
        }
    }
}
