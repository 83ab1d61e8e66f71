//! Where nixpkgs' library comes from: the option, the flake's locked input if it is in the store, `NIX_PATH`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::nix::Nix;
use crate::error::{Result, prove as text};

const STORE: &str = "/nix/store";

/// nixpkgs/lib for the repository at `root`.
///
/// # Errors
/// Refuses when there is none; as [`Nix::run`].
pub fn find(nix: &Nix, given: Option<&Path>, root: &Path) -> Result<PathBuf> {
    if let Some(given) = given {
        let absolute = given.canonicalize().map_err(|_| text::not_nixpkgs(given))?;
        return within(&absolute).ok_or_else(|| text::not_nixpkgs(given));
    }
    match locked(root).and_then(|path| within(&path)) {
        Some(library) => Ok(library),
        None => nix.search_path_lib()?.ok_or_else(text::no_library),
    }
}

fn within(nixpkgs: &Path) -> Option<PathBuf> {
    let library = nixpkgs.join("lib");
    if library.join("default.nix").is_file() {
        // What is read behind a link has to be readable where it is.
        return Some(library.canonicalize().unwrap_or(library));
    }
    // The `lib` directory itself was named.
    (nixpkgs.ends_with("lib") && nixpkgs.join("default.nix").is_file()).then(|| nixpkgs.to_owned())
}

/// Where the locked input `nixpkgs` is.
fn locked(root: &Path) -> Option<PathBuf> {
    let lock: Value = serde_json::from_slice(&fs::read(root.join("flake.lock")).ok()?).ok()?;
    let node = lock["nodes"][lock["root"].as_str()?]["inputs"]["nixpkgs"].as_str()?;
    directory(root, &lock["nodes"][node])
}

/// Where the locked input `node` of the flake at `root` is on this machine.
pub fn directory(root: &Path, node: &Value) -> Option<PathBuf> {
    let locked = &node["locked"];
    let stored = locked["narHash"].as_str().and_then(source_path).filter(|p| p.is_dir());
    let local = || {
        let path = Path::new(locked["path"].as_str().filter(|_| locked["type"] == "path")?);
        // A relative path starts from the flake that has the input, which is known where that is the root.
        let is_ours = node["parent"].as_array().is_none_or(Vec::is_empty);
        let path = (path.is_absolute() || is_ours).then(|| root.join(path))?;
        path.is_dir().then_some(path)
    };
    stored.or_else(local)
}

/// The path under which nix keeps a source tree with this NAR hash.
pub fn source_path(nar_hash: &str) -> Option<PathBuf> {
    let bytes = base64(nar_hash.strip_prefix("sha256-")?)?;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let digest = Sha256::digest(format!("source:sha256:{hex}:{STORE}:source").as_bytes());
    let mut folded = [0u8; 20];
    for (index, byte) in digest.iter().enumerate() {
        folded[index % 20] ^= byte;
    }
    Some(PathBuf::from(format!("{STORE}/{}-source", base32(&folded))))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut bits = 0u32;
    let mut count = 0;
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

/// Nix's base 32: its own alphabet, most significant digit first.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
    let length = (bytes.len() * 8).div_ceil(5);
    (0..length)
        .rev()
        .map(|n| {
            let (byte, bit) = (n * 5 / 8, n * 5 % 8);
            let low = bytes[byte] >> bit;
            let high = bytes
                .get(byte + 1)
                .map_or(0, |b| b.checked_shl(8 - bit as u32).unwrap_or(0));
            char::from(DIGITS[usize::from((low | high) & 0x1f)])
        })
        .collect()
}
