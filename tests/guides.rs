//! The guides that `init` installs (`nix/docs`): what they show is what the program makes and the collector says.
//!
//! Which blocks are compared is said here: those below the headings of [`made`] and [`evaluated`].
//! `QGROGET_BLESS=1 cargo test --test main guides` writes them anew. What is true of one repository only is looked at where
//! it is installed, in `tests/installed.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use qgroget::plan::install::version;

use crate::common::{Repo, copy, nix, project};

const MIGRATION: &str = "migration-guide.md";
const TEMPLATE: &str = "service-template-guide.md";

type Section = (&'static str, String);

/// The contents of the code blocks below a heading, in their order.
type Blocks = Vec<String>;

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

/// Migrates a service of the examples, after which the machine is the same.
fn migrate(repo: &Repo, service: &str) {
    let start = repo.root().parent().unwrap().join(format!("before-{service}"));
    copy(&repo.root(), &start);
    repo.migrate(&[service]).succeeds();
    if nix::available() {
        nix::assert_equal(&start, &repo.root(), service);
    }
}

/// What the program makes of the examples.
fn made() -> BTreeMap<Section, Blocks> {
    let repo = repository();
    let mut found = BTreeMap::new();
    let mut example = |heading: &str, service: &str| {
        let before = repo.read(&format!("modules/server/misc/{service}.nix"));
        migrate(&repo, service);
        let after = repo.read(&format!("modules/server/misc/{service}/default.nix"));
        found.insert((MIGRATION, heading.to_owned()), vec![before, after]);
    };
    example("A container", "linkding");
    example("A service with a database", "miniflux");
    found
}

/// What the collector says, which takes nix.
fn evaluated() -> BTreeMap<Section, Blocks> {
    let port = messages().remove("Two services use one port").unwrap();
    [((MIGRATION, "A message".to_owned()), vec![port + "\n"])].into()
}

/// Messages of the collector, by what is wrong.
fn messages() -> BTreeMap<String, String> {
    let value = nix::file("tests/guide/faults.nix").unwrap_or_else(|error| panic!("{error}"));
    serde_json::from_value(value).unwrap()
}

/// The heading that a line is, with its level.
fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line[level..].strip_prefix(' ')?;
    (level > 0).then_some((level, title))
}

