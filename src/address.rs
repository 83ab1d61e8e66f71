//! URLs and host names, read as the collector reads them: what `nix/collector.nix` takes for a URL, a domain and this
//! machine, this module does too.

use std::ops::Range;

/// A URL in its parts. A port that is not written is that of the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url<'t> {
    text: &'t str,
    /// In small letters, without the brackets and the zone of an IPv6 address.
    pub host: String,
    pub port: Option<u16>,
    /// Where the port stands in the text, with its colon; empty where it is not written.
    written: Range<usize>,
}

impl<'t> Url<'t> {
    /// The URL; `None` where the text is none.
    pub fn parse(text: &'t str) -> Option<Url<'t>> {
        let (scheme, rest) = text.split_once("://")?;
        let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(of_scheme) {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let place = match authority.split_once('@') {
            Some((_, place)) => place,
            None => authority,
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(inner) => {
                let (inner, port) = inner.split_once(']')?;
                let address = inner.split('%').next()?;
                let plain = address.chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c));
                (!address.is_empty() && plain).then_some((address, port))?
            }
            None => {
                let host = place.split(':').next()?;
                let strange = |c: char| "[]@".contains(c) || c.is_ascii_whitespace() || c == '\x0b';
                (!host.is_empty() && !host.contains(strange)).then_some((host, &place[host.len()..]))?
            }
        };
        let digits = match port {
            "" => "",
            port => port.strip_prefix(':')?,
        };
        let end = scheme.len() + 3 + authority.len();
        Some(Url {
            text,
            host: host.to_ascii_lowercase(),
            port: match digits {
                "" => of_scheme_alone(&scheme.to_ascii_lowercase()),
                digits => Some(number(digits)?),
            },
            written: end - port.len()..end,
        })
    }

    /// Whether it leads to this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.host)
    }

    /// The URL with another port.
    pub fn with_port(&self, port: u16) -> String {
        format!(
            "{}:{port}{}",
            &self.text[..self.written.start],
            &self.text[self.written.end..]
        )
    }
}

fn of_scheme_alone(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "h2c" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn number(digits: &str) -> Option<u16> {
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.trim_start_matches('0').parse().ok())
        .flatten()
}

/// Whether a host is this machine by one of its names: all of 127.0.0.0/8, ::1 and :: in each of their forms, IPv4
/// within IPv6.
/// Whether a host name or an address is one of this machine.
pub fn is_local(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name == "localhost" || name.ends_with(".localhost") || ["ip6-localhost", "ip6-loopback"].contains(&host) {
        return true;
    }
    match host.contains(':') {
        true => is_local_v6(host),
        false => is_local_v4(host),
    }
}

fn is_local_v4(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let numeric = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        ["127", rest @ ..] => (1..=3).contains(&rest.len()) && rest.iter().all(numeric),
        parts => parts.len() <= 4 && parts.iter().all(|part| *part == "0"),
    }
}

fn is_local_v6(host: &str) -> bool {
    let zero = |text: &str| text.bytes().all(|b| b == b'0' || b == b':');
    let Some((before, last)) = host.rsplit_once(':') else {
        return false;
    };
    let one = last
        .strip_suffix('1')
        .is_some_and(|zeros| zeros.len() <= 3 && zero(zeros) && !zeros.contains(':'));
    if zero(before) && (zero(last) || one) {
        return true;
    }
    let Some((head, mapped)) = host.split_once(":ffff:") else {
        return false;
    };
    if !zero(head) {
        return false;
    }
    match mapped.split_once(':') {
        None => mapped == "0.0.0.0" || mapped.split('.').count() == 4 && is_local_v4(mapped),
        Some((high, low)) => {
            let hex = |text: &str, most: usize| {
                !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_hexdigit())
            };
            let zeros = |text: &str| hex(text, 4) && text.bytes().all(|b| b == b'0');
            let loopback = high
                .strip_prefix("7f")
                .is_some_and(|rest| rest.len() == 2 && hex(rest, 2));
            (loopback && hex(low, 4)) || (zeros(high) && zeros(low))
        }
    }
}

