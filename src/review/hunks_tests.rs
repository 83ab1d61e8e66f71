use super::*;

fn shown(before: &str, after: &str) -> String {
    let mut out = String::new();
    for hunk in hunks(before, after) {
        out.push_str(&hunk.header());
        out.push('\n');
        for line in hunk.lines {
            out.push(match line.tag {
                Tag::Same => ' ',
                Tag::Removed => '-',
                Tag::Added => '+',
            });
            out.push_str(line.text);
        }
    }
    out
}

#[test]
fn an_added_block_starts_where_it_starts() {
    let before = "{\n  a = {\n    x = 1;\n  };\n\n  c = 3;\n}\n";
    let after = "{\n  a = {\n    x = 1;\n  };\n\n  b = {\n    x = 2;\n  };\n\n  c = 3;\n}\n";
    let wanted = "@@ -3,5 +3,9 @@\n     x = 1;\n   };\n \n+  b = {\n+    x = 2;\n+  };\n+\n   c = 3;\n }\n";
    assert_eq!(shown(before, after), wanted);
    let removed = shown(after, before);
    assert_eq!(
        removed,
        wanted
            .replace("-3,5 +3,9", "-3,9 +3,5")
            .replace('+', "-")
            .replace("-3,5 @@", "+3,5 @@")
    );
}

#[test]
fn far_changes_are_hunks_of_their_own() {
    let before: String = (0..30).map(|n| format!("{n}\n")).collect();
    let after = before.replace("2\n", "two\n").replace("27\n", "27 and more\n");
    assert_eq!(hunks(&before, &after).len(), 3, "2, 12, and 22 with 27");
    assert!(hunks(&before, &before).is_empty());
}

#[test]
fn re_indented_lines_are_found() {
    let pairs = pairs(
        &["a = 1;\n", "b = 2;\n"],
        &["mkIf x {\n", "  a = 1;\n", "  b = 3;\n", "}\n"],
    );
    assert_eq!(pairs.indented, [(0, 1)]);
    assert_eq!(pairs.changed, [(1, 2)]);
}

#[test]
fn words_are_those_of_nix() {
    assert_eq!(
        words("a-b'.c = \"é\";"),
        ["a-b'", ".", "c", " ", "=", " ", "\"", "é", "\"", ";"]
    );
    let (old, new) = emphasised("  port = 80;\n", "  port = 8080;\n");
    assert_eq!(old, [("  port = ", false), ("80", true), (";\n", false)]);
    assert_eq!(new, [("  port = ", false), ("8080", true), (";\n", false)]);
}
