//! What the review says, in one place.

use super::decision::Reason;
use crate::edit::GroupId;
use crate::plan::{Group, Safety};

/// What a group does to the machine, in a few words.
pub fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Preserves => "leaves the configuration as it is",
        Safety::Gains => "GAIN: needs a yes of its own",
    }
}

/// The number of a group as a person sees it.
pub fn number(id: GroupId) -> usize {
    id.0 + 1
}

/// `1 change`, `2 changes`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Where something new stands, or nothing does any more.
pub const NOWHERE: &str = "(new)";
/// In place of a target: what is removed.
pub const REMOVED: &str = "(removed)";
/// Over what a plan does not touch.
pub const LEFT: &str = "Left as it is:";
/// Over what the machine gains.
pub const GAINS: &str = "The machine would gain (not taken by --yes alone, see --accept-gains):";
/// A group that changes no file by itself.
pub const NO_FILES: &str = "(no file changes with this one alone)";
/// What is said on quitting.
pub const QUIT: &str = "Quit: nothing of this is written.";

/// The question about a group.
pub fn question(group: &Group, of: usize) -> String {
    let gain = if group.safety == Safety::Gains {
        "Take this gain"
    } else {
        "Take this change"
    };
    format!("({}/{of}) {gain} [y,N,a,d,u,e,q,?]?", number(group.id))
}

/// The question where an edit of the person's own and a change meet.
pub fn conflict_question(group: &Group, of: usize, can_edit: bool) -> String {
    let keys = if can_edit { "[N,t,e,u,q,?]" } else { "[N,t,u,q,?]" };
    format!("({}/{of}) Your edit and this change {keys}?", number(group.id))
}

/// The question about the commit.
pub const COMMIT_QUESTION: &str = "Commit with this message [y,N,e,q,?]?";
/// The question after an edit that does not parse.
pub const BROKEN_EDIT_QUESTION: &str = "The edited text was not taken: edit again, or drop the edit [e,D,?]?";

/// What each key does, at the question about a group.
pub const KEYS: &str = "\
y - take this change
n - leave it, and what needs it (Enter alone is the same)
a - take this one and all the rest of this service; a gain is still asked about
d - leave this one and all the rest of this service
u - take the last answer back
e - edit the resulting text, then take it as edited; with several files, e 2 edits the second of the diff
q - quit: nothing of this service is written
? - this help
";

/// What each key does where an edit and a change meet.
pub const CONFLICT_KEYS: &str = "\
n - leave this change and keep your edit (Enter alone is the same)
t - take this change and drop your edit of that file
e - put the two together in the editor
u - take the last answer back
q - quit: nothing of this service is written
? - this help
";

/// What each key does at the question about the commit.
pub const COMMIT_KEYS: &str = "\
y - commit
n - do not commit (Enter alone is the same)
e - edit the message; an empty one means not to commit
q - the same as n
? - this help
";

/// What each key does after an edit that does not parse.
pub const BROKEN_EDIT_KEYS: &str = "\
e - edit again, from where you left it
d - drop this edit and ask about the change again (Enter alone is the same)
? - this help
";

/// An answer that is none of the keys.
pub fn unknown_key(answer: &str) -> String {
    format!("{answer:?} is none of the keys; ? explains them.")
}

/// At the first group.
pub const NOTHING_TO_TAKE_BACK: &str = "This is the first change: there is no answer to take back.";
/// An editor that was left without a change.
pub const NOT_EDITED: &str = "The text is as it was: nothing is taken by that.";
/// An `e` where no file is written.
pub const NOTHING_TO_EDIT: &str = "This change writes no text that could be edited.";
/// Conflict markers are still there.
pub const MARKERS_LEFT: &str = "There are still conflict markers in the text.";
/// An empty commit message.
pub const EMPTY_MESSAGE: &str = "The message is empty: no commit.";
/// A conflict that no editor solves: the file is not written any more.
pub const EDITED_FILE_GONE: &str = "With this change, the file that you edited would not be written any more:";
/// A conflict of the same lines.
pub const EDIT_OVERLAPS: &str = "This change and your edit touch the same lines of";
/// A merge without a conflict whose result is not right.
pub const MERGE_DOES_NOT_PARSE: &str = "With this change, your edit no longer makes a correct file of";

/// What was taken in a run of `a`.
pub fn taken(id: GroupId) -> String {
    format!("({}) taken with a.", number(id))
}

/// What was taken as edited.
pub fn taken_as_edited(id: GroupId) -> String {
    format!("({}) taken as edited:", number(id))
}

/// Why a group is declined.
pub fn declined(id: GroupId, title: &str, reason: &Reason) -> String {
    let number = number(id);
    match reason {
        Reason::Answer => format!("({number}) left: {title}"),
        Reason::Needs(other) => format!(
            "({number}) left with ({}), which it needs: {title}",
            self::number(*other)
        ),
        Reason::GainNotAccepted => {
            format!("({number}) left, since it is a gain (--accept-gains takes it): {title}")
        }
    }
}
