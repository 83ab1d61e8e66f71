//! A run that ends, or fails, at each of its steps in turn: the commit by the library, by `git commit`, each on a
//! branch of its own too, and undo.

use super::*;

/// How a commit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Library,
    Program,
    Removal,
    Reversal,
    /// As `Library`, on a new branch.
    LibraryOnBranch,
    /// As `Program`, on a new branch.
    ProgramOnBranch,
    /// As `Library`, the move by a commit before.
    TwoByLibrary,
    /// As `Program`, the move by a commit before.
    TwoByProgram,
    /// As `TwoByProgram`, on a new branch.
    TwoOnBranch,
    RemovalOfTwo,
    ReversalOfTwo,
}

const KINDS: [Kind; 11] = [
    Kind::Library,
    Kind::Program,
    Kind::Removal,
    Kind::Reversal,
    Kind::LibraryOnBranch,
    Kind::ProgramOnBranch,
    Kind::TwoByLibrary,
    Kind::TwoByProgram,
    Kind::TwoOnBranch,
    Kind::RemovalOfTwo,
    Kind::ReversalOfTwo,
];

/// A repository on which somebody works, ready for a run of a kind.
pub(super) fn prepared(kind: Kind) -> TestRepo {
    let repo = repo();
    if matches!(kind, Kind::Removal | Kind::Reversal) {
        drop(run(&repo, &migration()).expect("committed"));
    }
    if matches!(kind, Kind::RemovalOfTwo | Kind::ReversalOfTwo) {
        drop(run_in_two(&repo).expect("committed"));
    }
    if matches!(kind, Kind::Reversal | Kind::ReversalOfTwo) {
        repo.write("later.nix", "later\n");
        repo.commit_all("later");
    }
    let by_program = [
        Kind::Program,
        Kind::ProgramOnBranch,
        Kind::TwoByProgram,
        Kind::TwoOnBranch,
    ];
    if by_program.contains(&kind) {
        repo.script(".git/hooks/pre-commit", "exit 0");
    }
    repo.write("other.nix", "one\n2\n3\n");
    repo.git(&["add", "other.nix"]);
    repo.write("other.nix", "one\n2\nthree\n");
    repo.write("untracked.nix", "mine\n");
    repo
}

/// One run on a disk; whether it came to its end.
pub(super) fn attempt(disk: &mut Disk<'_>, repo: &TestRepo, kind: Kind) -> Result<Ended> {
    let state = repo.state();
    match kind {
        Kind::Library
        | Kind::Program
        | Kind::LibraryOnBranch
        | Kind::ProgramOnBranch
        | Kind::TwoByLibrary
        | Kind::TwoByProgram
        | Kind::TwoOnBranch => {
            let change = migration();
            let targets = check::targets(state.prefix(), &change)?;
            let on_branch = [Kind::LibraryOnBranch, Kind::ProgramOnBranch, Kind::TwoOnBranch];
            let branch = on_branch.contains(&kind).then_some("moves/all");
            let in_two = matches!(kind, Kind::TwoByLibrary | Kind::TwoByProgram | Kind::TwoOnBranch);
            let below = in_two.then(|| Below::of(&state, &move_first())).transpose()?;
            let message = marked(&state, &change);
            record(
                disk,
                &state,
                &targets,
                &message,
                below.as_ref(),
                "migrate jellyfin",
                branch,
            )
            .map(|done| done._ended)
        }
        Kind::Removal | Kind::Reversal | Kind::RemovalOfTwo | Kind::ReversalOfTwo => {
            let plan = plan_undo(&state, Which::Last)?.expect("a commit");
            let undone = undo::undo_on(disk, &state, &plan)?;
            Ok(undone.into_ended())
        }
    }
}

/// Files, index entries and HEAD's tree, without what differs from run to run.
pub(super) fn standing(repo: &TestRepo) -> (crate::repo::git::testing::Snapshot, String, String) {
    let (_, tree) = repo.try_git(&["rev-parse", "HEAD^{tree}"]);
    (repo.snapshot(), repo.git(&["ls-files", "--stage", "-v"]), tree)
}

/// As [`standing`], with the number of commits, the branches that there are and the one that HEAD is on.
fn with_branches(repo: &TestRepo) -> impl Clone + PartialEq + std::fmt::Debug + use<> {
    let branches = repo.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]);
    let count = repo.git(&["rev-list", "--count", "HEAD"]);
    (standing(repo), count, repo.read(".git/HEAD"), branches)
}

fn recovered(repo: &TestRepo, place: &str) -> Option<Recovered> {
    recover(repo.root()).unwrap_or_else(|error| panic!("{place}: {error:?}"))
}

#[test]
fn a_run_killed_at_any_step_ends_in_before_or_after() {
    for kind in KINDS {
        let before = with_branches(&prepared(kind));
        let whole = prepared(kind);
        drop(attempt(&mut Disk::real(), &whole, kind).expect("made"));
        let after = with_branches(&whole);
        let mut ends = Vec::new();
        for step in 0.. {
            let repo = prepared(kind);
            let place = format!("{kind:?}, step {step}");
            let killed = match attempt(&mut killed_at(step), &repo, kind) {
                Ok(ended) => {
                    ended.abandon();
                    false
                }
                Err(_) => true,
            };
            let recovered = recovered(&repo, &place);
            let end = with_branches(&repo);
            assert!(end == before || end == after, "{place}: {recovered:?}\n{end:#?}");
            let made = end == after;
            if let Some(recovered) = &recovered {
                let finished = matches!(recovered.outcome, Outcome::Finished(_));
                assert_eq!(finished, made, "{place}: {recovered:?}");
            } else {
                assert!(!made, "{place}: made, and nothing said");
            }
            assert!(only_the_lock_is_left(&repo), "{place}");
            repo.git(&["fsck", "--strict"]);
            ends.push(made);
            if !made {
                drop(attempt(&mut Disk::real(), &repo, kind).expect("made at last"));
                assert_eq!(with_branches(&repo), after, "{place}, again");
            }
            if !killed {
                break;
            }
        }
        assert!(
            ends.len() > 12 && ends.is_sorted() && ends.ends_with(&[true]),
            "{kind:?}: {ends:?}"
        );
    }
}

