//! Where a service's contract stands: its own file becomes three sections (Pattern 5), or what belongs to it leaves a
//! shared file for one of its own, or it stands already and takes what was left. All are layouts of one draft, with the sections that [`sections`] has the texts of.

mod extracted;
mod flatten;
mod in_place;
mod resumed;
pub mod sections;
mod shape;
mod statements;

use self::extracted::Extracted;
use self::in_place::InPlace;
use self::resumed::Resumed;
pub use self::shape::secret_bindings;
use super::kinds::Draft;
use super::ops::{ContractFragment, Ops};
use super::removal;
use super::share::parts::ExtractedParts;
use super::taking::Removed;
use crate::error::Result;
use crate::syntax::{self, SyntaxNode};

/// A comment that loses its place, since what it stood beside goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// Whether it stood in another file than the service's.
    pub elsewhere: bool,
    /// Its byte offset there.
    pub at: usize,
    pub text: String,
}

/// How the module of a service is written.
pub enum Layout<'c, 'a> {
    /// In its own file, around the code that stays.
    InPlace(InPlace<'c, 'a>),
    /// As a new file, from what leaves a shared one.
    Extracted(Extracted<'c, 'a>),
    /// In the contract that it has.
    Resumed(Resumed<'c, 'a>),
}

impl<'c, 'a> Layout<'c, 'a> {
    /// The layout of a draft; `parts` are what leaves a shared file, `removed` the nodes that go, file by file.
    ///
    /// # Errors
    /// `unsupported-module` where the module's configuration has a form that takes no sections; `unmovable` where a name
    /// in a text that moves means something else at the contract's place.
    pub fn of(
        draft: &'c Draft<'c, 'a>,
        parts: Option<&'c ExtractedParts<'a>>,
        removed: Removed,
    ) -> Result<Layout<'c, 'a>> {
        Ok(match (&draft.facts().contract, parts) {
            (Some(contract), _) => Layout::Resumed(Resumed::new(draft, contract, removed)),
            (None, None) => Layout::InPlace(InPlace::find(draft, removed)?),
            (None, Some(parts)) => Layout::Extracted(Extracted::new(draft, parts, removed)),
        })
    }

    /// Removes what goes; returns the comments that lose their place.
    pub fn remove(&self, ops: &mut Ops) -> Vec<Orphan> {
        match self {
            Layout::InPlace(layout) => layout.remove(ops),
            Layout::Extracted(layout) => layout.remove(ops),
            Layout::Resumed(layout) => layout.remove(ops),
        }
    }

    /// Of the comments that stood above the declarations, those that go with the service; the others stay where they
    /// stood.
    pub fn above(&self, ops: &mut Ops, comments: Vec<String>) -> Vec<String> {
        match self {
            Layout::InPlace(_) | Layout::Resumed(_) => comments,
            Layout::Extracted(layout) => layout.above(ops, comments),
        }
    }

    /// Writes the sections. `fragments` are the contract's bindings, `above` the comments over them.
    ///
    /// # Errors
    /// `unsupported-module` for a module whose arguments cannot be extended; `unmovable`, `target-exists` and
    /// `computed-path` for a file that cannot be made.
    pub fn render(&self, ops: &mut Ops, fragments: Vec<ContractFragment>, above: &[String]) -> Result<()> {
        match self {
            Layout::InPlace(layout) => layout.render(ops, fragments, above),
            Layout::Extracted(layout) => layout.render(ops, fragments, above),
            Layout::Resumed(layout) => {
                layout.render(ops, fragments, above);
                Ok(())
            }
        }
    }
}

/// Removes nodes of several files, each by its group; returns the comments that lose their place.
fn remove_nodes(draft: &Draft, ops: &mut Ops, removed: &Removed) -> Vec<Orphan> {
    let home = draft.facts().home.source.path();
    let mut orphans = Vec::new();
    for (path, nodes) in removed {
        let source = draft.context().repo.source(path).expect("a module that was read");
        let all: Vec<SyntaxNode> = nodes.iter().map(|(node, _)| node.clone()).collect();
        let removal = removal::remove(source, &all);
        for range in removal.ranges {
            let inside = |node: &SyntaxNode| syntax::covers(&range, &syntax::span(node));
            let group = nodes
                .iter()
                .find(|(node, _)| inside(node))
                .map_or(draft.contract(), |(_, group)| *group);
            ops.remove(path, range, group);
        }
        orphans.extend(removal.orphans.into_iter().map(|(at, text)| Orphan {
            elsewhere: path != home,
            at,
            text,
        }));
    }
    orphans
}
