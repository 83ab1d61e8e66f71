//! What commands say besides errors and reviews.

use std::path::PathBuf;

use crate::commit::{
    Committed, Entry, First, LastCommit, Outcome, Pending, Recovered, State, UndoKept, UndoWay, Undone,
};

/// After an interrupted run was ended.
pub fn recovered(recovered: &Recovered) -> String {
    let (intent, files) = (&recovered.intent, list(&recovered.paths));
    let mut lines = vec![match &recovered.outcome {
        Outcome::RolledBack if files.is_empty() => format!("an earlier run, `{intent}`, was interrupted"),
        Outcome::RolledBack => format!("an earlier run, `{intent}`, was interrupted; it is taken back: {files}"),
        Outcome::Finished(None) => format!("an earlier run, `{intent}`, was interrupted; it is finished now: {files}"),
        Outcome::Finished(Some(id)) => {
            format!("an earlier run, `{intent}`, was interrupted; it is finished now, at commit {id}: {files}")
        }
        Outcome::Followed => format!(
            "an earlier run, `{intent}`, was interrupted, and HEAD was moved by hand since; its files are as HEAD has them: {files}"
        ),
        Outcome::ByHand(id) => format!(
            "an earlier run, `{intent}`, was interrupted, and your own commit {id} has its change: {files}\n`qgroget undo` does not know that commit; `git revert {id}` takes it back"
        ),
        Outcome::Dropped => format!(
            "an earlier run, `{intent}`, was interrupted, and commits were made by hand since; nothing of it was touched"
        ),
    }];
    lines.extend(recovered.left.lines());
    if let Some(branch) = &recovered.branch {
        lines.push(format!(
            "the branch {branch} that it had made is removed: nothing was committed on it"
        ));
    }
    let locks = recovered.locks.iter();
    lines.extend(locks.map(|lock| format!("its lock {} is removed", lock.display())));
    lines.join("\n")
}

/// Where an unfinished run is found by a command that only reads.
pub fn pending(pending: &Pending) -> String {
    let intent = &pending.intent;
    let begin = match pending.running {
        Some(pid) => format!("another run, `{intent}`, is writing now (process {pid})"),
        None => format!("an earlier run, `{intent}`, was interrupted"),
    };
    if let (None, Some(pid)) = (pending.running, pending.committing) {
        return format!(
            "{begin}, and its commit is still being made (process {pid}); what is shown is without it, and the next run waits for it"
        );
    }
    match (&pending.outcome, pending.running) {
        (Outcome::Followed, None) => {
            format!("{begin}; what is shown is as HEAD has it, as the next run that writes will leave it")
        }
        (Outcome::Dropped | Outcome::ByHand(_), _) => format!("{begin}; what is shown is what is there"),
        (_, Some(_)) => format!("{begin}; what is shown is without its unfinished half"),
        (Outcome::RolledBack, None) => {
            format!("{begin}; what is shown is without it, as the next run that writes will leave it")
        }
        (Outcome::Finished(_), None) => {
            format!("{begin}; what is shown is with it, as the next run that writes will finish it")
        }
    }
}

/// Where something was changed between a plan and its writing.
pub fn planned_again(error: &crate::error::Error) -> String {
    let mut text = format!("{}; it is planned again", error.message());
    for hint in error.hints().iter().filter(|hint| !hint.starts_with("run again")) {
        text.push_str(&format!("\n  {hint}"));
    }
    text
}

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

pub const INIT_DONE: &str = "the contract is installed already: nothing to do";
/// The contract's installation, where a dry run is about a service.
pub fn first_the_contract(stat: &crate::review::diff::Stat) -> String {
    format!(
        "first, as a commit of its own: the contract, {}, +{} lines: qgroget init --dry-run",
        crate::review::texts::count(stat.files, "file", "files"),
        thousands(stat.added)
    )
}

/// `1,340`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A program that does not show the diff.
pub fn filter_failed(filter: &str, why: &str) -> String {
    format!("git's interactive.diffFilter, `{filter}`, did not show the diff: {why}")
}

pub const INIT_FIRST: &str =
    "The contract is not installed in this repository yet, so it comes first, as a commit of its own.";
