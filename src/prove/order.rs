//! What another order of a list's elements means: nothing, little, or another configuration.
//!
//! A list is a sequence unless the rules know better (`rules/orders.toml`). What they know is asked of each pair of
//! elements that changed places. A persistent directory is a mount of its own, and systemd orders mounts by their paths
//! (systemd.mount(5)).

use serde_json::Value;

use super::configuration::SEPARATOR;
use super::difference::{Judgement, Order};
use super::namespaces::Namespaces;
use crate::rules::{ContractField, ListOrder, Meaning};

/// What it means that the list at `path` has the same elements in another order.
pub fn judge(path: &[String], before: &Value, after: &Value, names: &Namespaces) -> Judgement {
    let (before, after) = (elements(before), elements(after));
    let nothing = Judgement {
        order: Order::Nothing,
        reason: None,
    };
    let sequence = || Judgement {
        order: Order::Counts,
        reason: first_pair(&before, &after),
    };
    match legacy_field(path, names) {
        Some(ContractField::PersistedData | ContractField::BackupPaths | ContractField::BackupUnits) => {
            return nothing;
        }
        Some(ContractField::BackupExclude) => {
            return match swapped(&before, &after).any(|pair| pair.iter().any(|one| begins(one, "!"))) {
                true => sequence(),
                false => nothing,
            };
        }
        _ => {}
    }
    if names.is_persistence(path) {
        return nothing;
    }
    let Some(rule) = names.orders.of(path) else {
        return sequence();
    };
    match rule.meaning {
        Meaning::Told => Judgement::new(Order::Told, &rule.reason),
        Meaning::None | Meaning::Paths => match swapped(&before, &after).all(|pair| is_free(rule, pair)) {
            true => nothing,
            false => Judgement::new(Order::Counts, &rule.reason),
        },
        Meaning::FirstMatch | Meaning::LastMatch => {
            match swapped(&before, &after).all(|pair| is_disjoint(rule, pair)) {
                true => Judgement::new(Order::Told, "what changed places fits different names"),
                false => Judgement::new(Order::Counts, &rule.reason),
            }
        }
    }
}

/// The contract's field that a legacy option is.
fn legacy_field<'n>(path: &[String], names: &'n Namespaces) -> Option<&'n ContractField> {
    match names.of_service(path) {
        Some(field) => field,
        None => names.of_job(path)?.1,
    }
}

/// The elements of a list, or the definitions that a text is joined from.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements.clone(),
        Value::String(text) => text
            .split(SEPARATOR)
            .map(|part| Value::String(part.to_owned()))
            .collect(),
        other => vec![other.clone()],
    }
}

/// The pairs of elements that stand in the other order afterwards, each as it stands afterwards.
fn swapped<'v>(before: &[Value], after: &'v [Value]) -> impl Iterator<Item = [&'v Value; 2]> {
    let mut taken = vec![false; before.len()];
    let mut places = Vec::new();
    for value in after {
        let same = |at: &usize| !taken[*at] && is_same_entry(&before[*at], value);
        let at = (0..before.len()).find(same);
        if let Some(at) = at {
            taken[at] = true;
        }
        places.push(at);
    }
    let pairs = (0..after.len()).flat_map(move |second| {
        let places = places.clone();
        (0..second)
            .filter(move |first| places[*first] > places[second])
            .map(move |first| (first, second))
    });
    pairs.map(|(first, second)| [&after[first], &after[second]])
}

/// Whether two entries are the same, be they a plain path or a set with that path alone.
pub(super) fn is_same_entry(a: &Value, b: &Value) -> bool {
    a == b || (bare(a).is_some() && bare(a) == bare(b))
}

fn bare(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Object(set) if set.len() == 1 => set.get("directory").or_else(|| set.get("file"))?.as_str(),
        _ => None,
    }
}

/// The first two elements that changed places, for people.
fn first_pair(before: &[Value], after: &[Value]) -> Option<String> {
    let [first, second] = swapped(before, after).next()?;
    let shown = |value| super::sentence::shown(Some(value));
    Some(format!("{} stands before {} now", shown(first), shown(second)))
}

/// Whether a line of an element begins with `prefix`, white space apart.
fn begins(value: &Value, prefix: &str) -> bool {
    let begins = |text: &str| text.lines().any(|line| line.trim_start().starts_with(prefix));
    value.as_str().is_none_or(begins)
}

