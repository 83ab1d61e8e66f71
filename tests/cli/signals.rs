//! Ctrl-C, SIGTERM, SIGHUP and SIGKILL while something is evaluated, and what a killed run leaves.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use crate::common::{Repo, nix};

/// A run of the program that hangs in its first evaluation.
struct Hanging {
    repo: Repo,
    child: Child,
    evaluations: Vec<Pid>,
}

impl Hanging {
    /// Waits until both sides are being evaluated, by a nix that does not end.
    fn new(arguments: &[&str]) -> Hanging {
        Hanging::behind("exec \"$0\" \"$@\"", arguments)
    }

    /// The same, started by a shell.
    fn behind(shell: &str, arguments: &[&str]) -> Hanging {
        Hanging::at("--eval", 2, shell, arguments)
    }

    /// The same, in the first `count` runs of nix that have this argument.
    fn at(argument: &str, count: usize, shell: &str, arguments: &[&str]) -> Hanging {
        let repo = Repo::with_contract();
        let (bin, scratch) = (repo.home().join("bin"), scratch(&repo));
        fs::create_dir(&bin).unwrap();
        fs::create_dir(&scratch).unwrap();
        let begun = repo.home().join("begun");
        assert!(Command::new("mkfifo").arg(&begun).status().unwrap().success());
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *{argument}*) ;; *) exec {} \"$@\" ;; esac\necho $$ > {}\nexec sleep 1000\n",
            real_nix().display(),
            begun.display()
        );
        let program = bin.join("nix-instantiate");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var("PATH").unwrap();
        let child = repo
            .command("sh")
            .args(["-c", shell, env!("CARGO_BIN_EXE_qgroget")])
            .args(arguments)
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("TMPDIR", &scratch)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Open for writing too, it never ends between two writers.
        let begun = fs::File::options().read(true).write(true).open(begun).unwrap();
        let lines = BufReader::new(begun).lines().take(count);
        let evaluations = lines.map(|line| Pid::from_raw(line.unwrap().parse().unwrap()).unwrap());
        let evaluations = evaluations.collect();
        Hanging {
            repo,
            child,
            evaluations,
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal and waits for the end.
    fn after(self, signal: Signal) -> (Repo, Output) {
        kill_process(self.pid(), signal).unwrap();
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(signal.as_raw()), "{output:?}");
        for evaluation in self.evaluations {
            assert!(ends(evaluation), "nix goes on");
        }
        (self.repo, output)
    }
}

/// Whether a process has ended and was not waited for.
fn ended(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid()));
    stat.unwrap_or_default().contains(") Z ")
}

/// Whether a process ends, soon.
fn ends(process: Pid) -> bool {
    let begin = std::time::Instant::now();
    while test_kill_process(process).is_ok() && !ended(process) {
        if begin.elapsed().as_secs() > 20 {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

fn real_nix() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|directory| directory.join("nix-instantiate"));
    found.into_iter().find(|program| program.is_file()).unwrap()
}

fn scratch(repo: &Repo) -> PathBuf {
    repo.home().join("scratch")
}

fn left(repo: &Repo) -> Vec<PathBuf> {
    let entries = fs::read_dir(scratch(repo)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_signal_during_a_proof_stops_the_migration_with_nothing_written() {
    if !nix::available() {
        return;
    }
    for (signal, name) in [
        (Signal::INT, "Ctrl-C (SIGINT)"),
        (Signal::TERM, "SIGTERM"),
        (Signal::HUP, "SIGHUP"),
    ] {
        let run = Hanging::new(&["migrate", "jellyfin", "sonarr", "--yes"]);
        let (tree, log) = (run.repo.tree(), run.repo.log());
        let (repo, output) = run.after(signal);
        let said = String::from_utf8(output.stderr).unwrap();
        for text in [
            format!("error[stopped-by-signal]: stopped by {name}: nothing was written of 'jellyfin'"),
            "stopped; what is committed stays, and the next run goes on from here".to_owned(),
        ] {
            assert!(said.contains(&text), "{text:?} is not said:\n{said}");
        }
        assert_eq!(repo.tree(), tree);
        assert_eq!(repo.log(), log);
        assert_eq!(repo.status(), "");
        assert_eq!(left(&repo), Vec::<PathBuf>::new());
    }
}

/// An entry of `NIX_PATH` may lead to a network.
#[test]
fn a_signal_while_nixpkgs_is_looked_for_stops_the_run() {
    if !nix::available() {
        return;
    }
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let arguments = ["migrate", "jellyseerr", "--yes"];
        let hanging = Hanging::at("--find-file", 1, "exec \"$0\" \"$@\"", &arguments);
        let (repo, _) = hanging.after(signal);
        assert_eq!(repo.status(), "");
    }
}

#[test]
fn a_signal_during_a_command_that_writes_nothing_ends_it_at_once() {
    if !nix::available() {
        return;
    }
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (repo, output) = Hanging::new(&["verify", "--mode", "slice"]).after(signal);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        assert_eq!(left(&repo), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_run_that_is_killed_takes_nix_with_it_and_the_next_one_sweeps() {
    if !nix::available() {
        return;
    }
    let knows = Command::new("setpriv").args(["--pdeathsig", "KILL", "true"]).status();
    if !knows.is_ok_and(|status| status.success()) {
        crate::common::skip("setpriv of util-linux");
        return;
    }
    let (repo, _) = Hanging::new(&["migrate", "jellyfin", "--yes"]).after(Signal::KILL);
    let left_behind = left(&repo);
    assert!(!left_behind.is_empty());
    for directory in left_behind {
        assert_eq!(fs::metadata(directory).unwrap().permissions().mode() & 0o777, 0o700);
    }
    repo.outcome(repo.qgroget(&["status"]).env("TMPDIR", scratch(&repo)))
        .succeeds();
    assert_eq!(left(&repo), Vec::<PathBuf>::new());
}

#[test]
fn what_the_process_ignored_from_the_beginning_stays_ignored() {
    if !nix::available() {
        return;
    }
    // As `nohup` does it.
    let run = Hanging::behind("trap '' HUP; exec \"$0\" \"$@\"", &["verify", "--mode", "slice"]);
    kill_process(run.pid(), Signal::HUP).unwrap();
    run.after(Signal::INT);
}

#[test]
fn scratch_is_never_inside_the_repository() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let inside = repo.path("tmp");
    fs::create_dir(&inside).unwrap();
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o555)).unwrap();
    // A directory in which nothing can be made, were it tried.
    for variable in ["TMPDIR", "XDG_RUNTIME_DIR"] {
        repo.outcome(repo.qgroget(&["verify", "--mode", "slice"]).env(variable, &inside))
            .succeeds()
            .says("no difference");
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 0);
    }
}

