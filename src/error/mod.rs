//! The one error type: what went wrong, where, why, and what to do next.
//!
//! Every refusal carries a stable [`code`](Error::code) (the argument of `qgroget explain`), and where it
//! is about a file a [`Place`]. Texts a person reads stand in the family modules beside this one, one
//! function for each message, so that they can be read and changed together.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod apply;
pub mod cleanup;
pub mod commit;
pub mod evolve;
pub mod git;
pub mod install;
pub mod json;
pub mod plan;
pub mod process;
pub mod prove;
pub mod repo;
pub mod review;
pub mod syntax;

/// What the process returns, and who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The tool will not do it: the input, the repository or the person said no. Exit status 1.
    Refused,
    /// The arguments do not make a request. Exit status 2.
    Usage,
    /// A fault of ours. Exit status 3.
    Internal,
}

impl Kind {
    /// The process's exit status for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Refused => 1,
            Kind::Usage => 2,
            Kind::Internal => 3,
        }
    }
}

/// A position in a file: the byte range in its text as found, and line and column for people.
#[derive(Clone, Debug)]
pub struct Place {
    /// Path relative to the repository's root.
    pub path: PathBuf,
    /// One-based line.
    pub line: u32,
    /// One-based column, in Unicode scalar values.
    pub column: u32,
    /// Byte offsets into the file's text as found.
    pub span: Range<usize>,
    /// The file's text, for the excerpt; `None` where it is not at hand.
    pub source: Option<Arc<str>>,
}

impl Place {
    /// The place of `span` (byte offsets) in `source`, the text of the file at `path`.
    pub fn new(path: &Path, source: &Arc<str>, span: Range<usize>) -> Place {
        let (line, column) = line_column(source, span.start);
        Place {
            path: path.to_owned(),
            line,
            column,
            span,
            source: Some(Arc::clone(source)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// One-based line and column (in Unicode scalar values) of a byte offset in `text`.
pub fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..offset.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() as u32 + 1;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (line, before[start..].chars().count() as u32 + 1)
}

/// An error with all that a person needs to go on.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: Kind,
    code: &'static str,
    message: String,
    reason: Option<String>,
    place: Option<Place>,
    hints: Vec<String>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with its stable `code` and one-line `message`.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Error {
        Error {
            inner: Box::new(Inner {
                kind,
                code,
                message: message.into(),
                reason: None,
                place: None,
                hints: Vec::new(),
                cause: None,
            }),
        }
    }

    /// A refusal (exit status 1).
    pub fn refused(code: &'static str, message: impl Into<String>) -> Error {
        Error::new(Kind::Refused, code, message)
    }

    /// A usage error (exit status 2).
    pub fn usage(code: &'static str, message: impl Into<String>) -> Error {
        Error::new(Kind::Usage, code, message)
    }

    /// A fault of ours (exit status 3).
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(Kind::Internal, "internal", message)
    }

    /// Adds why it is so.
    pub fn reason(mut self, reason: impl Into<String>) -> Error {
        self.inner.reason = Some(reason.into());
        self
    }

    /// Says what had failed before this did.
    pub fn reason_before(self, before: &Error) -> Error {
        let reason = self
            .reason_text()
            .map(|reason| format!("; {reason}"))
            .unwrap_or_default();
        let reason = format!("after: {}{reason}", before.message());
        self.reason(reason)
    }

    /// Adds where it is.
    pub fn at(mut self, place: Place) -> Error {
        self.inner.place = Some(place);
        self
    }

    /// Adds a next step; several may be given.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.inner.hints.push(hint.into());
        self
    }

    /// Takes a next step away again, where it is none.
    pub fn without_hint(mut self, hint: &str) -> Error {
        self.inner.hints.retain(|known| known != hint);
        self
    }

    /// Adds the error underneath.
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.inner.cause = Some(cause.into());
        self
    }

    /// Who has to act, and with it the exit status.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// The stable code, the argument of `qgroget explain`.
    pub fn code(&self) -> &'static str {
        self.inner.code
    }

    /// The message, one line.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Why it is so, where that is not said by the message.
    pub fn reason_text(&self) -> Option<&str> {
        self.inner.reason.as_deref()
    }

    /// Where it is.
    pub fn place(&self) -> Option<&Place> {
        self.inner.place.as_ref()
    }

    /// What to do next, in order.
    pub fn hints(&self) -> &[String] {
        &self.inner.hints
    }

    /// The error underneath.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.inner.cause.as_deref()
    }

    /// What the errors underneath say, the nearest first.
    pub fn causes(&self) -> impl Iterator<Item = String> + '_ {
        let first = self.cause().map(|cause| cause as &(dyn std::error::Error + 'static));
        std::iter::successors(first, |cause| cause.source()).map(said)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.inner.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner
            .cause
            .as_ref()
            .map(|cause| &**cause as &(dyn std::error::Error + 'static))
    }
}

/// What an error of another library says, in words: git's library adds the numbers of its own codes.
fn said(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = match cause.downcast_ref::<git2::Error>() {
        Some(cause) => cause.message().to_owned(),
        None => cause.to_string(),
    };
    // So does the standard library with those of the system.
    match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.trim_end_matches(')').parse::<i32>().is_ok() => words.to_owned(),
        _ => text,
    }
}

/// A text as a word of a shell's command.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,=".contains(c);
    match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The name in `known` that is most like `name`, if one is like enough to be meant.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.as_str())
}
