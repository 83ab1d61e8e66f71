//! Which diff is shown to a person.

use super::aligned::align;
use super::diff::{self, Rendered, Stat};
use super::{columns, folded, texts};
use crate::edit::SourceChange;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// The kind of diff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// What goes above what comes.
    #[default]
    Unified,
    /// Before beside after.
    SideBySide,
    /// Figures, a line for each file.
    Stat,
    /// No diff.
    None,
}

/// How a diff is to look.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Its kind.
    pub kind: Kind,
    /// Whether each line is shown, in git's form.
    pub full: bool,
    /// Columns of the page.
    pub width: usize,
}

impl View {
    /// The diff of `change`, with its figures; empty where nothing is to be shown.
    pub fn text(&self, change: &SourceChange) -> String {
        let rendered = match (self.kind, self.full) {
            (Kind::Unified, true) => diff::render(change),
            (Kind::Unified, false) => folded::render(change),
            (Kind::SideBySide, false) => columns::render(change, self.width),
            (Kind::SideBySide, true) => columns::render(&unfolded(change), self.width),
            (Kind::Stat, _) => figures(change),
            (Kind::None, _) => return String::new(),
        };
        rendered.with_stat()
    }
}

/// The change with its templates as files like others.
fn unfolded(change: &SourceChange) -> SourceChange {
    let mut change = change.clone();
    change.files.iter_mut().for_each(|file| file.template = false);
    change
}

/// What a change comes to, its moved and re-indented lines told apart.
pub fn stat(change: &SourceChange) -> Stat {
    let mut all = Stat::default();
    align(change).iter().for_each(|file| all += folded::stat(file));
    all
}

/// A line for each file.
fn figures(change: &SourceChange) -> Rendered {
    let mut rendered = Rendered::default();
    for file in &align(change) {
        let stat = folded::stat(file);
        let path = visible(&file.change.path().to_string_lossy()).into_owned();
        let said = texts::figures(&stat.lines());
        rendered.text.push_str(&format!(
            "{}  {}\n",
            paint(palette::TITLE, &path),
            paint(palette::FAINT, &said)
        ));
        rendered.stat += stat;
    }
    rendered
}
