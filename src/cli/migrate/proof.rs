//! The proof of a service's decision, and what is said of it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::moves;
use crate::cli::allowed::{Allowed, Declared};
use crate::cli::args::Migrate;
use crate::cli::committer::Committer;
use crate::cli::proving::{self, Verifier, VerifyOutcome};
use crate::cli::session::Session;
use crate::cli::texts;
use crate::commit::{Check, MoveFirst, Tick};
use crate::error::Result;
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::prove::{self, Proof};
use crate::report::Verdict;
use crate::review::Decision;

/// What came of a proof.
pub struct Proved {
    /// The lines of the checklist that it covers.
    pub ticks: BTreeMap<Check, Tick>,
    /// What it says.
    pub verdict: Verdict,
    /// What follows on the machine from the gains that were taken, a sentence each.
    pub follows: Vec<String>,
    /// The lists that have another order where that can mean something, a sentence each.
    pub reordered: Vec<String>,
    /// The options of which another order counts, and was accepted.
    pub accepted_orders: Vec<String>,
    /// The proof as JSON; `None` where none was made.
    pub json: Option<serde_json::Value>,
}

impl Proved {
    fn not(why: String) -> Proved {
        Proved {
            ticks: BTreeMap::new(),
            verdict: Verdict::NotProved(why),
            follows: Vec::new(),
            reordered: Vec::new(),
            accepted_orders: Vec::new(),
            json: None,
        }
    }
}

/// The proofs of a run.
pub struct Proofs<'s> {
    args: &'s Migrate,
    session: &'s Session,
    /// Whether a service has one line: what its proof says in more is left to `-v` and to the report.
    brief: bool,
    /// Whether it was said already that nothing can be proved.
    unproved_said: Cell<bool>,
    /// What was said of how proofs are made; the same is said once.
    how_said: RefCell<BTreeSet<String>>,
}

impl<'s> Proofs<'s> {
    /// The proofs of a run with these arguments.
    pub fn new(args: &'s Migrate, session: &'s Session, brief: bool) -> Proofs<'s> {
        Proofs {
            args,
            session,
            brief,
            unproved_said: Cell::new(false),
            how_said: RefCell::default(),
        }
    }

    /// Proves a decision in scratch copies, and its first commit by itself.
    ///
    /// # Errors
    /// `not-preserving`; or the repository does not evaluate.
    pub fn prove(
        &self,
        context: &Context,
        migration: &Migration,
        decision: &Decision,
        first: Option<&MoveFirst>,
        committer: &Committer,
    ) -> Result<Proved> {
        if self.args.no_verify {
            return Ok(Proved::not(texts::NO_VERIFY_ASKED.to_owned()));
        }
        let home = migration.facts().home.source.path();
        let extra = if context.model.is_imported(home) {
            Vec::new()
        } else {
            vec![home.to_owned()]
        };
        let verifier = Verifier::new(
            self.session,
            &self.args.proving,
            context.rules(),
            Some(context.host.name.clone()),
            extra,
        )
        .without_commit(self.args.deciding.no_commit);
        let declared = Declared::new(context, migration.declared(&decision.accepted))?;
        let allowed = Allowed {
            declared: declared.as_ref(),
            orders: self.args.accept_reordering,
            context: Some(context),
            ..Allowed::default()
        };
        if let Some(first) = first {
            let alone = Allowed {
                declared: None,
                ..allowed
            };
            match verifier.gate(&first.change, &alone).map_err(moves::not_alone)? {
                VerifyOutcome::Reordered(_, refusal) if !committer.takes_order(&refusal) => {
                    return Err(moves::not_alone(refusal));
                }
                VerifyOutcome::Open(_) if !self.brief => self.session.ui.note(texts::MOVE_PRESERVES),
                VerifyOutcome::Open(_) | VerifyOutcome::Reordered(..) | VerifyOutcome::Unproved(_) => {}
            }
        }
        match verifier.gate(&decision.change, &allowed)? {
            VerifyOutcome::Reordered(_, refusal) if !committer.takes_order(&refusal) => Err(refusal),
            VerifyOutcome::Open(proof) | VerifyOutcome::Reordered(proof, _) => {
                let follows = verifier.consequences(declared.as_ref())?;
                self.say(&proof, &proving::gains(declared.as_ref(), &follows));
                Ok(Proved {
                    follows,
                    ticks: proving::ticks(&proof),
                    reordered: prove::report::reordered(&proof),
                    accepted_orders: prove::report::other_orders(&proof),
                    verdict: verdict(&proof),
                    json: serde_json::to_value(&proof).ok(),
                })
            }
            VerifyOutcome::Unproved(why) => {
                if !self.unproved_said.replace(true) {
                    self.session.ui.warn(texts::unproved(&why));
                }
                Ok(Proved::not(why))
            }
        }
    }

    fn say(&self, proof: &Proof, gains: &[String]) {
        let ui = &self.session.ui;
        if !self.brief {
            return proving::say(ui, proof, gains);
        }
        for line in proving::how(proof) {
            if self.how_said.borrow_mut().insert(line.clone()) {
                ui.note(line);
            }
        }
    }
}

fn verdict(proof: &Proof) -> Verdict {
    match proof.is_same_system() {
        true => Verdict::SameSystem,
        false => Verdict::Preserved {
            mode: prove::report::mode(proof),
            how: proving::how(proof).chain(proof.on_purpose.all().cloned()).collect(),
        },
    }
}
