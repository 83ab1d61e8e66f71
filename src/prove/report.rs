//! The verdict for people, as lines; who prints them decides on colours.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::area::Area;
use super::difference::{Class, Difference, Order};
use super::functions::Functions;
use super::how::How;
use super::proof::{HostProof, Mode, Proof};
use super::sentence::shown;
use crate::error::prove as text;

/// What a line of a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// The verdict in one line.
    Verdict,
    /// The name of an area or a host.
    Heading,
    /// One difference.
    Item(Class),
    /// A value before and after, or where something is.
    Detail,
    /// A remark on the proof.
    Note,
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Its text, without indentation.
    pub text: String,
}

/// The report's lines. What only moved is counted, and listed if `all` is asked for.
pub fn lines(proof: &Proof, all: bool) -> Vec<Line> {
    let mut out = vec![Line {
        kind: LineKind::Verdict,
        text: headline(proof),
    }];
    for host in &proof.hosts {
        let shown: Vec<&Difference> = host
            .verdict
            .differences
            .iter()
            .filter(|d| all || !matches!(d.class, Class::Moved))
            .collect();
        if proof.hosts.len() > 1 && !shown.is_empty() {
            out.push(Line {
                kind: LineKind::Heading,
                text: format!("Host {}", host.host),
            });
        }
        for area in Area::ALL {
            let mut of_area = shown.iter().filter(|d| d.area == area).peekable();
            if of_area.peek().is_some() {
                out.push(Line {
                    kind: LineKind::Heading,
                    text: area.name().to_owned(),
                });
            }
            for difference in of_area {
                item(difference, &mut out);
            }
        }
        out.extend(how(host, all).map(|text| Line {
            kind: LineKind::Note,
            text,
        }));
        notes(host, &mut out);
    }
    out.extend(not_evaluated(proof).map(|text| Line {
        kind: LineKind::Note,
        text,
    }));
    out
}

/// The hosts that could not be evaluated, a line each.
pub fn not_evaluated(proof: &Proof) -> impl Iterator<Item = String> {
    let hosts = proof.unproved.iter();
    hosts.map(|(host, reason)| {
        format!("{host} was not evaluated, before the change as after it (qgroget verify --host {host} shows where): {reason}")
    })
}

