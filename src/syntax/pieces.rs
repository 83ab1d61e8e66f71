//! Formatting with alejandra in pieces, with the same result as in one.
//!
//! alejandra lays an expression out several times to find how it fits, and in each of these does so again for what
//! is in it: its time doubles with every level of nesting. Yet how a binding is laid out depends on nothing around it,
//! once its set stands over several lines, and the other way round; so it is with the elements of a list. So such bindings
//! and elements are cut out, each is formatted by itself, with a short one in its place, and put back at the indentation
//! that this one got. What is laid out already, since it is no more than a name and a word, is put back as it was.
//!
//! A shape that was formatted before is remembered. An edited file has most pieces in common with the file before, and most
//! of the others differ from those of other files in nothing but words, or in how long a list is.

mod cut;
mod indent;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::SyntaxNode;
pub(super) use cut::Piece;
use cut::{Kind, lines};

/// What formats a whole text; `None` if it does not parse.
type Formatter = fn(&str) -> Option<String>;

/// The shapes that were formatted.
static FORMATTED: LazyLock<Mutex<FxHashMap<String, Arc<str>>>> = LazyLock::new(Mutex::default);

/// Formats the text of `root`, a tree without errors. `None` where it has to be formatted as a whole.
pub(super) fn format(root: &SyntaxNode, text: &str, formatter: Formatter) -> Option<String> {
    let whole = Piece::of(root, text, None)?;
    let pieces = whole.all().into_iter();
    let shapes: Option<Vec<Arc<str>>> = pieces.map(|piece| formatted(&piece.shape, formatter)).collect();
    whole.assemble(&mut shapes?.into_iter())
}

/// What a file becomes, one that has come from another with the pieces `before`.
pub(super) enum Beside {
    /// It has to be formatted as a whole, if at all.
    Whole,
    /// It is as it should be, and these are its pieces.
    Same(Piece),
    Formatted(String),
}

/// Formats the pieces of a file that are not among the pieces `before`, provided that those of `before` which are gone
/// were formatted. So what was formatted stays so, and what was not, beside the changes or among them, is left alone.
pub(super) fn format_beside(root: &SyntaxNode, text: &str, before: &Piece, formatter: Formatter) -> Beside {
    let Some(whole) = Piece::of(root, text, Some(before)) else {
        return Beside::Whole;
    };
    let (pieces, old) = (whole.all(), before.all());
    let known = texts(&old);
    let is_new = |piece: &Piece| !known.contains(&*piece.text);
    let new: Vec<&Piece> = pieces.iter().copied().filter(|piece| is_new(piece)).collect();
    if new.iter().all(|piece| is_formatted(&piece.shape, formatter)) {
        return Beside::Same(whole);
    }
    let stays = texts(&pieces);
    let mut gone = old.iter().filter(|piece| !stays.contains(&*piece.text));
    if !gone.all(|piece| is_formatted(&piece.shape, formatter)) {
        return Beside::Same(whole);
    }
    let laid_out = |piece: &&Piece| match is_new(piece) {
        true => formatted(&piece.shape, formatter),
        false => Some(piece.shape.as_str().into()),
    };
    let shapes: Option<Vec<Arc<str>>> = pieces.iter().map(laid_out).collect();
    let text = shapes.and_then(|shapes| whole.assemble(&mut shapes.into_iter()));
    text.map_or(Beside::Whole, Beside::Formatted)
}

fn texts<'p>(pieces: &[&'p Piece]) -> FxHashSet<&'p str> {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// A shape as alejandra would leave it.
fn formatted(shape: &str, formatter: Formatter) -> Option<Arc<str>> {
    match well_indented(shape, formatter) {
        Some(indented) => Some(indented.into()),
        None if is_laid_out(shape, formatter) => Some(shape.into()),
        None => remembered(shape, formatter),
    }
}

/// Whether alejandra would leave a shape as it is.
fn is_formatted(shape: &str, formatter: Formatter) -> bool {
    well_indented(shape, formatter).is_none() && is_laid_out(shape, formatter)
}

