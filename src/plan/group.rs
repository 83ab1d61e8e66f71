//! The unit of approval: one semantic change, whole or not at all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::edit::{GroupId, SourceChange};
use crate::error::{Place, Result};

/// The groups that are accepted.
pub type Accepted = BTreeSet<GroupId>;

/// What a group does to the machine's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// The evaluated configuration stays equal.
    Preserves,
    /// Something is persisted, backed up or declared that was not before. Needs a yes of its own.
    Gains,
    /// What a person has written goes, and cannot be told from what the tool wrote. Needs a yes of its own, on a terminal.
    Overwrites,
}

/// One thing that goes from one place to another, or is only removed or only added.
#[derive(Clone, Debug)]
pub struct Move {
    /// What it is, as a person would say it: `persistence of /var/lib/jellyfin`.
    pub what: String,
    /// Where it stood; `None` for something new.
    pub from: Option<Place>,
    /// Where it stands afterwards: a path relative to the root with an attrpath,
    /// `modules/server/media/jellyfin/default.nix: qgroget.serviceModules.jellyfin.persistedData`; `None` for a removal.
    pub to: Option<String>,
}

impl Move {
    /// Something new, with where it stands afterwards.
    pub fn added(what: impl Into<String>, to: impl Into<String>) -> Move {
        Move {
            what: what.into(),
            from: None,
            to: Some(to.into()),
        }
    }

    /// Something new in the file at `path`.
    pub fn added_to(what: impl Into<String>, path: &Path) -> Move {
        Move::added(what, path.display().to_string())
    }

    /// Something that stands at `from` and nowhere afterwards.
    pub fn removed(what: impl Into<String>, from: Option<Place>) -> Move {
        Move {
            what: what.into(),
            from,
            to: None,
        }
    }
}

/// One semantic change: it lands whole or not at all.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its index in the plan.
    pub id: GroupId,
    /// A short machine-readable kind: `contract`, `enablement`, `persistence`, `backup`, `gain`, `dependencies`, `databases`, `database-reads`, `secrets`, `placement` …
    pub kind: &'static str,
    /// One line, imperative: `move the backup job jellyfin into the contract`.
    pub title: String,
    /// Why it is proposed, in a sentence or two, and what declining it means.
    pub why: String,
    /// What it does to the configuration.
    pub safety: Safety,
    /// Groups without which this one makes no sense: declining one of them declines this one.
    pub needs: Vec<GroupId>,
    /// What goes where.
    pub moves: Vec<Move>,
}

/// Something that a plan found and does not touch, with the reason.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// What is left: `mention of modules/server/media/video in README.md`.
    pub what: String,
    /// Where it stands.
    pub place: Option<Place>,
    /// Why it is left.
    pub why: String,
    /// What a person may want to do about it.
    pub next: Option<String>,
}

/// What is proposed for one service (or for the contract's installation): groups, and the files they make.
pub trait Proposal {
    /// The service's name; `init` for the contract's installation.
    fn name(&self) -> &str;

    /// Whether it is about one service, and not about what all of them have in common.
    fn is_service(&self) -> bool {
        false
    }

    /// Where the contract stands that it writes, if exactly `accepted` is taken: the attribute path, and the file.
    fn contract(&self, _accepted: &Accepted) -> Option<(String, PathBuf)> {
        None
    }

    /// The groups in the order in which they are asked about; `groups()[i].id.0 == i`, and a group needs only earlier ones.
    fn groups(&self) -> &[Group];

    /// The groups of kinds that are skipped in this run: they are not offered.
    fn unwanted(&self) -> &Accepted {
        static NONE: Accepted = Accepted::new();
        &NONE
    }

    /// The groups that are offered, in order.
    fn offered(&self) -> Vec<&Group> {
        let is_offered = |group: &&Group| !self.unwanted().contains(&group.id);
        self.groups().iter().filter(is_offered).collect()
    }

    /// What was found and is left alone.
    fn skipped(&self) -> &[Skipped];

    /// What `accepted` changes for later, though the configuration stays as it is today, in a sentence.
    fn remark(&self, _accepted: &Accepted) -> Option<String> {
        None
    }

    /// What the files are if exactly `accepted` is taken.
    ///
    /// # Errors
    /// Refuses when the result would not parse or an edit would touch another one.
    fn render(&self, accepted: &Accepted) -> Result<SourceChange>;
}
