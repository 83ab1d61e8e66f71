//! What a person does while a hook of the commit runs: all of it stays, whatever the hook does in the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judge::briefly;
use super::pause;
use super::scenarios::{MIGRATE, UNDO};
use super::tally::{Wrong, none_wrong, share};
use crate::common::faults::{Ended, Lab, State};

/// A target that is edited where it stands.
const EDITED: &str = "modules/server/settings.nix";
/// A file that the run does not touch.
const ELSEWHERE: &str = "README.md";
const ON_OTHER_BRANCH: &str = "house/other.md";

/// A command that commits with hooks.
struct Tried {
    arguments: &'static [&'static str],
    /// The title of its commit.
    title: &'static str,
    /// The file that it makes when it moves the service's module.
    moved: &'static str,
}

const MIGRATION: Tried = Tried {
    arguments: MIGRATE,
    title: "refactor(server/jellyfin): migrate to service contract",
    moved: "modules/server/media/jellyfin/default.nix",
};

/// Where other commits came after the migration.
const REVERSAL: Tried = Tried {
    arguments: UNDO,
    title: "Revert \"refactor(server/jellyfin): migrate to service contract\"",
    moved: "modules/server/media/video/default.nix",
};

/// What a hook does after it has waited.
struct Hook {
    name: &'static str,
    /// What it runs; `$MOVED` is the file that the run makes.
    body: &'static str,
    /// The body of a post-commit hook.
    after: &'static str,
    /// What it has to come to if nobody does anything that stands in the way.
    succeeds: Option<bool>,
}

const fn hook(name: &'static str, body: &'static str, succeeds: Option<bool>) -> Hook {
    Hook {
        name,
        body,
        after: "",
        succeeds,
    }
}

const HOOKS: [Hook; 8] = [
    hook("a hook that succeeds", "true", Some(true)),
    hook("a hook that fails", "echo not today >&2; exit 1", Some(false)),
    hook(
        "a hook that changes white space",
        "sed -i 's/ = /  =  /' $MOVED; git add $MOVED",
        Some(false),
    ),
    hook(
        "a hook that changes white space and fails",
        "sed -i 's/ = /  =  /' $MOVED; exit 1",
        Some(false),
    ),
    hook(
        "a hook that adds a line",
        "echo '# checked' >> modules/server/settings.nix; git add modules/server/settings.nix",
        Some(false),
    ),
    Hook {
        name: "a hook that commits afterwards",
        body: "true",
        after: "[ ! -e \"$LAB/outside/after\" ] || exit 0\ntouch \"$LAB/outside/after\"\n\
                git commit --quiet --allow-empty --no-verify --message 'chore: after'",
        succeeds: None,
    },
    hook(
        "a hook that stashes",
        "git stash push --quiet --keep-index\ngit reset --quiet --hard\ngit stash pop --quiet --index",
        None,
    ),
    hook(
        "a hook that puts unstaged changes aside",
        "changed=$(git diff --name-only --diff-filter=M)\n[ -n \"$changed\" ] || exit 0\n\
         git diff --binary > \"$LAB/outside/patch\"\ngit checkout-index --force -- $changed\n\
         git apply --whitespace=nowarn \"$LAB/outside/patch\"",
        None,
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Moved,
    Edited,
}

/// What the person does meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Nothing,
    Append(Target),
    Rewrite(Target),
    EditElsewhere,
    Add,
    CommitAFile,
    CommitWhatIsStaged,
    NewBranch,
    OtherBranch,
}

const ACTS: [Act; 11] = [
    Act::Nothing,
    Act::Append(Target::Moved),
    Act::Append(Target::Edited),
    Act::Rewrite(Target::Moved),
    Act::Rewrite(Target::Edited),
    Act::EditElsewhere,
    Act::Add,
    Act::CommitAFile,
    Act::CommitWhatIsStaged,
    Act::NewBranch,
    Act::OtherBranch,
];

impl Target {
    fn path(self, tried: &Tried) -> &'static str {
        match self {
            Target::Moved => tried.moved,
            Target::Edited => EDITED,
        }
    }
}

impl Act {
    fn name(self, tried: &Tried) -> String {
        match self {
            Act::Nothing => "nothing".to_owned(),
            Act::Append(target) => format!("a comment at the end of {}", target.path(tried)),
            Act::Rewrite(target) => format!("another text in {}", target.path(tried)),
            Act::EditElsewhere => format!("an edit of {ELSEWHERE}"),
            Act::Add => "git add".to_owned(),
            Act::CommitAFile => "git commit of one file".to_owned(),
            Act::CommitWhatIsStaged => "git commit of what is staged".to_owned(),
            Act::NewBranch => "git switch --create".to_owned(),
            Act::OtherBranch => "git switch".to_owned(),
        }
    }

