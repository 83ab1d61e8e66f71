use super::*;

fn change(files: &[(&str, &str, &str)]) -> SourceChange {
    let files = files.iter().map(|(path, before, after)| FileChange {
        from: (!before.is_empty()).then(|| path.into()),
        to: (!after.is_empty()).then(|| path.into()),
        before: (*before).into(),
        after: (*after).into(),
        ..FileChange::default()
    });
    SourceChange { files: files.collect() }
}

/// The rows as a person would write them down.
fn read(file: &Aligned<'_>) -> Vec<String> {
    let line = |lines: &[&str], at: usize| lines[at].trim().to_owned();
    let rows = file.rows.iter().map(|row| match *row {
        Row::Same(old, _) => format!("  {}", line(&file.old, old)),
        Row::Indented(old, _) => format!("~ {}", line(&file.old, old)),
        Row::Changed(old, new) => format!("! {} => {}", line(&file.old, old), line(&file.new, new)),
        Row::Removed(old, moved) => format!("-{} {}", if moved.is_some() { ">" } else { "" }, line(&file.old, old)),
        Row::Added(new, moved) => format!("+{} {}", if moved.is_some() { "<" } else { "" }, line(&file.new, new)),
    });
    rows.collect()
}

#[test]
fn a_line_with_another_indentation_is_the_same_line() {
    let change = change(&[(
        "x.nix",
        "{\n  a = 1;\n  b = 2;\n}\n",
        "{\n  config = mkIf x {\n    a = 1;\n    b = 20;\n  };\n}\n",
    )]);
    let files = align(&change);
    assert_eq!(
        read(&files[0]),
        [
            "  {",
            "+ config = mkIf x {",
            "~ a = 1;",
            "! b = 2; => b = 20;",
            "+ };",
            "  }"
        ]
    );
}

#[test]
fn another_end_of_the_line_is_no_indentation() {
    let change = change(&[("x.nix", "a = 1;\r\n", "  a = 1;\n")]);
    assert!(!read(&align(&change)[0]).iter().any(|row| row.starts_with('~')));
}

#[test]
fn what_moves_to_another_file_is_found_there() {
    let block = "services.jellyfin = {\n  enable = true;\n  openFirewall = false;\n};\n";
    let change = change(&[
        ("a.nix", &format!("{{\n{block}other = 1;\n}}\n"), "{\nother = 1;\n}\n"),
        ("b.nix", "", &format!("{{\n{}}}\n", block.replace('\n', "\n  "))),
    ]);
    let files = align(&change);
    let moved = |file: usize| read(&files[file]).iter().filter(|row| row.contains(['>', '<'])).count();
    assert_eq!(
        (moved(0), moved(1)),
        (4, 4),
        "{:?} {:?}",
        read(&files[0]),
        read(&files[1])
    );
    let Some(Row::Added(_, Some(origin))) = files[1].rows.iter().find(|row| matches!(row, Row::Added(_, Some(_))))
    else {
        panic!("nothing moved");
    };
    assert_eq!((origin.file, origin.line, origin.length), (0, 1, 4));
}

#[test]
fn a_short_line_by_itself_has_not_moved() {
    let change = change(&[
        ("a.nix", "x = 1;\nenable = true;\n", "x = 1;\n"),
        ("b.nix", "y = 1;\n", "y = 1;\nenable = true;\n"),
    ]);
    let all: Vec<String> = align(&change).iter().flat_map(read).collect();
    assert!(!all.iter().any(|row| row.contains(['>', '<'])), "{all:?}");
}

#[test]
fn each_line_of_both_sides_is_in_one_row() {
    let numbers = |seed: usize, length: usize| -> String {
        let line = |at: usize| {
            format!(
                "{}value{} = \"{}\";\n",
                " ".repeat(at % 3),
                (at * seed) % 7,
                (at * seed) % 5
            )
        };
        (0..length).map(line).collect()
    };
    for seed in 1..60 {
        let texts = [
            ("a.nix", numbers(seed, 12), numbers(seed + 1, 9)),
            ("b.nix", numbers(seed + 2, 7), numbers(seed, 11)),
        ];
        let files: Vec<(&str, &str, &str)> = texts.iter().map(|(path, a, b)| (*path, &**a, &**b)).collect();
        let change = change(&files);
        for file in align(&change) {
            let old = file.rows.iter().filter_map(|row| match row {
                Row::Same(old, _) | Row::Indented(old, _) | Row::Changed(old, _) | Row::Removed(old, _) => Some(*old),
                Row::Added(..) => None,
            });
            let new = file.rows.iter().filter_map(|row| match row {
                Row::Same(_, new) | Row::Indented(_, new) | Row::Changed(_, new) | Row::Added(new, _) => Some(*new),
                Row::Removed(..) => None,
            });
            assert!(old.eq(0..file.old.len()), "seed {seed}: {:?}", file.rows);
            assert!(new.eq(0..file.new.len()), "seed {seed}: {:?}", file.rows);
        }
    }
}