/// The guide with what it shows as it has to be; `used` gets the headings that it has.
fn renewed(guide: &'static str, text: &str, shown: &BTreeMap<Section, Blocks>, used: &mut Vec<Section>) -> String {
    let mut result = String::new();
    let mut lines = text.lines();
    let mut blocks: Option<std::slice::Iter<String>> = None;
    let mut title = String::new();
    while let Some(line) = lines.next() {
        result.push_str(line);
        result.push('\n');
        if let Some((_, name)) = heading(line) {
            assert!(
                blocks.is_none_or(|mut rest| rest.next().is_none()),
                "{guide}: {title} shows too little"
            );
            title = name.to_owned();
            let section = (guide, title.clone());
            blocks = shown.get(&section).map(|all| all.iter());
            used.extend(blocks.is_some().then_some(section));
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
fn compare(shown: &BTreeMap<Section, Blocks>) {
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

/// Each row of the recipes as a module.
fn recipes() -> Vec<String> {
    let (_, text) = guides().into_iter().find(|(path, _)| path.ends_with(TEMPLATE)).unwrap();
    let (_, rest) = text.split_once("\n## Recipes\n").expect("the guide has recipes");
    let rows = rest.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let base = "{enable = true; domain = \"example.org\"; dataDir = \"/var/lib/x\"; persistedData = []; backupPaths = [\"/var/lib/x\"];}";
    rows.map(|row| {
        let cell = row.split('|').nth(2).unwrap().trim();
        let fields = cell
            .strip_prefix("``")
            .and_then(|cell| cell.strip_suffix("``"))
            .unwrap_or(cell.trim_matches('`'));
        format!(
            "{{lib, ...}}: let usual = lib.mapAttrs (_: lib.mkDefault) {base}; in {{\n\
             qgroget.serviceModules = {{jellyfin = usual; example = lib.mkMerge [usual {{{fields}}}];}};\n}}\n"
        )
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
    assert!(recipes.len() > 10);
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

/// The codes that the guides' tables name are codes of refusals or findings.
#[test]
fn codes_exist() {
    let known = fs::read_to_string(project().join("docs/codes.md")).unwrap();
    for (guide, head, column) in [(MIGRATION, "| Code | What helps |", 1)] {
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

/// The messages that the migration guide explains, each as the texts between what varies.
fn explained() -> Vec<Vec<String>> {
    let (_, guide) = guides()
        .into_iter()
        .find(|(path, _)| path.ends_with(MIGRATION))
        .unwrap();
    let (_, rest) = guide.split_once("| Message | What helps |").unwrap();
    let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).unwrap().split('…').map(str::to_owned).collect())
        .collect()
}

fn assert_explained(message: &str, explained: &[Vec<String>]) {
    let fits = |pattern: &Vec<String>| {
        let (first, others) = pattern.split_first().unwrap();
        let rest = message.strip_prefix(&**first);
        others
            .iter()
            .try_fold(rest?, |rest, part| rest.split_once(&**part).map(|(_, rest)| rest))
    };
    assert!(explained.iter().any(|pattern| fits(pattern).is_some()), "{message}");
}

/// Every message that the collector can give has a row that says what helps.
#[test]
fn every_message_of_the_collector_is_explained() {
    let collector = fs::read_to_string(project().join("nix/collector.nix")).unwrap();
    let begins = [
        "\"Service ",
        "\"Services declare ",
        "\"Port ",
        "\"Host ",
        "\"Directory ",
        "\"Duplicate ",
        "\"Unknown ",
    ];
    let texts: Vec<&str> = collector
        .lines()
        .filter_map(|line| begins.iter().find_map(|begin| Some(&line[line.find(begin)? + 1..])))
        .collect();
    assert!(texts.len() > 10, "{texts:?}");
    let explained = explained();
    for text in texts {
        let text = text.split('"').next().unwrap().split("\\n").next().unwrap();
        let (first, rest) = text.split_once("${").unwrap_or((text, ""));
        let after = rest.split("${").filter_map(|part| Some(part.split_once('}')?.1));
        let whole: Vec<&str> = std::iter::once(first).chain(after).collect();
        // What varies may be a name in quotes.
        let message = whole.join("x").replace(" in x", " in service 'x'");
        assert_explained(&message, &explained);
    }
}

/// So has every one that an evaluation gives.
#[test]
fn every_message_of_an_evaluation_is_explained() {
    if nix::available() {
        let explained = explained();
        for text in messages().values() {
            let messages = text.lines().filter(|line| !line.starts_with("  "));
            messages.for_each(|message| assert_explained(message, &explained));
        }
    }
}

/// The reference says of every option what the option says of itself.
#[test]
fn the_reference_is_that_of_the_options() {
    if !nix::available() {
        return;
    }
    let guide = Repo::with_contract().read(&format!("docs/{TEMPLATE}"));
    let (_, reference) = guide.split_once("\n## Field reference\n").unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let entries: Vec<String> = reference.split("\n- ").skip(1).map(words).collect();
    let fields = nix::file("tests/guide/fields.nix").unwrap_or_else(|error| panic!("{error}"));
    let fields = fields.as_array().unwrap();
    assert_eq!(entries.len(), fields.len());
    for field in fields {
        let text = |key: &str| words(field[key].as_str().unwrap());
        let entry = entries
            .iter()
            .find(|entry| entry.starts_with(&format!("`{}` (", text("name"))));
        let entry = entry.unwrap_or_else(|| panic!("{} is not there", text("name")));
        assert!(
            entry.contains(&format!(", {}): {}", text("default"), text("meaning"))),
            "{entry}\n{field}"
        );
    }
}

/// What a Markdown linter would complain about, and what an installed text must not have.
#[test]
fn guides_are_clean() {
    let repo = Repo::with_contract();
    for (path, _) in guides() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = repo.read(&format!("docs/{name}"));
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}: its end");
        let conditions = version::without(&text).contains("<!--");
        assert!(!conditions, "{name}: a condition is left");
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
        let most = if line.starts_with('|') { 160 } else { 120 };
        assert!(line.chars().count() <= most, "{place}: is too long");
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