/// A migration whose pre-commit hook has begun. `body` is the hook, with `BEGUN` where it writes what processes it is.
struct Hooked {
    repo: Repo,
    child: Child,
    hooks: Vec<Pid>,
    before: (BTreeMap<String, Vec<u8>>, Vec<String>, String),
}

impl Hooked {
    fn with(body: &str) -> Hooked {
        let repo = Repo::with_contract();
        let begun = repo.home().join("begun");
        assert!(Command::new("mkfifo").arg(&begun).status().unwrap().success());
        let body = body.replace("BEGUN", &begun.display().to_string());
        repo.script(".git/hooks/pre-commit", &body);
        let before = (repo.tree(), repo.log(), repo.status());
        let child = repo
            .command(env!("CARGO_BIN_EXE_qgroget"))
            .args(["migrate", "jellyfin", "--yes", "--no-verify"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // As a shell at a terminal starts it, which sends Ctrl-C to all of the group.
            .process_group(0)
            .spawn()
            .unwrap();
        let begun = fs::read_to_string(&begun).unwrap();
        let hooks = begun.split_whitespace();
        Hooked {
            hooks: hooks.map(|id| Pid::from_raw(id.parse().unwrap()).unwrap()).collect(),
            repo,
            child,
            before,
        }
    }

    /// The end by `signal`, which `send` has sent: nothing of the migration is left.
    fn after(self, signal: Signal, send: impl FnOnce(Pid)) -> (Vec<Pid>, Output) {
        send(Pid::from_child(&self.child));
        let output = self.child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(signal.as_raw()), "{output:?}");
        let (tree, log, status) = self.before;
        assert!(self.repo.tree() == tree);
        assert_eq!((self.repo.log(), self.repo.status()), (log, status));
        (self.hooks, output)
    }
}

#[test]
fn a_signal_during_a_hook_ends_it_and_takes_the_change_back() {
    for (signal, name) in [
        (Signal::INT, "Ctrl-C (SIGINT)"),
        (Signal::TERM, "SIGTERM"),
        (Signal::HUP, "SIGHUP"),
    ] {
        let run = Hooked::with("echo $$ > BEGUN\nexec sleep 1000");
        let (hooks, output) = run.after(signal, |run| kill_process(run, signal).unwrap());
        assert!(hooks.into_iter().all(ends), "the hook goes on");
        let said = String::from_utf8(output.stderr).unwrap();
        for text in [
            format!("error[stopped-by-signal]: stopped by {name} while the commit was being made"),
            "what this run had written is taken back".to_owned(),
            "stopped; what is committed stays, and the next run goes on from here".to_owned(),
        ] {
            assert!(said.contains(&text), "{text:?} is not said:\n{said}");
        }
    }
}

#[test]
fn a_hook_that_ignores_ctrl_c_ends_with_the_run_although_git_ends_before_it() {
    // What it starts ignores the signal as well.
    let run = Hooked::with("trap '' INT\nsleep 1000 &\necho $$ $! > BEGUN\nwait");
    let (hooks, output) = run.after(Signal::INT, |run| kill_process_group(run, Signal::INT).unwrap());
    for hook in hooks {
        let goes_on = test_kill_process(hook).is_ok() && !ended(hook);
        // Nothing of a failed test is left running.
        let _ = kill_process(hook, Signal::KILL);
        assert!(!goes_on, "the hook goes on: {output:?}");
    }
}
