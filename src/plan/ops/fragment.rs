//! Text for a slot of the contract.

use crate::edit::GroupId;
use crate::plan::group::Move;
use crate::plan::model::FactId;
use crate::rules::ContractField;

/// A stretch of the contract's text, the group that asks for it, and the facts that it says.
pub struct ContractFragment {
    pub group: GroupId,
    pub text: String,
    /// The field that it begins with; `None` for text that goes with the fragment before it.
    pub field: Option<ContractField>,
    /// Each with the option path that it has there; for people.
    pub facts: Vec<(FactId, String)>,
    /// What it says besides; for people.
    pub added: Vec<Move>,
}
