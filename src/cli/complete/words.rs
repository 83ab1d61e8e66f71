//! The words typed so far.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The words that the script hands over, the name of the program first.
pub fn typed() -> Vec<OsString> {
    env::args_os().skip_while(|word| word != "--").skip(1).collect()
}

/// The values that the words give an option, by its long name.
fn value_of(option: &str) -> Option<OsString> {
    let words = typed();
    let joined = format!("{option}=");
    let separate = words.iter().position(|word| word == option).map(|at| at + 1);
    let value = words.iter().find_map(|word| word.to_str()?.strip_prefix(&joined));
    value.map(OsString::from).or_else(|| {
        let at = separate?;
        // A shell may hand the sign over as a word of its own.
        let at = if words.get(at)? == "=" { at + 1 } else { at };
        words.get(at).cloned()
    })
}

/// The root of the repository that the words are about.
pub fn root() -> PathBuf {
    let said = value_of("--repo").map(PathBuf::from);
    crate::cli::root::find(said.as_deref())
}

/// The host that the words name.
pub fn host() -> Option<String> {
    value_of("--host")?.into_string().ok()
}