/// What alejandra would make of a shape that has nothing but its indentation wrong; `None` for others. alejandra does not
/// look at the indentation that it finds, so that shapes which differ in nothing else become the same.
fn well_indented(shape: &str, formatter: Formatter) -> Option<String> {
    let indented = indent::by_brackets(shape)?;
    (indented != shape && is_laid_out(&indented, formatter)).then_some(indented)
}

fn is_laid_out(shape: &str, formatter: Formatter) -> bool {
    let shape = shortened(shape);
    remembered(&shape, formatter).as_deref() == Some(&*shape)
}

/// A shape with two lines of each run of bindings or elements that take one each: how many there are changes nothing about
/// the layout, nor do comments and single blank lines among them.
fn shortened(shape: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let all: Vec<&str> = lines(shape).collect();
    let mut rest = &all[..];
    while let Some(first) = rest.first() {
        let run = run(rest);
        match run {
            0 | 1 => kept.push(first),
            _ => kept.extend([rest[..run].iter().find(|line| is_stand_in(line)).unwrap_or(first); 2]),
        }
        rest = &rest[run.max(1)..];
    }
    kept.join("\n")
}

/// How many lines from the first on are stand-ins of one kind, at one column, with comments and single blank lines among them;
/// 0 where there is no stand-in.
fn run(lines: &[&str]) -> usize {
    let column = |line: &str| line.len() - line.trim_start().len();
    let Some(stand_in) = lines
        .iter()
        .copied()
        .find(|line| !is_comment(line))
        .filter(|line| is_stand_in(line))
    else {
        return 0;
    };
    let mut length = 0;
    for (number, line) in lines.iter().copied().enumerate() {
        let is_part = line == stand_in || (is_comment(line) && column(line) == column(stand_in));
        match is_part {
            true => length = number + 1,
            // One blank line, with something before it.
            false if line.is_empty() && length == number => {}
            false => break,
        }
    }
    length
}

fn is_stand_in(line: &str) -> bool {
    [Kind::Binding, Kind::Element]
        .iter()
        .any(|kind| line.trim_start() == kind.stand_in())
}

fn is_comment(line: &str) -> bool {
    line.trim_start() == Kind::Comment.stand_in()
}

