//! A proposal made by hand: enough of a service's migration to review it.
//!
//! Used by the library's own tests, by `tests/` and by the example that the terminal tests drive.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qgroget::edit::{FileChange, GroupId, SourceChange, TextEdit};
use qgroget::error::{Error, Place, Result};
use qgroget::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};

/// Files, groups, and what each group does to the files.
#[derive(Clone, Default)]
pub struct Fake {
    files: BTreeMap<PathBuf, Arc<str>>,
    edits: Vec<(PathBuf, TextEdit)>,
    renames: Vec<(PathBuf, PathBuf, GroupId)>,
    created: Vec<(PathBuf, Arc<str>, GroupId)>,
    groups: Vec<Group>,
    skipped: Vec<Skipped>,
}

impl Fake {
    pub fn file(mut self, path: &str, text: &str) -> Fake {
        self.files.insert(path.into(), text.into());
        self
    }

    /// A group that needs `needs`; what follows (`replace`, `insert`, `rename`, `create`) is its doing.
    pub fn group(mut self, kind: &'static str, title: &str, safety: Safety, needs: &[usize]) -> Fake {
        self.groups.push(Group {
            id: GroupId(self.groups.len()),
            kind,
            title: title.to_owned(),
            why: format!("Why {title}: it belongs into the contract. Declined, it stays where it is."),
            safety,
            needs: needs.iter().copied().map(GroupId).collect(),
            moves: Vec::new(),
        });
        self
    }

    fn current(&self) -> GroupId {
        GroupId(self.groups.len() - 1)
    }

    fn find(&self, path: &str, text: &str) -> Range<usize> {
        let start = self.files[Path::new(path)]
            .find(text)
            .expect("the text stands in the file");
        start..start + text.len()
    }

    pub fn moves(mut self, what: &str, from: Option<(&str, &str)>, to: Option<&str>) -> Fake {
        let from =
            from.map(|(path, text)| Place::new(Path::new(path), &self.files[Path::new(path)], self.find(path, text)));
        let to = to.map(str::to_owned);
        let group = self.groups.last_mut().expect("a group");
        group.moves.push(Move {
            what: what.to_owned(),
            from,
            to,
        });
        self
    }

    pub fn replace(mut self, path: &str, old: &str, new: &str) -> Fake {
        let range = self.find(path, old);
        let edit = TextEdit {
            range,
            text: new.to_owned(),
            group: self.current(),
        };
        self.edits.push((path.into(), edit));
        self
    }

    /// Inserts behind `anchor`.
    pub fn insert(mut self, path: &str, anchor: &str, new: &str) -> Fake {
        let end = self.find(path, anchor).end;
        let edit = TextEdit {
            range: end..end,
            text: new.to_owned(),
            group: self.current(),
        };
        self.edits.push((path.into(), edit));
        self
    }

    pub fn rename(mut self, from: &str, to: &str) -> Fake {
        self.renames.push((from.into(), to.into(), self.current()));
        self
    }

    pub fn create(mut self, path: &str, text: &str) -> Fake {
        self.created.push((path.into(), text.into(), self.current()));
        self
    }

    pub fn leave(mut self, what: &str, at: Option<(&str, &str)>, why: &str, next: Option<&str>) -> Fake {
        let place =
            at.map(|(path, text)| Place::new(Path::new(path), &self.files[Path::new(path)], self.find(path, text)));
        let next = next.map(str::to_owned);
        self.skipped.push(Skipped {
            what: what.to_owned(),
            place,
            why: why.to_owned(),
            next,
        });
        self
    }

    fn changed(&self, path: &Path, text: &Arc<str>, accepted: &Accepted) -> Option<FileChange> {
        let rename = self
            .renames
            .iter()
            .find(|(from, _, group)| from == path && accepted.contains(group));
        let of = |(file, edit): &&(PathBuf, TextEdit)| file == path && accepted.contains(&edit.group);
        let mut edits: Vec<TextEdit> = self.edits.iter().filter(of).map(|(_, edit)| edit.clone()).collect();
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end, edit.group));
        if edits.is_empty() && rename.is_none() {
            return None;
        }
        let mut after = text.to_string();
        for edit in edits.iter().rev() {
            after.replace_range(edit.range.clone(), &edit.text);
        }
        Some(FileChange {
            from: Some(path.to_owned()),
            to: Some(rename.map_or(path, |(_, to, _)| to).to_owned()),
            before: Arc::clone(text),
            after: after.into(),
            edits,
            ..FileChange::default()
        })
    }
}

impl Proposal for Fake {
    fn name(&self) -> &str {
        "jellyfin"
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        let mut files: Vec<FileChange> = self
            .files
            .iter()
            .filter_map(|(path, text)| self.changed(path, text, accepted))
            .collect();
        let created = self.created.iter().filter(|(_, _, group)| accepted.contains(group));
        files.extend(created.map(|(path, text, _)| FileChange {
            from: None,
            to: Some(path.clone()),
            before: "".into(),
            after: Arc::clone(text),
            ..FileChange::default()
        }));
        files.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(SourceChange { files })
    }
}

/// Says that a text with the word `syntax-error` in it does not parse.
pub fn parses(path: &Path, text: &str) -> Result<()> {
    match text.find("syntax-error") {
        None => Ok(()),
        Some(at) => {
            let place = Place::new(path, &Arc::from(text), at..at + "syntax-error".len());
            Err(Error::refused("syntax", "this is not Nix").at(place))
        }
    }
}

