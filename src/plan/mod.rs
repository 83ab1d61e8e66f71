//! Plans: what would change, in groups a person can say yes or no to, and what is left alone and why.
//!
//! A plan is a value. It is made from facts about the repository alone, writes nothing, and says for any set
//! of accepted groups what the files would then be ([`Proposal::render`]), so that declining a group keeps
//! both sides of its move as they were.

mod alias;
pub mod cleanup;
pub mod comments;
mod compact;
pub mod computed;
pub mod contract;
pub mod data_dir;
pub mod definition;
pub mod documents;
pub mod evolve;
pub mod flake;
pub mod flow;
pub mod foreign;
mod formals;
pub mod group;
mod groups;
mod import_list;
pub mod install;
pub mod kinds;
mod layout;
pub mod migrate;
pub mod model;
pub mod needs;
pub mod new;
pub mod ops;
pub mod owner;
pub mod placement;
mod published;
pub mod removal;
mod restated;
pub mod setting;
pub mod share;
mod taking;
pub mod tested;
pub mod texts;
pub mod unread;
mod upstream;
pub mod url;
pub mod vmtest;

pub use group::{Accepted, Group, Move, Proposal, Safety, Skipped};
pub use groups::Groups;