#[test]
fn a_run_in_which_any_step_fails_ends_in_before_or_after() {
    for kind in KINDS {
        let before = with_branches(&prepared(kind));
        let whole = prepared(kind);
        drop(attempt(&mut Disk::real(), &whole, kind).expect("made"));
        let after = with_branches(&whole);
        for step in 0.. {
            let repo = prepared(kind);
            let place = format!("{kind:?}, step {step}");
            let reached = Cell::new(false);
            let count = Cell::new(0);
            let mut disk = Disk::gated(|_| {
                count.set(count.get() + 1);
                match count.get() == step + 1 {
                    true => {
                        reached.set(true);
                        Err(io::Error::other("disk full"))
                    }
                    false => Ok(()),
                }
            });
            let done = attempt(&mut disk, &repo, kind);
            drop(disk);
            let made = done.is_ok();
            let error = done.err();
            assert_eq!(
                with_branches(&repo),
                if made { after.clone() } else { before.clone() },
                "{place}: {error:?}"
            );
            assert!(only_the_lock_is_left(&repo), "{place}");
            assert_eq!(recovered(&repo, &place), None, "{place}");
            if !reached.get() {
                assert!(made, "{place}");
                break;
            }
        }
    }
}

#[test]
fn a_recovery_killed_at_any_step_is_ended_by_the_next() {
    for kind in KINDS {
        let before = with_branches(&prepared(kind));
        let whole = prepared(kind);
        drop(attempt(&mut Disk::real(), &whole, kind).expect("made"));
        let after = with_branches(&whole);
        for first in (0..60).step_by(12) {
            for second in (0..).step_by(3) {
                let repo = prepared(kind);
                let place = format!("{kind:?}, {first}, then {second}");
                let killed = match attempt(&mut killed_at(first), &repo, kind) {
                    Ok(ended) => {
                        ended.abandon();
                        false
                    }
                    Err(_) => true,
                };
                let done = recover_on(&mut killed_at(second), repo.root()).is_ok();
                recovered(&repo, &place);
                let end = with_branches(&repo);
                assert!(end == before || end == after, "{place}\n{end:#?}");
                assert!(only_the_lock_is_left(&repo), "{place}");
                if done || !killed {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_change_that_a_person_has_committed_by_hand_is_left_alone() {
    let repo = prepared(Kind::Program);
    // All files and the index are in place, and `git commit` has not begun.
    let step = (0..)
        .find(|step| {
            let repo = prepared(Kind::Program);
            let _ = attempt(&mut killed_at(*step), &repo, Kind::Program);
            repo.git(&["diff", "--cached", "--name-only"]).contains("settings.nix")
        })
        .expect("a step");
    assert!(attempt(&mut killed_at(step), &repo, Kind::Program).is_err());
    let _ = std::fs::remove_file(repo.path(".git/index.lock"));
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "by hand"]);
    let before = standing(&repo);
    let recovered = recover(repo.root()).expect("recovered").expect("a journal");
    assert_eq!(recovered.outcome, Outcome::Dropped);
    assert_eq!(standing(&repo), before);
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn locks_that_a_killed_run_has_left_are_removed_and_named_and_no_others() {
    let moved = || {
        let repo = prepared(Kind::Library);
        let step = (0..)
            .find(|step| {
                let repo = prepared(Kind::Library);
                let _ = attempt(&mut killed_at(*step), &repo, Kind::Library);
                repo.path(".git/qgroget/plan.json").exists()
            })
            .expect("a step");
        assert!(attempt(&mut killed_at(step + 1), &repo, Kind::Library).is_err());
        repo
    };
    let lock = "refs/heads/main.lock";
    let repo = moved();
    let plan: serde_json::Value = serde_json::from_str(&repo.read(".git/qgroget/plan.json")).expect("a journal");
    let to = plan["goal"]["branch"]["to"].as_str().expect("a commit").to_owned();
    for content in [String::new(), format!("{to}\n")] {
        let repo = moved();
        let content = content.replace(&to, &{
            let plan: serde_json::Value =
                serde_json::from_str(&repo.read(".git/qgroget/plan.json")).expect("a journal");
            plan["goal"]["branch"]["to"].as_str().expect("a commit").to_owned()
        });
        repo.write(&format!(".git/{lock}"), &content);
        let recovered = recover(repo.root()).expect("recovered").expect("a journal");
        assert!(recovered.locks.iter().any(|path| path.ends_with(lock)), "{recovered:?}");
        assert!(!repo.path(&format!(".git/{lock}")).exists());
    }
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(&format!(".git/{lock}"), &format!("{head}\n"));
    recover(repo.root()).expect("recovered");
    assert!(
        repo.path(&format!(".git/{lock}")).exists(),
        "another process's lock stays"
    );
}
