//! The only printer.
//!
//! Text comes in with its styles; they are taken out where the stream is no terminal or colour is not
//! wanted (`--color`, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM=dumb`). Nothing here fails: what
//! became of the streams is said once, by [`Ui::finish`].

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;

use super::pager::Pager;
use super::progress::Progress;
use crate::error::Error;
use crate::term::excerpt::{self, Detail};
use crate::term::fit::fit;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};
use crate::term::printed::printed;

/// The width of a page where there is no terminal to ask.
pub const DEFAULT_WIDTH: usize = 100;
const NARROWEST: usize = 30;
/// What a shell shows for a process that ended because its reader went away: 128 + SIGPIPE.
const READER_WENT_AWAY: u8 = 141;

/// How to print.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to colour.
    pub color: ColorChoice,
    /// `-v` counts up, `-q` counts down.
    pub verbosity: i8,
    /// What long output goes through on a terminal; `None` for `--no-pager`.
    pub pager: Option<Pager>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            color: ColorChoice::Auto,
            verbosity: 0,
            pager: None,
        }
    }
}

/// The two output streams, their terminal, and how much is said.
pub struct Ui {
    out: Mutex<Sink>,
    err: Mutex<Sink>,
    page: Mutex<Option<Vec<u8>>>,
    pager: Option<Pager>,
    bar: Mutex<Weak<ProgressBar>>,
    verbosity: i8,
    width: usize,
    interactive: bool,
    terminal: bool,
    /// Whether standard error is a terminal.
    says_to_terminal: bool,
    progress: bool,
    /// Whether standard output is for a program, so that nothing for people is printed on it.
    data_only: AtomicBool,
    /// Whether something for a program was printed.
    gave_data: AtomicBool,
}

struct Sink {
    stream: Box<dyn Write + Send>,
    color: bool,
    /// The first failure; nothing is written any more after it.
    failed: Option<io::Error>,
}

impl Sink {
    fn new(stream: impl Write + Send + 'static, color: bool) -> Mutex<Sink> {
        Mutex::new(Sink {
            stream: Box::new(stream),
            color,
            failed: None,
        })
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.stream.write_all(bytes).and_then(|()| self.stream.flush()).err();
        }
    }

    fn styled(&mut self, text: &str) {
        self.bytes(printed(text, self.color).as_bytes());
    }
}

