//! What the library's own tests share.

/// Text as a terminal without colour gets it.
pub fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

/// Text as a terminal with colour gets it, its escapes made readable.
pub fn colored(styled: &str) -> String {
    styled.replace('\u{1b}', "␛")
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