    fn perform(self, lab: &Lab, tried: &Tried) {
        let mine = "# mine\n";
        match self {
            Act::Nothing => {}
            Act::Append(target) => lab
                .repo
                .write(target.path(tried), lab.repo.read(target.path(tried)) + mine),
            Act::Rewrite(target) => lab.repo.write(target.path(tried), "{ }\n"),
            Act::EditElsewhere => lab.repo.write(ELSEWHERE, lab.repo.read(ELSEWHERE) + mine),
            Act::Add => {
                lab.repo.write(ELSEWHERE, lab.repo.read(ELSEWHERE) + mine);
                lab.git(&["add", ELSEWHERE]);
            }
            Act::CommitAFile => {
                lab.repo.write(ELSEWHERE, lab.repo.read(ELSEWHERE) + mine);
                lab.git(&["commit", "--quiet", "--no-verify", "--message", "mine", "--", ELSEWHERE]);
            }
            Act::CommitWhatIsStaged => {
                lab.git(&["commit", "--quiet", "--no-verify", "--message", "mine"]);
            }
            Act::NewBranch => drop(lab.git(&["switch", "--quiet", "--create", "mine"])),
            Act::OtherBranch => drop(lab.git(&["switch", "--quiet", "other"])),
        }
    }

    /// The target that the person has written to.
    fn target(self, tried: &Tried) -> Option<&'static str> {
        match self {
            Act::Append(target) | Act::Rewrite(target) => Some(target.path(tried)),
            _ => None,
        }
    }

    /// Whether it has nothing to do with what the run writes.
    fn is_elsewhere(self) -> bool {
        matches!(self, Act::Nothing | Act::EditElsewhere | Act::Add)
    }
}

/// The paths that the run changes, with what they are before and after it.
type Targets = BTreeMap<String, [Option<(u32, Vec<u8>)>; 2]>;

struct Trial<'t> {
    tried: &'t Tried,
    hook: &'t Hook,
    act: Act,
    targets: &'t Targets,
    before: &'t State,
    after: &'t State,
    /// As it was when the person had done it.
    middle: State,
    end: State,
    ended: Ended,
    lab: &'t Lab,
}

