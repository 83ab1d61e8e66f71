//! How rules are read: those of the program, with a repository's `qgroget.toml` over them, and what is wrong with that one.

use std::ops::Range;
use std::path::Path;

use super::{ContractField, Format, Orders, Rules, says_directory};
use crate::error::{Error, Place, Result};

/// The embedded rules.
const DEFAULTS: &str = concat!(
    include_str!("../../rules/names.toml"),
    "\n",
    include_str!("../../rules/known.toml")
);

impl Rules {
    /// The embedded rules, overridden by `own`, the text of a repository's `qgroget.toml` at `path`.
    ///
    /// # Errors
    /// `bad-rules` where `own` is no TOML, or has a key that does not exist.
    pub fn new(own: Option<(&Path, &str)>) -> Result<Rules> {
        let mut table: toml::Table = DEFAULTS
            .parse()
            .map_err(|e| Error::internal("the embedded rules are no TOML").because(e))?;
        if let Some((path, text)) = own {
            let over: toml::Table = text.parse().map_err(|e: toml::de::Error| bad_rules(path, text, &e))?;
            let format = over.get("format").and_then(toml::Value::as_str);
            if let Some(format) = format.filter(|name| Format::named(name).is_none()) {
                return Err(bad_format(path, text, format));
            }
            merge(&mut table, over);
            let rules: Rules = toml::Value::Table(table)
                .try_into()
                .map_err(|e: toml::de::Error| bad_rules(path, text, &e))?;
            if let Some((key, value)) = rules.namespaces.wrong() {
                return Err(bad_namespace(path, text, key, value));
            }
            if let Some((key, value)) = rules.paths.wrong() {
                return Err(bad_path(path, text, key, &value));
            }
            if let Some((key, field)) = rules
                .backup_fields
                .iter()
                .find(|(_, field)| !field.is_of_backups() && !field.is_record())
            {
                return Err(bad_backup_field(path, text, key, field));
            }
            let said = rules.service.values().filter_map(|rule| rule.data_dir.as_deref());
            return match said.into_iter().find(|said| !says_directory(said)) {
                Some(said) => Err(bad_data_dir(path, text, said)),
                None => rules.with_orders(),
            };
        }
        let rules: Rules = toml::Value::Table(table)
            .try_into()
            .map_err(|e| Error::internal("the embedded rules do not fit").because(e))?;
        rules.with_orders()
    }

    fn with_orders(mut self) -> Result<Rules> {
        self.list_orders = Orders::with(std::mem::take(&mut self.orders))?;
        Ok(self)
    }
}

/// The refusal of what stands at `span` in `text`, the rules of the repository at `path`.
fn wrong(path: &Path, text: &str, span: Option<Range<usize>>, what: &str) -> Error {
    Error::usage("bad-rules", format!("{} is not valid: {what}", path.display())).at(Place::new(
        path,
        &text.into(),
        span.unwrap_or(0..0),
    ))
}

/// With the name that was meant, where one of `known` is near.
fn meant(error: Error, name: &str, known: &[String]) -> Error {
    match crate::error::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
}

fn bad_namespace(path: &Path, text: &str, key: &str, value: &str) -> Error {
    let what = format!("{key} is {value:?}, which is no option path");
    wrong(path, text, text_of_key(text, key), &what).hint("write names with dots between them, as in homelab.services")
}

fn bad_backup_field(path: &Path, text: &str, key: &str, field: &ContractField) -> Error {
    let what = format!("[backup-fields] {key} is {field}, which says nothing of a backup");
    let names: Vec<String> = ContractField::of_backups().map(|field| field.to_string()).collect();
    wrong(path, text, text_of_key(text, key), &what).hint(format!(
        "it is one of {}, or an attribute of extraConfig for what nothing reads",
        names.join(", ")
    ))
}

fn bad_format(path: &Path, text: &str, value: &str) -> Error {
    let what = format!("format is {value:?}, which is no format");
    let names = Format::ALL.map(|format| format.name().to_owned());
    let error = wrong(path, text, text_of_key(text, "format"), &what);
    meant(error, value, &names).hint(format!("it is one of {}", names.join(", ")))
}

