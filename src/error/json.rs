//! Errors for programs.

use serde::Serialize;

use super::Error;

/// An error for a program. Its form is part of schema 1 (`docs/json.md`).
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Json {
    /// The stable code.
    pub code: String,
    /// Path relative to the repository's root.
    pub file: Option<String>,
    /// One-based line.
    pub line: Option<u32>,
    /// One-based column, in Unicode scalar values.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// Why, where the message does not say it; the cause underneath if there is nothing else.
    pub reason: Option<String>,
    /// What can be done, in order.
    pub next: Vec<String>,
}

impl From<&Error> for Json {
    fn from(error: &Error) -> Json {
        let place = error.place();
        Json {
            code: error.code().to_owned(),
            file: place.map(|place| place.path.to_string_lossy().into_owned()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: error.message().to_owned(),
            reason: error.reason_text().map(str::to_owned).or_else(|| error.causes().next()),
            next: error.hints().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::error::Place;
    use crate::testing::snapshot;

    #[test]
    fn all_of_an_error_is_there() {
        let source = "{\n  qgroget.services.x.url = config.y;\n}\n";
        let start = source.find("config.y").expect("the value");
        let place = Place::new(
            Path::new("modules/server/x.nix"),
            &Arc::from(source),
            start..start + "config.y".len(),
        );
        let error = Error::refused("unknown-value", "the url can't be known without evaluating")
            .at(place)
            .reason("config.y is set by another module")
            .hint("write the url out: qgroget.services.x.url = \"http://127.0.0.1:8096\";")
            .hint("or in two lines:\nqgroget.services.x.port = 8096;")
            .because(std::io::Error::other("the disk is gone"));
        let json = serde_json::to_string_pretty(&Json::from(&error)).unwrap();
        snapshot!("report_json", json);
    }
}
