//! What a scratch copy is written by: it stays inside of its directory, and gives secrets no content.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::withheld::{Withheld, WithheldReason};
use crate::edit::SourceChange;
use crate::error::{Error, Result, prove as text};
use crate::secrets;

/// Above this size a file that evaluation cannot read as a text is replaced by its digest.
pub(super) const LARGE: u64 = 256 << 10;
/// A tree with more files is no configuration.
const MOST_FILES: usize = 100_000;
/// The permission of a file's owner to run it.
const OWNER_RUNS: u32 = 0o100;
/// The most that is copied.
const MOST_BYTES: u64 = 512 << 20;

/// A copy that is being made.
pub(super) struct Copy<'a> {
    to: &'a Path,
    files: usize,
    bytes: u64,
    withheld: Withheld,
}

impl<'a> Copy<'a> {
    pub(super) fn new(to: &'a Path) -> Copy<'a> {
        Copy {
            to,
            files: 0,
            bytes: 0,
            withheld: Withheld::default(),
        }
    }

    /// What the copy of the repository at `root` leaves out.
    pub(super) fn withheld(mut self, root: &Path) -> Withheld {
        self.withheld.root = Some(root.to_owned());
        self.withheld
    }

    /// Adds files that are part of the repository, whether or not they are copied.
    pub(super) fn known(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.withheld.known.extend(paths);
    }

    /// Whether something stands at a path already.
    pub(super) fn has(&self, relative: &Path) -> bool {
        self.withheld.known.contains(relative)
    }

    /// Puts a socket where a name is that of a secret, whose content must not be asked for; whether it is.
    pub(super) fn withholds(&mut self, relative: &Path) -> Result<bool> {
        let secret = secrets::looks_like_a_secret(relative);
        if secret {
            self.put_socket(relative, WithheldReason::Named)?;
        }
        Ok(secret)
    }

    fn put_socket(&mut self, relative: &Path, why: WithheldReason) -> Result<()> {
        let place = self.place(relative)?;
        parent(&place)?;
        socket(self.to, &place).map_err(|cause| text::scratch("stand in for", &place, cause))?;
        self.withheld.known.insert(relative.to_owned());
        self.withheld.sockets.insert(relative.to_owned(), why);
        Ok(())
    }

    /// Copies a file of the working tree.
    pub(super) fn opened(&mut self, relative: &Path, from: &Path) -> Result<()> {
        let read = |cause| text::scratch("read", from, cause);
        let content = fs::read(from).map_err(read)?;
        let mode = fs::metadata(from).map_err(read)?.permissions().mode();
        self.file(relative, &content, mode & OWNER_RUNS != 0)
    }

    /// Copies a link of the working tree.
    pub(super) fn linked(&mut self, relative: &Path, from: &Path) -> Result<()> {
        let target = fs::read_link(from).map_err(|cause| text::scratch("read", from, cause))?;
        self.link(relative, &target)
    }

    /// Where a relative path goes; nothing goes elsewhere than below the destination.
    fn place(&self, relative: &Path) -> Result<PathBuf> {
        if relative.components().all(|c| matches!(c, Component::Normal(_))) {
            return Ok(self.to.join(relative));
        }
        Err(Error::internal(format!(
            "{} leaves the scratch copy",
            relative.display()
        )))
    }

    /// Writes a file, unless its content is not to be given. Whether it `runs` is what git and the store keep of a file's
    /// permissions.
    pub(super) fn file(&mut self, relative: &Path, content: &[u8], runs: bool) -> Result<()> {
        let nix = relative.extension().is_some_and(|e| e == "nix");
        if secrets::is_sealed(content) {
            return self.put_socket(relative, WithheldReason::Sealed);
        }
        // What stands in a Nix file is in the store for everybody to read anyway.
        if !nix && secrets::holds_a_private_key(content) {
            return self.put_socket(relative, WithheldReason::PrivateKey);
        }
        // Nix has no string with a NUL: of such a file it can read nothing, only refer to it.
        let large = content.len() as u64 > LARGE && !nix && memchr::memchr(0, content).is_some();
        let digest;
        let content = if large {
            digest = format!("sha256 {:x}\n", Sha256::digest(content)).into_bytes();
            &digest
        } else {
            content
        };
        self.files += 1;
        self.bytes += content.len() as u64;
        if self.files > MOST_FILES || self.bytes > MOST_BYTES {
            return Err(text::tree_too_large(format!(
                "{} files, {} MiB",
                self.files,
                self.bytes >> 20
            )));
        }
        self.withheld.known.insert(relative.to_owned());
        let place = self.place(relative)?;
        write(&place, content)?;
        match runs {
            true => fs::set_permissions(&place, fs::Permissions::from_mode(0o700))
                .map_err(|cause| text::scratch("write", &place, cause)),
            false => Ok(()),
        }
    }

    /// A link that leaves the copy would let evaluation read, and this copy write, elsewhere: it is left out.
    pub(super) fn link(&mut self, relative: &Path, target: &Path) -> Result<()> {
        self.withheld.known.insert(relative.to_owned());
        let mut depth = relative.components().count() as isize - 1;
        for component in target.components() {
            depth += match component {
                Component::Normal(_) => 1,
                Component::ParentDir => -1,
                Component::CurDir => 0,
                _ => return Ok(()),
            };
            if depth < 0 {
                return Ok(());
            }
        }
        let place = self.place(relative)?;
        parent(&place)?;
        std::os::unix::fs::symlink(target, &place).map_err(|cause| text::scratch("link", &place, cause))
    }

    /// Applies a planned change.
    pub(super) fn overlay(&mut self, change: &SourceChange) -> Result<()> {
        for file in &change.files {
            if let Some(from) = file.from.as_deref().filter(|from| file.to.as_deref() != Some(*from)) {
                let place = self.place(from)?;
                match fs::remove_file(&place) {
                    Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                        return Err(text::scratch("remove", &place, cause));
                    }
                    _ => {}
                }
            }
        }
        for file in &change.files {
            if let Some(to) = &file.to {
                let place = self.place(to)?;
                // A link stays what it is; its target is what changes, and is a file of its own.
                write(&place, file.after.as_bytes())?;
                self.withheld.known.insert(to.clone());
            }
        }
        Ok(())
    }
}

/// Writes a file and the directories above it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    parent(path)?;
    fs::write(path, content).map_err(|cause| text::scratch("write", path, cause))
}

fn parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), |p| {
        fs::create_dir_all(p).map_err(|cause| text::scratch("create", p, cause))
    })
}

/// Makes a socket: it is there for everybody, and has no content for anybody, not even for root.
fn socket(scratch: &Path, place: &Path) -> std::io::Result<()> {
    #[cfg(not(target_vendor = "apple"))]
    {
        let _ = scratch;
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Socket, mode, 0)?;
    }
    #[cfg(target_vendor = "apple")]
    {
        // Made where the path is short, since that of a socket may have 104 bytes.
        let made = scratch.with_file_name("s");
        drop(std::os::unix::net::UnixListener::bind(&made)?);
        fs::rename(&made, place)?;
    }
    Ok(())
}
