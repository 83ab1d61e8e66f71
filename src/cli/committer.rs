//! From a decision to a commit: the checks before anybody is asked, the files, the commit.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::answer::Answer;
use super::args::Deciding;
use super::branch;
use super::interrupt;
use super::session::{Session, is_outdated};
use super::terminal::Console;
use super::ui::Ui;
use super::{show, texts};
use crate::commit::{self, Committed, Message, MoveFirst};
use crate::edit::SourceChange;
use crate::error::{self, Error, Kind, Result};
use crate::plan::Proposal;
use crate::repo::git::{GitState, Head, refusals};
use crate::review::{self, Approval, CommitAnswer, Decision, Kept, Outcome, Position, Reply, Terminal as _};
use crate::{process, syntax};

/// How a decision is made: by asking, or by the flags.
pub struct Committer<'s> {
    session: &'s Session,
    deciding: &'s Deciding,
    accept_gains: bool,
    /// The branch that the commits go onto, where it is not simply HEAD's.
    branch: Option<String>,
    /// `None` with `--no-commit` outside a git repository.
    git: Option<GitState>,
    /// What this run itself has left uncommitted.
    own: RefCell<BTreeSet<PathBuf>>,
    /// Whether the person wants to see the commit's message before it is made.
    asks_message: Cell<bool>,
    /// The message that was asked about last, what the person made of it, and what it is about.
    edited_message: RefCell<Option<EditedMessage>>,
    /// Where HEAD stood when what is decided about was planned.
    planned_at: RefCell<Option<Head>>,
}

/// A commit message that a person has edited.
struct EditedMessage {
    name: String,
    message: Message,
    text: String,
}

/// How it ended.
pub enum Landed {
    /// Written and committed.
    Committed(Box<Committed>),
    /// Written, with `--no-commit`.
    Written,
    /// The person declined it; nothing is written.
    Declined,
    /// The person quit.
    Quit,
}

impl Landed {
    /// The commit, where one was made.
    pub fn committed(&self) -> Option<&Committed> {
        match self {
            Landed::Committed(commit) => Some(commit),
            _ => None,
        }
    }
}

