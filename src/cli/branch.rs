//! The branch that the commits of a run go onto.

use super::args::Deciding;
use super::session::Session;
use super::terminal::Console;
use super::texts;
use crate::commit;
use crate::error::Result;
use crate::repo::git::Head;
use crate::review::{Reply, Terminal as _};

/// What somebody has chosen who was asked.
pub enum Chosen {
    /// A branch, or where there is none: whatever HEAD is on.
    Branch(Option<String>),
    Quit,
}

/// Checks the branch that the flags name, if they name one.
///
/// # Errors
/// `branch-exists`; where there is no git repository to commit to.
pub fn check(deciding: &Deciding, session: &Session) -> Result<()> {
    match &deciding.branch {
        Some(name) => commit::check_branch(&session.git_to_commit()?, name),
        None => Ok(()),
    }
}

/// The branch that the flags name, or a person who migrates everything.
///
/// # Errors
/// Where there is no git repository to commit to.
pub fn choose(deciding: &Deciding, may_ask: bool, session: &Session) -> Result<Chosen> {
    if deciding.branch.is_some() || deciding.no_commit || !may_ask || !session.asks(deciding) {
        return Ok(Chosen::Branch(deciding.branch.clone()));
    }
    let git = session.git_to_commit()?;
    let question = match git.head()? {
        Head::Detached(_) => texts::branch_question("the detached HEAD"),
        head => texts::branch_question(&head.label()),
    };
    let mut console = Console::new(&session.ui, session.editor());
    loop {
        let Reply::Line(line) = console.ask(&question) else {
            return Ok(Chosen::Quit);
        };
        match line.trim() {
            "" => return Ok(Chosen::Branch(None)),
            // What is an answer everywhere else is no name here; a branch of that name can be had by --branch.
            "?" | "y" | "yes" | "n" | "no" => session.ui.out(texts::BRANCH_KEYS),
            "q" | "quit" => return Ok(Chosen::Quit),
            name if !commit::is_branch_name(name) => session.ui.line(texts::no_branch_name(name)),
            name => match commit::check_branch(&git, name) {
                Ok(()) => return Ok(Chosen::Branch(Some(name.to_owned()))),
                Err(error) => session.ui.error(&error),
            },
        }
    }
}
