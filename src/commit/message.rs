//! The message of a migration's commit: a template from data, filled with what the plan did and what the run
//! checked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::mark::{self, Mark};
use crate::error::{self, Result};
use crate::repo::git::history::trailers;

const EMBEDDED: &str = include_str!("../../rules/commit/template.toml");

/// The trailer that names a list whose order is another one.
const REORDERED: &str = "Qgroget-Reordered";

/// The trailer that names an option by which a service gained something.
const GAINED: &str = "Qgroget-Gained";

/// What the keys of the tool's own trailers begin with.
const OWN_TRAILERS: &str = "Qgroget-";

/// The column at which the body's lines end, by git's convention.
const WIDTH: usize = 72;

/// A part of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// What the contract declares.
    Contract,
    /// What the collector makes of it.
    Collector,
    /// The service's VM test.
    VmTest,
    /// What went away.
    Removal,
}

/// A line of the checklist that a run can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The contract has all required fields.
    Contract,
    /// What was persisted still is.
    Persistence,
    /// What was backed up still is.
    Backup,
    /// An exposed service is routed as before.
    Routing,
    /// Its database is declared.
    Database,
    /// Its secrets are declared.
    Secrets,
    /// Its VM test passes.
    VmTest,
    /// `nix flake check` passes.
    FlakeCheck,
    /// It runs on the server.
    Server,
}

/// Whether a line of the checklist holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tick {
    /// This run checked it.
    Ticked,
    /// This run did not check it.
    Unticked,
    /// This run found that it does not hold, for this reason, which stands beside the box.
    Open(String),
    /// There is nothing to check, for this reason. The box is ticked, and the reason stands beside it: open boxes
    /// are what is still to be done.
    NotApplicable(String),
}

/// A template for messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Template {
    title: String,
    move_title: String,
    body: Vec<Heading>,
    checklist: Vec<Line>,
    trailers: Vec<Trailer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    section: Section,
    heading: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    check: Option<Check>,
    text: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    key: String,
    value: String,
}

/// What a repository's own configuration replaces.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Replacement {
    title: Option<String>,
    move_title: Option<String>,
    body: Option<Vec<Heading>>,
    checklist: Option<Vec<Line>>,
    trailers: Option<Vec<Trailer>>,
}

impl Template {
    /// The template that comes with the tool.
    pub fn embedded() -> Template {
        static READ: LazyLock<Template> =
            LazyLock::new(|| toml::from_str(EMBEDDED).expect("the embedded template is well formed; a test reads it"));
        READ.clone()
    }

    /// This template with what `own`, the table `commit` of a repository's configuration, replaces. A key that
    /// is given replaces the whole of it: an empty `checklist` leaves the checklist out.
    ///
    /// # Errors
    /// Refuses unknown keys, sections and checks, an empty title or one of several lines, and unknown placeholders.
    pub fn replaced_by(mut self, own: toml::Table) -> Result<Template> {
        let own: Replacement = own
            .try_into()
            .map_err(|cause: toml::de::Error| error::commit::template(cause.message()))?;
        self.title = own.title.unwrap_or(self.title);
        self.move_title = own.move_title.unwrap_or(self.move_title);
        self.body = own.body.unwrap_or(self.body);
        self.checklist = own.checklist.unwrap_or(self.checklist);
        self.trailers = own.trailers.unwrap_or(self.trailers);
        self.check()?;
        Ok(self)
    }

    /// The message of the commit that only moves the module of `service`.
    pub fn move_alone(&self, service: &str, paragraphs: &[String]) -> Message {
        let title = self.move_title.replace("{service}", service);
        Message::new(&title, paragraphs, &self.trailers_of(service))
    }

    fn trailers_of(&self, service: &str) -> Vec<(String, String)> {
        let fill = |text: &str| text.replace("{service}", service);
        let trailers = self.trailers.iter();
        trailers
            .map(|trailer| (fill(&trailer.key), fill(&trailer.value)))
            .collect()
    }