fn bad_path(path: &Path, text: &str, key: &str, value: &str) -> Error {
    let what = format!("{key} is {value:?}, which is no path inside the repository");
    wrong(path, text, text_of_key(text, key), &what)
        .hint("write it relative to the repository's root, without `..`, as in modules/server")
}

fn bad_data_dir(path: &Path, text: &str, value: &str) -> Error {
    let span = text.find(value).map(|at| at..at + value.len());
    let what = format!("data-dir is {value:?}, which is no directory");
    wrong(path, text, span, &what)
        .hint("write an absolute path, \"null\", or Nix source, as in '\"${config.homelab.dataDir}/git\"'")
}

fn bad_rules(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let message = error.message().trim_end();
    let unknown = unknown_key(message);
    // A key is looked for in the tables together, which know no places.
    let place = || text_of_key(text, unknown.as_ref()?.0);
    let wrong = wrong(path, text, error.span().or_else(place), message);
    let wrong = match &unknown {
        Some((key, known)) => meant(wrong, key, known),
        None => wrong,
    };
    wrong.hint("the keys and their meaning: docs/writing-a-rule.md")
}

/// The key that does not exist and those that do, as serde names them.
fn unknown_key(message: &str) -> Option<(&str, Vec<String>)> {
    let mut names = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    Some((names.next()?, names.map(str::to_owned).collect()))
}

