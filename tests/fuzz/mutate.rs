//! Texts that are nearly right: parts taken out, doubled, exchanged, put in.

use fastrand::Rng;

/// What is put in.
const PARTS: [&str; 46] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ";",
    "=",
    ":",
    "@",
    ",",
    ".",
    "...",
    "\"",
    "''",
    "${",
    "''${",
    "#",
    "/*",
    "*/",
    "\\",
    "//",
    "++",
    "->",
    "!",
    "-",
    "?",
    " or ",
    " let ",
    " in ",
    " with a; ",
    " rec ",
    " inherit ",
    " if a then b else ",
    " assert a; ",
    "\r",
    "\r\n",
    "\n",
    "\t",
    "\u{c}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{0}",
    "é",
    "<x>",
];

/// `text`, changed in some places; `others` are what it may take parts of.
pub fn mutated(text: &str, others: &[String], chance: &mut Rng) -> String {
    let mut text = text.to_owned();
    for _ in 0..=chance.usize(..3) {
        let at = boundary(&text, chance.usize(..text.len() + 1));
        let longest = [1, 4, 16, 64, 256][chance.usize(..5)];
        let end = boundary(&text, at + chance.usize(..longest));
        match chance.usize(..6) {
            0 => text.replace_range(at..end, ""),
            1 => {
                let part = text[at..end].to_owned();
                text.insert_str(at, &part);
            }
            2 | 3 => text.insert_str(at, PARTS[chance.usize(..PARTS.len())]),
            4 => text.replace_range(at..end, PARTS[chance.usize(..PARTS.len())]),
            _ => {
                let other = &others[chance.usize(..others.len())];
                let from = boundary(other, chance.usize(..other.len() + 1));
                let to = boundary(other, from + chance.usize(..200));
                text.insert_str(at, &other[from..to]);
            }
        }
    }
    text
}

fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
