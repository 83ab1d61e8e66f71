//! A backend's URL as the contract says it: a port on the loopback address, or the URL itself.

use crate::syntax::{self, InterpolPart, ast};

/// What a legacy `url` becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The port as Nix source, where the URL names one: a number, or the expression within `toString`.
    pub port: Option<String>,
    /// Whether the URL is exactly what the contract makes of the port: `http://127.0.0.1:<port>`.
    pub derived: bool,
}

/// Reads the URL expression.
pub fn read(value: &ast::Expr) -> Backend {
    let none = Backend {
        port: None,
        derived: false,
    };
    let ast::Expr::Str(string) = value else { return none };
    let parts = syntax::string_parts_of(string);
    let Some(InterpolPart::Literal(head)) = parts.first() else {
        return none;
    };
    if let [InterpolPart::Literal(url)] = parts.as_slice() {
        let Some((host, port, rest)) = split(url) else {
            return none;
        };
        return match port.parse::<u16>() {
            Ok(number) if is_local(host) => Backend {
                port: Some(number.to_string()),
                derived: host == "127.0.0.1" && rest.is_empty() && number.to_string() == port,
            },
            _ => none,
        };
    }
    let [_, InterpolPart::Interpolation(interpol), tail @ ..] = parts.as_slice() else {
        return none;
    };
    let Some(host) = head.strip_prefix("http://").and_then(|rest| rest.strip_suffix(':')) else {
        return none;
    };
    let Some(port) = interpol.expr().and_then(|e| port_expression(&e)) else {
        return none;
    };
    let plain_tail = matches!(tail, [] | [InterpolPart::Literal(_)]);
    match is_local(host) && plain_tail {
        true => Backend {
            port: Some(port),
            derived: host == "127.0.0.1" && tail.is_empty(),
        },
        false => none,
    }
}

/// `http://host:port/rest` in parts.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.find('/').map_or((rest, ""), |i| rest.split_at(i));
    let (host, port) = authority.rsplit_once(':')?;
    Some((host, port, path))
}

/// Hosts that are this machine, so that a port behind them is one of this machine's.
pub const LOCAL: [&str; 5] = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]"];

/// Whether a host is this machine.
pub fn is_local(host: &str) -> bool {
    LOCAL.contains(&host)
}

/// The `e` of `toString e`, as source for a value of its own.
fn port_expression(expr: &ast::Expr) -> Option<String> {
    let argument = syntax::call_of(expr, "toString", 1)?.pop()?;
    Some(syntax::bare_text(&argument))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    fn backend(text: &str) -> (Option<String>, bool) {
        let backend = read(&Source::new("x.nix", text).expr().expect("parses"));
        (backend.port, backend.derived)
    }

    #[test]
    fn loopback_urls_are_ports() {
        assert_eq!(backend("\"http://127.0.0.1:8096\""), (Some("8096".into()), true));
        assert_eq!(
            backend("\"http://127.0.0.1:${toString cfg.ports.sonarr}\""),
            (Some("cfg.ports.sonarr".into()), true)
        );
        assert_eq!(
            backend("\"http://127.0.0.1:${toString (a + 1)}\""),
            (Some("a + 1".into()), true)
        );
        assert_eq!(backend("''http://127.0.0.1:80''"), (Some("80".into()), true));
    }

    #[test]
    fn other_local_urls_keep_both() {
        assert_eq!(backend("\"http://[::1]:2283\""), (Some("2283".into()), false));
        assert_eq!(
            backend("\"http://localhost:${toString p}/x\""),
            (Some("p".into()), false)
        );
        assert_eq!(backend("\"http://127.0.0.1:80/\""), (Some("80".into()), false));
    }

    #[test]
    fn other_urls_have_no_port_of_this_machine() {
        for text in [
            "\"https://127.0.0.1:1\"",
            "\"http://${x.guiAddress}\"",
            "\"http://nas:80\"",
            "x",
            "\"http://127.0.0.1:${p}\"",
            "\"http://127.0.0.1:99999\"",
            "\"http://127.0.0.1:1${toString a}\"",
        ] {
            assert_eq!(backend(text), (None, false), "{text}");
        }
    }
}
