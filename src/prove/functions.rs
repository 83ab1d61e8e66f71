//! What a slice makes of functions, which cannot be compared as they are.

use serde::Serialize;

/// Which functions are compared by what they yield for a stand-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Functions {
    /// None.
    None,
    /// Those that name their arguments, as modules do.
    Named,
    /// All.
    #[default]
    All,
}

impl Functions {
    /// Whether all of them are.
    pub fn are_compared(&self) -> bool {
        *self == Functions::All
    }

    /// As `normal.nix` has it.
    pub(super) fn number(self) -> u8 {
        self as u8
    }

    /// Fewer of them; whether that is possible.
    pub(super) fn fewer(&mut self) -> bool {
        let before = *self;
        *self = match self {
            Functions::All => Functions::Named,
            Functions::Named | Functions::None => Functions::None,
        };
        *self != before
    }
}