/// Where a key or a table of this name stands.
fn text_of_key(text: &str, key: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_alphanumeric() || "-_".contains(c);
    let mut found = text.match_indices(key).map(|(at, _)| at..at + key.len());
    found.find(|span| {
        let line = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = text[line..span.start].trim_start();
        (before.is_empty() || before.starts_with('[') || before.ends_with('.'))
            && !text[span.end..].starts_with(is_word)
    })
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FILE, parts};
    use super::*;

    #[test]
    fn namespaces_are_option_paths() {
        for value in ["", ".", "a..b", "a b.c", "\u{1b}.x", "in.x", "${x}"] {
            let own = format!("[namespaces]\ncontract = {value:?}\n").replace("\\u{1b}", "\\u001b");
            let error = Rules::new(Some((Path::new(FILE), &own))).expect_err("no path");
            assert_eq!(
                (error.code(), error.place().expect("a place").line),
                ("bad-rules", 2),
                "{error}"
            );
            assert!(error.message().ends_with("which is no option path"), "{error}");
        }
        assert!(Rules::new(Some((Path::new(FILE), "[namespaces]\ncontract = \"a.b-c.d'\"\n"))).is_ok());
    }

    #[test]
    fn what_a_backup_job_says_is_a_field_of_backups() {
        for value in ["type", "port"] {
            let own = format!("[backup-fields]\nprune = {value:?}\n");
            let error = Rules::new(Some((Path::new(FILE), &own))).expect_err("no field of a backup");
            let said = format!("[backup-fields] prune is {value}, which says nothing of a backup");
            assert!(error.message().ends_with(&said), "{error}");
            assert_eq!((error.code(), error.place().expect("a place").line), ("bad-rules", 2));
        }
        assert!(
            Rules::new(Some((
                Path::new(FILE),
                "[backup-fields]\nhook = \"backupCleanup\"\nprune = \"extraConfig.prune\"\n"
            )))
            .is_ok()
        );
    }

    #[test]
    fn paths_stay_inside_the_repository() {
        for value in ["", "~", "~/tests", "/tmp/x", "a/../../b", "a\\u0000b", "a\\nb"] {
            for (key, value) in [
                ("tests", format!("\"{value}\"")),
                ("server", format!("\"{value}\"")),
                ("settings", format!("[\"ok.nix\", \"{value}\"]")),
            ] {
                let own = format!("[paths]\n{key} = {value}\n");
                let error = Rules::new(Some((Path::new(FILE), &own))).expect_err("no path");
                assert_eq!(
                    (error.code(), error.place().expect("a place").line),
                    ("bad-rules", 2),
                    "{error}"
                );
                assert!(
                    error.message().ends_with("which is no path inside the repository"),
                    "{error}"
                );
            }
        }
        let own = "[paths]\ntests = \"./my tests/vm\"\nsettings = [\"{host}.nix\"]\n";
        assert!(Rules::new(Some((Path::new(FILE), own))).is_ok());
    }

    #[test]
    fn a_repository_overrides_names_key_by_key() {
        let own = "[namespaces]\nservices = \"homelab.services\"\n";
        let rules = Rules::new(Some((Path::new(FILE), own))).expect("valid");
        assert_eq!(rules.namespaces.services, "homelab.services");
        assert_eq!(rules.namespaces.backups, "qgroget.backups");
    }

    #[test]
    fn a_format_is_one_of_four() {
        let rules = |own: &str| Rules::new(Some((Path::new(FILE), own)));
        assert_eq!(rules("").expect("valid").format, None);
        for format in Format::ALL {
            let own = format!("format = {:?}\n[paths]\ntests = \"t\"\n", format.name());
            assert_eq!(rules(&own).expect("valid").format, Some(format));
        }
        let error = rules("# ours\nformat = \"nixfm\"\n").expect_err("no format");
        assert_eq!((error.code(), error.place().expect("a place").line), ("bad-rules", 2));
        assert_eq!(
            error.hints(),
            [
                "did you mean 'nixfmt'?",
                "it is one of alejandra, nixfmt, nixpkgs-fmt, none"
            ]
        );
        assert_eq!(rules("format = 3\n").expect_err("no text").code(), "bad-rules");
    }

    #[test]
    fn what_is_known_of_upstream_modules_has_a_source_at_a_revision() {
        let rules = Rules::new(None).expect("valid");
        assert_eq!(rules.upstream["nextcloud"].units, ["phpfpm-nextcloud.service"]);
        let is_commit = |text: &str| text.len() == 40 && text.chars().all(|c| c.is_ascii_hexdigit());
        let needing: Vec<_> = rules
            .known
            .iter()
            .filter(|(_, known)| !known.needs.is_empty())
            .collect();
        assert!(!needing.is_empty());
        for (name, known) in needing {
            assert!(known.source.ends_with(".nix") && is_commit(&known.revision), "{name}");
        }
        for (name, upstream) in &rules.upstream {
            assert!(!upstream.units.is_empty() || upstream.state.is_some(), "{name}");
            assert!(upstream.units.iter().all(|unit| unit.ends_with(".service")), "{name}");
            assert!(upstream.source.ends_with(".nix"), "{name}");
            assert!(is_commit(&upstream.revision), "{name}");
        }
    }

    #[test]
    fn what_is_known_of_upstream_modules_is_well_formed() {
        let rules = Rules::new(None).expect("valid");
        for (name, upstream) in &rules.upstream {
            let state = upstream.state.as_deref();
            assert!(
                state.is_none_or(|path| path.starts_with('/') && !path.ends_with('/')),
                "{name}"
            );
            assert!(!(upstream.stateless && state.is_some()), "{name}");
            for option in upstream.state_options.iter().flat_map(|option| parts(option)) {
                assert_eq!(crate::syntax::attr_text(option), option, "{name}");
            }
        }
        let own = "[upstream.git]\nports = \"port\"\n";
        let error = Rules::new(Some((Path::new(FILE), own))).expect_err("unknown");
        assert_eq!(error.code(), "bad-rules");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = Rules::new(Some((Path::new(FILE), "[namespaces]\nservice = \"x\"\n"))).expect_err("unknown");
        assert_eq!(error.code(), "bad-rules");
        assert_eq!(error.place().expect("a place").line, 2);
        assert_eq!(error.hints()[0], "did you mean 'services'?");
        let error = Rules::new(Some((Path::new(FILE), "x = "))).expect_err("no TOML");
        assert_eq!(error.place().expect("a place").line, 1);
    }
}
