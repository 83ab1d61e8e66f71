//! Errors for people (an excerpt of the source, the reason, the next steps) and for programs.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Renderer, Snippet};
use serde::Serialize;

use super::palette::{self, visible};
use crate::check::{Finding, Severity};
use crate::error::{Error, Place};

/// How much to say and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Detail {
    /// Columns that an excerpt may take.
    pub width: usize,
    /// Whether to go down the whole chain of causes; without, only the nearest is said.
    pub causes: bool,
}

/// Longest excerpt of a span over several lines, in lines; the caret then marks the first line only.
const LONGEST_EXCERPT: usize = 12;

/// The errors, styled, in the form that rustc made familiar; one blank line between them.
pub fn human(errors: &[Error], detail: Detail) -> String {
    rendered(errors.iter().map(|error| (error, Level::ERROR)), detail)
}

/// What a check found, each with its severity, in the same form.
pub fn findings<'f>(findings: impl Iterator<Item = &'f Finding>, detail: Detail) -> String {
    let weighed = findings.map(|finding| {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        (&finding.error, level)
    });
    rendered(weighed, detail)
}

fn rendered<'e>(errors: impl Iterator<Item = (&'e Error, Level<'static>)>, detail: Detail) -> String {
    let renderer = renderer(detail.width);
    let texts: Vec<String> = errors
        .map(|(error, level)| renderer.render(&[group(error, level, detail)]) + "\n")
        .collect();
    texts.join("\n")
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

fn group(error: &Error, level: Level<'static>, detail: Detail) -> Group<'static> {
    let title = level
        .primary_title(visible(error.message()).into_owned())
        .id(error.code());
    let mut group = match error.place() {
        Some(place) => located(Group::with_title(title), place),
        None => Group::with_title(title),
    };
    if let Some(reason) = error.reason_text() {
        group = group.element(line("reason", reason));
    }
    for cause in causes(error).take(if detail.causes { usize::MAX } else { 1 }) {
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

fn located(group: Group<'static>, place: &Place) -> Group<'static> {
    let path = visible(&place.path.to_string_lossy()).into_owned();
    let Some(source) = &place.source else {
        let origin = Origin::path(path)
            .line(place.line as usize)
            .char_column(place.column as usize);
        return group.element(origin);
    };
    let excerpt = Excerpt::new(source, place);
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

fn causes(error: &Error) -> impl Iterator<Item = String> + '_ {
    let first = error.cause().map(|cause| cause as &(dyn std::error::Error + 'static));
    std::iter::successors(first, |cause| cause.source()).map(ToString::to_string)
}

/// An error for a program. Its form is part of schema 1 (`docs/json.md`).
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Json {
    /// The stable code.
    pub code: String,
    /// Path relative to the repository's root.
    pub file: Option<String>,
    /// One-based line.
    pub line: Option<u32>,
    /// One-based column, in Unicode scalar values.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// Why, where the message does not say it; the cause underneath if there is nothing else.
    pub reason: Option<String>,
    /// What can be done, in order.
    pub next: Vec<String>,
}

impl From<&Error> for Json {
    fn from(error: &Error) -> Json {
        let place = error.place();
        Json {
            code: error.code().to_owned(),
            file: place.map(|place| place.path.to_string_lossy().into_owned()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: error.message().to_owned(),
            reason: error.reason_text().map(str::to_owned).or_else(|| causes(error).next()),
            next: error.hints().to_vec(),
        }
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