/// Whether the order of two elements means nothing.
fn is_free(rule: &ListOrder, pair: [&Value; 2]) -> bool {
    if let Some(prefix) = &rule.ordered_prefix
        && pair.iter().any(|one| begins(one, prefix))
    {
        return false;
    }
    if rule.meaning != Meaning::Paths {
        return true;
    }
    let [Some(a), Some(b)] = pair.map(own_path) else {
        return false;
    };
    let inside = |inner: &str, outer: &str| std::path::Path::new(inner).starts_with(outer);
    !inside(a, b) && !inside(b, a)
}

/// The path of a line that makes a directory or a file, or sets its owner, and reads nothing else:
/// `d /var/lib/x 0750 user group -`. Other lines may read or change what stands at other paths.
fn own_path(line: &Value) -> Option<&str> {
    let line = line.as_str().filter(|line| line.trim().lines().count() == 1)?;
    let mut words = line.split_whitespace();
    let kind = words.next()?;
    let path = words.next()?;
    let plain = path.starts_with(['/', '<']) && !path.contains(['*', '?', '[', '%', '"', '\'', '\\']);
    let parts = || path.split('/').skip(1);
    let direct = !parts().any(|part| ["", ".", ".."].contains(&part));
    (["d", "D", "v", "q", "Q", "e", "f", "z", "Z"].contains(&kind) && plain && direct).then_some(path)
}

/// Whether nothing fits both of two rules, as far as that is known.
fn is_disjoint(rule: &ListOrder, pair: [&Value; 2]) -> bool {
    let names = |value: &Value| -> Option<Vec<String>> {
        let absent = |name: &String| match value.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::Array(list)) => list.is_empty(),
            Some(_) => false,
        };
        if !rule.unless.iter().all(absent) {
            return None;
        }
        let names: Vec<String> = match value.get(rule.fits.as_ref()?)? {
            Value::String(name) => vec![name.clone()],
            Value::Array(list) => list
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        (!names.is_empty() && names.iter().all(|name| is_plain(name))).then_some(names)
    };
    match pair.map(names) {
        [Some(a), Some(b)] => !a.iter().any(|name| b.contains(name)),
        _ => false,
    }
}