pub const CLEANUP_DONE: &str = "nothing of the legacy pattern is left: nothing to do";
pub const NOT_WRITTEN_AGAIN: &str = "nothing of it was written; run the same command again after that";
pub const NOTHING_WRITTEN: &str = "Nothing was written.";
pub const NO_COMMIT: &str =
    "The changes are in the working tree, not committed. A flake sees new files after: git add --intent-to-add .";
pub const QUIT: &str = "Stopped. Nothing of this was written.";

pub fn migrated_already(service: &str) -> String {
    format!("{service}: has its contract already, nothing to do")
}

/// A gain that is open, where only what preserves is taken.
pub fn open_gain(title: &str) -> String {
    format!("  {title}: something that the machine would gain; --accept-gains takes it")
}

/// A service that was tested on the server.
pub fn tested(service: &str, last: &LastCommit) -> String {
    match last.tested {
        true => format!("{service}: noted before, on {}", last.short),
        false => format!("{service}: noted on {} that it was tested on the server", last.short),
    }
}

/// What is open of a service that has its contract.
pub fn open_changes(service: &str, count: usize) -> String {
    match count {
        1 => format!("{service} has its contract; 1 change is open:"),
        _ => format!("{service} has its contract; {count} changes are open:"),
    }
}

pub fn declined(service: &str) -> String {
    format!("{service}: declined, nothing was written")
}

pub fn committed(commit: &Committed) -> String {
    let title = commit.message.lines().next().unwrap_or_default();
    format!("[{}] {title}", commit.short)
}

/// The commit before it that only moves files.
pub fn committed_first(first: &First) -> String {
    format!("[{}] {}", first.short, first.title)
}

/// Over the message that a person had edited, where the change is another one now.
pub const MESSAGE_OF_ANOTHER: &str = "You had edited the message, for another change than this. It was:";

/// Where a text that a person had edited cannot be offered again.
pub const EDIT_OF_ANOTHER: &str = "the plan is another one than before, and your edit is not in it: the commit that was just taken back has it (`git show` with its id)";

/// Before the first commit on a branch that was made for it, in git's words.
pub fn switched(branch: &str) -> String {
    format!("Switched to a new branch '{branch}'")
}

/// Asked once, where every service is to be migrated.
pub fn branch_question(now: &str) -> String {
    format!("Commit on {now}, or on a new branch [Enter for {now}, its name, q]?")
}

/// An answer that names no branch.
pub fn no_branch_name(name: &str) -> String {
    format!("git takes '{name}' for no name of a branch")
}

// ── What comes next on the machine ──

pub const BUILD: &str = "build";
pub const TRY: &str = "try";
pub const LOOK: &str = "look at";
pub const GO_BACK: &str = "go back";
pub const GO_ON: &str = "go on";
pub const FAILED_UNITS: &str = "systemctl --failed";
/// How the machine goes back after a switch.
pub const ROLLBACK: &str = "nixos-rebuild switch --rollback";
pub const UNDO: &str = "qgroget undo";
pub const CLEANUP: &str = "qgroget cleanup";

pub fn undo_of(service: &str) -> String {
    format!("qgroget undo {service}")
}

pub fn migrate(service: &str, host: Option<&str>) -> String {
    format!("qgroget migrate {service}{}", of_host(host))
}

/// Where none of the services that are left can be migrated as it stands.
pub fn left(count: usize) -> String {
    match count {
        1 => "qgroget status, for the service that is left".to_owned(),
        _ => format!("qgroget status, for the {count} services that are left"),
    }
}

/// Over what comes next on these hosts, of which the first one is in the commands.
pub fn next_title(hosts: &[String]) -> String {
    match hosts {
        [host] => format!("Next, on {host}:"),
        [host, others @ ..] => format!("Next, on {host} (the same on {}):", others.join(", ")),
        [] => "Next:".to_owned(),
    }
}

/// How `nixos-rebuild` is told of a flake's configuration.
pub fn flake_of(root: &std::path::Path, host: &str) -> String {
    format!("--flake {}#{host}", crate::error::shell_word(&root.to_string_lossy()))
}

/// How `nixos-rebuild` is told of a configuration's file.
pub fn file_of(file: &std::path::Path) -> String {
    format!("-I nixos-config={}", crate::error::shell_word(&file.to_string_lossy()))
}

