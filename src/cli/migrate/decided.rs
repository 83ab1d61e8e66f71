//! One service from its question to its commit: decided, proved, written.

use super::moves;
use super::proof::Proved;
use super::record;
use super::run::{Run, Step};
use crate::cli::committer::{self, Committer, Landed};
use crate::cli::{message, texts};
use crate::commit::{Message, MoveFirst};
use crate::error::Result;
use crate::plan::Proposal;
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::repo::hosts;
use crate::review::json::ServiceOutcome;
use crate::review::{Decision, Outcome, Position};

/// What git and its hooks refuse of a commit.
const COMMIT_REFUSED: [&str; 3] = ["hook-failed", "hook-changed-files", "commit-failed"];

impl Run<'_> {
    /// Lands a service: asks about it, proves it, writes it.
    ///
    /// # Errors
    /// What refuses it.
    pub fn land(&self, context: &Context, migration: &Migration) -> Result<Step> {
        let service = migration.name();
        let committer = self.committer.as_ref().expect("made before anything is written");
        committer.check(migration)?;
        if migration.is_resumed() && !self.record.brief {
            let open = texts::open_changes(service, migration.offered().len());
            self.session.ui.tell(open);
        }
        let position = Position {
            // What is only in the working tree is no commit that could be taken back.
            can_go_back: self.position.can_go_back && !committer.leaves_uncommitted(),
            ..self.position.clone()
        };
        self.decided(context, migration, committer, position)
    }

    /// Asks, proves and writes; what cannot be proved is asked about again.
    fn decided(
        &self,
        context: &Context,
        migration: &Migration,
        committer: &Committer,
        position: Position,
    ) -> Result<Step> {
        let (service, session) = (migration.name(), self.session);
        let mut approval = committer.approval(migration, position)?;
        if !self.follows
            && let Some(kept) = self.kept.borrow_mut().remove(service)
        {
            approval.take_up(kept)?;
        }
        let (decision, proved, landed) = loop {
            let decision: Decision = match approval.decide()? {
                Outcome::Quit => return Ok(Step::Quit),
                Outcome::Back => return Ok(Step::Back),
                Outcome::Decided(decision) => decision,
            };
            if !self.follows {
                let kept = approval.kept().map(|kept| (service.to_owned(), kept));
                self.kept.borrow_mut().extend(kept);
            }
            if migration.is_resumed() && decision.change.is_empty() && !session.asks(&self.args.deciding) {
                let gains: Vec<String> = migration.groups().iter().map(|group| group.title.clone()).collect();
                if !self.record.brief {
                    gains.iter().for_each(|title| session.ui.tell(texts::open_gain(title)));
                }
                self.record
                    .decided(migration, &decision, ServiceOutcome::Declined, None, None)?;
                return Ok(Step::Open(gains));
            }
            if decision.change.is_empty() {
                if self.follows {
                    session.ui.tell(texts::stays_as_committed(service));
                } else {
                    committer.say(service, &Landed::Declined);
                    session.ui.note(texts::asked_again(service));
                }
                self.record
                    .decided(migration, &decision, ServiceOutcome::Declined, None, None)?;
                return Ok(Step::Declined);
            }
            let (first, proved, message) = match self.prove(context, migration, &decision, committer) {
                Ok(proved) => proved,
                Err(error) => {
                    approval.come_back(error)?;
                    continue;
                }
            };
            match committer.land(migration, &decision, first.as_ref(), &message) {
                Ok(landed) => break (decision, proved, landed),
                // What git and its hooks refuse is taken back whole. After another error it may not be.
                Err(error) if COMMIT_REFUSED.contains(&error.code()) => approval.come_back(error)?,
                Err(error) => return Err(error),
            }
        };
        self.done(migration, &decision, proved, landed)
    }

    /// Proves what was decided; gives the commit that moves first, where there is one, what is proved, and the message.
    fn prove(
        &self,
        context: &Context,
        migration: &Migration,
        decision: &Decision,
        committer: &Committer,
    ) -> Result<(Option<MoveFirst>, Proved, Message)> {
        let (accepted, change) = (&decision.accepted, &decision.change);
        let first = moves::first(context, migration, accepted, change, self.args, self.session)?;
        let proved = self
            .proofs
            .prove(context, migration, decision, first.as_ref(), committer)?;
        let repo = context.repo.after(change);
        let model = hosts::model_after(&repo, context.host, context.model);
        let after = Context {
            repo: &repo,
            model: &model,
            ..*context
        };
        let message = message::migration(&after, migration, accepted, &proved.ticks)?;
        let message = message.with_accepted_orders(&proved.accepted_orders);
        Ok((first, proved, message))
    }

    /// Says and keeps what was done.
    fn done(&self, migration: &Migration, decision: &Decision, proved: Proved, landed: Landed) -> Result<Step> {
        let committer = self.committer.as_ref().expect("made before anything is written");
        match self.record.brief {
            true => committer.say_beside(&landed),
            false => committer.say(migration.name(), &landed),
        }
        if matches!(landed, Landed::Committed(_)) {
            let mut written = self.written.borrow_mut();
            let paths = written.entry(migration.name().to_owned()).or_default();
            paths.extend(committer::paths(&decision.change));
        }
        let committed = landed.committed();
        let outcome = match &landed {
            Landed::Committed(_) | Landed::Written => ServiceOutcome::Migrated,
            Landed::Declined => return Ok(Step::Declined),
            Landed::Quit => return Ok(Step::Quit),
        };
        let migrated = record::migrated(migration, decision, &proved, committed);
        self.record
            .decided(migration, decision, outcome, committed, proved.json)?;
        Ok(Step::Written(Box::new(migrated)))
    }
}
