//! Screens as pictures.

use std::fmt::Write as _;

use super::screen::Screen;

/// The measures of a character, in the picture's own units.
const WIDE: f32 = 8.4;
const HIGH: f32 = 18.0;
const MARGIN: f32 = 16.0;
/// How long the tour stays at a screen, in seconds.
const STAYS: usize = 4;

const STYLE: &str = "text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre;fill:#d8dee9}\
    .b{font-weight:700}.d{opacity:.62}.u{text-decoration:underline}.t{fill:#9aa4af;font-size:13px}";
/// The sixteen colours of a terminal, dark.
const COLOURS: [&str; 16] = [
    "#3b4252", "#ff8f87", "#7ee29a", "#f0d072", "#8fc1ff", "#d8a6f0", "#7fd8e0", "#e5e9f0", "#9aa4af", "#ffb0aa",
    "#a6f0ba", "#ffe49a", "#b5d6ff", "#e6c4f7", "#a8e8ee", "#ffffff",
];

fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => COLOURS.get(usize::from(index)).map(|&colour| colour.to_owned()),
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// How large the picture of a screen is.
fn size(screen: &Screen) -> (f32, f32) {
    let (rows, columns) = screen.size;
    (
        f32::from(columns) * WIDE + 2.0 * MARGIN,
        f32::from(rows) * HIGH + 2.0 * MARGIN,
    )
}

/// A run of cells that look alike.
#[derive(Default, PartialEq)]
struct Look {
    class: String,
    fill: Option<String>,
    ground: Option<String>,
}

fn look(cell: &vt100::Cell) -> Look {
    let (mut fill, mut ground) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (fill, ground) = (
            Some(ground.unwrap_or_else(|| "#12161c".to_owned())),
            Some(fill.unwrap_or_else(|| "#d8dee9".to_owned())),
        );
    }
    let classes = [(cell.bold(), "b"), (cell.dim(), "d"), (cell.underline(), "u")];
    let classes: Vec<&str> = classes
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, class)| class)
        .collect();
    Look {
        class: classes.join(" "),
        fill,
        ground,
    }
}

/// The lines of a screen.
fn lines(screen: &Screen) -> String {
    let (rows, columns) = screen.size;
    let mut out = String::new();
    for row in 0..rows {
        let mut at = 0;
        while at < columns {
            let Some(cell) = screen.cells.cell(row, at) else { break };
            let first = look(cell);
            let (mut text, begin) = (String::new(), at);
            while let Some(cell) = screen.cells.cell(row, at).filter(|cell| look(cell) == first) {
                match cell.contents() {
                    "" => text.push(' '),
                    contents => text.push_str(contents),
                }
                at += 1;
            }
            run(&first, &text, row, begin, &mut out);
        }
    }
    out
}

fn run(look: &Look, text: &str, row: u16, begin: u16, out: &mut String) {
    let x = MARGIN + f32::from(begin) * WIDE;
    let y = MARGIN + f32::from(row) * HIGH;
    if let Some(ground) = &look.ground {
        let wide = text.chars().count() as f32 * WIDE;
        let _ = write!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{HIGH:.1}\" fill=\"{ground}\"/>"
        );
    }
    let shown = text.trim_end();
    if shown.is_empty() {
        return;
    }
    let class = match look.class.is_empty() {
        true => String::new(),
        false => format!(" class=\"{}\"", look.class),
    };
    let fill = look
        .fill
        .as_ref()
        .map(|fill| format!(" style=\"fill:{fill}\""))
        .unwrap_or_default();
    let wide = shown.chars().count() as f32 * WIDE;
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" xml:space=\"preserve\"{class}{fill}>{}</text>",
        y + 13.5,
        escape(shown)
    );
}

fn frame(width: f32, height: f32, title: &str, style: &str, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"title\">\n\
         <title id=\"title\">{}</title>\n<style>{STYLE}{style}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#12161c\"/>\n{body}</svg>\n",
        escape(title)
    )
}

/// A screen.
pub fn picture(screen: &Screen) -> String {
    let (width, height) = size(screen);
    let title = format!("A terminal: {}", screen.title);
    frame(width, height, &title, "", &lines(screen))
}

/// All screens, one after the other. Who wants no motion sees the first one.
pub fn tour(screens: &[Screen]) -> String {
    let (width, height) = size(&screens[0]);
    let all = screens.len() * STAYS;
    let share = 100.0 / screens.len() as f32;
    let style = format!(
        ".f{{opacity:0;animation:f {all}s linear infinite}}.f:first-of-type{{opacity:1}}\
         @keyframes f{{0%,{share:.3}%{{opacity:1}}{:.3}%,100%{{opacity:0}}}}\
         @media (prefers-reduced-motion:reduce){{.f{{animation:none}}}}",
        share + 0.01
    );
    let mut body = String::new();
    for (number, screen) in screens.iter().enumerate() {
        let _ = write!(
            body,
            "<g class=\"f\" style=\"animation-delay:{}s\">\n{}<text class=\"t\" x=\"{MARGIN:.1}\" y=\"{:.1}\">{}/{} {}</text>\n</g>\n",
            number * STAYS,
            lines(screen),
            height + 10.0,
            number + 1,
            screens.len(),
            escape(&screen.title)
        );
    }
    frame(
        width,
        height + 26.0,
        "An evening with qgroget, screen by screen",
        &style,
        &body,
    )
}
