//! What the repository's code says, without running it: scopes, modules and their definitions, partial evaluation.
//!
//! Values are known, or unknown with the reason. Nothing here does input or output.

mod collect;
pub mod eval;
pub mod free;
pub mod imports;
pub mod list;
pub mod model;
pub mod module;
pub mod priority;
pub mod reads;
pub mod scope;
pub mod value;

pub use eval::Eval;
pub use model::Model;
pub use module::{Def, Module, OptionDecl};
pub use value::{Known, UnknownReason, Value};
