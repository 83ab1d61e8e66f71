//! `check --fix`: edits that settle findings and cannot change what the configuration means.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::edit::{GroupId, SourceChange, TextEdit, formatting, render};
use crate::error::{Error, Result};
use crate::plan::ops::Ops;
use crate::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};
use crate::repo::Repository;
use crate::rules::Format;
use crate::syntax;

/// A mechanical fix of one finding.
#[derive(Clone, Debug)]
pub struct QuickFix {
    /// What it does, imperative.
    pub title: String,
    path: PathBuf,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Edits(Vec<(Range<usize>, String)>),
    Format,
}

impl QuickFix {
    /// Replacements in one file.
    pub fn edits(title: String, path: &Path, edits: Vec<(Range<usize>, String)>) -> QuickFix {
        QuickFix {
            title,
            path: path.to_owned(),
            what: What::Edits(edits),
        }
    }

    /// The whole file formatted.
    pub fn format(path: &Path) -> QuickFix {
        QuickFix {
            title: format!("format {}", path.display()),
            path: path.to_owned(),
            what: What::Format,
        }
    }
}

/// The fixes of a run, to be reviewed and applied like any other plan.
pub struct Mending<'a> {
    repo: &'a Repository,
    groups: Vec<Group>,
    mends: Vec<QuickFix>,
}

impl<'a> Mending<'a> {
    /// The fixes of `findings`, one group each.
    pub fn plan(repo: &'a Repository, findings: &[Finding]) -> Mending<'a> {
        let mut mending = Mending {
            repo,
            groups: Vec::new(),
            mends: Vec::new(),
        };
        for finding in findings {
            let Some(mend) = &finding.mend else { continue };
            mending.groups.push(Group {
                id: GroupId(mending.groups.len()),
                kind: finding.error.code(),
                title: mend.title.clone(),
                why: finding.error.message().to_owned(),
                safety: Safety::Preserves,
                needs: Vec::new(),
                moves: vec![Move {
                    what: mend.title.clone(),
                    from: finding.error.place().cloned(),
                    to: finding.error.place().map(|place| place.path.display().to_string()),
                }],
            });
            mending.mends.push(mend.clone());
        }
        mending
    }

    /// Whether there is nothing to fix.
    pub fn is_empty(&self) -> bool {
        self.mends.is_empty()
    }
}

/// The accepted fixes of one file.
#[derive(Default)]
struct Accumulated {
    edits: Vec<TextEdit>,
    format: Option<GroupId>,
}

impl Proposal for Mending<'_> {
    fn name(&self) -> &str {
        "check"
    }

    fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn skipped(&self) -> &[Skipped] {
        &[]
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        let mut files: BTreeMap<&Path, Accumulated> = BTreeMap::new();
        for (index, mend) in self.mends.iter().enumerate() {
            let group = GroupId(index);
            if !accepted.contains(&group) {
                continue;
            }
            let file = files.entry(&mend.path).or_default();
            match &mend.what {
                What::Format => file.format = Some(group),
                What::Edits(edits) => file.edits.extend(edits.iter().map(|(range, text)| TextEdit {
                    range: range.clone(),
                    text: text.clone(),
                    group,
                })),
            }
        }
        let mut work = Ops::new(self.repo);
        for (path, file) in files {
            let edits = match file.format {
                Some(group) => formatted(self.repo, path, file.edits, group)?,
                None => file.edits,
            };
            for edit in edits {
                work.replace(path, edit.range, edit.text, edit.group);
            }
        }
        work.finish()
    }
}

/// The edits, and what the repository's formatter makes of them on top.
fn formatted(repo: &Repository, path: &Path, mut edits: Vec<TextEdit>, group: GroupId) -> Result<Vec<TextEdit>> {
    let text = repo
        .text(path)
        .ok_or_else(|| Error::internal(format!("{} is edited but not there", path.display())))?;
    let edited = render::apply(text, &mut edits)?;
    let plain = edited.replace("\r\n", "\n");
    let formatter = repo.formatter();
    let result = match formatter.format() {
        Format::Alejandra => syntax::format(&plain),
        Format::None => None,
        Format::Nixfmt | Format::NixpkgsFmt => formatter.formatted(&[&plain]).pop().flatten(),
    };
    let Some(result) = result else {
        return Ok(edits);
    };
    let result = match render::has_crlf(text) {
        true => result.replace('\n', "\r\n"),
        false => result,
    };
    Ok(match formatting::whitespace_edits(&edited, &result) {
        Some(white) => formatting::compose(text, &edits, &white, group),
        // A formatter puts in a comma here and there, which is no white space.
        None => vec![TextEdit {
            range: 0..text.len(),
            text: result,
            group,
        }],
    })
}
