//! What the library's own tests share.

use std::path::{Path, PathBuf};

/// Text as a terminal without colour gets it.
pub fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

/// Text as a terminal with colour gets it, its escapes made readable.
pub fn colored(styled: &str) -> String {
    styled.replace('\u{1b}', "␛")
}

/// Numbers that look like chance, the same ones in every run.
pub struct Chance(pub u64);

impl Chance {
    /// One below `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// The texts of the Nix files below `directory`, each with its path.
pub fn nix_texts(directory: &Path) -> Vec<(PathBuf, String)> {
    let walk = ignore::Walk::new(directory).map(|entry| entry.expect("a directory").into_path());
    let nix = walk.filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "nix"));
    nix.map(|path| (path.clone(), std::fs::read_to_string(path).expect("text")))
        .collect()
}

/// Compares `$text` with `snapshots/<name>.snap`.
macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use snapshot;
