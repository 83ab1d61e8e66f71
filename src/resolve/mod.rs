//! What the repository's code says, without running it: scopes, modules and their definitions, partial evaluation.
//!
//! Values are known, or unknown with the reason. Nothing here does input or output.

pub mod computed;
pub mod free;
pub mod model;
pub mod module;
pub mod reads;
pub mod scope;
pub mod value;

pub use model::Model;
pub use module::{Def, Module, OptionDecl};
pub use value::{Eval, Known, UnknownReason, Value};
