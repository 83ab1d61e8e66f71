use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::*;
use fastrand::Rng;

fn file(from: Option<&str>, to: Option<&str>, before: &str, after: &str) -> FileChange {
    FileChange {
        from: from.map(PathBuf::from),
        to: to.map(PathBuf::from),
        before: before.into(),
        after: after.into(),
        ..FileChange::default()
    }
}

fn git(directory: &Path, arguments: &[&OsStr]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", directory)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    assert_eq!(said, "", "git {arguments:?} warns");
}

fn write(root: &Path, path: &Path, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every file under `root`, with its bytes.
fn tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.file_name() {
                Some(name) if name == ".git" => {}
                _ if path.is_dir() => open.push(path),
                _ => files.push((path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap())),
            }
        }
    }
    files.sort();
    files
}

/// Applies the patch of `files` to the tree before with git, there and back again, and compares every byte.
fn applies(files: Vec<FileChange>) -> String {
    let change = SourceChange { files };
    let (root, wanted) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(root.path(), &["init".as_ref(), "--quiet".as_ref()]);
    write(root.path(), Path::new("untouched"), "untouched");
    write(wanted.path(), Path::new("untouched"), "untouched");
    for file in &change.files {
        if let Some(from) = &file.from {
            write(root.path(), from, &file.before);
        }
        if let Some(to) = &file.to {
            write(wanted.path(), to, &file.after);
        }
    }
    let before = tree(root.path());
    let text = patch(&change);
    let stored = tempfile::NamedTempFile::new().unwrap();
    fs::write(stored.path(), &text).unwrap();
    let name = stored.path().as_os_str();
    // Texts with blanks at the ends of lines are meant here.
    let quiet = "--whitespace=nowarn".as_ref();
    git(root.path(), &["apply".as_ref(), "--check".as_ref(), quiet, name]);
    git(root.path(), &["apply".as_ref(), quiet, name]);
    assert_eq!(tree(root.path()), tree(wanted.path()), "{text}");
    git(root.path(), &["apply".as_ref(), "--reverse".as_ref(), quiet, name]);
    assert_eq!(tree(root.path()), before, "{text}");
    text
}

fn edited(path: &str, before: &str, after: &str) -> String {
    applies(vec![file(Some(path), Some(path), before, after)])
}

