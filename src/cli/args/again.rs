//! The options of a command as they are given once more.

use super::Migrate;
use crate::cli::texts;
use crate::error::shell_word;
use crate::rules::kinds::Optional;

impl Migrate {
    /// The options that make the plan what it is, as they are given again; with a space before each.
    pub fn of_the_plan(&self) -> String {
        let kinds = |kinds: &[Optional]| {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            names.join(",")
        };
        let mut options = String::new();
        let mut add = |name: &str, value: Option<String>| {
            options.push_str(&format!(" --{name}"));
            options.extend(value.map(|value| format!(" {}", shell_word(&value))));
        };
        for (name, is_given) in [
            ("in-place", self.in_place),
            ("separate-moves", self.separate_moves),
            ("no-commit", self.deciding.no_commit),
            ("accept-gains", self.accept_gains),
            ("accept-reordering", self.accept_reordering),
        ] {
            if is_given {
                add(name, None);
            }
        }
        for (name, some) in [("only", &self.only), ("skip", &self.skip)] {
            if !some.is_empty() {
                add(name, Some(kinds(some)));
            }
        }
        if let Some(from) = &self.from {
            add("from", Some(from.display().to_string()));
        }
        for (service, directory) in &self.data_dir {
            add("data-dir", Some(format!("{service}={directory}")));
        }
        if let Some(branch) = &self.deciding.branch {
            add("branch", Some(branch.clone()));
        }
        options + &texts::of_host(self.deciding.host.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};

    #[test]
    fn what_makes_the_plan_is_given_again_as_it_was() {
        for given in [
            "--in-place --skip tests,placement",
            "--separate-moves --accept-gains --accept-reordering",
            "--no-commit --only secrets --data-dir 'jellyfin=/srv/my state'",
            "--from modules/server/misc/honcho.nix --branch contracts --host Server",
            "",
        ] {
            let line = format!("qgroget migrate jellyfin --dry-run {given}");
            let words = line.split(' ').map(|word| word.trim_matches('\'')).collect::<Vec<_>>();
            let joined = words.join("\n").replace("my\nstate", "my state");
            let parsed = Cli::parse_from(joined.lines().filter(|word| !word.is_empty()));
            let Some(Command::Migrate(migrate)) = parsed.command else {
                panic!("{line}");
            };
            assert_eq!(migrate.of_the_plan().trim_start(), given);
        }
    }
}