const MODULE: &str = "modules/server/media/jellyfin.nix";
const MOVED: &str = "modules/server/media/jellyfin/default.nix";
const SETTINGS: &str = "modules/server/settings.nix";
const HOST: &str = "hosts/Server/settings.nix";
const BACKUPS: &str = "modules/server/backups.nix";

const CONTRACT: &str = "qgroget.serviceModules.jellyfin";

fn service_and_persistence() -> Fake {
    let contract = CONTRACT;
    Fake::default()
        .file(MODULE, JELLYFIN)
        .file(SETTINGS, PERSISTENCE)
        .file(HOST, "{...}: {\n  qgroget.host = \"Server\";\n}\n")
        .file(BACKUPS, JOBS)
        .group(
            "contract",
            "turn the service jellyfin into a contract",
            Safety::Preserves,
            &[],
        )
        .moves(
            "the service jellyfin",
            Some((MODULE, "services.jellyfin")),
            Some(&format!("{MOVED}: {contract}")),
        )
        .rename(MODULE, MOVED)
        .replace(
            MODULE,
            "  qgroget.services.jellyfin = {\n    name = \"video\";\n",
            "  qgroget.serviceModules.jellyfin = {\n    subdomain = \"video\";\n",
        )
        .replace(
            MODULE,
            "\"http://127.0.0.1:8096\"",
            "\"http://127.0.0.1:${toString 8096}\"",
        )
        .group(
            "enablement",
            "move the switch of jellyfin to the host",
            Safety::Preserves,
            &[0],
        )
        .moves(
            "the switch",
            Some((SETTINGS, "server.jellyfin")),
            Some(&format!("{HOST}: {contract}.enable")),
        )
        .replace(SETTINGS, "  qgroget.server.jellyfin.enable = true;\n", "")
        .insert(
            HOST,
            "\"Server\";\n",
            "  qgroget.serviceModules.jellyfin.enable = true;\n",
        )
        .group(
            "persistence",
            "move the persistence of /var/lib/jellyfin into the contract",
            Safety::Preserves,
            &[0],
        )
        .moves(
            "persistence of /var/lib/jellyfin",
            Some((SETTINGS, "\"/var/lib/jellyfin\"")),
            Some(&format!("{MOVED}: {contract}.persistedData")),
        )
        .replace(SETTINGS, "    \"/var/lib/jellyfin\"\n", "")
        .insert(
            MODULE,
            "    type = \"public\";\n",
            "    persistedData = [\"/var/lib/jellyfin\"];\n",
        )
}

/// A service with everything in it: six groups, one of them a gain.
pub fn jellyfin() -> Fake {
    let contract = CONTRACT;
    service_and_persistence()
        .group(
            "backup",
            "move the backup job jellyfin into the contract",
            Safety::Preserves,
            &[2],
        )
        .moves(
            "the backup job jellyfin",
            Some((BACKUPS, "jellyfin =")),
            Some(&format!("{MOVED}: {contract}.backupPaths")),
        )
        .replace(
            BACKUPS,
            "  qgroget.backups.jellyfin = {\n    paths = [\"/var/lib/jellyfin/data\"];\n  };\n",
            "",
        )
        .insert(
            MODULE,
            "    type = \"public\";\n",
            "    backupPaths = [\"/var/lib/jellyfin/data\"];\n",
        )
        .group(
            "gain",
            "back up /var/lib/jellyfin/metadata, which nothing reads so far",
            Safety::Gains,
            &[3],
        )
        .moves(
            "the backup of /var/lib/jellyfin/metadata",
            None,
            Some(&format!("{MOVED}: {contract}.backupPaths")),
        )
        .insert(
            MODULE,
            "    type = \"public\";\n",
            "    # metadata is backed up as well\n",
        )
        .group("logs", "say where jellyfin logs", Safety::Preserves, &[0])
        .insert(MODULE, "    type = \"public\";\n", "    journalctl = true;\n")
        .create("docs/services/jellyfin.md", "# jellyfin\n")
        .leave(
            "the mention of modules/server/media/jellyfin.nix in README.md",
            None,
            "prose is not edited",
            Some("change the path by hand"),
        )
        .leave(
            "the persistence of /mnt/media",
            Some((SETTINGS, "\"/mnt/media\"")),
            "other services use it as well",
            None,
        )
}

const JELLYFIN: &str = r#"{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.jellyfin;
in {
  options.qgroget.server.jellyfin.enable = lib.mkEnableOption "jellyfin";
  qgroget.services.jellyfin = {
    name = "video";
    url = "http://127.0.0.1:8096";
    type = "public";
  };
  services.jellyfin.enable = cfg.enable;
}
"#;

const PERSISTENCE: &str = r#"{...}: {
  qgroget.server.jellyfin.enable = true;
  environment.persistence."/persist".directories = [
    "/var/lib/jellyfin"
    "/mnt/media"
  ];
}
"#;

const JOBS: &str = r#"{...}: {
  qgroget.backups.jellyfin = {
    paths = ["/var/lib/jellyfin/data"];
  };
  qgroget.backups.music = {
    paths = ["/var/lib/music"];
  };
}
"#;
