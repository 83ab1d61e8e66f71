//! What a change declares to alter: definitions that the state before is given for the proof, and that have to be found in it
//! as they were given. A definition that has no effect would make a proof of nothing.

use serde_json::Value;

use super::difference::option_path;
use crate::error::{Result, prove as text};

/// A list that the state before has to have.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The option's path.
    pub option: Vec<String>,
    /// Its elements, as far as they are known.
    pub elements: Vec<Option<String>>,
}

impl Expected {
    fn is(&self, found: Option<&Value>) -> bool {
        let Some(Value::Array(found)) = found else {
            return false;
        };
        let same = |(element, found): (&Option<String>, &Value)| match element {
            Some(element) => found.as_str() == Some(element),
            None => found.is_string(),
        };
        found.len() == self.elements.len() && self.elements.iter().zip(found).all(same)
    }
}

/// Checks that a configuration has what is expected.
///
/// # Errors
/// `declared-otherwise`.
pub fn check(whole: &Value, expected: &[Expected]) -> Result<()> {
    for one in expected {
        let found = one.option.iter().try_fold(whole, |at, name| at.get(name));
        if !one.is(found) {
            let shown = super::sentence::shown(found);
            return Err(text::declared_otherwise(&option_path(&one.option), &shown));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_declared_has_to_be_there_as_it_was_declared() {
        let paths = |paths: Value| json!({"backups": {"x": {"paths": paths}}});
        let expected = |elements: &[Option<&str>]| {
            let elements = elements.iter().map(|element| element.map(str::to_owned)).collect();
            let option = ["backups", "x", "paths"].map(str::to_owned).to_vec();
            [Expected { option, elements }]
        };
        for (whole, wanted, holds) in [
            (paths(json!(["/a", "/b"])), [Some("/a"), Some("/b")], true),
            (paths(json!(["/a", "/b"])), [Some("/a"), None], true),
            (paths(json!(["/b", "/a"])), [Some("/a"), Some("/b")], false),
            (paths(json!(["/a"])), [Some("/a"), Some("/b")], false),
            (paths(json!(["/a", "/b", "/c"])), [Some("/a"), Some("/b")], false),
            (paths(json!([])), [None, None], false),
            (json!({}), [Some("/a"), Some("/b")], false),
        ] {
            let checked = check(&whole, &expected(&wanted));
            assert_eq!(checked.is_ok(), holds, "{whole} {wanted:?}");
            if let Err(error) = checked {
                assert_eq!(error.code(), "declared-otherwise");
            }
        }
    }
}
