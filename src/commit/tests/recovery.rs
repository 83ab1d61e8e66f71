//! Recovery after what a person may do between a kill and the next run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::kills::{Kind, attempt, prepared, standing};
use super::*;

/// Ends a run at a step as SIGKILL does: nothing of it goes on, unlike with a step that fails. Whether it came that far.
fn kill(step: usize, run: impl FnOnce(&mut Disk<'_>)) -> bool {
    let count = Cell::new(0);
    let mut disk = Disk::gated(|_| {
        count.set(count.get() + 1);
        assert!(count.get() <= step, "killed");
        Ok(())
    });
    catch_unwind(AssertUnwindSafe(|| run(&mut disk))).is_err()
}

/// A repository in which a run was killed at a step; `None` if it has fewer.
fn killed(kind: Kind, step: usize) -> Option<TestRepo> {
    let repo = prepared(kind);
    let killed = kill(step, |disk| attempt(disk, &repo, kind).expect("made").abandon());
    killed.then_some(repo)
}

/// A run that was killed after the exchange of the first file that has both texts.
fn half_placed(kind: Kind) -> TestRepo {
    // The step is looked for once for each kind.
    static STEPS: Mutex<Vec<(Kind, usize)>> = Mutex::new(Vec::new());
    let mut steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, step)) = steps.iter().find(|(known, _)| *known == kind) {
        let step = *step;
        drop(steps);
        return killed(kind, step).expect("as many steps as before");
    }
    let before = prepared(kind).read("settings.nix");
    let repos = (0..).map_while(|step| Some((step, killed(kind, step)?)));
    let exchanged = |(_, repo): &(usize, TestRepo)| repo.read("settings.nix") != before;
    let (step, repo) = { repos }.find(exchanged).expect("a step");
    steps.push((kind, step));
    repo
}

fn after(kind: Kind) -> (crate::repo::git::testing::Snapshot, String, String) {
    let repo = prepared(kind);
    drop(attempt(&mut Disk::real(), &repo, kind).expect("made"));
    standing(&repo)
}

#[test]
fn a_repository_that_was_moved_since_is_recovered() {
    for kind in [Kind::Library, Kind::Program, Kind::Removal] {
        let repo = half_placed(kind);
        let moved = repo.root().with_file_name("moved");
        std::fs::rename(repo.root(), &moved).expect("moved");
        let recovered = recover(&moved).expect("recovered").expect("a journal");
        assert_eq!(recovered.left, Left::default(), "{kind:?}");
        std::fs::rename(&moved, repo.root()).expect("moved back");
        let made = matches!(recovered.outcome, Outcome::Finished(_));
        let end = if made { after(kind) } else { standing(&prepared(kind)) };
        assert_eq!(standing(&repo), end, "{kind:?}");
        assert!(only_the_lock_is_left(&repo), "{kind:?}");
    }
}