/// What a [`Ui::captured`] printed.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// The text so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ui {
    /// The process's own streams.
    pub fn new(options: Options) -> Ui {
        let (out, err) = (io::stdout(), io::stderr());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // anstream colours every terminal where `CI` is set, a dumb one too.
        let plain = dumb && std::env::var_os("CLICOLOR_FORCE").is_none_or(|value| value.is_empty() || value == "0");
        let colored = |auto: ColorChoice| match options.color {
            ColorChoice::Auto => auto != ColorChoice::Never && !plain,
            chosen => chosen != ColorChoice::Never,
        };
        Ui {
            page: Mutex::new(None),
            pager: options.pager.clone().filter(|_| out.is_terminal() && !dumb),
            bar: Mutex::new(Weak::new()),
            verbosity: options.verbosity,
            width: terminal_width(),
            interactive: io::stdin().is_terminal() && out.is_terminal(),
            terminal: out.is_terminal(),
            says_to_terminal: err.is_terminal(),
            progress: err.is_terminal() && !dumb && options.verbosity >= 0,
            data_only: AtomicBool::new(false),
            gave_data: AtomicBool::new(false),
            out: Sink::new(io::stdout(), colored(AutoStream::choice(&out))),
            err: Sink::new(io::stderr(), colored(AutoStream::choice(&err))),
        }
    }

    /// A printer into memory: standard output and standard error.
    pub fn captured(color: bool, width: usize, verbosity: i8) -> (Ui, Captured, Captured) {
        let (out, err) = (Captured::default(), Captured::default());
        let ui = Ui {
            out: Sink::new(out.clone(), color),
            err: Sink::new(err.clone(), color),
            page: Mutex::new(None),
            pager: None,
            bar: Mutex::new(Weak::new()),
            verbosity,
            width,
            interactive: false,
            terminal: false,
            says_to_terminal: false,
            progress: false,
            data_only: AtomicBool::new(false),
            gave_data: AtomicBool::new(false),
        };
        (ui, out, err)
    }

    /// Columns of the terminal; [`DEFAULT_WIDTH`] where there is none.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Lines of the terminal.
    pub fn height(&self) -> usize {
        terminal_height()
    }

    /// Whether there is a person to ask: standard input and standard output are terminals.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// How often `-v` was given, less how often `-q`.
    pub fn verbosity(&self) -> i8 {
        self.verbosity
    }

    /// Keeps standard output for [`Ui::data`]: what is for people is not printed there from now on.
    pub fn keep_for_data(&self) {
        self.data_only.store(true, Ordering::Relaxed);
    }

    /// The result of the command, on standard output, as it is: styled text, newlines included.
    pub fn out(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if self.data_only.load(Ordering::Relaxed) {
            return;
        }
        if let Some(page) = &mut *lock(&self.page) {
            page.extend_from_slice(printed(text, lock(&self.out).color).as_bytes());
            return;
        }
        self.above_the_bar(|| lock(&self.out).styled(text));
    }

    /// What a program of the person's own has printed for their terminal, as it is.
    pub fn raw(&self, bytes: &[u8]) {
        if let Some(page) = &mut *lock(&self.page) {
            page.extend_from_slice(bytes);
            return;
        }
        self.above_the_bar(|| lock(&self.out).bytes(bytes));
    }

    /// Whether the result goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether long output goes through a pager that is made for diffs.
    pub fn pages_diffs(&self) -> bool {
        self.pager.as_ref().is_some_and(Pager::is_for_diffs)
    }

    /// Whether the result is printed with its styles.
    pub fn is_colored(&self) -> bool {
        lock(&self.out).color
    }

    /// A line of the result; on a terminal as many as it takes.
    pub fn line(&self, text: impl AsRef<str>) {
        self.prose(format!("{}\n", text.as_ref()));
    }

    /// As [`Ui::out`], for text that is no source: on a terminal, lines that are too long for it go on below.
    pub fn prose(&self, text: impl AsRef<str>) {
        match self.terminal {
            true => self.out(fit(text.as_ref(), self.width)),
            false => self.out(text),
        }
    }

    /// A line about what was done, on standard output; not with `-q`.
    pub fn tell(&self, text: impl AsRef<str>) {
        if self.verbosity >= 0 {
            self.line(text);
        }
    }

    /// Bytes for a program (JSON, a patch): neither styled nor stripped nor paged.
    pub fn data(&self, bytes: impl AsRef<[u8]>) {
        self.gave_data.store(true, Ordering::Relaxed);
        self.above_the_bar(|| lock(&self.out).bytes(bytes.as_ref()));
    }

    /// Whether [`Ui::data`] has printed something.
    pub fn gave_data(&self) -> bool {
        self.gave_data.load(Ordering::Relaxed)
    }

    /// A line about what is going on, on standard error; not with `-q`.
    pub fn note(&self, text: impl AsRef<str>) {
        if self.verbosity >= 0 {
            self.say(text.as_ref());
        }
    }

    /// A line for those who want to know, on standard error; with `-v` only.
    pub fn detail(&self, text: impl AsRef<str>) {
        if self.verbosity > 0 {
            self.say(&paint(palette::FAINT, text.as_ref()));
        }
    }

    /// A warning, on standard error; not with `-q`.
    pub fn warn(&self, text: impl AsRef<str>) {
        if self.verbosity < 0 {
            return;
        }
        let label = paint(palette::WARNING, "warning");
        self.say(&format!("{label}: {}", text.as_ref()));
    }

    /// An error with its excerpt, reason and next steps, on standard error.
    pub fn error(&self, error: &Error) {
        self.errors(std::slice::from_ref(error));
    }

    /// Several errors in one report, on standard error.
    pub fn errors(&self, errors: &[Error]) {
        if !errors.is_empty() {
            self.say(excerpt::errors(errors, self.detail_level()).trim_end_matches('\n'));
        }
    }

    /// How errors are rendered for this terminal.
    pub fn detail_level(&self) -> Detail {
        Detail {
            width: self.width,
            causes: self.verbosity > 0,
            brief: self.verbosity < -1,
        }
    }

    /// Runs `f`; what it prints with [`Ui::out`] goes through the pager if there is one.
    pub fn paged<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.pager.is_none() || lock(&self.page).is_some() {
            return f();
        }
        *lock(&self.page) = Some(Vec::new());
        let end = EndOfPage(self);
        let result = f();
        drop(end);
        result
    }

    /// As [`Ui::paged`], for what is longer than the screen; the rest is shown as it is.
    pub fn paged_if_long<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.pager.is_none() || lock(&self.page).is_some() {
            return f();
        }
        *lock(&self.page) = Some(Vec::new());
        let result = f();
        let text = lock(&self.page).take().unwrap_or_default();
        let (width, height) = (self.width, terminal_height());
        let plain = anstream::adapter::strip_bytes(&text).into_vec();
        let plain = String::from_utf8_lossy(&plain);
        let rows = plain.lines().map(|line| {
            let columns = textwrap::core::display_width(line);
            columns.div_ceil(width).max(1)
        });
        // The question has to have room below.
        if rows.sum::<usize>() + 2 < height {
            self.raw(&text);
        } else {
            *lock(&self.page) = Some(text);
            drop(EndOfPage(self));
        }
        result
    }

    /// A bar (`total` steps) or a spinner, shown on a terminal only and after about a second. While another one is
    /// shown, its label says what is done within it: two that draw would overwrite each other.
    pub fn progress(&self, total: Option<u64>, label: &str) -> Shown {
        let label = &*visible(label);
        if let Some(around) = lock(&self.bar).upgrade() {
            let before = around.message();
            around.set_message(format!("{before}: {label}"));
            return Shown {
                progress: Progress::new(total, label, false),
                bar: around,
                before: Some(before),
            };
        }
        let progress = Progress::new(total, label, self.progress);
        let bar = Arc::new(progress.bar());
        *lock(&self.bar) = Arc::downgrade(&bar);
        Shown {
            progress,
            bar,
            before: None,
        }
    }

    /// Whether the reader of standard output went away, so that going on is for nothing.
    pub fn reader_is_gone(&self) -> bool {
        lock(&self.out).failed.is_some()
    }

    /// The exit status of a run that would return `code`, after saying what could not be printed.
    ///
    /// A reader that went away (`| head`) is no error to speak of, and the run is not cut short by it; the
    /// status is what a shell shows for any tool that a closed pipe ended. A full disk is said.
    pub fn finish(&self, code: u8) -> u8 {
        let failed = lock(&self.out)
            .failed
            .as_ref()
            .map(|error| (error.kind(), error.to_string()));
        match failed {
            None => code,
            Some((io::ErrorKind::BrokenPipe, _)) if code == 0 => READER_WENT_AWAY,
            Some((io::ErrorKind::BrokenPipe, _)) => code,
            Some((_, why)) => {
                self.say(&format!(
                    "{}: the output could not be written: {why}",
                    paint(palette::BAD, "error")
                ));
                code.max(1)
            }
        }
    }

    fn say(&self, text: &str) {
        let text = match self.says_to_terminal {
            true => Cow::Owned(fit(text, self.width)),
            false => Cow::Borrowed(text),
        };
        self.above_the_bar(|| lock(&self.err).styled(&format!("{text}\n")));
    }

    fn above_the_bar(&self, print: impl FnOnce()) {
        let bar = lock(&self.bar).upgrade();
        match bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn end_page(&self) {
        let (Some(text), Some(pager)) = (lock(&self.page).take(), &self.pager) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        if !matches!(pager.show(&text), Ok(true)) {
            self.raw(&text);
        }
    }
}

struct EndOfPage<'a>(&'a Ui);

impl Drop for EndOfPage<'_> {
    fn drop(&mut self) {
        self.0.end_page();
    }
}

/// A [`Progress`] that the printer knows of, so that lines are printed above it.
pub struct Shown {
    progress: Progress,
    bar: Arc<ProgressBar>,
    /// What the bar around it said before; `None` if this one is the bar itself.
    before: Option<String>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            self.bar.set_message(before);
        }
    }
}

impl std::ops::Deref for Shown {
    type Target = Progress;

    fn deref(&self) -> &Progress {
        &self.progress
    }
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .filter(|width| *width > 0)
        .map_or(DEFAULT_WIDTH, |width: usize| width.max(NARROWEST))
}

/// Rows of the terminal; those of the smallest one where there is none to ask.
fn terminal_height() -> usize {
    terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0))
}

#[cfg(test)]
#[path = "ui_tests.rs"]
mod tests;
