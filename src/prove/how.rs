//! How one host was evaluated, and what of it was found out besides what differs.

use std::path::PathBuf;

use serde::Serialize;

use super::functions::Functions;
use super::switches::Switches;

/// How both sides are evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// System mode where it is possible, else slice mode.
    #[default]
    Auto,
    /// The modules with symbolic stubs.
    Slice,
    /// The whole system.
    System,
}

impl Mode {
    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Slice => "slice",
            Mode::System => "system",
        }
    }
}

/// How one host was evaluated.
#[derive(Clone, Debug, Default, Serialize)]
pub struct How {
    /// The mode.
    pub mode: Mode,
    /// Why the whole system was not evaluated, where that would have been tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_system: Option<NoSystem>,
    /// Modules that no state imports and that were evaluated all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<PathBuf>,
    /// Named modules that are there after the change and no longer imported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unimported: Vec<PathBuf>,
    /// Named modules that the host imports after the change.
    #[serde(skip)]
    pub imported: Vec<PathBuf>,
    /// Legacy options that are declared before and not after: what stood below them is gone with them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Vec<String>>,
    /// Slice mode: which functions are not compared by what they yield, since one of them cannot be called with a stand-in.
    #[serde(skip_serializing_if = "Functions::are_compared")]
    pub functions: Functions,
    /// Slice mode: the switches that only upstream would define.
    #[serde(skip_serializing_if = "Switches::is_empty")]
    pub switches: Switches,
}

/// Why a whole system was not evaluated.
#[derive(Clone, Debug, Serialize)]
pub struct NoSystem {
    /// The reason.
    pub reason: String,
    /// Whether it was tried: then it is said, and where it was never possible only if asked for.
    pub tried: bool,
}