    fn check(&self) -> Result<()> {
        let titles = [self.title.as_str(), self.move_title.as_str()];
        if titles.iter().any(|title| title.trim().is_empty()) {
            return Err(error::commit::template("the title is empty"));
        }
        let texts = titles
            .into_iter()
            .chain(self.body.iter().map(|heading| heading.heading.as_str()))
            .chain(self.checklist.iter().map(|line| line.text.as_str()))
            .chain(
                self.trailers
                    .iter()
                    .flat_map(|trailer| [trailer.key.as_str(), trailer.value.as_str()]),
            );
        for text in texts {
            if text.contains(['\n', '\r', '\0']) {
                return Err(error::commit::template(&format!("{text:?} is not one line")));
            }
            if let Some(name) = unknown_placeholder(text) {
                let why = format!("{text:?} has the placeholder {{{name}}}; the only one is {{service}}");
                return Err(error::commit::template(&why));
            }
        }
        match self.trailers.iter().find(|trailer| !is_token(&trailer.key)) {
            Some(trailer) => {
                let why = format!(
                    "the trailer key {:?} has something else than letters, digits and hyphens",
                    trailer.key
                );
                Err(error::commit::template(&why))
            }
            None => Ok(()),
        }
    }
}

/// The message of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    text: String,
}

impl Message {
    /// The message for the migration of `service`. `done` has what the plan did, a line each; `ticks` the lines
    /// of the checklist that hold: one that is not in it is not ticked.
    pub fn migration(
        template: &Template,
        service: &str,
        done: &BTreeMap<Section, Vec<String>>,
        ticks: &BTreeMap<Check, Tick>,
    ) -> Message {
        let fill = |text: &str| text.replace("{service}", service);
        let mut paragraphs = Vec::new();
        for heading in &template.body {
            if let Some(lines) = done.get(&heading.section).filter(|lines| !lines.is_empty()) {
                let items: Vec<String> = lines.iter().map(|line| item("- ", line)).collect();
                paragraphs.push(format!("{}:\n{}", fill(&heading.heading), items.join("\n")));
            }
        }
        if !template.checklist.is_empty() {
            let lines: Vec<String> = template
                .checklist
                .iter()
                .map(|line| checklist_line(&fill(&line.text), line.check.and_then(|check| ticks.get(&check))))
                .collect();
            paragraphs.push(format!("Checklist:\n{}", lines.join("\n")));
        }
        Message::new(&fill(&template.title), &paragraphs, &template.trailers_of(service))
    }

    /// A message of a title (one line), paragraphs, and trailers as key and value.
    pub fn new(title: &str, paragraphs: &[String], trailers: &[(String, String)]) -> Message {
        let mut parts = vec![title.to_owned()];
        parts.extend(paragraphs.iter().map(|paragraph| paragraph.trim_end().to_owned()));
        if !trailers.is_empty() {
            let lines: Vec<String> = trailers.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            parts.push(lines.join("\n"));
        }
        Message {
            text: parts.join("\n\n") + "\n",
        }
    }

    /// The message with exactly this text; a newline is added at its end if there is none.
    pub fn from_text(text: String) -> Message {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        Message { text: text + newline }
    }

    /// This message with the mark by which `undo` knows the commit, as its last trailer.
    pub fn marked(&self, mark: &Mark) -> Message {
        self.with_last_trailer(&mark.line())
    }

    /// This message with `line` as its last trailer, in place of any mark that it has.
    pub(super) fn with_last_trailer(&self, line: &str) -> Message {
        let kept: Vec<&str> = self
            .text
            .trim_end()
            .lines()
            .filter(|line| !mark::is_mark(line))
            .collect();
        let text = kept.join("\n");
        let text = text.trim_end();
        let gap = if parted(text).1.is_some() { "\n" } else { "\n\n" };
        Message {
            text: format!("{text}{gap}{line}\n"),
        }
    }

