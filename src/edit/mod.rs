//! Edits: disjoint replacements of byte ranges, and what they make of a set of files.

mod brackets;
pub mod change;
pub mod formatting;
pub mod indent;
pub mod merge;
pub mod past;
mod reformat;
mod relaid;
pub mod render;
pub mod text_edit;
pub mod trivia;

pub use brackets::Brackets;
pub use change::{FileChange, SourceChange};
pub use reformat::reformat;
pub use relaid::relaid;
pub use text_edit::{GroupId, TextEdit};
