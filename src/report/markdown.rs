//! The report as Markdown, as forges show it in a pull request.

use std::fmt::Write as _;

use super::sections::sections;
use super::{Fate, Run, texts};

/// The page. Writing to a string cannot fail.
pub fn page(run: &Run) -> String {
    let totals = run.totals();
    let mut out = format!(
        "# {}\n\n{}\n\n{}. {}\n",
        escape(&texts::title(run)),
        escape(&texts::setting(run)),
        texts::totals(&totals),
        texts::proofs(&totals)
    );
    let _ = write!(out, "\n| service | verdict | commit |\n|---|---|---|\n");
    for service in &run.services {
        let (verdict, commits) = match &service.fate {
            Fate::Migrated(migrated) => {
                let ids: Vec<&str> = migrated.commits.iter().map(|commit| commit.id.as_str()).collect();
                (texts::verdict(migrated), ids.join(", "))
            }
            _ => (texts::fate(&service.fate), String::new()),
        };
        let _ = writeln!(out, "| {} | {} | {commits} |", escape(&service.name), escape(&verdict));
    }
    for section in sections(run) {
        let _ = writeln!(out, "\n## {}\n", section.title);
        for (service, item) in &section.items {
            let item = escape(&item.replace('\n', " "));
            let _ = match (service.is_empty(), item.is_empty()) {
                (true, _) => writeln!(out, "- {item}"),
                (false, true) => writeln!(out, "- **{}**", escape(service)),
                (false, false) => writeln!(out, "- **{}**: {item}", escape(service)),
            };
        }
    }
    commits(run, &mut out);
    out
}

fn commits(run: &Run, out: &mut String) {
    let mut commits = run.commits().peekable();
    if commits.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n## {}", texts::COMMITS);
    for commit in commits {
        let (title, body) = commit.message.split_once('\n').unwrap_or((&commit.message, ""));
        let _ = write!(
            out,
            "\n<details>\n<summary>{} {}</summary>\n\n{}\n\n</details>\n",
            commit.id,
            crate::markup::escape(title),
            fenced(body.trim())
        );
    }
}

/// A text as it is, in a fence that it does not have itself.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// Text that is no markup, in a line or in a cell of a table.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#') {
            out.push('\\');
        }
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name that somebody would be called by.
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push('\u{fffd}'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