    /// This message with the lists that have another order which counts, and which a person accepted: for people, and as
    /// trailers for who proves the commit again.
    pub fn with_accepted_orders(&self, options: &[String]) -> Message {
        if options.is_empty() {
            return self.clone();
        }
        let (body, trailers) = match parted(&self.text) {
            (body, Some(trailers)) => (body, format!("{trailers}\n")),
            (body, None) => (body, String::new()),
        };
        let items: Vec<String> = options.iter().map(|option| item("- ", option)).collect();
        let lines: Vec<String> = options.iter().map(|option| format!("{REORDERED}: {option}")).collect();
        Message {
            text: format!(
                "{body}\n\nAnother order, which was accepted:\n{}\n\n{trailers}{}\n",
                items.join("\n"),
                lines.join("\n")
            ),
        }
    }

    /// This message with the options by which the service gained something, as trailers for who proves the commit again.
    pub fn with_gains(&self, options: &[String]) -> Message {
        let add = |message: Message, option: &String| message.with_last_trailer(&format!("{GAINED}: {option}"));
        options.iter().fold(self.clone(), add)
    }

    /// This message as a person left it, in `text`, with the tool's own trailers as they were: `undo` and `verify` know the
    /// commit by them. Also the keys of those that had to be put back, each once.
    pub fn edited(&self, text: String) -> (Message, Vec<&str>) {
        let own = |line: &&str| line.starts_with(OWN_TRAILERS) && line.contains(": ");
        let kept: Vec<&str> = self.text.lines().filter(own).collect();
        let missing = || kept.iter().filter(|line| !text.lines().any(|other| other == **line));
        if missing().next().is_none() {
            return (Message::from_text(text), Vec::new());
        }
        let others: Vec<&str> = text.lines().filter(|line| !own(line)).collect();
        let others = others.join("\n");
        let others = others.trim_end();
        let gap = if parted(others).1.is_some() { "\n" } else { "\n\n" };
        let mut keys: Vec<&str> = missing().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        keys.dedup();
        let whole = format!("{others}{gap}{}\n", kept.join("\n"));
        (Message::from_text(whole), keys)
    }

    /// The line of the mark, if there is one.
    pub(super) fn mark_line(&self) -> Option<&str> {
        self.text.lines().rev().find(|line| mark::is_mark(line))
    }

    /// The first line.
    pub fn title(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// All of it, as it is committed: UTF-8, with a newline at its end.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn checklist_line(text: &str, tick: Option<&Tick>) -> String {
    match tick {
        Some(Tick::Ticked) => item("- [x] ", text),
        Some(Tick::NotApplicable(reason)) => item("- [x] ", &format!("{text} (not applicable: {reason})")),
        Some(Tick::Open(reason)) => item("- [ ] ", &format!("{text} ({reason})")),
        Some(Tick::Unticked) | None => item("- [ ] ", text),
    }
}

/// A list item, wrapped and indented under its mark. A word that is longer than a line (a path) stays whole.
fn item(mark: &str, text: &str) -> String {
    let mut lines = vec![mark.to_owned()];
    let mut fresh = true;
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        let width = line.chars().count() + usize::from(!fresh) + word.chars().count();
        if !fresh && width > WIDTH {
            lines.push(format!("{}{word}", " ".repeat(mark.len())));
        } else {
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
        }
        fresh = false;
    }
    lines.join("\n")
}

/// The options that a commit's message says to have another order, which was accepted.
pub fn accepted_orders(message: &str) -> Vec<String> {
    trailers(message, REORDERED).map(str::to_owned).collect()
}

/// The options by which a commit's message says that its service gained something.
pub fn gained(message: &str) -> Vec<String> {
    trailers(message, GAINED).map(str::to_owned).collect()
}

/// A message's text without its trailers, and these, if its last paragraph is one of trailers.
fn parted(text: &str) -> (&str, Option<&str>) {
    let text = text.trim_end();
    let is_trailer = |line: &str| line.split_once(": ").is_some_and(|(key, _)| is_token(key));
    match text.rsplit_once("\n\n") {
        Some((body, last)) if last.lines().all(is_trailer) => (body, Some(last)),
        _ => (text, None),
    }
}