pub fn rebuild(action: &str, configuration: &Option<String>) -> String {
    match configuration {
        Some(configuration) => format!("nixos-rebuild {action} {configuration}"),
        None => format!("nixos-rebuild {action}"),
    }
}

/// In place of the names of services.
pub const ALL: &str = "--all";

/// The host that was named, as the next command has to name it.
pub fn of_host(host: Option<&str>) -> String {
    host.map_or_else(String::new, |host| {
        format!(" --host {}", crate::error::shell_word(host))
    })
}

/// How to go on after a dry run.
pub fn next_steps(services: &[String], host: Option<&str>, gains: bool) -> String {
    let gains = if gains {
        "; --accept-gains: the gains as well"
    } else {
        ""
    };
    format!(
        "To go on: qgroget migrate {}{} (--yes: without questions{gains})",
        services.join(" "),
        of_host(host)
    )
}

pub const COMMIT_TITLE: &str = "Commit message";
pub const COMMITS_TITLE: &str = "Commit messages";
/// With `--separate-moves`, where a file moves.
pub const MOVE_FIRST: &str =
    "There are two commits. The first moves the module and mends the paths, and does nothing else:";
pub const THEN_THE_REST: &str = "The second does the rest:";
pub const MOVE_PRESERVES: &str = "The move by itself keeps the configuration as it is";
pub const IN_ONE_COMMIT: &str = "this is of the move by itself: without --separate-moves (and `separate-moves` in qgroget.toml) it is judged as a part of the migration";
pub const NO_GIT: &str = "This is not a git repository: a run without --dry-run needs one, or --no-commit.";

// ── undo ──

pub const UNDO_NOTHING: &str =
    "nothing to undo: no commit of qgroget is in this branch's history, or each one is taken back already";
pub const UNDO_NOTHING_LEFT: &str = "nothing is left to undo: what the commit did is gone from HEAD already";
pub const UNDO_DONE: &str = "the interrupted undo is done: no other commit is taken back";

pub fn undo_nothing_of(name: &str) -> String {
    format!(
        "nothing to undo: no commit of qgroget for {name} is in this branch's history, or it is taken back already (`qgroget undo --list` lists all)"
    )
}

/// What taking a commit back comes to, before it is done.
pub fn undo_plan(entry: &Entry, way: UndoWay, paths: &[PathBuf]) -> String {
    let Entry { short, title, .. } = entry;
    let how = match (way, &entry.first) {
        (UndoWay::Remove, None) => "it is the last commit of the branch, and is removed from it".to_owned(),
        (UndoWay::Remove, Some(first)) => {
            format!(
                "it is the last commit of the branch, and is removed from it together with [{first}], which moved the module for it"
            )
        }
        (UndoWay::RevertLater | UndoWay::RevertPushed, None) => {
            format!("a new commit reverts it, because {}", undo_why(way))
        }
        (UndoWay::RevertLater | UndoWay::RevertPushed, Some(first)) => {
            format!(
                "a new commit reverts it and [{first}], which moved the module for it, because {}",
                undo_why(way)
            )
        }
    };
    let files: Vec<String> = paths.iter().map(|path| format!("  {}", path.display())).collect();
    format!("[{short}] {title}\n{how}\n{}", files.join("\n"))
}

/// What a reversal leaves, of what the commit brought, because of others.
pub fn undo_kept(kept: &[UndoKept]) -> String {
    let line = |kept: &UndoKept| {
        let (first, others) = kept.by.split_first().expect("a file is kept for another");
        let others = match others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} stays: {}{others} names it", kept.path.display(), first.display())
    };
    kept.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn undo_why(way: UndoWay) -> &'static str {
    match way {
        UndoWay::Remove => "it is the last commit of the branch",
        UndoWay::RevertLater => "other commits came after it",
        UndoWay::RevertPushed => "it was pushed already",
    }
}

pub const UNDO_QUESTION: &str = "Take it back [y,n,d,?]? ";
pub const UNDO_KEYS: &str = "\
y - take it back
n - leave it
d - show what changes in the files
? - this help
";

