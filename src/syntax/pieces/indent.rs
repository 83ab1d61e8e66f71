//! Indentation by what is open, as in most of the text that alejandra lays out.

use super::cut::{Kind, lines};

/// A shape with every line indented by two spaces for each line before it that opens a bracket or `let` which is open still.
/// `None` where lines are parts of strings, or comments end with blanks: these are not to be touched.
pub(super) fn by_brackets(shape: &str) -> Option<String> {
    if shape.contains("''") {
        return None;
    }
    let mut result = String::with_capacity(shape.len());
    // The line of each that is open.
    let mut open: Vec<usize> = Vec::new();
    for (number, line) in lines(shape).enumerate() {
        let line = line.trim_start();
        // alejandra leaves the lines of a broken attrpath as they stand.
        if line.starts_with('.') && !line.starts_with("...") {
            return None;
        }
        let in_string = line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if in_string || line.ends_with(char::is_whitespace) {
            return None;
        }
        let closes_let = line == "in" || line.starts_with("in ");
        let closed = match line.bytes().take_while(|byte| b"}])".contains(byte)).count() {
            0 => usize::from(closes_let),
            brackets => brackets,
        };
        open.truncate(open.len().checked_sub(closed)?);
        if number > 0 {
            result.push('\n');
        }
        if !line.is_empty() {
            let levels = open.chunk_by(|a, b| a == b).count();
            result.extend(std::iter::repeat_n("  ", levels));
            result.push_str(line);
        }
        let code = line.strip_suffix(Kind::Comment.stand_in()).unwrap_or(line);
        let rest = code.trim_start_matches(['}', ']', ')']);
        for byte in rest.bytes() {
            match byte {
                b'{' | b'[' | b'(' => open.push(number),
                b'}' | b']' | b')' => drop(open.pop()?),
                _ => {}
            }
        }
        if rest.trim_end() == "let" || rest.trim_end().ends_with(" let") {
            open.push(number);
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_indented_by_what_is_open() {
        let text =
            "{w'w, ...}: let\ncut'out = 0;\nin {\n      w'w = w'w [\n# w'w\n(w'w {\ncut'out = 0;\n\n  })\n];\n    }\n";
        let expected = "{w'w, ...}: let\n  cut'out = 0;\nin {\n  w'w = w'w [\n    # w'w\n    (w'w {\n      cut'out = 0;\n\n    })\n  ];\n}\n";
        assert_eq!(by_brackets(text).as_deref(), Some(expected));
        assert_eq!(by_brackets(expected).as_deref(), Some(expected));
    }

    #[test]
    fn strings_of_several_lines_are_left_alone() {
        assert_eq!(by_brackets("{\n w'w = ''\n  a\n'';\n}\n"), None);
        assert_eq!(by_brackets("{\n w'w = \"\n  a\n\";\n}\n"), None);
        assert_eq!(by_brackets("{\n  # (a \n}\n"), None);
        assert_eq!(by_brackets("{\n  w'w\n    .\n    w'w = w'w;\n}\n"), None);
        assert_eq!(by_brackets("{\n  )\n}}\n"), None);
    }
}
