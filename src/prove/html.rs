//! The verdict as one self-contained page: no script, no font, no image from anywhere.

use std::fmt::Write;

use serde_json::Value;

use super::area::Area;
use super::difference::{Class, Difference, Order};
use super::proof::{HostProof, Proof};
use super::report;
use super::sentence::without_mark;
use crate::markup::{self, breakable, escape};

const STYLE: &str = include_str!("page.css");
/// The most of a value that the page shows.
const SHOWN: usize = 4000;

/// What is compared with what, and when.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What the sides are, each as a person names it: `main~5 (9f3c2ab)`, `the working tree`.
    pub sides: [String; 2],
    /// The day, in UTC: `2026-11-27`.
    pub date: String,
    /// What there is to say besides, a sentence each.
    pub notes: Vec<String>,
}

/// The page: the verdict and what it is of, then what differs, the most serious first; what only moved, and what was
/// compared, is folded. Writing to a string cannot fail.
pub fn page(proof: &Proof, setting: &Setting) -> String {
    let mut out = String::new();
    let state = if !proof.is_preserving() {
        "lost"
    } else if proof.has_gains() {
        "gained"
    } else {
        "same"
    };
    let [before, after] = &setting.sides;
    let _ = write!(
        out,
        "<main>\n<h1>What the configuration evaluates to, before and after</h1>\n\
         <p class=\"verdict {state}\">{}</p>\n\
         <dl class=\"setting\">\n<div><dt>Before</dt><dd>{}</dd></div>\n<div><dt>After</dt><dd>{}</dd></div>\n\
         <div><dt>Hosts</dt><dd>{}</dd></div>\n<div><dt>Evaluated</dt><dd>{}, on {}</dd></div>\n</dl>\n",
        escape(&report::headline(proof)),
        escape(before),
        escape(after),
        escape(&hosts(proof)),
        report::mode(proof),
        escape(&setting.date)
    );
    for (host, reason) in &proof.unproved {
        let _ = writeln!(
            out,
            "<p class=\"note\">{} was not evaluated: {}</p>",
            escape(host),
            escape(reason)
        );
    }
    for note in &setting.notes {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escape(note));
    }
    for class in Class::ALL {
        differing(proof, class, &mut out);
    }
    compared(proof, &mut out);
    out.push_str("</main>\n");
    markup::plain("qgroget verify", STYLE, &out)
}

fn hosts(proof: &Proof) -> String {
    let names: Vec<&str> = proof.hosts.iter().map(|host| host.host.as_str()).collect();
    names.join(", ")
}

/// What differs in this way. What only moved is folded, and so is another order that means nothing.
fn differing(proof: &Proof, class: Class, out: &mut String) {
    let all = proof.differences().filter(|(_, difference)| difference.class == class);
    let means_nothing = |difference: &Difference| class == Class::Moved || difference.order == Some(Order::Nothing);
    let (quiet, loud): (Vec<_>, Vec<_>) = all.partition(|(_, difference)| means_nothing(difference));
    let several = proof.hosts.len() > 1;
    if !loud.is_empty() {
        let _ = writeln!(out, "<section>\n<h2>{} {}</h2>", loud.len(), class.name());
        for (host, difference) in loud {
            item(several.then_some(host), difference, out);
        }
        out.push_str("</section>\n");
    }
    if !quiet.is_empty() {
        let why = match class {
            Class::Moved => "it stands in a contract now, and where it takes effect it is the same",
            _ => "the order of these lists means nothing",
        };
        let _ = writeln!(
            out,
            "<details>\n<summary>{} {}: {why}</summary>\n<ul>",
            quiet.len(),
            class.name()
        );
        for (host, difference) in quiet {
            let host = match several {
                true => format!("{}: ", escape(host)),
                false => String::new(),
            };
            let _ = writeln!(
                out,
                "<li>{host}{}{}</li>",
                breakable(&difference.sentence),
                option(difference)
            );
        }
        out.push_str("</ul>\n</details>\n");
    }
}

