//! What proving by evaluation has to say.

use std::path::Path;
use std::time::Duration;

use super::Error;

/// The next step of a command that writes, where something cannot be proved.
pub const WITHOUT_PROOF: &str = "go on without proof: --no-verify";

/// There is no nix to evaluate with.
pub fn no_nix(program: Option<&Path>) -> Error {
    let message = match program {
        Some(program) => format!("no nix: there is no program {}", program.display()),
        None => "no nix: there is no nix-instantiate on PATH".to_owned(),
    };
    Error::refused("no-nix", message)
        .reason("the proof compares what the repository evaluates to before and after")
        .hint("install nix, or put the directory of nix-instantiate on PATH")
        .hint(WITHOUT_PROOF)
}

/// There is no nixpkgs library to evaluate modules with.
pub fn no_library() -> Error {
    Error::refused(
        "no-nixpkgs-lib",
        "no nixpkgs library: none in the store for flake.lock, none on NIX_PATH",
    )
    .reason("slice mode evaluates the modules with nixpkgs' own lib.evalModules")
    .hint("name a copy of nixpkgs or of nixpkgs.lib: --nixpkgs PATH")
    .hint(WITHOUT_PROOF)
}

/// The directory given as nixpkgs has no library.
pub fn not_nixpkgs(path: &Path) -> Error {
    Error::usage(
        "no-nixpkgs-lib",
        format!("{} is no nixpkgs: it has no lib/default.nix", path.display()),
    )
    .hint("name a directory of nixpkgs: --nixpkgs DIR; or leave that out, to take the flake's or that of NIX_PATH")
}

/// The program does not run.
pub fn nix_does_not_start(program: &Path, cause: std::io::Error) -> Error {
    Error::refused("no-nix", format!("{} does not start", program.display()))
        .because(cause)
        .hint("install nix, or put it on PATH")
        .hint(WITHOUT_PROOF)
}

/// The time limit is reached.
pub fn takes_too_long(limit: Duration) -> Error {
    Error::refused(
        "evaluation-too-long",
        format!("the evaluation did not end within {} s", limit.as_secs()),
    )
    .reason("it may not end at all")
    .hint("allow more: --timeout SECONDS")
    .hint(WITHOUT_PROOF)
}

/// The output limit is reached.
pub fn too_much_output(limit: u64) -> Error {
    Error::refused(
        "evaluation-too-large",
        format!("the evaluation prints more than {} MiB", limit >> 20),
    )
    .reason("a host's configuration is about one megabyte; something in it refers to itself")
    .hint(WITHOUT_PROOF)
}

/// Lists would have another order that counts, and nothing else differs.
pub fn reordered(sentences: &[String]) -> Error {
    Error::refused(
        "not-preserving",
        "evaluation shows that the order of a list would change",
    )
    .reason(sentences.join("\n"))
    .hint("nothing was written; look whether the new order means the same to you, and take it with --accept-reordering")
    .hint("or put the elements in an order by themselves before (lib.mkBefore, lib.mkAfter, lib.mkOrder)")
}

/// What a change declares to gain does not have the value that it was given.
pub fn declared_otherwise(option: &str, found: &str) -> Error {
    Error::refused(
        "declared-otherwise",
        format!("{option} does not come out as the gain says"),
    )
    .reason(format!(
        "defined in the configuration as it is, to compare with, it evaluates to {found}"
    ))
    .hint("something else in the repository sets it, or overrides it (mkForce, apply, readOnly): look where it is defined")
    .hint("decline the gain, or go on without proof: --no-verify")
}

/// Which of the two sides an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As it is.
    Before,
    /// As it would be.
    After,
}

/// One side does not evaluate.
pub fn does_not_evaluate(side: Side, excerpt: &str, hints: Vec<String>) -> Error {
    let (message, reason) = match side {
        Side::Before => (
            BROKEN_BEFORE,
            "the error is in the repository as it is, and not in the change",
        ),
        Side::After => (BROKEN_AFTER, "it does before: the change brings in the error"),
    };
    let mut error = Error::refused("does-not-evaluate", format!("{message}: {}", first_line(excerpt))).reason(reason);
    if excerpt.lines().nth(1).is_some() {
        error = error.hint(format!("nix says:\n{excerpt}"));
    }
    for hint in hints {
        error = error.hint(hint);
    }
    if side == Side::Before {
        error = error.hint(WITHOUT_PROOF);
    }
    error
}