#[test]
fn a_changed_file() {
    let text = edited("a.nix", "one\ntwo\nthree\n", "one\n2\nthree\n");
    assert_eq!(
        text,
        "diff --git a/a.nix b/a.nix\n--- a/a.nix\n+++ b/a.nix\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    );
}

#[test]
fn new_and_deleted_files() {
    let text = applies(vec![
        file(None, Some("new/file.nix"), "", "{}\n"),
        file(Some("old/file.nix"), None, "{}\n", ""),
    ]);
    assert!(
        text.contains("new file mode 100644\n--- /dev/null\n+++ b/new/file.nix\n@@ -0,0 +1 @@\n+{}\n"),
        "{text}"
    );
    assert!(
        text.contains("deleted file mode 100644\n--- a/old/file.nix\n+++ /dev/null\n@@ -1 +0,0 @@\n"),
        "{text}"
    );
}

#[test]
fn empty_files() {
    applies(vec![
        file(None, Some("new"), "", ""),
        file(Some("old"), None, "", ""),
        file(Some("filled"), Some("filled"), "", "text\n"),
        file(Some("emptied"), Some("emptied"), "text", ""),
        file(Some("moved"), Some("elsewhere/moved"), "", ""),
    ]);
    applies(vec![
        file(None, Some("a new one"), "", ""),
        file(Some("an old one"), None, "", ""),
    ]);
}

#[test]
fn moved_files() {
    let text = applies(vec![
        file(Some("a/b.nix"), Some("a/b/default.nix"), "one\ntwo\n", "one\ntwo\n"),
        file(
            Some("c.nix"),
            Some("d.nix"),
            "1\n2\n3\n4\n5\n6\n7\n8\n",
            "1\n2\n3\n4\n5\n6\n7\nviii\n",
        ),
    ]);
    assert!(
        text.contains("similarity index 100%\nrename from a/b.nix\nrename to a/b/default.nix\ndiff"),
        "{text}"
    );
    assert!(
        text.contains("similarity index 73%\nrename from c.nix\nrename to d.nix\n--- a/c.nix\n+++ b/d.nix\n@@"),
        "{text}"
    );
}

#[test]
fn moves_that_meet() {
    applies(vec![
        file(Some("a"), Some("b"), "a\n", "a\n"),
        file(Some("b"), Some("c"), "b\n", "b\nmore\n"),
    ]);
    applies(vec![
        file(Some("a"), Some("b"), "a\n", "a\n"),
        file(Some("b"), Some("a"), "b\n", "b\n"),
    ]);
    applies(vec![
        file(None, Some("a"), "", "new\n"),
        file(Some("a"), Some("b"), "a\n", "a\n"),
    ]);
}

#[test]
fn line_endings_and_the_missing_newline() {
    edited("crlf", "one\r\ntwo\r\nthree\r\n", "one\r\n2\r\nthree\r\n");
    edited("mixed", "one\r\ntwo\nlone \r return\n", "one\ntwo\r\nlone \r returns\n");
    let text = edited("end", "one\ntwo", "one\n2");
    assert!(
        text.ends_with("-two\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"),
        "{text}"
    );
    edited("gets", "one\ntwo", "one\ntwo\n");
    edited("loses", "one\ntwo\n", "one\ntwo");
    edited("context", "one\ntwo", "1\ntwo");
    edited("return-at-end", "one\r", "two\r");
    edited("blanks", "one\n\n\n\ntwo  \n", "one\n \n\n\t\ntwo\n");
    edited("escapes", "\u{1b}[31mred\u{0}\u{c}\n", "\u{1b}[32mgreen\u{b}\n");
}

#[test]
fn unusual_paths() {
    for path in [
        "with blank.nix",
        "quote\".nix",
        "back\\slash",
        "tab\there",
        "new\nline",
        "été/漢字.nix",
        " lead",
        "-dash",
        "a/b/ c",
    ] {
        edited(path, "one\n", "two\n");
        applies(vec![file(None, Some(path), "", "new\n")]);
        applies(vec![file(Some(path), None, "old\n", "")]);
        applies(vec![file(Some(path), Some("plain"), "one\n", "one\n")]);
        applies(vec![file(Some("plain name"), Some(path), "one\n", "one\ntwo\n")]);
    }
    let text = edited("été \"x\".nix", "one\n", "two\n");
    assert!(
        text.starts_with(r#"diff --git "a/\303\251t\303\251 \"x\".nix" "b/\303\251t\303\251 \"x\".nix""#),
        "{text}"
    );
}

#[test]
fn texts_like_patches() {
    edited(
        "p",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n",
        "--- a/y\n+++ b/x\n@@ -1 +1 @@\n+y\n\\ No newline\n",
    );
}

/// `like` with lines taken out and put in.
fn changed(chance: &mut Rng, like: &str) -> String {
    let pool = ["};\n", "\n", "  x = {\n", "a\r\n", "é\n", "\t\n", "  };\n"];
    let mut lines: Vec<&str> = like.split_inclusive('\n').collect();
    for _ in 0..chance.usize(..12) {
        let at = chance.usize(..=lines.len());
        if at < lines.len() && chance.usize(..3) == 0 {
            lines.remove(at);
        } else {
            lines.insert(at, pool[chance.usize(..pool.len())]);
        }
    }
    let text = lines.concat();
    match chance.usize(..5) {
        0 => text.trim_end_matches('\n').to_owned(),
        _ => text,
    }
}

#[test]
fn any_texts_apply() {
    // The same texts in every run.
    let mut chance = Rng::with_seed(7);
    for _ in 0..12 {
        let files = (0..25).map(|number| {
            let before = changed(&mut chance, "{\n  a = 1;\n\n  b = 2;\n\n  c = {\n    d = 3;\n  };\n}\n");
            let after = changed(&mut chance, &before);
            let from = format!("f{number}");
            let to = if chance.usize(..4) == 0 {
                format!("moved/{number}")
            } else {
                from.clone()
            };
            file(Some(&from), Some(&to), &before, &after)
        });
        let changed = files
            .filter(|file| file.before != file.after || file.from != file.to)
            .collect();
        applies(changed);
    }
}
