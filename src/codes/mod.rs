//! Every code that a message can carry, explained: the text of `qgroget explain <code>`.

mod apply;
mod check;
mod cleanup;
mod commit;
mod evolve;
mod git;
mod install;
mod patterns;
mod plan;
mod prove;
mod repo;
mod session;

#[cfg(test)]
mod tests;

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code as messages carry it.
    pub code: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What it means.
    pub means: &'static str,
    /// Why the tool stops there, or why it is worth a finding.
    pub why: &'static str,
    /// A file or command that leads to it, and one that does not; empty where code shows nothing.
    pub before: &'static str,
    pub after: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// The families, in the order of the pipeline.
const FAMILIES: [(&str, &[Code]); 12] = [
    ("Repository and hosts", repo::CODES),
    ("Planning a migration", plan::CODES),
    ("Removing the legacy pattern", cleanup::CODES),
    ("Contracts", check::CODES),
    ("Patterns of service modules", patterns::CODES),
    ("The installed contract", install::CODES),
    ("New services and fields", evolve::CODES),
    ("Deciding", session::CODES),
    ("Proof by evaluation", prove::CODES),
    ("Writing files", apply::CODES),
    ("Git", git::CODES),
    ("Commits and undo", commit::CODES),
];

/// The entry of a code.
pub fn explain(code: &str) -> Option<&'static Code> {
    all().find(|entry| entry.code == code)
}

/// Every code.
pub fn all() -> impl Iterator<Item = &'static Code> {
    FAMILIES.iter().flat_map(|(_, codes)| codes.iter())
}

/// The families with their codes.
pub fn families() -> impl Iterator<Item = (&'static str, &'static [Code])> {
    FAMILIES.iter().copied()
}

/// The code that is most like `code`.
pub fn nearest(code: &str) -> Option<&'static str> {
    let known: Vec<String> = all().map(|entry| entry.code.to_owned()).collect();
    let near = crate::error::nearest(code, &known)?.to_owned();
    all().map(|entry| entry.code).find(|known| *known == near)
}

impl Code {
    /// The explanation as plain text.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n\n{}\n\n{}\n", self.code, self.title, self.means, self.why);
        for (heading, example) in self.examples() {
            text.push_str(&format!("\n{heading}:\n\n{}\n", indented(example)));
        }
        text.push_str(&format!("\nWhat to do: {}\n", self.next));
        text
    }

    /// The explanation as Markdown, below a heading of the second level.
    pub fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}: {}\n\n{}\n", self.code, self.title, self.means, self.why);
        for (heading, example) in self.examples() {
            text.push_str(&format!("\n{heading}:\n\n```{}\n{example}\n```\n", language(example)));
        }
        text.push_str(&format!("\n**What to do:** {}\n", self.next));
        text
    }

    fn examples(&self) -> Vec<(&'static str, &'static str)> {
        let both = [("With this code", self.before), ("Without", self.after)];
        both.into_iter().filter(|(_, example)| !example.is_empty()).collect()
    }
}

fn language(example: &str) -> &'static str {
    match example {
        shell if shell.starts_with("$ ") => "console",
        toml if toml.starts_with('[') => "toml",
        _ => "nix",
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("    {line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// `docs/codes.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Codes\n\nEvery message of `qgroget` carries a code. `qgroget explain <code>` prints what stands here.\n",
    );
    for (family, codes) in families() {
        text.push_str(&format!("\n# {family}\n"));
        for code in codes {
            text.push('\n');
            text.push_str(&code.markdown());
        }
    }
    text
}
