//! A newcomer at a terminal: the evening that the README promises, played key by key. What the screen shows at each stop is
//! a snapshot; the same screens are the recorded tour, `docs/tour.svg`, and the picture of the README, `docs/plan.svg`
//! (made anew by `QGROGET_BLESS=1 cargo test newcomer`).

mod screen;
mod svg;

use std::path::Path;

use crate::common::person::editor;
use crate::common::{Repo, nix, project, skip, snapshot};
use screen::{Screen, Session};

/// What there has to be on a screen at which the person has to know what to do.
const LEADS_ON: [&str; 4] = ["[?]", "]?", "\n:", "qgroget "];

/// The whole evening on a terminal of this size: the screens, and how many keys were pressed at questions and in pagers.
fn evening(rows: u16, columns: u16) -> (Vec<Screen>, usize) {
    let repo = Repo::homelab();
    let mut person = Session::new(&repo, rows, columns);
    person.types("qgroget");
    person.ends("where it stands");
    person.types("qgroget migrate jellyfin --dry-run");
    person.pages("the plan");
    person.key("q");
    person.ends("");
    person.types("qgroget init");
    person.waits("[?]", "the contract, asked about");
    person.key("y");
    person.ends("the contract is there");

    // Three services: one is taken, one is declined, one has a gain.
    person.types("qgroget migrate jellyfin vaultwarden jellyseerr");
    person.waits("[?]", "jellyfin is asked about");
    person.key("y");
    person.waits("[?]", "vaultwarden is asked about");
    person.key("n");
    person.waits("[?]", "jellyseerr is asked about");
    person.key("y");
    person.waits("]?", "its gain is asked for");
    person.key("y");
    person.ends("the sums");

    // An edit that would move a route: the proof refuses it, and nothing is lost by that.
    let script = "sed -i 's/port = 8222/port = 8223/' \"$1\"";
    person.variable("VISUAL", editor(&repo.home(), script));
    person.types("qgroget migrate vaultwarden");
    person.waits("[?]", "");
    person.key("e");
    person.waits("]?", "which file to edit");
    person.key("3");
    person.waits("[?]", "an edit of one's own");
    person.key("y");
    person.waits("[?]", "the proof refuses it");
    person.key("q");
    person.ends("nothing was written");

    person.types("qgroget undo jellyseerr");
    person.waits("]?", "what would be taken back");
    person.key("y");
    person.ends("taken back");
    person.types("qgroget migrate vaultwarden obsidian kavita --yes --report evening.html");
    person.ends("several without a question");
    // The proofs of the other twenty take more time than a test has.
    person.types("qgroget migrate --all --yes --no-verify");
    person.ends("");
    person.types("qgroget cleanup --yes");
    person.ends("the legacy options are gone");
    person.types("qgroget");
    person.ends("what is left");
    (person.screens, person.keys)
}

fn played(rows: u16, columns: u16) -> Option<Vec<Screen>> {
    if !nix::available() {
        return None;
    }
    if std::process::Command::new("less").arg("--version").output().is_err() {
        skip("less");
        return None;
    }
    let (screens, keys) = evening(rows, columns);
    for Screen { title, text, .. } in &screens {
        let leads = LEADS_ON.iter().any(|sign| text.contains(sign));
        assert!(leads, "{title}: the screen does not say what to do next:\n{text}");
        let wide = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(wide <= usize::from(columns), "{title}: {wide} columns");
    }
    let shown: Vec<String> = screens.iter().map(ToString::to_string).collect();
    snapshot!(
        "newcomer",
        format!("{columns}x{rows}"),
        format!("{}\n{keys} keys at questions\n", shown.join("\n"))
    );
    Some(screens)
}

#[test]
fn on_80_columns_and_24_rows() {
    played(24, 80);
}

#[test]
fn on_100_columns_and_35_rows_and_as_pictures() {
    let Some(screens) = played(35, 100) else { return };
    let picture = |title: &str| {
        let found = screens.iter().find(|screen| screen.title == title);
        found.unwrap_or_else(|| panic!("no screen {title:?}"))
    };
    is_drawn("docs/plan.svg", &svg::picture(picture("the plan")));
    is_drawn("docs/tour.svg", &svg::tour(&screens));
}

/// The file is what the run shows; `QGROGET_BLESS=1` makes it so.
fn is_drawn(path: &str, drawn: &str) {
    let file = project().join(Path::new(path));
    if std::env::var_os("QGROGET_BLESS").is_some() {
        std::fs::write(&file, drawn).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == drawn,
        "{path} does not show what the program does: QGROGET_BLESS=1 cargo test newcomer"
    );
}
