//! The guides that `init` installs (`nix/docs`): what they show is what the program makes and the collector says.
//!
//! They carry no markers, since whoever installs them would have those too. Which blocks are compared is said here: those
//! below the headings of [`shown`]. `QGROGET_BLESS=1 cargo test guides` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common::{Repo, copy, nix, project};
use crate::documents;

const MIGRATION: &str = "migration-guide.md";
const TEMPLATE: &str = "service-template-guide.md";

/// What stands below a heading.
enum Shown {
    /// The contents of the code blocks, in their order.
    Blocks(Vec<String>),
    /// All that there is.
    Whole(String),
}

type Section = (&'static str, String);

/// The guides, and the text of each.
fn guides() -> Vec<(PathBuf, String)> {
    let mut found: Vec<PathBuf> = fs::read_dir(project().join("nix/docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// The repository of the migration guide's examples, with the contract installed.
fn repository() -> Repo {
    let repo = Repo::bare();
    copy(&project().join("tests/guide/repo"), &repo.root());
    // The schema of the tests, with the newer name of one field.
    repo.write("modules/server/options.nix", include_str!("common/legacy-options.nix"));
    repo.replace(
        "modules/server/options.nix",
        "        name = mkOption",
        "        subdomain = mkOption",
    );
    repo.start();
    repo.run(&["init", "--yes"]).succeeds();
    repo
}

/// Migrates a service of the examples; what it gains is accepted where `gains` says so.
fn migrate(repo: &Repo, service: &str, gains: bool) {
    let start = repo.root().parent().unwrap().join(format!("before-{service}"));
    copy(&repo.root(), &start);
    let accept: &[&str] = if gains { &["--accept-gains"] } else { &[] };
    repo.migrate(&[&[service], accept].concat()).succeeds();
    if !gains && nix::available() {
        nix::assert_equal(&start, &repo.root(), service);
    }
}

/// What the program makes of the examples.
fn made() -> BTreeMap<Section, Shown> {
    let repo = repository();
    let mut found = BTreeMap::new();
    let mut example = |heading: &str, service, gains, before: &str, after: &[&str]| {
        let mut blocks = vec![repo.read(before)];
        migrate(&repo, service, gains);
        blocks.extend(after.iter().map(|path| repo.read(path)));
        found.insert((MIGRATION, heading.to_owned()), Shown::Blocks(blocks));
    };
    let file = |path: &str| format!("modules/server/{path}/default.nix");
    example(
        "A NixOS service",
        "navidrome",
        false,
        "modules/server/media/music.nix",
        &[&file("media/navidrome")],
    );
    let message = repo.git(&["log", "-1", "--format=%B"]).trim_end().to_owned() + "\n";
    example(
        "A container",
        "linkding",
        false,
        "modules/server/misc/linkding.nix",
        &[&file("misc/linkding")],
    );
    example(
        "A service with a database of the host",
        "miniflux",
        false,
        "modules/server/misc/news.nix",
        &[&file("misc/miniflux")],
    );
    example(
        "A pod with a database of its own",
        "paperless",
        false,
        "modules/server/documents/paperless.nix",
        &[&file("documents/paperless")],
    );
    example(
        "A file that several services share",
        "sonarr",
        false,
        &file("arrs"),
        &[&file("arrs/sonarr"), &file("arrs")],
    );
    example(
        "A service whose backup nothing makes",
        "radicale",
        true,
        "modules/server/misc/calendar.nix",
        &[&file("misc/radicale")],
    );
    found.insert((MIGRATION, "The message".to_owned()), Shown::Blocks(vec![message]));
    let settings = Shown::Blocks(vec![repo.read("hosts/Server/settings.nix")]);
    found.insert((TEMPLATE, "The settings file".to_owned()), settings);
    // As the guide calls it.
    let new = [
        "new",
        "wiki",
        "--category",
        "misc",
        "--port",
        "7100",
        "--public",
        "--database",
    ];
    repo.run(&[&new[..], &["--yes"]].concat()).succeeds();
    let (_, guide) = guides().into_iter().find(|(path, _)| path.ends_with(TEMPLATE)).unwrap();
    assert!(guide.contains(&format!("\nqgroget {}\n", new.join(" "))));
    let module = Shown::Blocks(vec![repo.read(&file("misc/wiki"))]);
    found.insert((TEMPLATE, "The module that it writes".to_owned()), module);
    found
}

/// What the contract's own files say, which takes nix.
fn evaluated() -> BTreeMap<Section, Shown> {
    let texts = |path: &str| -> Vec<(String, String)> {
        let value = nix::file(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_value::<BTreeMap<String, String>>(value)
            .unwrap()
            .into_iter()
            .collect()
    };
    let mut found = BTreeMap::new();
    for (heading, text) in texts("tests/guide/faults.nix") {
        found.insert((MIGRATION, heading), Shown::Blocks(vec![text + "\n"]));
    }
    for (heading, text) in texts("tests/guide/fields.nix") {
        found.insert((TEMPLATE, heading), Shown::Whole(text));
    }
    found
}

/// The heading that a line is, with its level.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line[level..].strip_prefix(' ')?;
    (level > 0).then_some((level, title))
}

/// The guide with what it shows as it has to be; `used` gets the headings that it has.
fn renewed(guide: &'static str, text: &str, shown: &BTreeMap<Section, Shown>, used: &mut Vec<Section>) -> String {
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    let mut blocks: Option<std::slice::Iter<String>> = None;
    let mut title = String::new();
    while let Some(line) = lines.next() {
        result.push_str(line);
        result.push('\n');
        if let Some((level, name)) = heading(line) {
            assert!(
                blocks.is_none_or(|mut rest| rest.next().is_none()),
                "{guide}: {title} shows too little"
            );
            blocks = None;
            title = name.to_owned();
            let section = (guide, title.clone());
            match shown.get(&section) {
                Some(Shown::Blocks(all)) => blocks = Some(all.iter()),
                Some(Shown::Whole(all)) => {
                    result.push_str(&format!("\n{all}"));
                    let ends = |line: &&str| heading(line).is_some_and(|(next, _)| next <= level);
                    while lines.next_if(|line| !ends(line)).is_some() {}
                    if lines.peek().is_some() {
                        result.push('\n');
                    }
                }
                None => continue,
            }
            used.push(section);
        } else if line.starts_with("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match &mut blocks {
                Some(rest) => {
                    let content = rest.next().unwrap_or_else(|| panic!("{guide}: {title} shows too much"));
                    result.push_str(content);
                }
                None => content.iter().for_each(|line| result.push_str(&format!("{line}\n"))),
            }
            result.push_str("```\n");
        }
    }
    result
}

/// Compares the guides with what they have to show, or writes it into them.
fn compare(shown: &BTreeMap<Section, Shown>) {
    let mut used = Vec::new();
    for (path, text) in guides() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(guide) = [MIGRATION, TEMPLATE].into_iter().find(|guide| *guide == name) else {
            continue;
        };
        let now = renewed(guide, &text, shown, &mut used);
        if std::env::var_os("QGROGET_BLESS").is_some() {
            fs::write(&path, &now).unwrap();
        } else {
            let diff = similar::TextDiff::from_lines(&text, &now);
            assert!(text == now, "{name} shows what is not so:\n{}", diff.unified_diff());
        }
    }
    for section in shown.keys() {
        let count = used.iter().filter(|other| *other == section).count();
        assert_eq!(count, 1, "headings {section:?}");
    }
}

/// One after the other, since both write into the same files where they are asked to.
#[test]
fn what_the_guides_show_is_true() {
    compare(&made());
    if nix::available() {
        compare(&evaluated());
    }
}

/// Each Nix block of the recipes as a module.
fn recipes() -> Vec<String> {
    let (_, text) = guides().into_iter().find(|(path, _)| path.ends_with(TEMPLATE)).unwrap();
    let (_, rest) = text.split_once("\n## Recipes\n").expect("the guide has recipes");
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section
        .split("```nix\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    blocks
        .map(|code| match qgroget::syntax::parses(code) {
            true => code.to_owned(),
            false => format!("{{config, lib, pkgs, ...}}: {{\n{code}}}\n"),
        })
        .collect()
}

#[test]
fn recipes_are_without_fault() {
    if !nix::available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let recipes = recipes();
    assert!(recipes.len() > 5);
    let mut paths = Vec::new();
    for (index, recipe) in recipes.iter().enumerate() {
        let path = directory.path().join(format!("{index}.nix"));
        fs::write(&path, recipe).unwrap();
        paths.push(format!("\"{}\"", path.display()));
    }
    let all = format!("import ./tests/guide/recipes.nix {{recipes = [{}];}}", paths.join(" "));
    let faults = nix::expression(&all);
    let faults = faults.unwrap_or_else(|error| panic!("{error}\n{}", recipes.join("\n")));
    for (index, recipe) in recipes.iter().enumerate() {
        assert_eq!(faults[format!("{index}.nix")], serde_json::json!([]), "{recipe}");
    }
}

#[test]
fn links_lead_somewhere_where_they_are_installed() {
    let repo = Repo::with_contract();
    for (path, _) in guides() {
        let installed = repo.path("docs").join(path.file_name().unwrap());
        documents::assert_links(&installed);
    }
}

/// The codes that the guides' tables name are codes of refusals or findings.
#[test]
fn codes_exist() {
    let known = fs::read_to_string(project().join("docs/codes.md")).unwrap();
    for (guide, head, column) in [(MIGRATION, "| Code | What helps |", 1), (TEMPLATE, "| Not | Code |", 5)] {
        let (_, text) = guides().into_iter().find(|(path, _)| path.ends_with(guide)).unwrap();
        let (_, rest) = text.split_once(head).expect("the guide has a table of codes");
        let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
        let cells = rows.map(|row| row.split('|').nth(column).unwrap().trim().trim_matches('`'));
        let codes: Vec<&str> = cells.filter(|code| !code.is_empty()).collect();
        assert!(codes.len() > 5, "{codes:?}");
        for code in codes {
            assert!(known.contains(&format!("\n## {code}\n")), "{code}");
        }
    }
}

/// The guide has every message that the collector can give: the longest fixed part of each.
#[test]
fn every_message_of_the_collector_is_in_the_guide() {
    let collector = fs::read_to_string(project().join("nix/collector.nix")).unwrap();
    let (_, guide) = guides()
        .into_iter()
        .find(|(path, _)| path.ends_with(MIGRATION))
        .unwrap();
    let begins = [
        "\"Service ",
        "\"Services declare ",
        "\"Port ",
        "\"Duplicate ",
        "\"Unknown ",
    ];
    let texts: Vec<&str> = collector
        .lines()
        .filter_map(|line| begins.iter().find_map(|begin| Some(&line[line.find(begin)? + 1..])))
        .collect();
    assert!(texts.len() > 10, "{texts:?}");
    for text in texts {
        let text = text.split('"').next().unwrap();
        let (first, rest) = text.split_once("${").unwrap_or((text, ""));
        let after = rest.split("${").filter_map(|part| Some(part.split_once('}')?.1));
        let fixed = std::iter::once(first).chain(after).flat_map(|part| part.split("\\n"));
        let longest = fixed.max_by_key(|part| part.len()).unwrap();
        assert!(guide.contains(longest), "{longest:?} of {text}");
    }
}

/// What a Markdown linter would complain about, and what an installed text must not have.
#[test]
fn guides_are_clean() {
    for (path, text) in guides() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}: its end");
        assert!(!text.contains("<!--"), "{name}: a comment would be installed");
        clean(name, &text);
    }
}

fn clean(name: &str, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let mut code = false;
    let mut last = 0;
    let mut titles = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let place = format!("{name}:{}: {line}", index + 1);
        let before = index.checked_sub(1).map_or("", |index| lines[index]);
        let after = lines.get(index + 1).copied().unwrap_or_default();
        if let Some(language) = line.strip_prefix("```") {
            code = !code;
            assert_eq!(code, !language.is_empty(), "{place}: a block has a language");
            assert!(
                if code { before } else { after }.is_empty(),
                "{place}: blocks stand by themselves"
            );
            continue;
        }
        if code {
            continue;
        }
        assert_eq!(line.trim_end(), *line, "{place}: ends in spaces");
        assert!(!line.contains('\t'), "{place}: has a tab");
        assert!(line.chars().count() <= 120, "{place}: is too long");
        assert!(!line.is_empty() || !before.is_empty(), "{place}: a second empty line");
        if let Some((level, title)) = heading(line) {
            assert!(level <= last + 1, "{place}: skips a level");
            assert!(level > 1 || titles.is_empty(), "{place}: a second title");
            assert!(!titles.contains(&title), "{place}: the heading is there already");
            assert!(
                before.is_empty() && after.is_empty(),
                "{place}: headings stand by themselves"
            );
            titles.push(title);
            last = level;
        }
    }
    assert!(!code, "{name}: a block has no end");
}
