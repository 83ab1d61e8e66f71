//! An answer that outlives its attempt: when a change has to be planned again and comes out the same, nobody is asked
//! twice.

use crate::commit::Message;
use crate::review::Decision;

/// What was decided for a change that could not be written, since what it was planned for has changed.
pub(super) struct Answer {
    pub(super) name: String,
    pub(super) decision: Decision,
    /// The commit message that was asked about, and what the person made of it.
    pub(super) message: Message,
    pub(super) confirmed: Message,
}