/// A line of `undo --list`; its title is cut where there is too little `room` for all of it.
pub fn undo_entry(entry: &Entry, wide: usize, room: Option<usize>) -> String {
    const LEAST: usize = 12;
    let state = match entry.state {
        State::Intact => "",
        State::Changed => "  (changed since: only `git revert` takes it back)",
        State::OldMark => "  (marked by an earlier version: only `git revert` takes it back)",
        State::Shallow => "  (at the end of this shallow clone: `git fetch --unshallow` first)",
        State::Undone => "  (taken back)",
        State::Replaced => &entry.replaced_by.as_ref().map_or(String::new(), |by| {
            format!("  (nothing of it is left since [{}])", by.short)
        }),
    };
    let before = format!("[{}] {:wide$}  ", entry.short, entry.name);
    let width = |text: &str| text.chars().count();
    let room = room.map_or(usize::MAX, |room| room.saturating_sub(width(&before) + width(state)));
    let title = match width(&entry.title) > room && room >= LEAST {
        true => format!("{}…", entry.title.chars().take(room - 1).collect::<String>()),
        false => entry.title.clone(),
    };
    format!("{before}{title}{state}")
}

pub fn undone(undone: &Undone) -> String {
    let Undone { short, title, .. } = undone;
    let first = undone.first.as_deref();
    let first = first.map_or(String::new(), |first| {
        format!(" and [{first}], which moved the module for it")
    });
    let (removed, restored): (Vec<PathBuf>, Vec<PathBuf>) = undone
        .paths
        .iter()
        .cloned()
        .partition(|path| undone.removed.contains(path));
    let lines = [("restored", restored), ("removed", removed)];
    let lines = lines.iter().filter(|(_, paths)| !paths.is_empty());
    let files: String = lines
        .map(|(what, paths)| format!("\n  {what}: {}", list(paths)))
        .collect();
    match &undone.commit {
        None => format!("took back [{short}] {title}{first}{files}"),
        Some(commit) => format!(
            "reverted [{short}] {title}{first} by the new commit [{}], because {}{files}",
            commit.short,
            undo_why(undone.way)
        ),
    }
}

// ── A new service ──

pub const ASK_NAME: &str = "Name";
pub const ASK_CATEGORY: &str = "Category";
pub const ASK_NEW_CATEGORY: &str = "Name of the new category";
pub const ANOTHER_CATEGORY: &str = "another one";
pub const ASK_KIND: &str = "How it runs";
pub const KINDS: [&str; 2] = ["a unit of NixOS", "a container"];
pub const ASK_EXPOSURE: &str = "Who reaches it";
pub const EXPOSURES: [&str; 3] = [
    "private: who has a client certificate",
    "public: anyone",
    "nobody: it has no route",
];
pub const ASK_PORT: &str = "Port";
pub const ASK_SUBDOMAIN: &str = "Subdomain";
pub const ASK_DATABASE: &str = "Does it use a PostgreSQL database?";

/// What comes after a new service.
pub fn new_next(service: &str, module: &std::path::Path) -> String {
    format!(
        "Next: say in {} how {service} runs (section 2), then turn it on in the host's settings.",
        module.display()
    )
}

/// What a change gains, beside which nothing differs.
pub fn gained(sentence: &str) -> String {
    format!("  gained    {sentence}")
}

/// What follows on the machine from a gain.
pub fn follows(sentence: &str) -> String {
    format!("  follows   {sentence}")
}

/// Where nothing that is evaluated reads what is gained.
pub const NOTHING_FOLLOWS: &str =
    "            nothing else in this configuration changes by it: look whether something makes the backup";

/// A difference where there are several hosts.
pub fn on_host(host: &str, sentence: &str) -> String {
    format!("on {host}: {sentence}")
}

/// Asks whether the new orders are wanted; `sentences` say which.
pub const REORDERING_QUESTION: &str = "Take the new order [y,n]? ";

/// A list whose elements are the same in another order.
pub fn reordered(sentence: &str) -> String {
    format!("  reordered {sentence}")
}

/// Shown where the installation of the contract is proved.
pub const UPGRADE_DIFFERS: &str = "this is what the newer contract does otherwise: to have it, run again with --no-verify, and see qgroget verify HEAD~1 afterwards";
pub const REST_PROVED: &str = "Beside that the configuration is preserved";
pub const NOT_EVALUATED_BEFORE: &str =
    "The configuration did not evaluate before, so that what comes back cannot be listed";

