//! What the review says, in one place.

use super::decision::Reason;
use crate::edit::GroupId;
use crate::plan::{Group, Safety};

/// What a group does to the machine, in a few words.
pub fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Preserves => "leaves the configuration as it is",
        Safety::Gains => "GAIN: needs a yes of its own",
        Safety::Overwrites => "REPLACES what you may have written: needs a yes of its own",
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
/// In place of a target: the contract, which the title names.
pub const IN_CONTRACT: &str = "the contract";
/// Over the columns of the table.
pub const TABLE: [&str; 3] = ["what", "stands at", "will stand in"];

/// Behind the first place that a change leads to.
pub fn more_places(more: usize) -> String {
    format!(" +{more}")
}

/// The first line of a plan: how much changes, and where to.
pub fn title(name: &str, groups: usize, contract: Option<(&str, &str)>) -> String {
    let changes = count(groups, "change", "changes");
    match contract {
        Some((path, file)) => format!("{name}: {changes}, into the contract {path} in {file}"),
        None => format!("{name}: {changes}"),
    }
}

/// A number up to twelve in words.
fn spelled(number: usize) -> String {
    let words = [
        "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ];
    words
        .get(number)
        .map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// Over the groups that replace what a person may have written.
pub const OVERWRITES: &str = "What replaces lines that you may have written is asked about by itself:";

/// What the groups do to the machine, once for all of them; `others` are those that do not leave it as it is.
pub fn preserving(groups: usize, others: usize) -> Option<String> {
    let said = match (groups, others) {
        (0, _) => return None,
        (1, 0) => "It leaves the machine as it is.".to_owned(),
        (2, 0) => "Both leave the machine as it is.".to_owned(),
        (all, 0) => format!("All {} leave the machine as it is.", spelled(all)),
        (1, _) => "The one without + leaves the machine as it is.".to_owned(),
        (some, _) => format!("The {} without + leave the machine as it is.", spelled(some)),
    };
    Some(said)
}

/// In place of a commit's checklist.
pub fn checklist(all: usize, ticked: usize) -> String {
    format!("({}, {ticked} ticked)", count(all, "line", "lines"))
}

/// Groups that are not offered, since they are skipped.
pub fn not_offered(titles: &[String]) -> String {
    format!("Skipped, by --skip, --only or qgroget.toml: {}", titles.join("; "))
}

/// Over what a plan does not touch.
pub const LEFT: &str = "Left as it is:";
/// The same above a question, where the reasons are a key away.
pub const LEFT_IN_SHORT: &str = "Left as it is (p says why, and what is next):";
/// In place of [`GAINS`] and the gains, above a question, where the table has them.
pub const GAINS_IN_SHORT: &str = "+ is a gain: it is asked about by itself.";
/// In place of [`OVERWRITES`].
pub const OVERWRITES_IN_SHORT: &str = "+ replaces lines that you may have written: it is asked about by itself.";
/// Over what the machine gains.
pub const GAINS: &str = "+ is a gain, asked for by itself, and taken by --yes only with --accept-gains:";
/// What a change does to a file, in figures.
pub fn figures(lines: &[String]) -> String {
    match lines {
        [] => "moved as it is".to_owned(),
        lines => lines.join(", "),
    }
}

/// Over a file that is made from one of the tool's templates.
pub fn from_a_template(path: &str, lines: usize) -> String {
    format!("{path}, new, from a template: {}", count(lines, "line", "lines"))
}

/// Over a new file.
pub fn new_file(path: &str) -> String {
    format!("{path}, new")
}

/// Over a file that goes.
pub fn deleted_file(path: &str) -> String {
    format!("{path}, deleted")
}

/// Over a file that stands elsewhere.
pub fn moved_file(path: &str, from: &str) -> String {
    format!("{path}, moved from {from}")
}

/// In place of lines that only get another indentation.
pub fn indented(lines: usize) -> String {
    format!("{} re-indented", count(lines, "line", "lines"))
}

/// In place of lines that stand elsewhere afterwards.
pub fn moved_to(lines: usize, place: &str) -> String {
    format!("{} moved to {place}", count(lines, "line", "lines"))
}

/// In place of lines that stood elsewhere.
pub fn moved_from(lines: usize, place: &str) -> String {
    format!("{} moved from {place}", count(lines, "line", "lines"))
}

/// A group that changes no file by itself.
pub const NO_FILES: &str = "(no file changes with this one alone)";
/// What is said on quitting.
pub const QUIT: &str = "Quit: nothing of this is written.";

/// The question about a group.
pub fn question(group: &Group, of: usize) -> String {
    let take = match group.safety {
        Safety::Preserves => "Take this change",
        Safety::Gains => "Take this gain",
        Safety::Overwrites => "Replace what is there",
    };
    format!("({}/{of}) {take} [y,n,a,d,u,e,q,?]?", number(group.id))
}

/// The question where an edit of the person's own and a change meet.
pub fn conflict_question(group: &Group, of: usize, can_edit: bool) -> String {
    let keys = if can_edit { "[n,t,e,u,q,?]" } else { "[n,t,u,q,?]" };
    format!("({}/{of}) Your edit and this change {keys}?", number(group.id))
}

/// How far a run is, over a service.
pub fn position(number: usize, of: usize, name: &str) -> String {
    format!("service {number} of {of} · {name}")
}

/// What comes after a service.
pub fn next(name: &str) -> String {
    format!("next: {name}")
}

/// The question about all that preserves.
pub fn whole_question(groups: usize, can_undo: bool) -> String {
    let what = match groups {
        1 => "Take it?".to_owned(),
        number => format!("Take these {number}?"),
    };
    format!("{what} {}", whole_answers(can_undo))
}

/// The question with answers that are there already, since their proof failed or what was written for them is taken back.
pub fn again_question(failed: bool) -> String {
    let what = if failed { "Try again" } else { "Take it" };
    format!("{what} as answered? {}", whole_answers(true))
}

/// The keys of the question about a service.
fn whole_answers(can_undo: bool) -> String {
    let undo = if can_undo { "[u]ndo last, " } else { "" };
    format!("[y]es, [n]o, [s]elect, [p]lan, [d]iff, [f]inal file, [e]dit, [m]essage, {undo}[q]uit, [?]")
}

/// Above the question with answers that are there already: what they were.
pub fn kept(taken: usize, left: usize, edited: usize, failed: bool) -> String {
    let mut said = format!(
        "Your answers are kept: {}",
        count(taken, "change taken", "changes taken")
    );
    if left > 0 {
        said.push_str(&format!(", {left} left"));
    }
    if edited > 0 {
        said.push_str(&format!(", {}", count(edited, "text edited", "texts edited")));
    }
    said.push('.');
    if failed {
        said.push_str(" Once what stands in the way is mended, in another terminal, y tries again.");
    }
    if edited > 0 {
        said.push_str(" u takes the answer back with the edit in it, u once more drops the edit.");
    }
    said
}

/// What each key does, at the question about a service.
pub const WHOLE_KEYS: &str = "\
y - take what leaves the machine as it is, prove it, commit it; a gain, or another order of a list, is asked about by itself
n - leave all of it
s - select: be asked about one change after the other, and about the commit message
p - show the plan again, with whole paths, and why something is left as it is
d - show what changes in the files
f - show a file as it will be
e - edit a file as it will be; y then takes it as edited
m - be shown the commit message before the commit, to edit it
u - take the last answer back: your edit, or the service before
q - quit: nothing of this service is written
? - this help
In the plan, + before a title is a gain; +2 behind a place are two more places, which p shows.
";

/// Below a plan of which a text is edited.
pub const PLAN_WITHOUT_EDIT: &str = "This is the plan without your edit; what the edit does is proved with it.";
/// After an edit of a whole.
pub const EDITED_WHOLE: &str = "Your edit is in it now; y takes it, u drops it.";
/// After an edit was dropped.
pub const EDIT_DROPPED: &str = "Your edit is dropped.";
/// After `m`.
pub const MESSAGE_ASKED: &str = "The commit message will be shown before the commit, to be edited.";
/// After a second `m`.
pub const MESSAGE_NOT_ASKED: &str = "The commit message will not be shown before the commit.";
/// At the first service.
pub const NOTHING_BEFORE: &str = "There is no answer before this one to take back.";
/// Where there is no file to look at.
pub const NO_FILE: &str = "Nothing is written by this.";

/// Where a file was asked for that is not there.
pub const NO_SUCH_FILE: &str = "There is no file of that number.";

/// Asks which of several files is meant; `main` is the one that most lines change in.
pub fn which_file(paths: &[String], main: usize) -> String {
    let mut text = String::new();
    for (number, path) in paths.iter().enumerate() {
        text.push_str(&format!("  {}  {path}\n", number + 1));
    }
    format!(
        "{text}Which file [1-{}, Enter for {}, q for none]?",
        paths.len(),
        main + 1
    )
}

/// Over a file as it will be.
pub fn final_file(path: &str) -> String {
    format!("── {path}, as it will be")
}

/// The question about the commit.
pub const COMMIT_QUESTION: &str = "Commit with this message [y,n,e,q,?]?";
/// The question after an edit that does not parse.
pub const BROKEN_EDIT_QUESTION: &str = "The edited text was not taken: edit again, drop the edit, or quit [e,d,q,?]?";

/// What each key does, at the question about a group.
pub const KEYS: &str = "\
y - take this change
n - leave it, and what needs it
a - take this one and all the rest of this service; a gain is still asked about
d - leave this one and all the rest of this service
u - take the last answer back
e - edit the resulting text of a file, then take it as edited
q - quit: nothing of this service is written
? - this help
";

/// What each key does where an edit and a change meet.
pub const CONFLICT_KEYS: &str = "\
n - leave this change and keep your edit
t - take this change and drop your edit of that file
e - put the two together in the editor
u - take the last answer back
q - quit: nothing of this service is written
? - this help
";

/// What each key does at the question about the commit.
pub const COMMIT_KEYS: &str = "\
y - commit
n - do not commit
e - edit the message; an empty one means not to commit
q - the same as n
? - this help
";

/// What each key does after an edit that does not parse.
pub const BROKEN_EDIT_KEYS: &str = "\
e - edit again, from where you left it
d - drop this edit and be asked about the change again (u does the same)
q - quit: nothing of this service is written
? - this help
";

/// An answer that is none of the keys.
pub fn unknown_key(answer: &str) -> String {
    format!("{answer:?} is none of the keys; ? explains them.")
}

/// An editor that was left without a change.
pub const NOT_EDITED: &str = "The text is as it was: nothing is taken by that.";
/// Conflict markers are still there.
pub const MARKERS_LEFT: &str = "There are still conflict markers in the text.";
/// An empty commit message.
pub const EMPTY_MESSAGE: &str = "The message is empty: no commit.";
/// Trailers of an edited message without which the commit would be like any other.
pub fn trailers_put_back(keys: &[&str]) -> String {
    format!(
        "Put back, since undo and verify know the commit by them: {}.",
        keys.join(", ")
    )
}
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
        Reason::Skipped => format!("({number}) skipped, as its kind is: {title}"),
        Reason::GainNotAccepted => {
            format!("({number}) left, since it is a gain (--accept-gains takes it): {title}")
        }
        Reason::OverwriteNotAccepted => {
            format!("({number}) left, since it replaces what you may have written (a terminal asks about it): {title}")
        }
    }
}
