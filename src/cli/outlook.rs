//! What services would be if their plans were carried out: planned as a dry run plans them, and nothing is written.

use super::init;
use super::migrate::{self, Found};
use super::session::Loaded;
use crate::error::Result;
use crate::plan::install::{self, Installation};
use crate::plan::model::Choices;
use crate::plan::{Proposal, Safety};
use crate::review::Reason;
use crate::status::Plan;

/// The repository as plans would leave it.
pub struct Outlook {
    pub loaded: Loaded,
    /// Whether that has a contract which the repository has not.
    pub installs: bool,
}

impl Outlook {
    /// The repository with the contract, which every migration needs.
    ///
    /// # Errors
    /// Where the contract cannot be installed.
    pub fn of(loaded: &Loaded) -> Result<Outlook> {
        let choices = Choices::default();
        let model = loaded.model();
        let context = loaded.context(&model, &choices);
        if install::has_contract(&context) {
            return Ok(Outlook {
                loaded: loaded.clone(),
                installs: false,
            });
        }
        let installation = Installation::plan(&context)?;
        let decision = init::everything(&installation, true)?;
        Ok(Outlook {
            loaded: loaded.after(&decision.change),
            installs: true,
        })
    }

    /// Carries out the plan of the service `name`, without what the machine would gain by it.
    pub fn migrate(&mut self, name: &str) -> Plan {
        let choices = Choices::default();
        let model = self.loaded.model();
        let context = self.loaded.context(&model, &choices);
        let migration = match migrate::find(&context, name) {
            Found::Planned(migration) => migration,
            Found::Nothing { .. } => return Plan::Nothing,
            Found::Refused(error) => return Plan::Refused(error),
        };
        let decision = match init::everything(&*migration, false) {
            Ok(decision) => decision,
            Err(error) => return Plan::Refused(error),
        };
        let gains = decision.declined.iter().filter(|declined| {
            declined.reason == Reason::GainNotAccepted && migration.groups()[declined.group.0].safety == Safety::Gains
        });
        let offered: Vec<String> = gains
            .map(|declined| migration.groups()[declined.group.0].title.clone())
            .collect();
        self.loaded = self.loaded.after(&decision.change);
        Plan::Planned {
            installs: self.installs,
            offered,
        }
    }
}
