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

/// A page, and whether it is a terminal, on which long paths are cut.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its columns.
    pub width: Width,
    /// Whether long paths are cut.
    pub is_cut: bool,
}