/// Whether a name stands for itself alone: a wildcard, a template or a value that evaluation does not know stands for more;
/// so do `ALL` and the aliases of sudoers(5), which are written in capitals, and a user's number is another name of it.
fn is_plain(name: &str) -> bool {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    !is_number && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(option: &str, before: Value, after: Value) -> Order {
        let path: Vec<String> = option.split('/').map(str::to_owned).collect();
        judge(&path, &before, &after, &Namespaces::default()).order
    }

    const RULES: &str = "services/authelia/instances/main/settings/access_control/rules";

    #[test]
    fn a_list_is_a_sequence_unless_it_is_known() {
        let kernel = order("boot/kernelParams", json!(["a", "b"]), json!(["b", "a"]));
        assert_eq!(kernel, Order::Counts);
        let lines = |parts: [&str; 2]| json!(parts.join(SEPARATOR));
        let nginx = order(
            "services/nginx/appendConfig",
            lines(["allow\n", "deny\n"]),
            lines(["deny\n", "allow\n"]),
        );
        assert_eq!(nginx, Order::Counts);
        let middlewares = order("qgroget/services/x/middlewares", json!(["a", "b"]), json!(["b", "a"]));
        assert_eq!(middlewares, Order::Counts);
        let directories = ["environment", "persistence", "/persist", "directories"].map(str::to_owned);
        let judged = judge(
            &directories,
            &json!(["/a", "/b"]),
            &json!([{"directory": "/b"}, "/a"]),
            &Namespaces::default(),
        );
        assert_eq!(judged.order, Order::Nothing);
        let ports = order("networking/firewall/allowedTCPPorts", json!([1, 2]), json!([2, 1]));
        assert_eq!(ports, Order::Nothing);
        let packages = order("environment/systemPackages", json!(["a", "b"]), json!(["b", "a"]));
        assert_eq!(packages, Order::Told);
    }

    #[test]
    fn fields_of_the_legacy_pattern_are_known_by_what_they_are() {
        assert_eq!(
            order("qgroget/backups/a/paths", json!(["/a", "/b"]), json!(["/b", "/a"])),
            Order::Nothing
        );
        assert_eq!(
            order("qgroget/backups/a/systemdUnits", json!(["a", "b"]), json!(["b", "a"])),
            Order::Nothing
        );
        assert_eq!(
            order("qgroget/backups/a/exclude", json!(["a", "b"]), json!(["b", "a"])),
            Order::Nothing
        );
        assert_eq!(
            order("qgroget/backups/a/exclude", json!(["a", "!b"]), json!(["!b", "a"])),
            Order::Counts
        );
        assert_eq!(
            order(
                "services/restic/backups/a/exclude",
                json!(["a", "b\n !c"]),
                json!(["b\n !c", "a"])
            ),
            Order::Counts
        );
        assert_eq!(
            order(
                "services/restic/backups/a/exclude",
                json!(["a", "!b"]),
                json!(["!b", "a"])
            ),
            Order::Counts
        );
    }

    #[test]
    fn rules_for_different_hosts_may_change_places() {
        let rule = |domain: Value, policy: &str| json!({"domain": domain, "policy": policy});
        let swapped = |a: Value, b: Value| order(RULES, json!([a.clone(), b.clone()]), json!([b, a]));
        let (deny, pass) = ("deny", "bypass");
        assert_eq!(
            swapped(rule(json!("a.example.org"), deny), rule(json!(["b.example.org"]), pass)),
            Order::Told
        );
        for (a, b) in [
            (json!("*.example.org"), json!("b.example.org")),
            (json!("b.example.org"), json!("B.example.org")),
            (json!(["a.example.org", "b.example.org"]), json!(["b.example.org"])),
            (json!("ALL"), json!("b.example.org")),
            (json!("<config.domain>"), json!("b.example.org")),
            (json!("{user}.example.org"), json!("b.example.org")),
            (json!([]), json!("b.example.org")),
        ] {
            assert_eq!(
                swapped(rule(a.clone(), deny), rule(b.clone(), pass)),
                Order::Counts,
                "{a} {b}"
            );
        }
        let regex = json!({"domain": "a.example.org", "domain_regex": ".*", "policy": deny});
        assert_eq!(swapped(regex, rule(json!("b.example.org"), pass)), Order::Counts);
        // Two that keep their order may be anything.
        let all = rule(json!("*.example.org"), deny);
        let (a, b) = (rule(json!("a.example.org"), pass), rule(json!("b.example.org"), pass));
        assert_eq!(order(RULES, json!([a, b, all]), json!([b, a, all])), Order::Told);
        assert_eq!(order(RULES, json!([a, all, b]), json!([b, a, all])), Order::Counts);
    }

    #[test]
    fn users_of_sudo_and_doas() {
        for option in ["security/sudo/extraRules", "security/doas/extraRules"] {
            let rule = |users: Value, groups: Value| json!({"users": users, "groups": groups});
            let swapped = |a: Value, b: Value| order(option, json!([a.clone(), b.clone()]), json!([b, a]));
            assert_eq!(
                swapped(rule(json!(["a"]), json!([])), rule(json!(["b"]), json!([]))),
                Order::Told
            );
            assert_eq!(
                swapped(rule(json!(["a"]), json!([])), rule(json!(["a", "b"]), json!([]))),
                Order::Counts
            );
            assert_eq!(
                swapped(rule(json!(["a"]), json!([])), rule(json!([]), json!(["g"]))),
                Order::Counts
            );
            for other in ["ALL", "ADMINS", "1000", "%wheel", "#1000"] {
                let order = swapped(rule(json!(["a"]), json!([])), rule(json!([other]), json!([])));
                assert_eq!(order, Order::Counts, "{other}");
            }
        }
    }

    #[test]
    fn lines_of_tmpfiles_about_distinct_paths() {
        let swapped = |a: &str, b: &str| order("systemd/tmpfiles/rules", json!([a, b]), json!([b, a]));
        assert_eq!(
            swapped("d /a/b 0755 root root -", "d /a/bc 0755 root root -"),
            Order::Nothing
        );
        for (a, b) in [
            ("d /a 0755 root root -", "d /a/b 0700 root root -"),
            ("d /a 0755 root root -", "z /a 0700 root root -"),
            ("z /a/* 0755 root root -", "d /b 0700 root root -"),
            ("d /a/%i 0755 root root -", "d /b 0700 root root -"),
            ("C /b - - - - /a", "f /a 0600 root root -"),
            ("d \"/a\" 0755 root root -", "d /a 0700 root root -"),
            ("d /b/../a 0755 root root -", "d /a 0700 root root -"),
            ("d /b 0755 root root -\nd /a 0755 root root -", "d /a 0700 root root -"),
        ] {
            assert_eq!(swapped(a, b), Order::Counts, "{a} {b}");
        }
    }
}