#[test]
fn files_without_git_that_were_moved_since_are_recovered() {
    let repo = TestRepo::without_git();
    let was = [("a.nix", "a\n"), ("b.nix", "b\n")];
    for step in 0.. {
        for (path, text) in was {
            repo.write(path, text);
        }
        let change = change(vec![modified("a.nix", "a\n", "A\n"), modified("b.nix", "b\n", "B\n")]);
        let write = |disk: &mut Disk<'_>| write_on(disk, repo.root(), &change, "migrate jellyfin").expect("written");
        let killed = kill(step, |disk| write(disk)._ended.abandon());
        let moved = repo.root().with_file_name("moved");
        std::fs::rename(repo.root(), &moved).expect("moved");
        recover(&moved).expect("recovered");
        std::fs::rename(&moved, repo.root()).expect("moved back");
        let texts = (repo.read("a.nix"), repo.read("b.nix"));
        let [old, new] = [("a\n", "b\n"), ("A\n", "B\n")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert!(texts == old || texts == new, "{step}: {texts:?}");
        if !killed {
            break;
        }
    }
}

#[test]
fn recovery_in_a_copy_leaves_the_original_alone() {
    let repo = half_placed(Kind::Library);
    let copy = repo.path("../copy");
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([repo.root(), &copy])
        .status()
        .expect("cp runs");
    assert!(copied.success());
    for root in [copy.as_path(), repo.root()] {
        let recovered = recover(root).expect("recovered").expect("a journal");
        assert!(matches!(recovered.outcome, Outcome::Finished(Some(_))), "{recovered:?}");
        assert_eq!(recovered.left, Left::default());
    }
    assert_eq!(standing(&repo), after(Kind::Library));
}

#[test]
fn what_a_person_has_brought_back_or_removed_by_hand_never_stops_a_recovery() {
    type Edit = fn(&TestRepo);
    let edits: [(&str, Edit); 5] = [
        ("restored", |repo| repo.write("settings.nix", SETTINGS)),
        ("removed", |repo| {
            let _ = std::fs::remove_file(repo.path("hosts/Server/jellyfin.nix"));
            let _ = std::fs::remove_dir_all(repo.path("media/jellyfin"));
        }),
        ("checked out", |repo| {
            let _ = std::fs::remove_file(repo.path(".git/index.lock"));
            let _ = repo.try_git(&["checkout", "--", "settings.nix", "media/jellyfin.nix"]);
        }),
        ("cleaned", |repo| {
            let _ = repo.try_git(&["clean", "-fdq", "hosts", "media"]);
        }),
        ("sides gone", |repo| {
            for entry in std::fs::read_dir(repo.path(".git/qgroget"))
                .into_iter()
                .flatten()
                .flatten()
            {
                if entry.path().extension().is_some_and(|extension| extension == "side") {
                    std::fs::remove_file(entry.path()).expect("removed");
                }
            }
        }),
    ];
    let ends = [standing(&prepared(Kind::Library)), after(Kind::Library)];
    for (name, edit) in edits {
        for step in (0..).step_by(2) {
            let Some(repo) = killed(Kind::Library, step) else { break };
            edit(&repo);
            let place = format!("{name}, step {step}");
            let recovered = recover(repo.root()).unwrap_or_else(|error| panic!("{place}: {error:?}"));
            if recovered.is_some() {
                assert!(ends.contains(&standing(&repo)), "{place}: {recovered:?}");
                assert!(only_the_lock_is_left(&repo), "{place}");
            }
            assert_eq!(recover(repo.root()).expect("recovered"), None, "{place}");
        }
    }
}

#[test]
fn what_is_nowhere_is_left_as_found_and_named() {
    let repo = half_placed(Kind::Library);
    repo.write("settings.nix", "{ mine = true; }\n");
    std::fs::remove_dir_all(repo.path("media/jellyfin")).expect("removed");
    repo.write("media/jellyfin", "a file in the way\n");
    let recovered = recover(repo.root()).expect("recovered").expect("a journal");
    assert!(matches!(recovered.outcome, Outcome::Finished(Some(_))), "{recovered:?}");
    let left = ["media/jellyfin/default.nix", "settings.nix"].map(PathBuf::from);
    assert_eq!(recovered.left.foreign, left);
    assert_eq!(repo.read("settings.nix"), "{ mine = true; }\n");
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn a_branch_that_was_renamed_or_made_since_has_the_commit_all_the_same() {
    let moves: [&[&str]; 3] = [
        &["branch", "--move", "main", "trunk"],
        &["checkout", "--quiet", "-b", "other"],
        &["checkout", "--quiet", "--detach"],
    ];
    for arguments in moves {
        let repo = half_placed(Kind::Library);
        std::fs::remove_file(repo.path(".git/index.lock")).expect("a lock");
        repo.git(arguments);
        let recovered = recover(repo.root()).expect("recovered").expect("a journal");
        assert!(matches!(recovered.outcome, Outcome::Finished(Some(_))), "{recovered:?}");
        assert_eq!(recovered.left, Left::default(), "{arguments:?}");
        assert_eq!(standing(&repo), after(Kind::Library), "{arguments:?}");
        assert!(only_the_lock_is_left(&repo), "{arguments:?}");
    }
}

#[test]
fn files_follow_a_head_that_was_moved_since() {
    let paths = ["hosts", "media", "settings.nix"];
    let moves: [&[&str]; 4] = [
        // Another branch, at the commit before; a commit without the change, as the index was; one of another file.
        &["symbolic-ref", "HEAD", "refs/heads/other"],
        &["reset", "--quiet", "--soft", "HEAD~1"],
        &["commit", "--quiet", "--message", "by hand"],
        &["commit", "--quiet", "--message", "by hand", "other.nix"],
    ];
    for arguments in moves {
        let repo = half_placed(Kind::Library);
        std::fs::remove_file(repo.path(".git/index.lock")).expect("a lock");
        repo.git(&["branch", "other", "HEAD~1"]);
        repo.git(arguments);
        let recovered = recover(repo.root()).expect("recovered").expect("a journal");
        assert_eq!(recovered.left, Left::default(), "{arguments:?}");
        let mut status = vec!["status", "--short", "--"];
        status.extend(paths);
        assert_eq!(repo.git(&status), "", "{arguments:?}: {recovered:?}");
        assert!(only_the_lock_is_left(&repo), "{arguments:?}");
        let taken_back = arguments[0] == "reset";
        let expected = if taken_back {
            Outcome::RolledBack
        } else {
            Outcome::Followed
        };
        assert_eq!(recovered.outcome, expected, "{arguments:?}");
    }
}

#[test]
fn a_change_that_a_person_has_committed_whole_is_theirs() {
    let ready = || {
        let repo = repo();
        repo.script(".git/hooks/pre-commit", "exit 0");
        repo
    };
    let killed = (0..).map(|step| {
        let repo = ready();
        assert!(kill(step, |disk| drop(record_on(disk, &repo))), "never reached");
        repo
    });
    let repo = killed
        .into_iter()
        .find(|repo| repo.git(&["diff", "--cached", "--name-only"]).contains("settings.nix"))
        .expect("a step");
    let _ = std::fs::remove_file(repo.path(".git/index.lock"));
    repo.git(&["commit", "--quiet", "--no-verify", "--all", "--message", "save"]);
    let before = standing(&repo);
    let recovered = recover(repo.root()).expect("recovered").expect("a journal");
    let short = repo.git(&["rev-parse", "--short", "HEAD"]);
    assert_eq!(recovered.outcome, Outcome::ByHand(short));
    assert_eq!(standing(&repo), before);
    assert!(only_the_lock_is_left(&repo));
}

fn record_on(disk: &mut Disk<'_>, repo: &TestRepo) -> Result<Committed> {
    let state = repo.state();
    let targets = check::targets(state.prefix(), &migration())?;
    record(
        disk,
        &state,
        &targets,
        &marked(&state, &migration()),
        None,
        "migrate jellyfin",
        None,
    )
}

#[test]
fn notes_of_an_earlier_version_are_refused() {
    let repo = half_placed(Kind::Library);
    let plan = repo
        .read(".git/qgroget/plan.json")
        .replace("\"version\": 3", "\"version\": 2");
    repo.write(".git/qgroget/plan.json", &plan);
    let before = everything(&repo);
    let error = refusal(recover(repo.root()));
    assert_eq!(error.code(), "journal-unreadable");
    assert_eq!(error.reason_text(), Some("their version is 2, not 3 or 4"));
    assert_eq!(everything(&repo), before);
}
