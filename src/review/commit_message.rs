//! A commit's message as it is shown, and the question whether to commit with it.

use std::path::Path;

use super::prompt::{Reply, Terminal, key};
use super::texts;
use crate::commit::Message;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// Whether to commit, and with what message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitAnswer {
    /// Commit with this message.
    Commit(String),
    /// Do not commit; the message as it was by then.
    Decline(String),
}

impl CommitAnswer {
    /// The message as the person left it.
    pub fn message(&self) -> &str {
        let (CommitAnswer::Commit(message) | CommitAnswer::Decline(message)) = self;
        message
    }
}

/// Shows the commit's message and asks.
pub fn confirm_commit(message: &str, terminal: &mut dyn Terminal) -> CommitAnswer {
    let mut message = message.to_owned();
    loop {
        terminal.show(&format!("\n{}\n", indented(&message)));
        loop {
            let Reply::Line(line) = terminal.key(texts::COMMIT_QUESTION, false) else {
                return CommitAnswer::Decline(message);
            };
            match &*key(&line).0 {
                "y" | "yes" => return CommitAnswer::Commit(message),
                "" | "n" | "no" | "q" | "quit" => return CommitAnswer::Decline(message),
                "e" => match terminal.edit(Path::new("COMMIT_EDITMSG"), &message) {
                    Ok(text) if text.trim().is_empty() => {
                        terminal.show(&format!("{}\n", texts::EMPTY_MESSAGE));
                        return CommitAnswer::Decline(message);
                    }
                    Ok(text) => {
                        let shown = Message::from_text(message);
                        let (edited, put_back) = shown.edited(text);
                        message = edited.text().to_owned();
                        if !put_back.is_empty() {
                            terminal.show(&format!("\n{}\n", texts::trailers_put_back(&put_back)));
                        }
                        break;
                    }
                    Err(error) => terminal.report(&error),
                },
                "?" | "h" | "help" => terminal.show(texts::COMMIT_KEYS),
                _ => terminal.show(&format!("{}\n", texts::unknown_key(&visible(line.trim())))),
            }
        }
    }
}

/// The message without the blank lines between its paragraphs, a checklist as the line that says how much of it is ticked.
pub fn in_short(message: &str) -> String {
    let is_box = |line: &&str| line.starts_with("- [ ] ") || line.starts_with("- [x] ");
    let is_of_it = |line: &&str| is_box(line) || line.starts_with("  ");
    let mut out = String::new();
    let mut lines = message.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() && out.lines().count() > 1 {
            continue;
        }
        if !is_box(&line) {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let (mut all, mut ticked) = (1, usize::from(line.starts_with("- [x]")));
        while let Some(next) = lines.next_if(is_of_it) {
            all += usize::from(is_box(&next));
            ticked += usize::from(next.starts_with("- [x]"));
        }
        out.push_str(&texts::checklist(all, ticked));
        out.push('\n');
    }
    indented(&out)
}

/// The message as `git log` shows one.
pub fn indented(message: &str) -> String {
    let lines = message.trim_end().lines().enumerate().map(|(number, line)| {
        let style = if number == 0 {
            palette::TITLE
        } else {
            anstyle::Style::new()
        };
        let body = paint(style, &visible(line));
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("    {body}\n")
        }
    });
    lines.collect()
}
