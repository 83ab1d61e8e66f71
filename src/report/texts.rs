//! What a run's lines, sums and pages say.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Fate, Migrated, Run, Service, Totals, Verdict};
use crate::error::Error;
use crate::review::texts::count;

/// What the proof of a migrated service comes to, in a few words.
pub fn verdict(migrated: &Migrated) -> String {
    let mut parts = Vec::new();
    match &migrated.verdict {
        Verdict::SameSystem => parts.push("the same system".to_owned()),
        Verdict::Preserved { .. } => parts.push("preserved".to_owned()),
        Verdict::NotProved(_) => parts.push("not proved".to_owned()),
    }
    if !migrated.gained.is_empty() {
        parts.push(format!("{} gained", migrated.gained.len()));
    }
    if !migrated.reordered.is_empty() {
        parts.push(format!("{} reordered", migrated.reordered.len()));
    }
    if let Verdict::Preserved { mode, .. } = &migrated.verdict {
        parts.push((*mode).to_owned());
    }
    parts.join(", ")
}

/// A service's line in a run: ` 3/27  bazarr  preserved, slice mode · 6d42cb3`. `of` is how many services there are, `wide`
/// how wide their names are.
pub fn line(service: &Service, number: usize, of: usize, wide: usize) -> String {
    let digits = of.to_string().len();
    format!(
        "{number:>digits$}/{of}  {:wide$}  {}",
        service.name,
        fate(&service.fate)
    )
}

/// What became of a service, in a few words.
pub fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Migrated(migrated) => {
            let commits: Vec<&str> = migrated.commits.iter().map(|commit| commit.id.as_str()).collect();
            match commits.is_empty() {
                true => format!("{} · not committed", verdict(migrated)),
                false => format!("{} · {}", verdict(migrated), commits.join(", ")),
            }
        }
        Fate::Before => "migrated before".to_owned(),
        Fate::Open(gains) => format!("migrated before, {} open", count(gains.len(), "gain", "gains")),
        Fate::Declined => "declined".to_owned(),
        Fate::Refused(error) => format!("refused [{}]", error.code()),
    }
}

/// The sums of a run, a line each: how many of what, the gains that are left, what was refused and why.
pub fn sums(run: &Run, took: Duration) -> Vec<String> {
    let mut lines = vec![format!("{} ({} s)", totals(&run.totals()), took.as_secs())];
    let follow: usize = run.migrated().map(|(_, migrated)| migrated.follows.len()).sum();
    if follow > 0 {
        let changes = count(follow, "change of the machine follows", "changes of the machine follow");
        lines.push(format!(
            "{changes} from what was gained: --report FILE.md and -v say which"
        ));
    }
    lines.extend(gains(run));
    let refused: Vec<String> = run
        .refused()
        .map(|(service, error)| format!("{service}: {}", reason(error)))
        .collect();
    if !refused.is_empty() {
        lines.push("Refused:".to_owned());
        lines.extend(refused.into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// The gains that nobody accepted, and how to have them, a line each; none where there are none.
pub fn gains(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    let offered: Vec<(&str, &str)> = run.offered().collect();
    if !offered.is_empty() {
        lines.push(format!("{} not taken:", count(offered.len(), "gain", "gains")));
        lines.extend(offered.iter().map(|(service, title)| format!("  {service}: {title}")));
        let services: BTreeSet<&str> = offered.iter().map(|(service, _)| *service).collect();
        let (again, gone): (Vec<&str>, Vec<&str>) = services.iter().partition(|name| run.asks_again.contains(**name));
        if !again.is_empty() {
            let them = if offered.len() == 1 { "it" } else { "them" };
            lines.push(format!(
                "  to be asked about {them}: qgroget migrate {}",
                again.join(" ")
            ));
        }
        for name in gone {
            lines.push(format!(
                "  to have it after all: qgroget undo {name}, then qgroget migrate {name} --accept-gains"
            ));
        }
    }
    lines
}

/// Why a service is refused, with the place and the code.
pub fn reason(error: &Error) -> String {
    let place = error.place().map(|place| format!(" at {place}")).unwrap_or_default();
    format!("{}{place} [{}]", error.message(), error.code())
}

/// How many services there are of each fate: `27 services: 25 migrated, 1 declined, 1 refused`.
pub fn totals(totals: &Totals) -> String {
    let parts = [
        (totals.migrated, "migrated"),
        (totals.before, "migrated before"),
        (totals.declined, "declined"),
        (totals.refused, "refused"),
        (totals.not_reached, "not come to"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, what)| format!("{number} {what}")).collect();
    format!(
        "{}: {}",
        count(totals.services, "service", "services"),
        parts.join(", ")
    )
}

/// What the proofs of all migrated services say together.
pub fn proofs(totals: &Totals) -> String {
    match (totals.migrated, totals.proved) {
        (0, _) => "Nothing was migrated.".to_owned(),
        (migrated, 0) => format!("Nothing was proved of the {migrated} that were migrated."),
        (migrated, proved) if migrated == proved => {
            "Each migrated service was evaluated before and after: nothing is lost or changed but what stands below as \
             gained, as following from that, or as reordered."
                .to_owned()
        }
        (migrated, proved) => format!(
            "{proved} of the {migrated} migrated services were evaluated before and after: nothing is lost or changed but what \
             stands below as gained, as following from that, or as reordered. The others were not proved."
        ),
    }
}

/// The title of a page.
pub fn title(run: &Run) -> String {
    format!(
        "Migration to the service contract: {}",
        count(run.totals().migrated, "service", "services")
    )
}

/// Of what and when a page is.
pub fn setting(run: &Run) -> String {
    let mut parts = vec![format!("Host {}", run.host)];
    match &run.revisions {
        Some([before, after]) => parts.push(format!("{before}..{after}")),
        None => parts.push("nothing committed".to_owned()),
    }
    parts.push(run.date.clone());
    parts.push(format!("qgroget {}", env!("CARGO_PKG_VERSION")));
    parts.join(" · ")
}

pub const GAINED: &str = "What the machine gains";
pub const FOLLOWS: &str = "What follows from that on the machine";
pub const REORDERED: &str = "Lists in another order";
pub const REFUSED: &str = "Refused";
pub const OFFERED: &str = "Gains that were not taken";
pub const LEFT: &str = "Left as it is";
pub const DECLINED: &str = "Declined";
pub const UNDECLARED: &str = "Declared nowhere";
pub const UNREADABLE: &str = "Names that are not known before evaluation";
pub const NOT_REACHED: &str = "Not come to";
pub const PROOFS: &str = "About the proofs";
pub const COMMITS: &str = "Commits, with their checklists";
pub const SERVICES: &str = "Services";
