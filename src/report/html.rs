//! The report as one self-contained page.

use std::fmt::Write as _;

use super::sections::sections;
use super::{Fate, Run, Verdict, texts};
use crate::markup::{self, breakable, escape};

const STYLE: &str = include_str!("report.css");

/// The page. Writing to a string cannot fail.
pub fn page(run: &Run) -> String {
    let totals = run.totals();
    let mut out = format!(
        "<main>\n<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n<p class=\"sums\">{}.</p>\n<p>{}</p>\n",
        escape(&texts::title(run)),
        escape(&texts::setting(run)),
        escape(&texts::totals(&totals)),
        escape(&texts::proofs(&totals))
    );
    table(run, &mut out);
    for section in sections(run) {
        let _ = writeln!(out, "<section>\n<h2>{}</h2>\n<ul>", section.title);
        for (service, item) in &section.items {
            let name = match service.is_empty() {
                true => String::new(),
                false => format!("<strong>{}</strong> ", escape(service)),
            };
            let _ = writeln!(out, "<li>{name}{}</li>", breakable(item));
        }
        out.push_str("</ul>\n</section>\n");
    }
    commits(run, &mut out);
    out.push_str("</main>\n");
    markup::page(&texts::title(run), STYLE, "", &out)
}

fn table(run: &Run, out: &mut String) {
    let _ = writeln!(
        out,
        "<section>\n<h2>{}</h2>\n<table>\n<thead><tr><th scope=\"col\">Service</th><th scope=\"col\">Verdict</th><th scope=\"col\">Commit</th></tr></thead>\n<tbody>",
        texts::SERVICES
    );
    for service in &run.services {
        let (class, verdict, commits) = match &service.fate {
            Fate::Migrated(migrated) => {
                let links: Vec<String> = migrated
                    .commits
                    .iter()
                    .map(|commit| format!("<a href=\"#commit-{0}\"><code>{0}</code></a>", escape(&commit.id)))
                    .collect();
                let class = match migrated.verdict {
                    Verdict::NotProved(_) => "open",
                    _ => "good",
                };
                (class, texts::verdict(migrated), links.join(", "))
            }
            Fate::Refused(_) => ("bad", texts::fate(&service.fate), String::new()),
            _ => ("", texts::fate(&service.fate), String::new()),
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{}</td><td>{commits}</td></tr>",
            escape(&service.name),
            escape(&verdict)
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn commits(run: &Run, out: &mut String) {
    let mut commits = run.commits().peekable();
    if commits.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "<section>\n<h2>{}</h2>", texts::COMMITS);
    for commit in commits {
        let (title, body) = commit.message.split_once('\n').unwrap_or((&commit.message, ""));
        let _ = writeln!(
            out,
            "<details id=\"commit-{0}\">\n<summary><code>{0}</code> {1}</summary>\n<pre>{2}</pre>\n</details>",
            escape(&commit.id),
            escape(title),
            escape(body.trim())
        );
    }
    out.push_str("</section>\n");
}