impl Trial<'_> {
    fn judge(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.others_stay(&mut wrong);
        self.references_stay(&mut wrong);
        match self.ended.code {
            Some(0) => self.is_after(&mut wrong),
            Some(1) => self.is_before(&mut wrong),
            _ => wrong.push(format!("it ends badly: {}", self.ended.gist())),
        }
        self.target_stays(&mut wrong);
        let expected = self.hook.succeeds.filter(|_| self.act.is_elsewhere());
        if expected.is_some_and(|succeeds| (self.ended.code == Some(0)) != succeeds) {
            wrong.push(format!("not as expected: {}", self.ended.gist()));
        }
        wrong.extend(self.end.left_beyond(self.after));
        wrong.extend(self.lab.corrupt());
        wrong
    }

    /// Nothing but the targets is another than when the person had done it.
    fn others_stay(&self, wrong: &mut Vec<String>) {
        let without_targets = |state: &State| {
            let mut state = state.clone();
            let directories: Vec<&str> = self
                .targets
                .keys()
                .filter_map(|path| Some(path.rsplit_once('/')?.0))
                .collect();
            state
                .files
                .retain(|path, _| !self.targets.contains_key(path) && !directories.contains(&path.as_str()));
            state.index.retain(|path, _| !self.targets.contains_key(path));
            if self.hook.name == "a hook that stashes" && self.act == Act::OtherBranch {
                // The hook's own doing: to its index, which is from before the switch, the file is deleted. It is
                // committed on the branch.
                state.files.remove(ON_OTHER_BRANCH);
            }
            state.refs.clear();
            state.undo.clear();
            state.log.clear();
            state
        };
        let differences = without_targets(&self.end).differences(&without_targets(&self.middle));
        wrong.extend(briefly("not the run's to change: ", &differences));
    }

    /// Every branch, and the stash, is where the person has left it, or holds that and the run's own commit.
    fn references_stay(&self, wrong: &mut Vec<String>) {
        for (name, id) in &self.middle.refs {
            match self.end.refs.get(name) {
                Some(now) if now == id => {}
                Some(now) if name.starts_with("refs/heads/") => {
                    if !self.is_ancestor(id, now) {
                        wrong.push(format!("{name} has lost the commit that was made meanwhile"));
                    }
                    let titles = self.lab.git(&["log", "--format=%s", &format!("{id}..{now}")]);
                    if titles
                        .lines()
                        .any(|title| title != self.tried.title && title != "chore: after")
                    {
                        wrong.push(format!("{name} has commits of nobody: {titles}"));
                    }
                }
                _ => wrong.push(format!("{name} is another")),
            }
        }
        let made = self.lab.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]);
        if made.lines().any(|name| !self.middle.refs.contains_key(name)) {
            wrong.push("there are more branches".to_owned());
        }
        let said: &[&str] = match self.act {
            Act::NewBranch => &["mine"],
            Act::OtherBranch => &["other"],
            Act::CommitAFile | Act::CommitWhatIsStaged => &["HEAD", "main"],
            _ => return,
        };
        if !said.iter().any(|word| self.ended.says(word)) {
            wrong.push(format!("what the person did is not told of: {}", self.ended.gist()));
        }
    }

    fn is_ancestor(&self, id: &str, of: &str) -> bool {
        let mut git = self.lab.command("git");
        git.args(["merge-base", "--is-ancestor", id, of])
            .status()
            .unwrap()
            .success()
    }

    /// How many commits of the run there are, on any branch.
    fn commits(&self) -> usize {
        let titles = self.lab.git(&["log", "--branches", "--format=%s"]);
        titles.lines().filter(|title| *title == self.tried.title).count()
    }

    fn is_after(&self, wrong: &mut Vec<String>) {
        // The person's commit takes what is staged, and the index has the change while a hook runs.
        if self.commits() == 0 && self.targets.keys().all(|path| self.has_head(path)) {
            return;
        }
        if self.commits() != 1 {
            wrong.push(format!("{} commits are made, though it succeeds", self.commits()));
            return;
        }
        let commits = self.lab.git(&["log", "--branches", "--format=%H %s"]);
        let made = commits.lines().filter_map(|line| line.split_once(' '));
        let (id, _) = made.into_iter().find(|(_, title)| *title == self.tried.title).unwrap();
        let changed = self.lab.git(&["show", "--no-renames", "--name-only", "--format=", id]);
        let wanted: Vec<&str> = self.targets.keys().map(String::as_str).collect();
        if changed.lines().collect::<Vec<_>>() != wanted {
            wrong.push(format!("the commit is of other files: {changed}"));
        }
        self.each_target(1, wrong);
        for path in self.targets.keys() {
            if self.end.index.get(path) != self.after.index.get(path) {
                wrong.push(format!("the index has another {path} than the commit"));
            }
        }
    }

    fn is_before(&self, wrong: &mut Vec<String>) {
        if self.ended.err.trim().is_empty() {
            wrong.push("it fails without a word".to_owned());
        }
        if self.commits() != 0 {
            wrong.push("its commit is there, though it fails".to_owned());
        }
        self.each_target(0, wrong);
        for path in self.targets.keys() {
            let (end, before) = (self.end.index.get(path), self.before.index.get(path));
            if end != before && !self.is_committed_as_it_is(path) {
                wrong.push(format!("the index has another {path} than before"));
            }
        }
    }

    /// What the person did not write to is as the run has to leave it, or as the person has committed it.
    fn each_target(&self, which: usize, wrong: &mut Vec<String>) {
        let mut differences = Vec::new();
        for (path, wanted) in self.targets {
            let edited = self.act.target(self.tried) == Some(path)
                || self.hook.name == "a hook that adds a line" && path == EDITED;
            if !edited && self.end.files.get(path) != wanted[which].as_ref() && !self.is_committed_as_it_is(path) {
                differences.push(path.clone());
            }
        }
        let name = ["before", "after"][which];
        wrong.extend(briefly(&format!("not as {name}: "), &differences));
    }

    /// Whether HEAD has the run's text at `path`.
    fn has_head(&self, path: &str) -> bool {
        let mut git = self.lab.command("git");
        let output = git.args(["show", &format!("HEAD:{path}")]).output().unwrap();
        let committed = output.status.success().then_some(output.stdout);
        committed.as_ref() == self.targets[path][1].as_ref().map(|(_, bytes)| bytes)
    }

    /// Whether the person has committed what stands at `path`.
    fn is_committed_as_it_is(&self, path: &str) -> bool {
        if !matches!(self.act, Act::CommitWhatIsStaged) {
            return false;
        }
        let git = self
            .lab
            .command("git")
            .args(["show", &format!("HEAD:{path}")])
            .output()
            .unwrap();
        let committed = git.status.success().then_some(git.stdout);
        committed.as_ref() == self.end.files.get(path).map(|(_, bytes)| bytes)
    }

    /// What was written into a target by somebody else stays in place; after a run that was rolled back it is kept
    /// under a reference as well, and the command that is named brings it back.
    fn target_stays(&self, wrong: &mut Vec<String>) {
        let text_at = |state: &State, path: &str| {
            let bytes = state.files.get(path).map(|(_, bytes)| bytes.clone());
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let reformats = self.hook.name.contains("white space");
        let foreign = match self.act.target(self.tried) {
            Some(path) => Some((path, text_at(&self.middle, path).unwrap())),
            None if self.hook.name == "a hook that adds a line" => {
                let text = String::from_utf8_lossy(&self.targets[EDITED][1].as_ref().unwrap().1).into_owned();
                Some((EDITED, text + "# checked\n"))
            }
            None => None,
        };
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((path, text)) = &foreign {
            // The hook may have added to it, or have changed its white space.
            let there = text_at(&self.end, path).is_some_and(|end| squeeze(&end).starts_with(&squeeze(text)));
            if !there {
                wrong.push(format!("what was written into {path} is not there any more"));
            }
        }
        let kept = match (&foreign, reformats) {
            (Some((_, text)), _) => text.clone(),
            (None, true) => {
                let text = String::from_utf8_lossy(&self.targets[self.tried.moved][1].as_ref().unwrap().1).into_owned();
                text.lines().fold(String::new(), |mut all, line| {
                    writeln!(all, "{}", line.replacen(" = ", "  =  ", 1)).unwrap();
                    all
                })
            }
            (None, false) => return,
        };
        let stands = self
            .end
            .files
            .get(self.tried.moved)
            .is_some_and(|(_, bytes)| bytes == kept.as_bytes());
        if self.ended.code == Some(1)
            && !(foreign.is_none() && stands)
            && let Some(why) = self.not_kept(&squeeze(&kept))
        {
            wrong.push(why);
        }
    }

    /// Why `text`, white space aside, cannot be had back from a reference that the output names.
    fn not_kept(&self, text: &str) -> Option<String> {
        let references = self
            .lab
            .git(&["for-each-ref", "--format=%(refname)", "refs/qgroget/kept"]);
        if references.is_empty() {
            return Some("nothing is kept under refs/qgroget/kept".to_owned());
        }
        let all = self.ended.all();
        for name in references.lines() {
            // It stands between backticks.
            let Some(command) = all.lines().find(|line| line.contains(name) && line.contains("git ")) else {
                continue;
            };
            let command = &command[command.find("git ").unwrap()..];
            let command = command.split('`').next().unwrap_or_default();
            let lab = self.lab.copy();
            let output = lab.command("sh").args(["-c", command]).output().unwrap();
            let restored = State::of(&lab).files.into_values().map(|(_, bytes)| bytes);
            let mut texts = restored.chain(std::iter::once(output.stdout));
            let squeeze = |bytes: &[u8]| {
                String::from_utf8_lossy(bytes)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            if texts.any(|bytes| squeeze(&bytes).starts_with(text)) {
                return None;
            }
        }
        Some(format!(
            "no command that is named brings back what was kept: {}",
            self.ended.gist()
        ))
    }
}

/// The example with the contract, another branch, and a person's unfinished work.
fn stage(prepare: impl FnOnce(&Lab)) -> Lab {
    let stage = Lab::with_contract();
    prepare(&stage);
    stage.git(&["switch", "--quiet", "--create", "other"]);
    stage.repo.write(ON_OTHER_BRANCH, "other\n");
    stage.git(&["add", ON_OTHER_BRANCH]);
    stage.git(&["commit", "--quiet", "--message", "docs: other"]);
    stage.git(&["switch", "--quiet", "main"]);
    stage.work();
    stage
}

/// What the command changes in the stage where nothing disturbs it.
fn targets(tried: &Tried, stage: &Lab, before: &State, after: &State, done: &Lab) -> Targets {
    let names = before.files.keys().chain(after.files.keys());
    let changed = names.filter(|name| before.files.get(*name) != after.files.get(*name));
    let is_file = |name: &&String| !stage.repo.path(name).is_dir() && !done.repo.path(name).is_dir();
    let both = |name: &String| [before, after].map(|state| state.files.get(name).cloned());
    let targets: Targets = changed.filter(is_file).map(|name| (name.clone(), both(name))).collect();
    let names: Vec<&String> = targets.keys().collect();
    assert!(
        targets.contains_key(tried.moved) && targets.contains_key(EDITED),
        "{names:?}"
    );
    targets
}

/// Every hook with everything that can happen meanwhile.
fn every_combination(tried: &Tried, stage: &Lab) {
    let before = State::of(stage);
    let done = stage.copy();
    done.done(tried.arguments);
    let after = State::of(&done);
    let targets = targets(tried, stage, &before, &after, &done);
    let of_hook = |hook: &'static Hook| ACTS.iter().map(move |act| (hook, *act));
    let cases: Vec<(&Hook, Act)> = HOOKS.iter().flat_map(of_hook).collect();
    let outcomes = share(&cases, |_, (hook, act)| {
        let lab = stage.copy();
        let body = format!("MOVED={}\n{}\n{}", tried.moved, pause::WAIT, hook.body);
        lab.repo.script(".git/hooks/pre-commit", &body);
        if !hook.after.is_empty() {
            lab.repo.script(".git/hooks/post-commit", hook.after);
        }
        let mut middle = None;
        let (ended, waited) = pause::run(&lab, tried.arguments, |lab| {
            act.perform(lab, tried);
            middle = Some(State::of(lab));
        });
        let what = format!("{}, meanwhile {}", hook.name, act.name(tried));
        let Some(middle) = middle.filter(|_| waited) else {
            return Wrong::found(what, vec![format!("the hook did not run: {}", ended.gist())]);
        };
        let end = State::of(&lab);
        let trial = Trial {
            tried,
            hook,
            act: *act,
            targets: &targets,
            before: &before,
            after: &after,
            middle,
            end,
            ended,
            lab: &lab,
        };
        Wrong::found(what, trial.judge())
    });
    let wrong: Vec<Wrong> = outcomes.into_iter().flatten().collect();
    none_wrong(
        &format!("{} combinations of a hook and what happens meanwhile", cases.len()),
        &wrong,
    );
}

#[test]
fn whatever_happens_while_a_hook_of_a_migration_runs_all_stays() {
    every_combination(&MIGRATION, &stage(|_| {}));
}

#[test]
fn whatever_happens_while_a_hook_of_a_reversal_runs_all_stays() {
    let stage = stage(|lab| {
        lab.done(MIGRATE);
        lab.repo.write("house/later.md", "later\n");
        lab.git(&["add", "house/later.md"]);
        lab.git(&["commit", "--quiet", "--message", "docs: later"]);
    });
    every_combination(&REVERSAL, &stage);
}

#[test]
fn every_command_plans_again_on_what_was_committed_meanwhile() {
    let homelab = Lab::homelab();
    let contract = Lab::with_contract();
    let fixable = contract.copy();
    fixable.done(MIGRATE);
    fixable.repo.replace(
        MIGRATION.moved,
        "exposed = true;",
        "exposed = true;\n    subdomian = \"films\";",
    );
    fixable.git(&["commit", "--quiet", "--all", "--message", "fix: a name"]);
    let everything = contract.copy();
    everything.done(&["migrate", "--all", "--yes", "--accept-gains", "--no-verify"]);
    let new = ["new", "mealie", "--category", "media", "--port", "4599", "--yes"];
    let add = [
        "contract",
        "add",
        "memoryLimit",
        "--type",
        "str",
        "--default",
        "\"1G\"",
        "--description",
        "The most memory.",
        "--yes",
    ];
    let commands: [(&Lab, &[&str]); 5] = [
        (&homelab, &["init", "--yes", "--no-verify"]),
        (&contract, &new),
        (&contract, &add),
        (&fixable, &["check", "--fix", "--yes"]),
        (&everything, &["cleanup", "--yes", "--no-verify"]),
    ];
    for (stage, arguments) in commands {
        let lab = stage.copy();
        lab.repo.script(".git/hooks/pre-commit", pause::WAIT);
        let (ended, waited) = pause::run(&lab, arguments, |lab| Act::CommitAFile.perform(lab, &MIGRATION));
        assert!(waited, "{arguments:?}: {}", ended.all());
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.all());
        assert!(ended.says("it is planned again"), "{arguments:?}: {}", ended.all());
        let titles = lab.git(&["log", "-2", "--format=%s"]);
        assert_eq!(titles.lines().nth(1), Some("mine"), "{arguments:?}: {titles}");
        assert_eq!(lab.git(&["status", "--short"]), "", "{arguments:?}");
    }
}
