//! The page that texts are laid out for.

use textwrap::Options;

/// Columns of the page.
#[derive(Clone, Copy, Debug)]
pub struct Width(pub usize);

/// Longest line of prose: wider ones are hard to read, however wide the terminal is.
pub(super) const PROSE: usize = 110;

/// `text` wrapped, its first line behind `first`, the others behind `rest`. Words are never cut: paths stay
/// whole, so that they can be copied and clicked.
pub fn wrap(text: &str, width: Width, first: &str, rest: &str) -> String {
    let options = Options::new(width.0.min(PROSE))
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

/// What becomes of a path that is wider than its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// Its beginning is left out: the first look at a terminal.
    Shortened,
    /// It stays, and its line is as wide as it takes: for a program that reads it.
    Whole,
    /// It stays, on a line of its own: for a person who looks closer.
    Below,
}

/// A page, and how it shows long paths.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its columns.
    pub width: Width,
    /// What becomes of long paths.
    pub paths: Paths,
}

impl Page {
    /// A terminal, or what is read by a program.
    pub fn of(width: usize, is_terminal: bool) -> Page {
        Page {
            width: Width(width),
            paths: match is_terminal {
                true => Paths::Shortened,
                false => Paths::Whole,
            },
        }
    }

    /// The same for a person who looks closer.
    pub fn closer(self) -> Page {
        Page {
            paths: match self.paths {
                Paths::Shortened => Paths::Below,
                paths => paths,
            },
            ..self
        }
    }

    /// Whether long paths are shortened.
    pub fn shortens(self) -> bool {
        self.paths == Paths::Shortened
    }
}
