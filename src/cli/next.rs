//! What comes next on the machine, said at the end of each run that has written something.

use std::collections::BTreeSet;

use super::migrate;
use super::session::{Loaded, Session};
use super::texts;
use crate::error::Result;
use crate::plan::cleanup::Cleanup;
use crate::plan::model::{self, Choices, Context};
use crate::repo::hosts;
use crate::status;

/// What a run has done.
pub enum Done<'a> {
    /// The contract is installed.
    Installed,
    /// These services are migrated; the others were asked about, or refused, and are not named again.
    Migrated {
        services: &'a [String],
        others: &'a [String],
        /// How many changes the first of them is, each with a commit of its own that `undo` takes back.
        changes: usize,
    },
    /// Something else is changed: the legacy pattern removed, a field added, a service made.
    Changed,
    /// A commit is taken back.
    TakenBack,
}

/// Says it, unless only what went wrong is to be said. What it says is read from the repository as the run has left it; where that cannot be read, it says nothing.
pub fn say(done: &Done<'_>, committed: bool, host: Option<&str>, session: &Session) {
    if session.ui.verbosity() < 0 {
        return;
    }
    let rows = session
        .load(host)
        .and_then(|loaded| rows(done, committed, host, &loaded, session));
    if let Ok((title, rows)) = rows {
        session.ui.line("");
        session.ui.line(title);
        let room = session.ui.width();
        for row in &rows {
            for line in row.lines(room) {
                match session.ui.is_terminal() {
                    true => session.ui.out(continued(&line, room) + "\n"),
                    false => session.ui.line(line),
                }
            }
        }
    }
}

/// What something is for, and its parts: in one line, as far as there is room, and below.
struct Row {
    label: &'static str,
    parts: Vec<String>,
}

impl Row {
    fn new(label: &'static str, parts: impl IntoIterator<Item = String>) -> Row {
        Row {
            label,
            parts: parts.into_iter().collect(),
        }
    }

    fn lines(&self, room: usize) -> Vec<String> {
        let mut lines = vec![format!("  {:8} ", self.label)];
        let width = |text: &str| text.chars().count();
        for (at, part) in self.parts.iter().enumerate() {
            let line = lines.last_mut().expect("there is one");
            if at > 0 && width(line) + 2 + width(part) > room {
                line.push(',');
                // One that is too wide to stand below the others begins further left.
                let indent = room.saturating_sub(width(part)).clamp(2, 11);
                lines.push(" ".repeat(indent) + part);
                continue;
            }
            line.push_str(if at == 0 { "" } else { ", " });
            line.push_str(part);
        }
        lines
    }
}

/// A command that is too long for the terminal goes on below as a shell reads it, so that it can be copied.
fn continued(text: &str, room: usize) -> String {
    const INDENT: &str = "             ";
    let width = |text: &str| text.chars().count();
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let line = lines.last_mut().expect("there is one");
        let is_begun = !line.trim().is_empty();
        if is_begun && width(line) + width(word.trim_end()) + " \\".len() > room && width(text) > room {
            line.push('\\');
            lines.push(INDENT.to_owned());
        }
        lines.last_mut().expect("there is one").push_str(word);
    }
    lines.join("\n")
}

