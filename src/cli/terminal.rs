//! The person at the terminal: shows text, asks for a key or a line, opens the editor.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};

use anstream::adapter::strip_str;

use super::args::Deciding;
use super::editor;
use super::interrupt;
use super::keys::{self, Keys};
use super::session::Session;
use super::show;
use super::ui::Ui;
use crate::edit::SourceChange;
use crate::error::{Error, Result};
use crate::process;
use crate::review::{Reply, Terminal, folded};
use crate::term::palette::{self, paint};

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Line,
    Key {
        /// Whether Enter is one.
        enter: bool,
    },
}

/// Standard input, asked one question at a time, with Ctrl-C as an answer.
///
/// Ctrl-C is an answer only while a question is open or the editor runs; between questions it ends the
/// process, as always.
pub struct Console<'a> {
    ui: &'a Ui,
    editor: String,
    /// How diffs are shown.
    shows: Option<(&'a Session, &'a Deciding)>,
    request: Sender<Want>,
    sender: Sender<Reply>,
    replies: Receiver<Reply>,
    /// What was asked for and not read, because Ctrl-C came first.
    awaited: bool,
}

impl<'a> Console<'a> {
    /// Asks on `ui`; `editor` is the command for texts (see [`editor::choose`]).
    pub fn new(ui: &'a Ui, editor: String) -> Console<'a> {
        let (request, requests) = mpsc::channel();
        let (sender, replies) = mpsc::channel();
        let reader = sender.clone();
        // Reading is not woken by a signal where another thread gets it. It is done by a thread of its own, which
        // reads only when something is wanted and leaves the terminal to the editor otherwise.
        std::thread::spawn(move || {
            while let Ok(want) = requests.recv() {
                let reply = match want {
                    Want::Line => keys::read_line(),
                    Want::Key { enter } => keys::read_key(enter),
                };
                if reader.send(reply).is_err() {
                    break;
                }
            }
        });
        Console {
            ui,
            editor,
            shows: None,
            request,
            sender,
            replies,
            awaited: false,
        }
    }

    /// The same, with diffs as the session's arguments have them.
    pub fn showing(self, session: &'a Session, deciding: &'a Deciding) -> Console<'a> {
        Console {
            shows: Some((session, deciding)),
            ..self
        }
    }

    fn wait(&mut self, question: &str, want: Want) -> Reply {
        let hold = interrupt::hold();
        hold.wake(self.sender.clone(), Reply::Interrupted);
        if process::interrupted().is_some() {
            return Reply::Interrupted;
        }
        self.ui.prose(format!("{} ", paint(palette::PROMPT, question)));
        if self.ui.reader_is_gone() || (!self.awaited && self.request.send(want).is_err()) {
            return Reply::End;
        }
        self.awaited = true;
        let reply = self.replies.recv().unwrap_or(Reply::End);
        if !matches!(reply, Reply::Interrupted) {
            self.awaited = false;
        }
        reply
    }
}

impl Terminal for Console<'_> {
    fn width(&self) -> usize {
        self.ui.width()
    }

    fn height(&self) -> Option<usize> {
        Some(self.ui.height())
    }

    fn show(&mut self, text: &str) {
        // Lines of files stay as they are.
        let has_hunks = text.lines().any(|line| strip_str(line).to_string().starts_with("@@"));
        match has_hunks {
            true => self.ui.out(text),
            false => self.ui.prose(text),
        }
    }

    fn report(&mut self, error: &Error) {
        self.ui.error(error);
    }

    fn ask(&mut self, question: &str) -> Reply {
        let reply = self.wait(question, Want::Line);
        if !matches!(reply, Reply::Line(_)) {
            self.ui.out("\n");
        }
        reply
    }

    fn key(&mut self, question: &str, enter: bool) -> Reply {
        let Some(keys) = Keys::wanted() else {
            return self.ask(question);
        };
        let reply = self.wait(question, Want::Key { enter });
        drop(keys);
        // The terminal has not shown it.
        match &reply {
            Reply::Line(key) => self.ui.out(format!("{key}\n")),
            _ => self.ui.out("\n"),
        }
        reply
    }

    fn show_diff(&mut self, change: &SourceChange) {
        let ui = self.ui;
        match self.shows {
            Some((session, deciding)) => ui.paged_if_long(|| show::diff(session, change, deciding)),
            None => ui.paged_if_long(|| ui.out(folded::render(change).with_stat())),
        }
    }

    fn show_long(&mut self, text: &str) {
        self.ui.paged_if_long(|| self.ui.out(text));
    }

    fn edit(&mut self, path: &Path, text: &str) -> Result<String> {
        editor::edit(&self.editor, path, text)
    }
}
