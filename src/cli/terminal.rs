//! The person at the terminal: shows text, asks for a line, opens the editor.

use std::io::{self, BufRead as _};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};

use super::editor;
use super::interrupt;
use super::ui::Ui;
use crate::error::{Error, Result};
use crate::process;
use crate::review::{Reply, Terminal};
use crate::term::palette::{self, paint};

/// Lines of standard input, asked for one at a time, with Ctrl-C as an answer.
///
/// Ctrl-C is an answer only while a question is open or the editor runs; between questions it ends the
/// process, as always.
pub struct Console<'a> {
    ui: &'a Ui,
    editor: String,
    request: Sender<()>,
    sender: Sender<Reply>,
    replies: Receiver<Reply>,
    /// A line that was asked for and not read, because Ctrl-C came first.
    awaited: bool,
}

impl<'a> Console<'a> {
    /// Asks on `ui`; `editor` is the command for texts (see [`editor::choose`]).
    pub fn new(ui: &'a Ui, editor: String) -> Console<'a> {
        let (request, requests) = mpsc::channel();
        let (sender, replies) = mpsc::channel();
        let reader = sender.clone();
        // A read of standard input can't be called off: so it waits on a thread of its own, which reads
        // only when a line is wanted and leaves the terminal to the editor otherwise.
        std::thread::spawn(move || {
            while requests.recv().is_ok() {
                if reader.send(read_line()).is_err() {
                    break;
                }
            }
        });
        Console {
            ui,
            editor,
            request,
            sender,
            replies,
            awaited: false,
        }
    }
}

fn read_line() -> Reply {
    let mut line = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => Reply::End,
        Ok(_) => Reply::Line(String::from_utf8_lossy(&line).into_owned()),
    }
}

impl Terminal for Console<'_> {
    fn width(&self) -> usize {
        self.ui.width()
    }

    fn show(&mut self, text: &str) {
        self.ui.out(text);
    }

    fn report(&mut self, error: &Error) {
        self.ui.error(error);
    }

    fn ask(&mut self, question: &str) -> Reply {
        let hold = interrupt::hold();
        hold.wake(self.sender.clone(), Reply::Interrupted);
        if process::interrupted().is_some() {
            return Reply::Interrupted;
        }
        self.ui.out(format!("{} ", paint(palette::PROMPT, question)));
        if self.ui.reader_is_gone() || (!self.awaited && self.request.send(()).is_err()) {
            return Reply::End;
        }
        self.awaited = true;
        let reply = self.replies.recv().unwrap_or(Reply::End);
        if !matches!(reply, Reply::Interrupted) {
            self.awaited = false;
        }
        if !matches!(reply, Reply::Line(_)) {
            self.ui.out("\n");
        }
        reply
    }

    fn edit(&mut self, path: &Path, text: &str) -> Result<String> {
        editor::edit(&self.editor, path, text)
    }
}
