//! What is run and hurt.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, Weak};

use super::calls::{Call, record};
use super::tally::share;
use crate::common::faults::{Ended, Lab, State};

/// A command in a repository.
pub struct Scenario {
    pub name: &'static str,
    /// What it is run in, with a person's unfinished work.
    pub stage: Lab,
    pub arguments: Vec<&'static str>,
    /// How it ends when nothing disturbs it.
    pub code: i32,
    pub before: State,
    pub after: State,
    pub others: Vec<Other>,
    calls: OnceLock<Vec<Call>>,
}

/// Another command, and how it ends before and after the scenario's.
pub struct Other {
    pub arguments: Vec<&'static str>,
    pub reads: bool,
    pub ends: [(Ended, State); 2],
}

impl Other {
    pub fn name(&self) -> String {
        self.arguments
            .iter()
            .filter(|word| !word.starts_with("--no-v"))
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

const INIT: &[&str] = &["init", "--yes", "--no-verify"];
pub const MIGRATE: &[&str] = &["migrate", "jellyfin", "--yes", "--no-verify"];
pub const OTHER: &[&str] = &["migrate", "obsidian", "--yes", "--no-verify"];
pub const UNDO: &[&str] = &["undo", "--yes"];
const PROVED: &[&str] = &["migrate", "jellyfin", "--yes"];
const BRANCH: &[&str] = &["migrate", "jellyfin", "--yes", "--no-verify", "--branch", "moves/all"];
const IN_TWO: &[&str] = &["migrate", "jellyfin", "--yes", "--no-verify", "--separate-moves"];
const CLEANUP: &[&str] = &["cleanup", "--yes", "--no-verify"];

/// A hook that looks, leaves a mark outside the repository, and is content.
const CONTENT: &str = "git diff --cached --name-only > /dev/null\necho ran >> \"$LAB/outside/hook\"";
const REFUSING: &str = "echo ran >> \"$LAB/outside/hook\"\necho not today >&2\nexit 1";

/// Content with a commit that moves a file, and refuses the one that does the rest.
const REFUSING_THE_SECOND: &str = "echo ran >> \"$LAB/outside/hook\"\n\
    [ -n \"$(git diff --cached --name-only -M --diff-filter=R)\" ] || { echo not today >&2; exit 1; }";

/// Every scenario whose name is asked for; tests that run at the same time share them.
pub fn all() -> Arc<Vec<Scenario>> {
    static SHARED: Mutex<Weak<Vec<Scenario>>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let made = Arc::new(make());
        *shared = Arc::downgrade(&made);
        made
    })
}

/// Whether the scenario of the name is among those that are asked for: it has one of the words in its name, or is the
/// one that stands behind `=`.
fn is_asked_for(name: &str, only: &str) -> bool {
    only.split(',').any(|word| match word.strip_prefix('=') {
        Some(whole) => name == whole,
        None => name.contains(word),
    })
}

