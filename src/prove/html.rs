//! The verdict as one self-contained page: no script, no font, no image from anywhere.

use std::fmt::Write;

use serde_json::Value;

use super::area::Area;
use super::difference::{Class, Difference};
use super::proof::{HostProof, Proof};
use super::report::headline;
use super::sentence::without_mark;
use crate::markup::{self, breakable, escape};

const STYLE: &str = include_str!("page.css");
/// The most of a value that the page shows.
const SHOWN: usize = 4000;

/// The page.
pub fn page(proof: &Proof) -> String {
    let mut out = String::new();
    let state = if !proof.is_preserving() {
        "lost"
    } else if proof.has_gains() {
        "gained"
    } else {
        "same"
    };
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<main>\n<h1>What the configuration evaluates to, before and after</h1>\n\
         <p class=\"verdict {state}\">{}</p>\n",
        escape(&headline(proof))
    );
    counts(proof, &mut out);
    for host in &proof.hosts {
        section(host, proof.hosts.len() > 1, &mut out);
    }
    for (host, reason) in &proof.unproved {
        let _ = writeln!(
            out,
            "<p class=\"note\">{} was not evaluated: {}</p>",
            escape(host),
            escape(reason)
        );
    }
    out.push_str("</main>\n");
    markup::plain("qgroget verify", STYLE, &out)
}

fn counts(proof: &Proof, out: &mut String) {
    out.push_str("<ul class=\"counts\">\n");
    for class in Class::ALL {
        let _ = writeln!(
            out,
            "<li class=\"{0}\"><strong>{1}</strong> {0}</li>",
            class.name(),
            proof.count(class)
        );
    }
    out.push_str("</ul>\n");
}

fn section(host: &HostProof, named: bool, out: &mut String) {
    if named {
        let _ = writeln!(out, "<h2>Host {}</h2>", escape(&host.host));
    }
    if let Some([before, after]) = &host.derivations {
        let _ = writeln!(
            out,
            "<p class=\"note\">System before <code>{}</code>, after <code>{}</code></p>",
            escape(before),
            escape(after)
        );
    }
    for area in Area::ALL {
        let of_area: Vec<&Difference> = host.verdict.differences.iter().filter(|d| d.area == area).collect();
        let compared = host.compared.get(&area).copied().unwrap_or(0);
        if of_area.is_empty() && compared == 0 {
            continue;
        }
        let _ = writeln!(
            out,
            "<section>\n<h3>{} <small>{compared} values compared, {} differ</small></h3>",
            area.name(),
            of_area.len()
        );
        if !of_area.is_empty() {
            table(&of_area, out);
        }
        out.push_str("</section>\n");
    }
}

fn table(differences: &[&Difference], out: &mut String) {
    out.push_str(
        "<table>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Before</th><th scope=\"col\">After</th></tr></thead>\n<tbody>\n",
    );
    for difference in differences {
        let class = difference.class.name();
        let option = difference.option();
        let place = if difference.sentence.contains(&option) {
            String::new()
        } else {
            format!("<br><code>{}</code>", breakable(&option))
        };
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td><span class=\"class\">{class}</span> {}{place}{}</td>",
            breakable(&difference.sentence),
            inside(difference)
        );
        for (label, value) in [("Before", &difference.before), ("After", &difference.after)] {
            let _ = write!(out, "<td data-label=\"{label}\">{}</td>", cell(value.as_ref()));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn inside(difference: &Difference) -> String {
    if difference.inside.is_empty() {
        return String::new();
    }
    let items: String = difference
        .inside
        .iter()
        .map(|d| format!("<li>{}</li>", breakable(&d.sentence)))
        .collect();
    format!("<ul>{items}</ul>")
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None => return "<em>absent</em>".to_owned(),
        Some(Value::String(text)) => without_mark(text),
        // A value that was parsed from JSON is JSON.
        Some(other) => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let cut: String = text.chars().take(SHOWN).collect();
    let more = if cut.len() < text.len() { "\n…" } else { "" };
    format!("<pre>{}{more}</pre>", escape(&cut))
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::example;
    use super::*;

    #[test]
    fn values_are_escaped() {
        let page = page(&example());
        assert!(page.contains("<pre>/var/lib/&lt;b&gt;</pre>"));
        assert!(!page.contains("/var/lib/<b>"));
        assert!(!page.contains("<script") && !page.contains("http"));
    }
}