impl<'s> Committer<'s> {
    /// Readies a run that writes: finds the git repository.
    ///
    /// # Errors
    /// Where there is no git repository to commit to.
    pub fn new(session: &'s Session, deciding: &'s Deciding, accept_gains: bool) -> Result<Committer<'s>> {
        let git = match deciding.no_commit {
            true => session.git()?,
            false => Some(session.git_to_commit()?),
        };
        branch::check(deciding, session)?;
        Ok(Committer {
            session,
            deciding,
            accept_gains,
            branch: deciding.branch.clone(),
            git,
            own: RefCell::default(),
            asks_message: Cell::new(false),
            edited_message: RefCell::default(),
            planned_at: RefCell::default(),
        })
    }

    /// The same, with its commits on this branch.
    pub fn onto(self, branch: Option<String>) -> Committer<'s> {
        Committer { branch, ..self }
    }

    /// How it is decided.
    pub fn deciding(&self) -> &Deciding {
        self.deciding
    }

    /// Whether what is written is not committed.
    pub fn leaves_uncommitted(&self) -> bool {
        self.deciding.no_commit
    }

    /// Refuses, before anybody is asked, what could not be written or committed in the end.
    ///
    /// # Errors
    /// For files with uncommitted changes, which would be overwritten or go into the commit; and, unless with
    /// `--no-commit`, as [`GitState::check_commit`].
    pub fn check(&self, proposal: &dyn Proposal) -> Result<()> {
        let Some(git) = &self.git else { return Ok(()) };
        *self.planned_at.borrow_mut() = Some(git.head()?);
        let all = proposal.groups().iter().map(|group| group.id).collect();
        let change = proposal.render(&all)?;
        self.session.say_format(&change);
        let paths = paths(&change);
        if !self.deciding.no_commit {
            git.check_commit(&paths)?;
        }
        let mut dirty = git.dirty(&paths)?;
        dirty.retain(|file| !self.own.borrow().contains(&file.path));
        match dirty.is_empty() {
            true => Ok(()),
            false => Err(refusals::dirty(&dirty, git.head()?.id().is_none())),
        }
    }

    /// Asks about the groups, or decides by the flags. What was decided for the same bytes already is not asked again.
    ///
    /// # Errors
    /// `not-interactive` where nobody can be asked and no flag decides.
    pub fn decide(&self, proposal: &dyn Proposal) -> Result<Outcome> {
        self.approval(proposal, Position::default())?.decide()
    }

    /// The approval of a proposal, which can come back to its question.
    ///
    /// # Errors
    /// When the proposal refuses to render.
    pub fn approval<'p>(&'p self, proposal: &'p dyn Proposal, position: Position) -> Result<Approving<'p>> {
        let asked = match self.session.asks(self.deciding) {
            true => Some(Approval::new(proposal, &is_correct, position)?),
            false => None,
        };
        Ok(Approving {
            committer: self,
            proposal,
            asked,
        })
    }

    fn flagged(&self, proposal: &dyn Proposal) -> Option<Result<Outcome>> {
        if let Some(answer) = &*self.session.answered.borrow()
            && answer.name == proposal.name()
            && let Ok(change) = proposal.render(&answer.decision.accepted)
            && change.is_same_as(&answer.decision.change)
        {
            return Some(Ok(Outcome::Decided(answer.decision.clone())));
        }
        if !self.session.asks(self.deciding) {
            let decided = review::decide_noninteractive(proposal, self.deciding.yes, self.accept_gains);
            return Some(decided.map(Outcome::Decided));
        }
        None
    }

    fn console(&self) -> Console<'_> {
        Console::new(&self.session.ui, self.session.editor()).showing(self.session, self.deciding)
    }

    /// Writes a decision, and commits it, what `first` moves by a commit before.
    ///
    /// # Errors
    /// As [`commit::write`] and [`commit::commit`].
    pub fn land(
        &self,
        proposal: &dyn Proposal,
        decision: &Decision,
        first: Option<&MoveFirst>,
        message: &Message,
    ) -> Result<Landed> {
        self.session.say_format(&decision.change);
        let landed = self.write(proposal, decision, first, message)?;
        if matches!(landed, Landed::Committed(_) | Landed::Written) {
            self.session.say_unformatted(&decision.change);
        }
        Ok(landed)
    }

    fn write(
        &self,
        proposal: &dyn Proposal,
        decision: &Decision,
        first: Option<&MoveFirst>,
        message: &Message,
    ) -> Result<Landed> {
        let (session, name) = (self.session, proposal.name());
        let intent = session.intent(name);
        let git = match &self.git {
            Some(git) if !self.deciding.no_commit => git,
            _ => {
                let _hold = interrupt::hold_all();
                process::check()?;
                let written = commit::write(session.root(), &decision.change, &intent)?;
                self.own.borrow_mut().extend(written.paths.iter().cloned());
                return Ok(Landed::Written);
            }
        };
        let message = session.marked(message, proposal, &decision.change)?;
        let confirmed = match self.confirm(name, first, &message) {
            CommitAnswer::Commit(text) => Message::from_text(text),
            CommitAnswer::Decline(_) => return Ok(Landed::Declined),
        };
        // What somebody commits meanwhile was not in the proof, whatever files it is about.
        if self
            .planned_at
            .borrow()
            .as_ref()
            .is_some_and(|planned| git.head().ok().as_ref() != Some(planned))
        {
            return Err(error::git::head_moved());
        }
        // What is begun here comes to an end; a signal is heard before and after.
        let _hold = interrupt::hold_all();
        process::check()?;
        let branch = self.branch.as_deref();
        let committed = commit::commit(git, &decision.change, &confirmed, first, &intent, branch);
        let outdated = committed.as_ref().is_err_and(is_outdated);
        *session.answered.borrow_mut() = outdated.then(|| Answer {
            name: name.to_owned(),
            decision: decision.clone(),
            message,
            confirmed,
        });
        let committed = committed.map_err(|error| self.names_the_flag(git, error));
        committed.map(|committed| Landed::Committed(Box::new(committed)))
    }

    /// An error of a hook that may guard HEAD's branch, with the way around it.
    fn names_the_flag(&self, git: &GitState, error: Error) -> Error {
        match git.head() {
            Ok(head @ Head::Branch(..)) if error.code() == "hook-failed" && self.branch.is_none() => {
                error.hint(error::git::on_a_branch_of_its_own(&head.label()))
            }
            _ => error,
        }
    }

    /// Asks whether a new order of lists is wanted; nobody who cannot be asked wants it.
    pub fn takes_order(&self, refusal: &Error) -> bool {
        if !self.session.asks(self.deciding) {
            return false;
        }
        let mut console = self.console();
        console.show(&format!(
            "\n{}\n{}\n",
            refusal.message(),
            refusal.reason_text().unwrap_or_default()
        ));
        matches!(console.key(texts::REORDERING_QUESTION, false), Reply::Line(line) if matches!(line.trim(), "y" | "yes"))
    }

    /// Asks about the commit message, unless nobody is asked, or was already.
    fn confirm(&self, name: &str, first: Option<&MoveFirst>, message: &Message) -> CommitAnswer {
        if !self.session.asks(self.deciding) || !self.asks_message.get() {
            return CommitAnswer::Commit(message.text().to_owned());
        }
        match &*self.session.answered.borrow() {
            Some(answer) if answer.name == name && answer.message == *message => {
                CommitAnswer::Commit(answer.confirmed.text().to_owned())
            }
            _ => {
                let mut console = self.console();
                if let Some(first) = first {
                    let text = review::commit_message::indented(first.message.text());
                    console.show(&format!("\n{}\n", show::move_first(&text)));
                }
                let text = self.as_edited(name, message, &mut console);
                let answer = review::confirm_commit(&text, &mut console);
                if answer.message() != message.text() {
                    *self.edited_message.borrow_mut() = Some(EditedMessage {
                        name: name.to_owned(),
                        message: message.clone(),
                        text: answer.message().to_owned(),
                    });
                }
                answer
            }
        }
    }

    /// The message as the person had edited it before the service was asked about again, where it is about the same.
    fn as_edited(&self, name: &str, message: &Message, console: &mut Console) -> String {
        let edited = self
            .edited_message
            .borrow_mut()
            .take()
            .filter(|edited| edited.name == name);
        match edited {
            Some(edited) if edited.message == *message => edited.text,
            Some(edited) => {
                let was = review::commit_message::indented(&edited.text);
                console.show(&format!("\n{}\n\n{was}", texts::MESSAGE_OF_ANOTHER));
                message.text().to_owned()
            }
            None => message.text().to_owned(),
        }
    }

    /// Says how it ended.
    pub fn say(&self, name: &str, landed: &Landed) {
        let ui = &self.session.ui;
        match landed {
            Landed::Committed(commit) => {
                said_before(ui, commit);
                if let Some(first) = &commit.first {
                    ui.tell(texts::committed_first(first));
                }
                ui.tell(texts::committed(commit));
                said_after(ui, commit);
            }
            Landed::Written => ui.note(texts::NO_COMMIT),
            Landed::Declined => ui.tell(texts::declined(name)),
            // The dialogue has said it.
            Landed::Quit => {}
        }
    }

    /// Says what there is to say beside the commits themselves, which have a line of their own.
    pub fn say_beside(&self, landed: &Landed) {
        if let Landed::Committed(commit) = landed {
            said_before(&self.session.ui, commit);
            said_after(&self.session.ui, commit);
        }
    }
}