/// A difference with the values that there are.
fn item(host: Option<&str>, difference: &Difference, out: &mut String) {
    let class = difference.class.name();
    let host = host.map(|host| format!("{} · ", escape(host))).unwrap_or_default();
    let _ = writeln!(
        out,
        "<article class=\"{class}\">\n<p><span class=\"class\">{class}</span> <small>{host}{}</small><br>{}{}</p>{}",
        difference.area.name(),
        breakable(&difference.sentence),
        option(difference),
        inside(difference)
    );
    let sides = [("Before", &difference.before), ("After", &difference.after)];
    let there = sides
        .into_iter()
        .filter_map(|(label, value)| Some((label, value.as_ref()?)));
    out.push_str("<div class=\"sides\">\n");
    for (label, value) in there {
        let _ = writeln!(out, "<div><small>{label}</small>{}</div>", cell(value));
    }
    out.push_str("</div>\n</article>\n");
}

/// The option's path, where the sentence does not have it.
fn option(difference: &Difference) -> String {
    let option = difference.option();
    match difference.sentence.contains(&option) {
        true => String::new(),
        false => format!("<br><code>{}</code>", breakable(&option)),
    }
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

/// What was compared, folded: how many values of each area, and how each host was evaluated.
fn compared(proof: &Proof, out: &mut String) {
    let of = |host: &HostProof| host.compared.values().sum::<usize>();
    let all: usize = proof.hosts.iter().map(of).sum();
    let _ = writeln!(out, "<details>\n<summary>{all} values were compared</summary>");
    for host in &proof.hosts {
        let _ = writeln!(out, "<h2>{}</h2>", escape(&host.host));
        if let Some([before, after]) = &host.derivations {
            let _ = writeln!(
                out,
                "<p class=\"note\">System before <code>{}</code>, after <code>{}</code></p>",
                breakable(before),
                breakable(after)
            );
        }
        for line in report::how(host, true) {
            let _ = writeln!(out, "<p class=\"note\">{}</p>", escape(&line));
        }
        out.push_str(
            "<table>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Compared</th><th scope=\"col\">Differ</th></tr></thead>\n<tbody>\n",
        );
        for area in Area::ALL {
            let number = host.compared.get(&area).copied().unwrap_or(0);
            let differ = host.verdict.differences.iter().filter(|one| one.area == area).count();
            if number + differ > 0 {
                let _ = writeln!(
                    out,
                    "<tr><th scope=\"row\">{}</th><td>{number}</td><td>{differ}</td></tr>",
                    area.name()
                );
            }
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str("</details>\n");
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => without_mark(text),
        // A value that was parsed from JSON is JSON.
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let cut: String = text.chars().take(SHOWN).collect();
    let more = if cut.len() < text.len() { "\n…" } else { "" };
    // What is longer than its box scrolls, by the keyboard too.
    format!("<pre tabindex=\"0\">{}{more}</pre>", escape(&cut))
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::example;
    use super::*;

    fn shown() -> String {
        let setting = Setting {
            sides: ["HEAD (<b>)".to_owned(), "the working tree".to_owned()],
            date: "2026-11-27".to_owned(),
            notes: vec!["a & b".to_owned()],
        };
        page(&example(), &setting)
    }

    #[test]
    fn values_are_escaped() {
        let page = shown();
        assert!(page.contains("<pre tabindex=\"0\">/var/lib/&lt;b&gt;</pre>"));
        assert!(!page.contains("/var/lib/<b>") && page.contains("HEAD (&lt;b&gt;)") && page.contains("a &amp; b"));
        assert!(!page.contains("<script") && !page.contains("http"));
    }

    #[test]
    fn it_says_of_what_it_is_and_what_matters_comes_first() {
        let page = shown();
        let places = [
            "the working tree",
            "2026-11-27",
            "2 lost</h2>",
            "2 changed</h2>",
            "1 gained</h2>",
            "1 moved:",
        ];
        let found: Vec<usize> = places
            .map(|text| page.find(text).unwrap_or_else(|| panic!("{text}")))
            .to_vec();
        assert!(found.is_sorted(), "{found:?}");
        // What is not there takes no room.
        assert!(!page.contains("absent"));
        assert!(page.find("<details>").unwrap() < page.find("1 moved:").unwrap());
    }
}
