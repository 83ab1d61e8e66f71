//! The map as one self-contained page, which says everything without its script.

use std::fmt::Write as _;
use std::path::Path;

use super::{Map, Marks, Side, texts};
use crate::markup::{self, breakable, escape};
use crate::review::table::ranges;
use crate::status::Pattern;
use crate::status::stand::{Stand, by_file};

const STYLE: &str = include_str!("map.css");
const SCRIPT: &str = include_str!("map.js");

/// The page. Writing to a string cannot fail.
pub fn page(map: &Map) -> String {
    let names: Vec<&str> = map.services().into_iter().collect();
    let mut body = format!("<a class=\"skip\" href=\"#map\">{}</a>\n", texts::SKIP);
    head(map, &names, &mut body);
    body.push_str("<main>\n");
    body.push_str("<div id=\"map\" class=\"sides\" tabindex=\"-1\">\n");
    side("before", texts::BEFORE, &map.before, &map.after, &names, &mut body);
    side("after", texts::AFTER, &map.after, &map.before, &names, &mut body);
    body.push_str("</div>\n");
    not_planned(map, &mut body);
    let _ = writeln!(body, "<h2>{}</h2>", texts::SERVICES);
    for (number, name) in names.iter().enumerate() {
        service(map, number, name, &mut body);
    }
    body.push_str("</main>\n");
    markup::page(&texts::title(&map.host), STYLE, SCRIPT, &body)
}

/// The title, and the services to choose from.
fn head(map: &Map, names: &[&str], out: &mut String) {
    let migrated = map.before.services.values();
    let migrated = migrated.filter(|(pattern, _)| *pattern == Pattern::Contract).count();
    let files = [&map.before, &map.after].map(|side| side.boxes().len());
    let _ = write!(
        out,
        "<header>\n<h1>{}</h1>\n<p>{}</p>\n<p class=\"quiet\">{}</p>\n",
        escape(&texts::title(&map.host)),
        escape(&texts::summary(names.len(), migrated, files)),
        escape(texts::HOW)
    );
    if map.installs {
        let _ = writeln!(out, "<p class=\"quiet\">{}</p>", escape(texts::INSTALLS));
    }
    let _ = writeln!(
        out,
        "<nav aria-label=\"{0}\">\n<h2>{0}</h2>\n<ul class=\"services\">",
        texts::LIST
    );
    for (number, name) in names.iter().enumerate() {
        let _ = writeln!(
            out,
            "<li><a href=\"#service-{number}\">{}</a> <small>{}</small></li>",
            escape(name),
            texts::pattern(map.pattern(name))
        );
    }
    out.push_str("</ul>\n</nav>\n</header>\n");
    // The script shows it: without one, it would do nothing.
    let _ = writeln!(
        out,
        "<form class=\"picker\" aria-label=\"{}\" hidden>\n<label for=\"picked\">{}</label>\n<select id=\"picked\">\n<option value=\"\">{}</option>",
        texts::HIGHLIGHT,
        texts::HIGHLIGHT,
        texts::NONE
    );
    for (number, name) in names.iter().enumerate() {
        let files = [&map.before, &map.after].map(|side| side.files_of(name));
        let said = texts::spread(map.stands(name).len(), files);
        let _ = writeln!(
            out,
            "<option value=\"{number}\" data-said=\"{}\">{}</option>",
            escape(&said),
            escape(name)
        );
    }
    let _ = writeln!(
        out,
        "</select>\n<label><input type=\"checkbox\" id=\"only\"> {}</label>\n<p role=\"status\" id=\"said\"></p>\n</form>",
        texts::ONLY
    );
}

/// One state of the repository: its files as boxes.
fn side(id: &str, title: &str, side: &Side, other: &Side, names: &[&str], out: &mut String) {
    let _ = writeln!(
        out,
        "<section class=\"side\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>",
        escape(title)
    );
    for (file, services) in side.boxes() {
        file_box(id, file, other, out);
        for (name, marks) in services {
            let number = names.binary_search(&name).unwrap_or_default();
            mark(number, name, &marks, out);
        }
        out.push_str("</ul>\n</article>\n");
    }
    out.push_str("</section>\n");
}

/// The beginning of a file's box.
fn file_box(id: &str, file: &Path, other: &Side, out: &mut String) {
    let badge = match (other.files.contains(file), id) {
        (true, _) => String::new(),
        (false, "before") => format!(" <small class=\"badge\">{}</small>", texts::GOES),
        (false, _) => format!(" <small class=\"badge\">{}</small>", texts::NEW_FILE),
    };
    let _ = writeln!(
        out,
        "<article class=\"file\">\n<h3><code>{}</code>{badge}</h3>\n<ul>",
        breakable(&file.to_string_lossy())
    );
}

/// A service in a file.
fn mark(number: usize, name: &str, marks: &Marks, out: &mut String) {
    let _ = write!(
        out,
        "<li class=\"mark\" data-service=\"{number}\"><a href=\"#service-{number}\">{}</a>",
        escape(name)
    );
    for (piece, lines) in marks {
        let title = match piece.name.as_str() {
            "" => piece.kind.name().to_owned(),
            name => format!("{} {name}", piece.kind.name()),
        };
        let _ = write!(
            out,
            " <span class=\"piece\">{} <b>{}</b></span>",
            breakable(&title),
            ranges(lines)
        );
    }
    out.push_str("</li>\n");
}

fn not_planned(map: &Map, out: &mut String) {
    if map.refused.is_empty() {
        return;
    }
    let _ = writeln!(out, "<h2>{}</h2>\n<ul class=\"refused\">", texts::NOT_PLANNED);
    for (name, error) in &map.refused {
        let _ = write!(
            out,
            "<li><strong>{}</strong> [{}]: {}",
            escape(name),
            escape(error.code()),
            breakable(&error.to_string())
        );
        for said in error
            .reason_text()
            .into_iter()
            .chain(error.hints().iter().map(String::as_str))
        {
            let _ = write!(out, "<br>{}", breakable(said));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
}

/// All pieces of a service.
fn service(map: &Map, number: usize, name: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "<section class=\"service\" id=\"service-{number}\" tabindex=\"-1\" aria-labelledby=\"name-{number}\">\n\
         <h3 id=\"name-{number}\">{} <small>{}</small></h3>\n<ul>",
        escape(name),
        texts::pattern(map.pattern(name))
    );
    for stand in map.stands(name) {
        piece(&stand, out);
    }
    out.push_str("</ul>\n</section>\n");
}

fn piece(stand: &Stand, out: &mut String) {
    let places = |places: &[crate::error::Place]| match places.is_empty() {
        true => texts::NOWHERE.to_owned(),
        false => {
            let files = by_file(places).into_iter();
            let files = files
                .map(|(file, lines)| format!("<code>{}:{}</code>", breakable(&file.to_string_lossy()), ranges(&lines)));
            files.collect::<Vec<_>>().join(", ")
        }
    };
    let _ = write!(out, "<li><strong>{}</strong> ", breakable(&stand.piece.title()));
    let after = stand.will_stand.as_deref().unwrap_or_default();
    let _ = match stand.stays() {
        true => writeln!(out, "<span>{} {}</span></li>", texts::STAYS, places(after)),
        false => writeln!(
            out,
            "<span>{} {}</span> <span>{} {}</span></li>",
            texts::STANDS,
            places(&stand.stands),
            texts::WILL_STAND,
            places(after)
        ),
    };
}
