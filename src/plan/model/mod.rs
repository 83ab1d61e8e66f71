//! What a repository says about a service: facts, by the fields of the contract.

mod context;
mod declared;
mod declined;
mod fact;
pub mod literal;
mod own_contract;
mod resumed;
mod service;
mod unsaved;

pub use context::{Choices, Context};
pub use declared::{contract_names, covers, directory, fields, legacy_names, persisted_elements, shadowed, topmost};
pub use fact::{Declaration, Fact, FactId, FactIds, Guard, Held, Job, LegacyField, OtherJob, Persisted};
pub use own_contract::OwnContract;
pub use service::{ServiceFacts, broken_file, unseen_import};
pub use unsaved::Unsaved;
