//! One service for people: what it is made of, where each piece stands and will stand, and what is missing.

use std::fmt::Write as _;

use super::stand::{Stand, by_file};
use super::table::{blocked, gaps, section};
use super::{Answer, Service, texts};
use crate::error::{Error, Place};
use crate::review::grid::Grid;
use crate::review::summary::{Page, wrap};
use crate::review::table::ranges;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// What becomes of a service.
pub enum Plan {
    /// Its migration, or what is left of it, would leave it like this.
    Planned {
        /// Whether the contract is installed first.
        installs: bool,
        /// The titles of what the plan offers besides, by a question of its own.
        offered: Vec<String>,
    },
    /// There is nothing to be done.
    Nothing,
    /// It cannot be planned.
    Refused(Error),
}

/// A service, looked at closely.
pub struct Detail {
    pub service: Service,
    pub stands: Vec<Stand>,
    pub plan: Plan,
}

impl Detail {
    /// For people, styled.
    pub fn human(&self, page: Page) -> String {
        let mut out = String::new();
        let title = wrap(&visible(&texts::service(&self.facts())), page.width, "", "  ");
        let _ = writeln!(out, "{}\n", paint(palette::TITLE, &title));
        out.push_str(&self.table(page));
        let mut line = |text: &str| {
            let _ = writeln!(out, "\n{}", wrap(&visible(text), page.width, "", "  "));
        };
        match &self.plan {
            Plan::Planned { installs, offered } => {
                line(&texts::as_planned(&self.service.name, *installs));
                if !offered.is_empty() {
                    line(&texts::offered_besides(offered));
                }
            }
            Plan::Nothing => line(texts::NOTHING_PLANNED),
            Plan::Refused(_) => {}
        }
        let services = std::slice::from_ref(&self.service);
        out.push_str(&gaps(services, page.width.0));
        out.push_str(&match &self.plan {
            Plan::Refused(error) => refused(&self.service, error, page),
            _ => blocked(services, page.width.0),
        });
        out
    }

    /// What the service is, in a few words.
    fn facts(&self) -> Vec<String> {
        let service = &self.service;
        let on = match &service.enabled {
            Answer::Known(true) => "on",
            Answer::Known(false) => "off",
            Answer::Unknown(_) => "on or off is not known",
        };
        let port = service.port.as_ref().map(|port| match port {
            Answer::Known(port) => format!("port {port}"),
            Answer::Unknown(_) => "its port is not known".to_owned(),
        });
        let exposed = service.exposed.as_ref().map(|access| match access {
            Answer::Known(access) => access.clone(),
            Answer::Unknown(_) => "exposed".to_owned(),
        });
        let known = [
            Some(service.name.clone()),
            Some(service.pattern.name().to_owned()),
            Some(on.to_owned()),
            port,
            exposed,
        ];
        known.into_iter().flatten().collect()
    }

    fn table(&self, page: Page) -> String {
        let is_planned = self.stands.iter().any(|stand| stand.will_stand.is_some());
        let rows = self.stands.iter().map(|stand| {
            let will_stand = match &stand.will_stand {
                None => String::new(),
                Some(_) if stand.stays() => texts::STAYS.to_owned(),
                Some(places) if places.is_empty() => texts::REMOVED.to_owned(),
                Some(places) => files(places),
            };
            let stands = match stand.stands.is_empty() {
                true => texts::NEW.to_owned(),
                false => files(&stand.stands),
            };
            let title = visible(&stand.piece.title()).replace('\n', " ");
            (String::new(), [title, stands, will_stand])
        });
        let [what, stands, will_stand] = texts::PIECES;
        let grid = Grid {
            lead: "",
            heading: [what, stands, if is_planned { will_stand } else { "" }],
            rows: rows.collect(),
        };
        grid.text(page)
    }
}

/// Files with the lines in each.
fn files(places: &[Place]) -> String {
    let files = by_file(places).into_iter();
    let files = files.map(|(file, lines)| format!("{}:{}", visible(&file.to_string_lossy()), ranges(&lines)));
    files.collect::<Vec<_>>().join(", ")
}

/// Why there is no plan, and what to do about it.
fn refused(service: &Service, error: &Error, page: Page) -> String {
    let place = error.place().unwrap_or(&service.place);
    let mut out = section(
        texts::BLOCKED,
        palette::BAD,
        &[(service.name.as_str(), error.code(), error.message(), place)],
        page.width.0,
    );
    let reason = error.reason_text().map(str::to_owned);
    let hints = error.hints().iter().map(|hint| texts::next(hint));
    for said in reason.into_iter().chain(hints) {
        let _ = writeln!(out, "{}", wrap(&visible(&said), page.width, "    ", "    "));
    }
    out
}
