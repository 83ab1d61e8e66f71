//! Errors for people: an excerpt of the source, the reason, the next steps.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Renderer, Snippet};

use textwrap::core::display_width;

use super::foreign::visible;
use super::palette;
use crate::error::{Error, Place};

/// How much to say and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// Columns that an excerpt may take.
    pub width: usize,
    /// Whether to go down the whole chain of causes; without, only the nearest is said.
    pub causes: bool,
    /// Whether an error is one line: what and where, not why and what to do.
    pub brief: bool,
}

/// Longest excerpt of a span over several lines, in lines; the caret then marks the first line only.
const LONGEST_EXCERPT: usize = 12;

/// Columns of the line numbers and the frame beside an excerpt.
const AROUND: usize = 12;

/// How much an error weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Error,
    Warning,
    Note,
}

/// The errors, styled, in the form that rustc made familiar; one blank line between them.
pub fn errors(errors: &[Error], detail: Detail) -> String {
    weighed(errors.iter().map(|error| (error, Weight::Error)), detail)
}

/// As [`errors`], each with its weight.
pub fn weighed<'e>(errors: impl Iterator<Item = (&'e Error, Weight)>, detail: Detail) -> String {
    if detail.brief {
        return errors.map(|(error, weight)| brief(error, weight)).collect();
    }
    let renderer = renderer(detail.width);
    let texts: Vec<String> = errors
        .map(|(error, weight)| renderer.render(&[group(error, weight, detail)]) + "\n")
        .collect();
    texts.join("\n")
}

fn brief(error: &Error, weight: Weight) -> String {
    let (label, style) = match weight {
        Weight::Error => ("error", palette::BAD),
        Weight::Warning => ("warning", palette::WARNING),
        Weight::Note => ("note", palette::TITLE),
    };
    let label = palette::paint(style, &format!("{label}[{}]", error.code()));
    format!("{label}: {}\n", visible(&error.to_string()))
}

fn renderer(width: usize) -> Renderer {
    let number = palette::HUNK;
    Renderer::styled()
        .term_width(width)
        .decor_style(DecorStyle::Ascii)
        .error(palette::BAD)
        .warning(palette::WARNING)
        .note(palette::TITLE)
        .help(palette::GOOD)
        .line_num(number)
        .context(number)
        .emphasis(palette::TITLE)
}

fn group(error: &Error, weight: Weight, detail: Detail) -> Group<'static> {
    let level = match weight {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
        Weight::Note => Level::NOTE,
    };
    let title = level
        .primary_title(visible(error.message()).into_owned())
        .id(error.code());
    let mut group = match error.place() {
        Some(place) => located(Group::with_title(title), place, detail.width),
        None => Group::with_title(title),
    };
    if let Some(reason) = error.reason_text() {
        group = group.element(line("reason", reason));
    }
    let causes = error.causes().take(if detail.causes { usize::MAX } else { 1 });
    // A reason may be all that the cause says.
    for cause in causes.filter(|cause| Some(cause.as_str()) != error.reason_text()) {
        group = group.element(line("cause", &cause));
    }
    for hint in error.hints() {
        group = group.element(Level::HELP.message(visible(hint).into_owned()));
    }
    group.element(line("see", &format!("qgroget explain {}", error.code())))
}

fn line(name: &'static str, text: &str) -> Message<'static> {
    Level::NOTE.with_name(name).message(visible(text).into_owned())
}

fn located(group: Group<'static>, place: &Place, width: usize) -> Group<'static> {
    let path = visible(&place.path.to_string_lossy()).into_owned();
    let Some(source) = &place.source else {
        let origin = Origin::path(path)
            .line(place.line as usize)
            .char_column(place.column as usize);
        return group.element(origin);
    };
    let excerpt = Excerpt::new(source, place).cut(width);
    let snippet = Snippet::source(excerpt.text)
        .path(path)
        .line_start(excerpt.first_line)
        .annotation(AnnotationKind::Primary.span(excerpt.span));
    group.element(snippet)
}

/// The lines around a span, in place of the whole file, with the span moved to match.
struct Excerpt {
    text: String,
    first_line: usize,
    span: std::ops::Range<usize>,
}

impl Excerpt {
    fn new(source: &str, place: &Place) -> Excerpt {
        let (start, end) = marked(source, place);
        let line_start = source[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = source[end..].find('\n').map_or(source.len(), |i| end + i);
        let line_end = line_end.max(line_start);
        let text = source[line_start..line_end]
            .strip_suffix('\r')
            .unwrap_or(&source[line_start..line_end]);
        let limit = text.len();
        Excerpt {
            text: text.to_owned(),
            first_line: place.line as usize,
            span: (start - line_start).min(limit)..(end - line_start).min(limit),
        }
    }
}

impl Excerpt {
    /// The same, a single line without what a page of `width` columns has no room for. What is before the span stays, since
    /// its column is counted from there.
    fn cut(self, width: usize) -> Excerpt {
        let room = width.saturating_sub(AROUND);
        let before = display_width(&self.text[..self.span.start]);
        if self.text.contains('\n') || display_width(&self.text) <= room {
            return self;
        }
        // Far to the right the renderer leaves out what is on the left, and some of the span is enough.
        let most = if before < room { room } else { before + room / 2 };
        let mut columns = 0;
        let fits = self.text.char_indices().find(|(_, c)| {
            columns += display_width(c.encode_utf8(&mut [0; 4]));
            columns > most
        });
        let end = fits.map_or(self.text.len(), |(at, _)| at);
        Excerpt {
            text: format!("{}…", &self.text[..end]),
            span: self.span.start..self.span.end.min(end),
            ..self
        }
    }
}

/// The span, on character borders, inside the source, without a newline at its end, and cut to its first
/// line where it is long.
fn marked(source: &str, place: &Place) -> (usize, usize) {
    let start = floor(source, place.span.start);
    let mut end = floor(source, place.span.end).max(start);
    let trimmed = source[start..end].trim_end_matches(['\n', '\r']);
    end = start + trimmed.len();
    if source[start..end].lines().count() > LONGEST_EXCERPT {
        end = source[start..end].find('\n').map_or(end, |i| start + i);
        end = start + source[start..end].trim_end_matches('\r').len();
    }
    (start, end)
}

fn floor(source: &str, offset: usize) -> usize {
    let offset = offset.min(source.len());
    (0..=offset).rev().find(|i| source.is_char_boundary(*i)).unwrap_or(0)
}

#[cfg(test)]
#[path = "excerpt_tests.rs"]
mod tests;