/// The same where nothing is to be changed: nothing could go on without a proof then either.
pub fn as_it_is(error: Error, next: &str) -> Error {
    let mut error = error.without_hint(WITHOUT_PROOF).hint(next);
    if let Some(rest) = error.inner.message.strip_prefix(BROKEN_BEFORE) {
        error.inner.message = format!("the repository does not evaluate{rest}");
        error.inner.reason = None;
    }
    error
}

/// Whether an error says that a change breaks what evaluates without it.
pub fn is_of_the_change(error: &Error) -> bool {
    error.message().starts_with(BROKEN_AFTER)
}

/// What is wrong on a host of several.
pub fn on_host(error: Error, host: &str) -> Error {
    error.hint(format!(
        "this is on the host {host}: what it imports is changed, too, and it has to evaluate as well"
    ))
}

/// The contract that is to be installed does not evaluate once a service uses it.
pub fn contract_does_not_evaluate(error: Error) -> Error {
    error
        .hint("it evaluates as long as no service has a contract: this is what comes with the first one")
        .hint("the contract needs a nixpkgs whose lib has types.anything: 21.05 or later")
}

const BROKEN_BEFORE: &str = "the repository does not evaluate before the change";
const BROKEN_AFTER: &str = "the repository does not evaluate after the change";

/// Slice mode found no stand-in that gets evaluation any further.
pub fn no_stand_in(excerpt: &str, rounds: usize) -> Error {
    Error::refused(
        "no-stand-in",
        format!("slice mode cannot evaluate this: {}", first_line(excerpt)),
    )
    .reason(format!(
        "no stand-in for an upstream value was found that gets further ({rounds} rounds)"
    ))
    .hint(format!("nix says:\n{excerpt}"))
    .hint("name the value in qgroget.toml, under [prove.values]: \"services.x.y\" = \"…\"")
    .hint("prove the whole system instead, where the flake's inputs are at hand: --mode system")
}

/// What evaluation printed cannot be read.
pub fn unreadable_result(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("the evaluation's result is not the JSON that was asked for").because(cause)
}

/// The host is not in the repository.
pub fn no_such_host(host: &str, known: &[String]) -> Error {
    Error::usage("no-such-host", format!("there is no host '{host}'"))
        .hint(format!("hosts of this repository: {}", known.join(", ")))
}

/// No host imports the server's modules.
pub fn no_host(server: &Path, hosts: &Path) -> Error {
    Error::refused(
        "no-such-host",
        format!("no host in {} imports {}", hosts.display(), server.display()),
    )
    .hint("name the host: --host NAME")
}

/// Evaluation reads a file with the name of a secret in plain text.
pub fn reads_named_secret(path: &Path) -> Error {
    reads_withheld(path, "its name is that of a secret in plain text")
}

/// Evaluation reads a file that holds a private key.
pub fn reads_private_key(path: &Path) -> Error {
    reads_withheld(path, "it holds a private key in plain text")
}

/// Evaluation reads a file that git-crypt has encrypted.
pub fn reads_sealed(path: &Path) -> Error {
    reads_withheld(path, "git has it encrypted (git-crypt), and it is taken as git has it")
}

fn reads_withheld(path: &Path, reason: &str) -> Error {
    withheld(path, reason).hint(AT_RUN_TIME).hint(WITHOUT_PROOF)
}

/// Evaluation reads a file that git does not track.
pub fn reads_untracked(path: &Path) -> Error {
    withheld(path, "git does not track it")
        .hint(format!(
            "let git track it, if it is no secret: git add {}",
            path.display()
        ))
        .hint(AT_RUN_TIME)
        .hint(WITHOUT_PROOF)
}

/// How a configuration has what the proof never opens.
const AT_RUN_TIME: &str =
    "let the machine read it when it runs: name it by a string, or by what sops-nix or agenix gives";

/// Evaluation reads a file that is never opened.
fn withheld(path: &Path, reason: &str) -> Error {
    let message = format!("evaluation reads {}, which the proof does not open", path.display());
    Error::refused("reads-withheld-file", message).reason(reason)
}

/// A file operation on the scratch copy failed.
pub fn scratch(what: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::refused("scratch-copy", format!("cannot {what} {}", path.display()))
        .because(cause)
        .hint("look for room and rights there, or name another temporary directory: TMPDIR=DIR")
}

