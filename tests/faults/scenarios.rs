//! What is run and hurt.

use std::sync::{Arc, LazyLock, Mutex, Weak};

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
    /// What it leaves behind even then.
    pub left: Vec<String>,
    pub others: Vec<Other>,
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

/// `undo` without a question; the flag is given where there is one.
pub fn undo() -> Vec<&'static str> {
    static FLAG: LazyLock<bool> = LazyLock::new(|| Lab::empty().done(&["undo", "--help"]).says("--yes"));
    if *FLAG { vec!["undo", "--yes"] } else { vec!["undo"] }
}

const INIT: &[&str] = &["init", "--yes", "--no-verify"];
pub const MIGRATE: &[&str] = &["migrate", "jellyfin", "--yes", "--no-verify"];
pub const OTHER: &[&str] = &["migrate", "obsidian", "--yes", "--no-verify"];
const CLEANUP: &[&str] = &["cleanup", "--yes", "--no-verify"];

/// A hook that looks, leaves a mark outside the repository, and is content.
const CONTENT: &str = "git diff --cached --name-only > /dev/null\necho ran >> \"$LAB/outside/hook\"";
const REFUSING: &str = "echo ran >> \"$LAB/outside/hook\"\necho not today >&2\nexit 1";

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

fn make() -> Vec<Scenario> {
    let only = std::env::var("QGROGET_FAULTS_ONLY").unwrap_or_default();
    let hook = |lab: Lab, body: &str| {
        lab.repo.script(".git/hooks/pre-commit", body);
        lab
    };
    let migrated = || {
        let lab = Lab::with_contract();
        lab.done(MIGRATE);
        lab
    };
    let everything = || {
        let lab = Lab::with_contract();
        lab.done(&["migrate", "--all", "--yes", "--accept-gains", "--no-verify"]);
        lab
    };
    let later = || {
        let lab = migrated();
        lab.repo.write("house/later.md", "later\n");
        lab.git(&["add", "house/later.md"]);
        lab.git(&["commit", "--quiet", "--message", "docs: later"]);
        lab
    };
    type Stage<'s> = &'s dyn Fn() -> Lab;
    let list: &[(&'static str, Stage<'_>, &[&'static str], i32)] = &[
        ("init", &Lab::homelab, INIT, 0),
        ("init with a hook", &|| hook(Lab::homelab(), CONTENT), INIT, 0),
        ("migrate", &Lab::with_contract, MIGRATE, 0),
        (
            "migrate with a hook",
            &|| hook(Lab::with_contract(), CONTENT),
            MIGRATE,
            0,
        ),
        (
            "migrate with a hook that refuses",
            &|| hook(Lab::with_contract(), REFUSING),
            MIGRATE,
            1,
        ),
        ("cleanup", &everything, CLEANUP, 0),
        ("cleanup with a hook", &|| hook(everything(), CONTENT), CLEANUP, 0),
        ("undo", &migrated, &undo(), 0),
        ("undo with later commits", &later, &undo(), 0),
        (
            "undo with later commits and a hook",
            &|| hook(later(), CONTENT),
            &undo(),
            0,
        ),
    ];
    let chosen = list.iter().filter(|(name, ..)| name.contains(&only));
    chosen
        .map(|(name, stage, arguments, code)| Scenario::new(name, stage(), arguments, *code))
        .collect()
}

impl Scenario {
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
            (undo(), false),
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
            left: crate::common::faults::leftovers(&lab),
            others: others.collect(),
            arguments: arguments.to_vec(),
            code,
            before,
            after,
            stage,
        }
    }
}
