//! Files that several services share: what in them belongs to one service moves into its own module, with the
//! `let` bindings it needs; what several use stays.

pub mod along;
pub mod bindings;
pub mod common;
pub mod imports;
pub mod leftovers;
pub mod marker;
mod oidc;
pub mod ownership;
pub mod parts;
pub mod position;
mod readers;
pub mod stays;