fn make() -> Vec<Scenario> {
    let only = std::env::var("QGROGET_FAULTS_ONLY").unwrap_or_default();
    let homelab = LazyLock::new(Lab::homelab);
    let after = |stage: &Lab, arguments: &[&str]| {
        let lab = stage.copy();
        lab.done(arguments);
        lab
    };
    let contract = LazyLock::new(|| after(&homelab, INIT));
    let migrated = LazyLock::new(|| after(&contract, MIGRATE));
    let everything = LazyLock::new(|| {
        let all = ["migrate", "--all", "--yes", "--accept-gains", "--no-verify"];
        after(&contract, &all)
    });
    let later = LazyLock::new(|| {
        let lab = migrated.copy();
        lab.repo.write("house/later.md", "later\n");
        lab.git(&["add", "house/later.md"]);
        lab.git(&["commit", "--quiet", "--message", "docs: later"]);
        lab
    });
    type Stage<'s> = &'s (dyn Fn() -> Lab + Sync);
    let list: [(&'static str, Stage<'_>, &str, &[&'static str], i32); 18] = [
        ("init", &|| homelab.copy(), "", INIT, 0),
        ("init with a hook", &|| homelab.copy(), CONTENT, INIT, 0),
        ("migrate", &|| contract.copy(), "", MIGRATE, 0),
        ("migrate with a hook", &|| contract.copy(), CONTENT, MIGRATE, 0),
        (
            "migrate with a hook that refuses",
            &|| contract.copy(),
            REFUSING,
            MIGRATE,
            1,
        ),
        ("migrate onto a branch", &|| contract.copy(), "", BRANCH, 0),
        (
            "migrate onto a branch with a hook",
            &|| contract.copy(),
            CONTENT,
            BRANCH,
            0,
        ),
        (
            "migrate onto a branch with a hook that refuses",
            &|| contract.copy(),
            REFUSING,
            BRANCH,
            1,
        ),
        ("migrate with a separate move", &|| contract.copy(), "", IN_TWO, 0),
        (
            "migrate with a separate move and a hook",
            &|| contract.copy(),
            CONTENT,
            IN_TWO,
            0,
        ),
        (
            "migrate with a separate move and a hook that refuses the second",
            &|| contract.copy(),
            REFUSING_THE_SECOND,
            IN_TWO,
            1,
        ),
        (
            "undo with a separate move",
            &|| {
                let lab = contract.copy();
                lab.done(IN_TWO);
                lab
            },
            "",
            UNDO,
            0,
        ),
        ("migrate with a proof", &|| contract.copy(), "", PROVED, 0),
        ("cleanup", &|| everything.copy(), "", CLEANUP, 0),
        ("cleanup with a hook", &|| everything.copy(), CONTENT, CLEANUP, 0),
        ("undo", &|| migrated.copy(), "", UNDO, 0),
        ("undo with later commits", &|| later.copy(), "", UNDO, 0),
        ("undo with later commits and a hook", &|| later.copy(), CONTENT, UNDO, 0),
    ];
    let can_prove = crate::common::nix::available();
    let chosen: Vec<_> = list
        .into_iter()
        .filter(|(name, _, _, arguments, _)| is_asked_for(name, &only) && (can_prove || *arguments != PROVED))
        .collect();
    share(&chosen, |_, (name, stage, hook, arguments, code)| {
        let stage = stage();
        if !hook.is_empty() {
            stage.repo.script(".git/hooks/pre-commit", hook);
        }
        Scenario::new(name, stage, arguments, *code)
    })
}

impl Scenario {
    /// The writing calls that it makes where nothing disturbs it, recorded once.
    pub fn calls(&self) -> &[Call] {
        self.calls.get_or_init(|| record(self))
    }

    fn new(name: &'static str, stage: Lab, arguments: &[&'static str], code: i32) -> Scenario {
        stage.work();
        let before = State::of(&stage);
        let lab = stage.copy();
        let ended = lab.run(arguments);
        assert_eq!(ended.code, Some(code), "{name}: {}", ended.all());
        let after = State::of(&lab);
        assert_eq!(after == before, code != 0, "{name}: it does something");
        let others = [
            (vec!["status", "--format", "json"], true),
            (vec!["migrate", "vaultwarden", "--dry-run"], true),
            (OTHER.to_vec(), false),
            (UNDO.to_vec(), false),
            (INIT.to_vec(), false),
        ];
        let others = others
            .into_iter()
            .filter(|(other, _)| other != arguments)
            .map(|(other, reads)| Other {
                ends: [&stage, &lab].map(|from| {
                    let lab = from.copy();
                    let ended = lab.run(&other);
                    (ended, State::of(&lab))
                }),
                arguments: other,
                reads,
            });
        Scenario {
            name,
            calls: OnceLock::new(),
            others: others.collect(),
            arguments: arguments.to_vec(),
            code,
            before,
            after,
            stage,
        }
    }
}