/// Every place for a scratch directory is inside of the repository.
pub fn no_scratch_place(inside: &Path) -> Error {
    Error::refused(
        "scratch-copy",
        format!(
            "{} is inside of the repository: no place for scratch copies",
            inside.display()
        ),
    )
    .reason("what is copied for a proof must not become part of what it proves")
    .hint("name another temporary directory: TMPDIR=/tmp")
}

/// The tree is larger than a configuration ever is.
pub fn tree_too_large(what: String) -> Error {
    Error::refused(
        "scratch-copy",
        format!("the repository is too large for a scratch copy: {what}"),
    )
    .hint("ignore what does not belong to the configuration (.gitignore)")
}

/// The revision cannot be read.
pub fn revision(revision: &str, cause: git2::Error) -> Error {
    let no_such = |message: String| Error::refused("no-such-revision", message);
    match cause.code() {
        git2::ErrorCode::NotFound => no_such(format!("there is no revision '{revision}' in this repository"))
            .hint("what there is: git log --oneline --all"),
        git2::ErrorCode::InvalidSpec => {
            no_such(format!("'{revision}' names no revision")).hint("git help revisions has how a commit can be named")
        }
        git2::ErrorCode::Ambiguous => {
            no_such(format!("more than one object begins with '{revision}'")).hint("write more of its name")
        }
        _ => no_such(format!("cannot read the revision '{revision}'")).because(cause),
    }
}

/// System mode is not possible here.
pub fn no_system(why: &str) -> Error {
    Error::refused(
        "no-system-evaluation",
        format!("the whole system cannot be evaluated here: {why}"),
    )
    .hint("compare with symbolic packages instead: --mode slice")
}

/// Modules that a host imported and does not import after the change.
pub fn imports_no_more(host: &str, modules: &[std::path::PathBuf]) -> String {
    format!("{host} imports {} no more", names(modules))
}

/// The change breaks what stands under switches that nothing in the repository defines.
pub fn broken_where_on(error: Error) -> Error {
    error.hint("this is with the switches on that nothing here defines, as another module of the machine may have them")
}

/// What is said of a difference that is only there with switches on.
pub fn where_on(sentence: &str, switches: &[String]) -> String {
    format!("{sentence} (with what nothing here defines on: {})", few(switches))
}

/// What is said of a text that another number of definitions gives alike.
pub fn repeated(option: &str, before: u64, after: u64) -> String {
    let times = |count: u64| match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    };
    format!(
        "{option} is defined {} with the same text, before {}: an option that joins its texts has another one",
        times(after),
        times(before)
    )
}

/// What is said of switches that were taken as off and as on.
pub fn switches_compared(switches: &[String]) -> String {
    format!(
        "compared with these off and on, since nothing here defines them: {}",
        few(switches)
    )
}

/// What is said of switches with which the repository does not evaluate once they are on.
pub fn switches_not_compared(switches: &[String], why: &str) -> String {
    format!(
        "not compared: what stands under {}, off where nothing here turns it on; with all of them on there is no evaluation: {}",
        few(switches),
        why.replace('\n', " ")
    )
}

/// The first of many names.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let first = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn names(paths: &[std::path::PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// Why a module that nothing imports is not proved by the whole system.
pub fn no_part_of_the_system(modules: &[std::path::PathBuf]) -> String {
    format!("no host imports {}, which the whole system is without", names(modules))
}

/// A flake's input is not on this machine.
pub fn no_input(name: &str) -> Error {
    no_system(&format!("the flake input '{name}' is not in the store"))
}

/// Evaluation fetches something.
pub fn fetches(uri: &str) -> Error {
    no_system(&format!(
        "it fetches {uri} while it is evaluated, and a proof fetches nothing"
    ))
}

/// Evaluation builds something.
pub fn builds() -> Error {
    no_system("it builds something while it is evaluated, and a proof builds nothing")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("(no message)")
}

/// A change would lose or change something, or gain what nobody accepted.
pub fn not_preserving(sentences: &[String]) -> Error {
    const SHOWN: usize = 12;
    let more = sentences.len().saturating_sub(SHOWN);
    let mut list: Vec<String> = sentences.iter().take(SHOWN).map(|s| format!("  {s}")).collect();
    if more > 0 {
        list.push(format!("  … and {more} more"));
    }
    Error::refused(
        "not-preserving",
        "evaluation shows that the configuration would not stay as it is",
    )
    .reason(list.join("\n"))
    .hint("nothing was written; see the plan with --dry-run, and mend what makes the difference")
    .hint("if you mean it to change, make that change by itself before, or migrate with --no-verify and check by hand")
}