/// The verdict in one line.
pub fn headline(proof: &Proof) -> String {
    let how = setting(proof);
    if proof.is_same_system() {
        return format!("The system is the same: one toplevel derivation before and after ({how})");
    }
    if proof.is_same_but_on_purpose() {
        let all: Vec<&str> = proof.on_purpose.all().map(String::as_str).collect();
        return format!("The system is the same, but for this: {} ({how})", all.join("; "));
    }
    let counts: Vec<String> = Class::ALL
        .iter()
        .map(|class| (proof.count(*class), class.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let orders = &proof.on_purpose.orders;
    let counts = match (counts.is_empty(), orders.is_empty()) {
        (true, true) => "no difference".to_owned(),
        (true, false) => format!("no difference; {}", orders.join("; ")),
        (false, true) => counts.join(", "),
        (false, false) => format!("{}; {}", counts.join(", "), orders.join("; ")),
    };
    if !proof.is_preserving() {
        format!("The configuration is NOT preserved: {counts} ({how})")
    } else if proof.has_gains() {
        format!("Nothing is lost or changed, something is gained: {counts} ({how})")
    } else {
        format!("The configuration is preserved: {counts} ({how})")
    }
}

/// Of which hosts a proof is, in which mode it was made, and how long it took.
pub fn setting(proof: &Proof) -> String {
    let seconds = proof.elapsed.as_secs_f64();
    let is_mixed = is_mixed(proof);
    let hosts = proof.hosts.iter().map(|host| match is_mixed {
        true => format!("{} in {}", host.host, name(host.how.mode)),
        false => host.host.clone(),
    });
    let mode = if is_mixed { "" } else { name(proof.mode) };
    let parts = hosts.chain([mode.to_owned(), format!("{seconds:.1} s")]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// How a proof was made: `whole system`, `slice mode`, or both, where not every host can be evaluated whole.
pub fn mode(proof: &Proof) -> &'static str {
    match is_mixed(proof) {
        true => "whole system and slice mode",
        false => name(proof.mode),
    }
}

fn is_mixed(proof: &Proof) -> bool {
    proof.hosts.iter().any(|host| host.how.mode != proof.mode)
}

fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::System => "whole system",
        _ => "slice mode",
    }
}

/// The lists that have another order where that can mean something, a sentence each.
pub fn reordered(proof: &Proof) -> Vec<String> {
    let differences = proof.differences().map(|(_, difference)| difference);
    let orders = differences.filter(|one| matches!(one.order, Some(Order::Told | Order::Counts)));
    let orders = orders.map(|difference| difference.sentence.clone());
    orders.chain(proof.on_purpose.orders.iter().cloned()).collect()
}

/// The options of which another order counts.
pub fn other_orders(proof: &Proof) -> Vec<String> {
    let differences = proof.differences().map(|(_, difference)| difference);
    let orders = differences.filter(|one| one.order == Some(Order::Counts));
    let options: BTreeSet<String> = orders.map(Difference::option).collect();
    options.into_iter().collect()
}

fn item(difference: &Difference, out: &mut Vec<Line>) {
    let text = format!("{:9} {}", difference.class.name(), difference.sentence);
    out.push(Line {
        kind: LineKind::Item(difference.class),
        text,
    });
    for inner in difference.inside.iter().take(8) {
        out.push(Line {
            kind: LineKind::Detail,
            text: format!("{}: {}", inner.class.name(), inner.sentence),
        });
    }
    if difference.inside.is_empty() && matches!(difference.class, Class::Lost | Class::Changed) {
        out.push(Line {
            kind: LineKind::Detail,
            text: format!("before: {}", shown(difference.before.as_ref())),
        });
        out.push(Line {
            kind: LineKind::Detail,
            text: format!("after:  {}", shown(difference.after.as_ref())),
        });
    }
}

/// What there is to say of how a host was evaluated, a line each; `all` includes why system mode was not possible.
pub fn how(host: &HostProof, all: bool) -> impl Iterator<Item = String> {
    let list = |paths: &[PathBuf]| {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        names.join(", ")
    };
    let How {
        no_system,
        extra,
        unimported,
        switches,
        functions,
        ..
    } = &host.how;
    let no_system = no_system.as_ref().filter(|why| why.tried || all);
    let is_evaluated = host.how.mode == Mode::Slice && !extra.is_empty();
    let not_compared = switches.not_compared.as_deref();
    let is_compared = all && not_compared.is_none() && !switches.options.is_empty();
    [
        not_compared.map(|why| text::switches_not_compared(&switches.options, why)),
        is_compared.then(|| text::switches_compared(&switches.options)),
        functions_not_compared(*functions),
        no_system.map(|why| format!("{} in slice mode: {}", host.host, why.reason)),
        (!unimported.is_empty()).then(|| text::imports_no_more(&host.host, unimported)),
        is_evaluated.then(|| format!("evaluated though {} does not import it: {}", host.host, list(extra))),
    ]
    .into_iter()
    .flatten()
}

/// What is said of functions that are not compared by what they yield.
fn functions_not_compared(compared: Functions) -> Option<String> {
    let which = match compared {
        Functions::All => return None,
        Functions::Named => "functions without named arguments (as in overrideAttrs)",
        Functions::None => "functions",
    };
    Some(format!(
        "not compared: what {which} yield; one of them cannot be called with a stand-in"
    ))
}

fn notes(host: &HostProof, out: &mut Vec<Line>) {
    let mut note = |text: String| {
        out.push(Line {
            kind: LineKind::Note,
            text,
        })
    };
    if !host.absent_files.is_empty() {
        let names: Vec<String> = host
            .absent_files
            .iter()
            .take(3)
            .map(|p| p.display().to_string())
            .collect();
        let more = host.absent_files.len().saturating_sub(3);
        let rest = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        note(format!(
            "not in the repository, taken for empty: {}{rest}",
            names.join(", ")
        ));
    }
    if !host.unreadable.is_empty() {
        let names = host.unreadable.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        note(format!(
            "{} values cannot be evaluated before and were not compared: {names}",
            host.unreadable.len()
        ));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::compare::differences;
    use super::super::namespaces::Namespaces;
    use super::super::proof::{OnPurpose, Verdict};
    use super::*;

    pub fn example() -> Proof {
        let before = json!({
            "environment": {"persistence": {"/persist": {"directories": ["/var/lib/jellyfin", "/var/lib/<b>"]}}},
            "qgroget": {"services": {"sonarr": {"type": "private"}}},
            "networking": {"firewall": {"allowedTCPPorts": [22, 80, 443]}},
            "systemd": {"services": {"traefik": {"preStart": "set -eu\ninstall -d -m 0700 /run/traefik\n"}}},
        });
        let after = json!({
            "environment": {"persistence": {"/persist": {"directories": ["/var/lib/jellyseerr"]}}},
            "qgroget": {"services": {"sonarr": {"type": "public"}}, "serviceModules": {"jellyfin": {}}},
            "networking": {"firewall": {"allowedTCPPorts": [443, 80, 22]}},
            "systemd": {"services": {"traefik": {"preStart": "set -eu\ninstall -d -m 0777 /run/traefik\n"}}},
        });
        Proof {
            mode: Mode::Slice,
            on_purpose: OnPurpose::default(),
            hosts: vec![HostProof {
                host: "Server".to_owned(),
                how: How {
                    mode: Mode::Slice,
                    ..How::default()
                },
                verdict: Verdict::new(differences(&before, &after, &Namespaces::default())),
                compared: super::super::proof::count_values(&before, &Namespaces::default()),
                unreadable: Vec::new(),
                rounds: 1,
                stubs: 90,
                absent_files: Vec::new(),
                failing: Vec::new(),
                derivations: None,
            }],
            unproved: Vec::new(),
            elapsed: Duration::from_millis(300),
        }
    }

    #[test]
    fn a_report_leads_with_the_verdict_and_groups_by_area() {
        let lines = lines(&example(), false);
        let text: Vec<&str> = lines.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(
            text[0],
            "The configuration is NOT preserved: 2 lost, 2 changed, 1 gained, 1 reordered, 1 moved (Server, slice mode, 0.3 s)"
        );
        assert_eq!(
            text[1..3],
            ["Persistence", "lost      /var/lib/jellyfin is no longer persisted"]
        );
        assert!(text.iter().any(|t| t.contains("anyone can reach it now")));
        assert!(!text.iter().any(|t| t.starts_with("moved")));
    }

    #[test]
    fn what_changes_on_purpose_is_said_and_is_not_the_same_system() {
        let order = "what reads backups.a.paths finds the same elements in another order".to_owned();
        let mut proof = example();
        proof.hosts[0].verdict = Verdict::default();
        proof.hosts[0].derivations = Some(["a.drv".to_owned(), "a.drv".to_owned()]);
        assert!(proof.is_same_system());
        proof.on_purpose.orders.push(order.clone());
        assert!(!proof.is_same_system());
        let said = headline(&proof);
        assert!(
            said.starts_with(&format!("The system is the same, but for this: {order} (")),
            "{said}"
        );
        assert_eq!(reordered(&proof), std::slice::from_ref(&order));
        proof.hosts[0].derivations = None;
        let said = headline(&proof);
        assert!(
            said.starts_with(&format!("The configuration is preserved: no difference; {order} (")),
            "{said}"
        );
    }

    #[test]
    fn a_checklist_ticks_what_was_compared_and_unharmed() {
        let proof = example();
        assert!(!proof.covers(Area::Persistence));
        assert!(proof.covers(Area::Ports));
        assert!(!proof.covers(Area::Secrets));
    }
}