/// What is altered by what was taken for that.
pub fn altered(sentences: &[&str]) -> String {
    const SHOWN: usize = 12;
    if sentences.is_empty() {
        return "Nothing on the machine differs with what is put back".to_owned();
    }
    let lines = sentences.iter().take(SHOWN).map(|one| format!("\n  {one}"));
    let more = match sentences.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!("With what is put back:{}{more}", lines.collect::<String>())
}
pub const INIT_PROVED: &str = "The configuration is preserved";

/// A service that `--all` cannot know of.
/// Asked of a service that is declared nowhere.
pub fn undeclared_question(service: &str, module: &std::path::Path) -> String {
    format!(
        "{service} is declared nowhere; {} runs it. Migrate it from there [y,N,q,?, or another module]?",
        module.display()
    )
}

pub const UNDECLARED_KEYS: &str = "\
y    migrate it: the module that runs it gets its contract
n    leave it as it is
q    end here
else a path: of the module that runs it, relative to the root of the repository
";

/// Asked where a service's declarations name several directories.
pub fn directory_question(service: &str, directories: &[String]) -> String {
    let mut lines = format!("Where does {service} keep its state?\n");
    for (number, directory) in directories.iter().enumerate() {
        lines.push_str(&format!("  {}  {directory}\n", number + 1));
    }
    lines + "Its number, another directory, null for none, or s to skip the service [s,q,?]?"
}

pub const DIRECTORY_KEYS: &str = "\
What the service keeps stands below this directory; the contract says it as its dataDir, and a backup takes it.
  a number                     one of those above
  /var/lib/x, \"${config.x}/y\"  another directory
  null                         it keeps nothing
  s                            leave this service as it is
  q                            end here
";

/// An answer that says no directory.
pub const NO_DIRECTORY: &str = "expected an absolute directory, Nix source as in '\"${config.a.b}/c\"', or null";

/// The same of an option.
pub fn no_service_directory() -> String {
    format!("SERVICE=DIR: {NO_DIRECTORY}")
}

/// How the same is said without a question.
pub fn directory_said(option: &str) -> String {
    format!("As an option: {option}")
}

/// An answer that names no module.
pub fn no_module(path: &str) -> String {
    format!("there is no module at {path}; a path is relative to the root of the repository")
}

pub fn undeclared(service: &str, module: &std::path::Path) -> String {
    let module = module.display();
    format!("{service} is declared nowhere: qgroget migrate {service} --from {module}")
}

/// Shown where the removal of the legacy option is proved.
pub fn cleanup_proved(option: &str) -> String {
    format!("The configuration is preserved: nothing goes but {option} itself")
}

/// Shown where nix cannot evaluate and there is no checklist.
/// Uncommitted changes that are not in the proof.
pub fn uncommitted(paths: &[std::path::PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut text: Vec<String> = paths
        .iter()
        .take(SHOWN)
        .map(|path| path.display().to_string())
        .collect();
    let more = paths.len().saturating_sub(SHOWN);
    if more > 0 {
        text.push(format!("{more} more"));
    }
    let last = text.pop().unwrap_or_default();
    let list = match text.is_empty() {
        true => last,
        false => format!("{} and {last}", text.join(", ")),
    };
    format!("proved is the last commit with the change: your uncommitted changes are not in it ({list})")
}

pub fn not_proved(why: &str) -> String {
    format!("not proved by evaluation: {why}")
}

/// Shown where nix cannot evaluate.
pub fn unproved(why: &str) -> String {
    format!("not proved by evaluation: {why}; the checklist stays open")
}

pub const PROVING: &str = "evaluating before and after";
pub const NO_MIGRATIONS: &str = "no commit of this history migrates a service: nothing to verify";

// ── verify ──

/// Beside the proof of a commit that was made with what its plan declares.
pub const AS_DECLARED: &str = "compared with the state before and what the plan declares to change: what is gained, or a job's list in its new order";

/// Of a commit that is judged together with the one before it.
pub fn with_its_move(first: &str) -> String {
    format!(
        "together with {}, which moved the module for it",
        &first[..10.min(first.len())]
    )
}

pub const CHANGED_SINCE: &str = "this commit was changed after it was made";

/// What is gained by a commit of the tool, which was accepted if the commit still is the one that was made.
pub fn gains_of_a_commit(accepted: bool) -> &'static str {
    match accepted {
        true => "what it gains was accepted when it was made: its verdict is the one that it had",
        false => "nobody accepted what it gains",
    }
}