/// Whether git reads `key` as a trailer's.
fn is_token(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The first `{name}` in `text` that is not `{service}`.
fn unknown_placeholder(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        if name != "service" {
            return Some(name);
        }
        rest = tail;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Message {
        let done = BTreeMap::from([
            (
                Section::Removal,
                vec!["modules/server/settings.nix:42: persistence of /var/lib/jellyfin".to_owned()],
            ),
            (
                Section::Contract,
                vec!["modules/server/media/jellyfin/default.nix".to_owned()],
            ),
            (Section::VmTest, vec![]),
        ]);
        let ticks = BTreeMap::from([
            (Check::Contract, Tick::Ticked),
            (Check::Persistence, Tick::Ticked),
            (Check::Server, Tick::Unticked),
            (Check::Backup, Tick::Open("nothing reads the declared ones".to_owned())),
            (
                Check::Database,
                Tick::NotApplicable("the service declares none".to_owned()),
            ),
        ]);
        Message::migration(&Template::embedded(), "jellyfin", &done, &ticks)
    }

    #[test]
    fn a_migration_message_has_title_body_checklist_and_trailer() {
        let message = filled();
        assert_eq!(
            message.title(),
            "refactor(server/jellyfin): migrate to service contract"
        );
        let expected = "\
refactor(server/jellyfin): migrate to service contract

Contract definition:
- modules/server/media/jellyfin/default.nix

Old pattern removal:
- modules/server/settings.nix:42: persistence of /var/lib/jellyfin

Checklist:
- [x] Contract with all required fields
- [x] Persistence paths
- [ ] Backup directories (nothing reads the declared ones)
- [ ] Traefik routing if exposed
- [x] Database if needed (not applicable: the service declares none)
- [ ] Secrets if needed
- [ ] VM test passes
- [ ] `nix flake check` passes
- [ ] Tested on the actual server

Qgroget-Service: jellyfin
";
        assert_eq!(message.text(), expected);
    }

    #[test]
    fn the_embedded_template_is_valid() {
        let template = Template::embedded();
        template.check().expect("valid");
        assert_eq!(template.checklist.len(), 9);
    }

    #[test]
    fn a_repository_replaces_what_it_names() {
        let own: toml::Table = toml::from_str(
            "title = \"refactor({service}): contract\"\nchecklist = [{ text = \"Deployed\" }]\ntrailers = []",
        )
        .expect("toml");
        let template = Template::embedded().replaced_by(own).expect("valid");
        let ticks = BTreeMap::from([(Check::Contract, Tick::Ticked)]);
        let message = Message::migration(&template, "dns", &BTreeMap::new(), &ticks);
        assert_eq!(
            message.text(),
            "refactor(dns): contract\n\nChecklist:\n- [ ] Deployed\n"
        );
    }

    #[test]
    fn a_bad_template_is_refused_with_its_fault() {
        for (text, why) in [
            ("title = ''", "empty"),
            ("title = \"a\\nb\"", "not one line"),
            ("title = '{host}'", "{host}"),
            ("titel = 'x'", "titel"),
            ("checklist = [{ check = 'moon', text = 'x' }]", "moon"),
            ("trailers = [{ key = 'a b', value = 'x' }]", "a b"),
        ] {
            let own: toml::Table = toml::from_str(text).expect("toml");
            let error = Template::embedded().replaced_by(own).expect_err(text);
            assert_eq!(error.code(), "commit-template");
            assert!(
                error.reason_text().is_some_and(|reason| reason.contains(why)),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn long_items_wrap_under_their_mark_and_paths_stay_whole() {
        let path = "x".repeat(80);
        let text = format!("persistence of {path} from the settings aggregator into the contract");
        let wrapped = item("- [x] ", &text);
        let lines: Vec<&str> = wrapped.lines().collect();
        assert_eq!(lines[0], "- [x] persistence of");
        assert_eq!(lines[1], format!("      {path}"));
        assert_eq!(lines[2], "      from the settings aggregator into the contract");
    }
}
