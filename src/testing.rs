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