/// An order that a commit of the tool changed, and that its message says was accepted.
pub fn order_of_a_commit(option: &str) -> String {
    format!("the order of {option} was accepted when it was made: its verdict is the one that it had")
}

/// A legacy option that was removed with what stood below it.
pub fn gone(option: &str, count: usize) -> String {
    let values = match count {
        1 => "one value".to_owned(),
        _ => format!("{count} values"),
    };
    format!("{option} is no longer declared: {values} below it went with it, and what reads them is compared")
}

/// A commit of the tool that cannot be proved once more.
pub fn not_proved_again(error: &crate::error::Error) -> String {
    let hints = error.hints().iter().filter(|hint| !hint.contains("--no-verify"));
    let hints = hints.map(|hint| format!("\n  {}", hint.replace('\n', "\n  ")));
    format!("NOT proved: {}{}", error.message(), hints.collect::<String>())
}

pub const WORKING_TREE: &str = "the working tree";

/// Migrated modules that were imported, and by now are not.
pub fn no_longer_imported(modules: &[PathBuf]) -> String {
    format!(
        "no host imports these modules any more, though one did when they were migrated: {}",
        list(modules)
    )
}

/// Nix files that a flake would not see.
pub fn untracked(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let more = match paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = list(&paths[..paths.len().min(SHOWN)]);
    format!("compared with the rest, but not tracked by git, so that a flake does not see it: {shown}{more}")
}

/// How two systems are compared derivation by derivation.
pub fn by_derivation(before: &str, after: &str, host: &str) -> String {
    let path = |flake: &str| {
        format!(
            "$(nix --extra-experimental-features 'nix-command flakes' eval --raw '{flake}#nixosConfigurations.\"{host}\".config.system.build.toplevel.drvPath')"
        )
    };
    format!("derivation by derivation:\n  nix-diff {} {}", path(before), path(after))
}

/// The services whose plans a map lacks.
pub fn not_on_the_map(refused: &[(String, crate::error::Error)]) -> String {
    let names: Vec<String> = refused
        .iter()
        .map(|(name, error)| format!("{name} [{}]", error.code()))
        .collect();
    format!(
        "not planned, so that they stay where they are after as well: {}",
        names.join(", ")
    )
}

pub fn page_written(path: &std::path::Path) -> String {
    format!("wrote {}", path.display())
}

// ── Several services ──

pub const ALL_MIGRATED: &str = "every service has its contract: nothing to do";
pub const MIGRATING: &str = "migrating";
pub const STOPPED: &str = "stopped; what is committed stays, and the next run goes on from here";
pub const NO_VERIFY_ASKED: &str = "--no-verify";

// ── check ──

pub const NOTHING_TO_FIX: &str = "nothing to fix by machine";
pub const FIX_SUBJECT: &str = "style(server): mend the contracts";
pub const FIELDS_FAIL: &str = "the configuration evaluates, and these fields of contracts do not:";

/// The fields could not be evaluated one by one.
pub fn fields_not_seen(why: &str) -> String {
    format!("the contracts' fields were not looked into one by one: {why}")
}

/// A field that does not evaluate.
pub fn field_fails(service: &str, field: &str, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("'{field}' of service '{service}': {why}"),
        None => format!("'{field}' of service '{service}'"),
    }
}
pub const ASSERTIONS_FAIL: &str = "the configuration evaluates, and these of its assertions fail:";
pub const WITHOUT_EVALUATION: &str = "look at the source alone: --no-eval";
pub const EVALUATES: &str = "the configuration evaluates";

pub fn not_evaluated(why: &str) -> String {
    format!("not evaluated: {why}")
}

/// Of a repository that has no contract yet, and `legacy` services in the old pattern.
pub fn nothing_to_check(legacy: usize) -> String {
    let services = match legacy {
        0 => "no service is declared".to_owned(),
        1 => "1 service is declared in the legacy pattern".to_owned(),
        several => format!("{several} services are declared in the legacy pattern"),
    };
    format!("the contract is not installed, so there is nothing to check yet; {services}: qgroget init")
}