/// Whether a text has the name of a value in place of the value, as where other modules are not known: it has no form.
pub fn is_placeholder(text: &str) -> bool {
    text.find('<')
        .is_some_and(|at| text[at..].rfind('>').is_some_and(|end| end > 1))
}

/// Whether a text is a domain name.
pub fn is_domain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Whether a text is a subdomain: names, a wildcard before them or alone, or nothing.
pub fn is_subdomain(text: &str) -> bool {
    text.is_empty() || text == "*" || is_domain(text.strip_prefix("*.").unwrap_or(text))
}

fn is_label(label: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    (1..=63).contains(&label.len()) && label.chars().all(inside) && !label.starts_with('-') && !label.ends_with('-')
}

/// The host of a route.
pub fn host(subdomain: &str, domain: &str) -> String {
    let dot = if subdomain.is_empty() { "" } else { "." };
    format!("{subdomain}{dot}{domain}").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local_port(text: &str) -> Option<u16> {
        Url::parse(text).filter(Url::is_local)?.port
    }

    #[test]
    fn a_url_leads_to_a_port_of_this_machine() {
        for url in [
            "http://127.0.0.1:2283",
            "HTTP://LocalHost:2283/x",
            "https://user:secret@localhost:02283",
            "h2c://127.1.2.3:2283?x",
            "http://0.0.0.0:2283",
            "http://[::1]:2283",
            "http://[::]:2283",
            "http://[0:0:0:0:0:0:0:1]:2283",
            "http://[0000::0001]:2283",
            "http://[::FFFF:127.0.0.1]:2283",
            "http://[::ffff:7f00:1]:2283",
            "http://[::1%25lo]:2283",
            "http://app.localhost:2283",
        ] {
            assert_eq!(local_port(url), Some(2283), "{url}");
        }
        assert_eq!(local_port("http://localhost"), Some(80));
        assert_eq!(local_port("https://[::1]/x:1"), Some(443));
        assert_eq!(local_port("gopher://localhost"), None);
    }

    #[test]
    fn a_url_leads_elsewhere_or_is_none() {
        for url in [
            "http://nas:2283",
            "http://localhost.example.org:2283",
            "http://[fd00::1]:2283",
            "http://[::2]:2283",
            "http://1127.0.0.1:2283",
            "http://nas:80/http://127.0.0.1:2283",
        ] {
            assert!(Url::parse(url).is_some_and(|url| !url.is_local()), "{url}");
        }
        for url in [
            "127.0.0.1:8096",
            "http://",
            "http://a:x",
            "http://a:65536",
            "http://a:0",
            "http://a:99999999999999999999",
            "http://a b",
            "http://a@b@c",
            "",
        ] {
            assert_eq!(Url::parse(url), None, "{url}");
        }
    }

    #[test]
    fn another_port_leaves_the_rest_as_it_is() {
        let moved = |url: &str| Url::parse(url).map(|url| url.with_port(81));
        assert_eq!(
            moved("HTTP://u:p@LocalHost/a:80").as_deref(),
            Some("HTTP://u:p@LocalHost:81/a:80")
        );
        assert_eq!(moved("http://[0::1]:0080?b").as_deref(), Some("http://[0::1]:81?b"));
    }

    #[test]
    fn names_have_a_form() {
        for name in ["a", "a-b.example.org", "A_1.b"] {
            assert!(is_domain(name) && is_subdomain(name), "{name}");
        }
        for name in ["", "*", "*.a"] {
            assert!(!is_domain(name) && is_subdomain(name), "{name}");
        }
        for name in ["a.", "a/b", "-a", "a-", "*a", "a.*", "a b", "é", &"a".repeat(64)] {
            assert!(!is_domain(name) && !is_subdomain(name), "{name}");
        }
        assert_eq!(host("", "Example.org"), "example.org");
        assert_eq!(host("A", "b"), "a.b");
    }
}