fn rows(
    done: &Done<'_>,
    committed: bool,
    host: Option<&str>,
    loaded: &Loaded,
    session: &Session,
) -> Result<(String, Vec<Row>)> {
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let look = match done {
        Done::Migrated { services: [one], .. } => status::look_at(&context, one),
        _ => status::Look::default(),
    };
    let mut machines = match look.hosts.is_empty() {
        true => hosts::serving(context.repo),
        false => look.hosts.clone(),
    };
    if machines.is_empty() {
        machines.push(context.host.name.clone());
    }
    // Who names a host is at work on that one.
    if let Some(at) = machines.iter().position(|machine| Some(machine.as_str()) == host) {
        let named = machines.remove(at);
        machines.insert(0, named);
    }
    let builds = |action: &str| texts::rebuild(action, &configuration(&context, &machines[0], session));
    let mut rows = vec![Row::new(texts::BUILD, [builds("build")])];
    if !matches!(done, Done::Installed) {
        rows.push(Row::new(texts::TRY, [builds("dry-activate")]));
    }
    match done {
        Done::Migrated { services, .. } if services.len() > 1 => {
            rows.push(Row::new(texts::LOOK, [texts::FAILED_UNITS.to_owned()]));
        }
        _ => rows.extend(looked_at(&look)),
    }
    rows.extend(back(done, committed));
    rows.extend(on(done, host, &context).map(|command| Row::new(texts::GO_ON, [command])));
    Ok((texts::next_title(&machines), rows))
}

/// How the configuration of a host is named to `nixos-rebuild`.
fn configuration(context: &Context, host: &str, session: &Session) -> Option<String> {
    let repo = context.repo;
    if repo.has(std::path::Path::new("flake.nix")) {
        return Some(texts::flake_of(session.root(), host));
    }
    let directory = repo.rules().paths.hosts.join(host);
    let files = ["configuration.nix", "default.nix"].map(|name| directory.join(name));
    let file = files.into_iter().find(|file| repo.has(file))?;
    Some(texts::file_of(&session.root().join(file)))
}

fn looked_at(look: &status::Look) -> Option<Row> {
    let units = look
        .units
        .iter()
        .map(|unit| unit.strip_suffix(".service").unwrap_or(unit));
    let units = units.map(|unit| format!("systemctl status {unit}")).take(1);
    let parts: Vec<String> = units.chain(look.url.clone()).collect();
    (!parts.is_empty()).then(|| Row::new(texts::LOOK, parts))
}

fn back(done: &Done<'_>, committed: bool) -> Option<Row> {
    let undo = match done {
        Done::TakenBack => return None,
        Done::Migrated {
            services: [one],
            changes,
            ..
        } => texts::undo_of(one, *changes),
        Done::Migrated { .. } => texts::undo_of("<service>", 1),
        Done::Installed | Done::Changed => texts::UNDO.to_owned(),
    };
    let switched = (!matches!(done, Done::Installed)).then(|| texts::ROLLBACK.to_owned());
    let parts: Vec<String> = switched.into_iter().chain(committed.then_some(undo)).collect();
    (!parts.is_empty()).then(|| Row::new(texts::GO_BACK, parts))
}

/// The command that goes on with the migration.
fn on(done: &Done<'_>, host: Option<&str>, context: &Context) -> Option<String> {
    let asked: BTreeSet<&String> = match done {
        Done::Migrated { others, .. } => others.iter().collect(),
        Done::Installed => BTreeSet::new(),
        Done::TakenBack => return Some(texts::STATUS.to_owned()),
        Done::Changed => return None,
    };
    let left = model::legacy_names(context.model, context.rules());
    if left.is_empty() {
        let is_left = Cleanup::plan(context).is_ok_and(|cleanup| !cleanup.is_done());
        return is_left.then(|| format!("{}{}", texts::CLEANUP, texts::of_host(host)));
    }
    let left = crate::plan::needs::ordered(context, left);
    let mut open = left.iter().filter(|name| !asked.contains(name));
    let next = open.find(|name| matches!(migrate::planned(context, name), Ok(Some(_))));
    Some(next.map_or_else(|| texts::left(left.len()), |name| texts::migrate(name, host)))
}

#[cfg(test)]
mod tests {
    use super::continued;

    #[test]
    fn a_long_command_goes_on_as_a_shell_reads_it() {
        let text = "  build    nixos-rebuild build --flake .#Server";
        assert_eq!(continued(text, 80), text);
        assert_eq!(
            continued(text, 40),
            "  build    nixos-rebuild build --flake \\\n             .#Server"
        );
    }
}