/// What `shape` is when it is formatted.
fn remembered(shape: &str, formatter: Formatter) -> Option<Arc<str>> {
    let memory = || FORMATTED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = memory().get(shape).cloned();
    known.or_else(|| {
        let formatted: Arc<str> = formatter(shape)?.into();
        memory().insert(shape.to_owned(), Arc::clone(&formatted));
        Some(formatted)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{alejandra, alejandra_alone, parses};
    use super::*;
    use crate::testing::nix_texts;

    fn in_pieces(text: &str) -> Option<String> {
        format(&rnix::Root::parse(text).syntax(), text, alejandra)
    }

    /// Options within options, as deep as `depth`, with a comment and an indented string in each.
    fn nested(depth: usize) -> String {
        let inner = match depth {
            0 => "lib.types.attrsOf (lib.types.submodule {freeformType = lib.types.anything;})".to_owned(),
            _ => nested(depth - 1),
        };
        format!(
            "lib.mkOption {{ # depth {depth}\n  description = ''\n    one\n\n      two ${{toString {depth}}}\n  '';\n\n\n\
             type = lib.types.attrsOf (lib.types.submodule ({{name, ...}}: {{options = {{\nvalue = {inner};\n}};}}));\n}}"
        )
    }

    #[test]
    fn nested_bindings_are_laid_out_as_in_one_piece() {
        for depth in 0..2 {
            let text = format!("{{lib, ...}}: {{\n  options.x = {};\n}}\n", nested(depth));
            assert_eq!(in_pieces(&text), alejandra(&text));
            assert!(in_pieces(&text).is_some_and(|text| parses(&text)));
        }
    }

    /// The long form: `QGROGET_REAL=directory`.
    #[test]
    fn files_are_laid_out_as_in_one_piece() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = ["examples/homelab", "nix", "rules"]
            .map(|path| nix_texts(&root.join(path)))
            .to_vec();
        texts.extend(std::env::var_os("QGROGET_REAL").map(|real| nix_texts(Path::new(&real))));
        let mut cut = 0;
        for (path, text) in texts.into_iter().flatten().filter(|(_, text)| parses(text)) {
            // As it stands, and as nobody would write it.
            for text in [
                text.replace("= {", "=\n\n{ "),
                text.replace(" = ", "=").replace(";\n", ";  \n\n\n"),
                text.replace("\n  ", "\n").replace("\n", "\n   "),
                text.replace('[', "[\n\n")
                    .replace(" (", "\n(")
                    .replace(" ./", "\n\n ./"),
                text,
            ] {
                if let (true, Some(result)) = (parses(&text), in_pieces(&text)) {
                    let whole = alejandra(&text).expect("is formatted");
                    // As a whole it is left alone, where a string would change; in pieces, only what is around that.
                    if alejandra_alone(&text).as_ref() != Some(&whole) {
                        continue;
                    }
                    let differs = result.lines().zip(whole.lines()).find(|(ours, theirs)| ours != theirs);
                    assert_eq!(differs, None, "{}", path.display());
                    assert_eq!(result.len(), whole.len(), "{}", path.display());
                    cut += 1;
                }
            }
        }
        assert!(cut > 100, "only {cut} files were formatted in pieces");
    }

    #[test]
    fn how_long_a_list_is_changes_nothing() {
        let list = |count: usize, between: &str| {
            let words: String = (0..count).map(|n| format!("    ./path-{n}{between}\n")).collect();
            format!("{{\n  imports = [\n{words}    (import ./a {{\n      b.c = 1;\n    }})\n  ];\n}}\n")
        };
        let pieces = |text: &str| Piece::of(&rnix::Root::parse(text).syntax(), text, None).expect("is cut");
        for between in ["", "\n"] {
            let shortened = |count| {
                let text = list(count, between).replace("\n\n    (", "\n    (");
                assert_eq!(in_pieces(&text).as_deref(), Some(&*text));
                assert_eq!(alejandra(&text).as_deref(), Some(&*text));
                let pieces = pieces(&text);
                let mut shortened: Vec<String> = pieces
                    .all()
                    .iter()
                    .map(|piece| super::shortened(&piece.shape))
                    .collect();
                shortened.sort();
                shortened
            };
            assert_eq!(shortened(9), shortened(30));
            assert_eq!(shortened(9).len(), 3);
        }
        let text = "{\n  a = [./b\n    ./c ./d];\n}\n";
        assert_eq!(in_pieces(text), alejandra(text));
    }

    #[test]
    fn lines_of_a_string_keep_their_columns() {
        let string = format!("\"{}\n not indented\"", "x".repeat(40));
        let text = format!("{{\n  a = {{\n    b = {{\n      c = {string};\n    }};\n  }};\n}}\n");
        assert_eq!(in_pieces(&text).as_deref(), Some(&*text));
        assert_eq!(alejandra(&text).as_deref(), Some(&*text));
        let text = format!(
            "{{\n  a = {{\n    b = {{\n      c = ''{}\n      d\n      '';\n    }};\n  }};\n}}\n",
            "x".repeat(40)
        );
        assert_eq!(in_pieces(&text), alejandra(&text));
    }

    #[test]
    fn what_depends_on_its_surroundings_is_left_to_the_whole() {
        assert_eq!(in_pieces("{\n  a = /* b\n c */ 1;\n}\n"), None);
        assert_eq!(in_pieces("{\r\n  a = 1;\r\n}\r\n"), None);
        for kind in [Kind::Binding, Kind::Element, Kind::Word, Kind::Path, Kind::Comment] {
            assert_eq!(in_pieces(&format!("{{\n  a = 1; # {}\n}}\n", kind.stand_in())), None);
        }
    }
}
