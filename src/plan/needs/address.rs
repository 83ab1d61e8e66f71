//! Addresses of databases: `postgresql+psycopg://user:password@host:port/name`, and where in them each part stands.

use std::ops::Range;

/// An address. Each part is its range of bytes in the text, which a part that is not said has not.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'t> {
    /// What comes before `://`, without the driver behind a `+`.
    pub scheme: &'t str,
    pub user: Option<Range<usize>>,
    pub host: Option<Range<usize>>,
    pub port: Option<Range<usize>>,
    pub name: Option<Range<usize>>,
}

/// The address that `text` is, if it has the form of one.
pub fn read(text: &str) -> Option<Address<'_>> {
    let plain = text.strip_prefix("jdbc:").unwrap_or(text);
    let (scheme, rest) = plain.split_once("://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (user.split(':').next(), host),
        None => (None, authority),
    };
    let (host, port) = host_and_port(host);
    let said = |part: &&str| !part.is_empty();
    let range = |part: &str| within(text, part);
    Some(Address {
        scheme: scheme.split('+').next()?,
        user: user.filter(said).map(range),
        host: Some(host).filter(said).map(range),
        port: port.map(range),
        name: path.split('?').next().filter(said).map(range),
    })
}

/// A host, and the port that may stand behind it: `db:5432`, `[::1]:5432`.
pub fn host_and_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if (!host.contains(':') || host.ends_with(']')) && port.parse::<u16>().is_ok() => {
            (host, Some(port))
        }
        _ => (text, None),
    }
}

/// Where in `text` its part `part` stands.
pub fn within(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scheme, and the text at the place of each part: user, host, port, name.
    fn parts(text: &str) -> Option<(&str, [Option<&str>; 4])> {
        let address = read(text)?;
        let at = [address.user, address.host, address.port, address.name];
        Some((address.scheme, at.map(|range| range.map(|range| &text[range]))))
    }

    #[test]
    fn every_part_is_found_where_it_stands() {
        for (text, expected) in [
            (
                "postgresql+psycopg://honcho:honcho@127.0.0.1:5432/honcho",
                ["honcho", "127.0.0.1", "5432", "honcho"],
            ),
            ("postgres://a:b:c@d@[::1]:5433/e?user=f", ["a", "[::1]", "5433", "e"]),
            ("jdbc:mariadb://h/n", ["", "h", "", "n"]),
            ("mysql://u@/n", ["u", "", "", "n"]),
            ("postgres://:p@h:1", ["", "h", "1", ""]),
            ("postgres://::1/n", ["", "::1", "", "n"]),
        ] {
            let (_, found) = parts(text).expect(text);
            assert_eq!(found.map(Option::unwrap_or_default), expected, "{text}");
        }
    }

    #[test]
    fn the_place_is_that_of_the_part_and_not_of_the_same_word_elsewhere() {
        let text = "postgresql+psycopg://honcho:honcho@127.0.0.1:5432/honcho";
        let address = read(text).expect("an address");
        assert_eq!((address.user, address.name), (Some(21..27), Some(50..56)));
    }

    #[test]
    fn the_scheme_has_no_driver() {
        assert_eq!(parts("postgresql+psycopg://h/n").expect("an address").0, "postgresql");
        assert_eq!(parts("jdbc:mariadb://h/n").expect("an address").0, "mariadb");
        assert_eq!(parts("/run/postgresql"), None);
    }
}