/// What hooks have printed, and the branch that was made.
fn said_before(ui: &Ui, commit: &Committed) {
    if !commit.output.trim().is_empty() {
        ui.note(commit.output.trim_end());
    }
    if let Some(branch) = &commit.branch {
        ui.tell(texts::switched(branch));
    }
}

/// What happened meanwhile, and stays.
fn said_after(ui: &Ui, commit: &Committed) {
    commit.left.lines().into_iter().for_each(|line| ui.warn(line));
}

/// Whether an edited text is a correct file.
fn is_correct(path: &std::path::Path, text: &str) -> Result<()> {
    match path.extension().is_some_and(|e| e == "nix") {
        true => syntax::Source::new(path, text)
            .expr()
            .map(drop)
            .map_err(error::syntax::in_an_edit),
        false => Ok(()),
    }
}

/// An approval under way: by a person, or by the flags.
pub struct Approving<'p> {
    committer: &'p Committer<'p>,
    proposal: &'p dyn Proposal,
    asked: Option<Approval<'p>>,
}

impl Approving<'_> {
    /// The decision.
    ///
    /// # Errors
    /// `not-interactive` where nobody can be asked and no flag decides.
    pub fn decide(&mut self) -> Result<Outcome> {
        if let Some(outcome) = self.committer.flagged(self.proposal) {
            return outcome;
        }
        let Some(approval) = &mut self.asked else {
            return review::decide_noninteractive(self.proposal, false, false).map(Outcome::Decided);
        };
        let outcome = approval.ask(&mut self.committer.console());
        self.committer.asks_message.set(approval.asks_message());
        outcome
    }

    /// What a person answered, to be taken up later; `None` where nobody was asked.
    pub fn kept(&self) -> Option<Kept> {
        self.asked.as_ref().map(Approval::kept)
    }

    /// Comes back to what was answered before about the same.
    ///
    /// # Errors
    /// When the proposal refuses to render.
    pub fn take_up(&mut self, kept: Kept) -> Result<()> {
        if let Some(approval) = &mut self.asked {
            let lost = approval.take_up(kept)?;
            show::lost_edits(self.committer.session, &lost);
        }
        Ok(())
    }

    /// Shows why the decision cannot be, and comes back to the question; without a person, that ends it.
    ///
    /// # Errors
    /// `error`, where nobody is asked.
    pub fn come_back(&mut self, error: Error) -> Result<()> {
        let is_about_it = error.kind() == Kind::Refused && !is_outdated(&error) && process::interrupted().is_none();
        match &mut self.asked {
            Some(approval) if is_about_it => {
                self.committer.session.ui.error(&error);
                approval.come_back();
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// Every path that a change reads or writes.
pub fn paths(change: &SourceChange) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = change
        .files
        .iter()
        .flat_map(|file| file.from.iter().chain(&file.to))
        .cloned()
        .collect();
    paths.sort();
    paths.dedup();
    paths
}
