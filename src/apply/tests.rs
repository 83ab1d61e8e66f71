use std::cell::Cell;
use std::io;
use std::os::unix::fs::symlink;

use super::recover::recover_on;
use super::*;
use crate::repo::git::testing::{Snapshot, TestRepo, change, created, deleted, modified, moved};

/// A change of every kind, on [`files`].
fn every_kind() -> SourceChange {
    change(vec![
        modified("settings.nix", "{ a = 1; }\n", "{ a = 2; }\n"),
        moved("media/jellyfin.nix", "media/jellyfin/default.nix", "old\n", "new\n"),
        moved("lonely/only.nix", "hosts/Server/only.nix", "only\n", "only\n"),
        created("fresh/deep/default.nix", "fresh\n"),
        deleted("gone.nix", "gone\n"),
    ])
}

fn files(repo: &TestRepo) {
    repo.write("settings.nix", "{ a = 1; }\n");
    repo.write("media/jellyfin.nix", "old\n");
    repo.write("lonely/only.nix", "only\n");
    repo.write("gone.nix", "gone\n");
    repo.mode("settings.nix", 0o640);
    repo.mode("media/jellyfin.nix", 0o755);
    repo.mode("lonely", 0o750);
}

fn in_git() -> TestRepo {
    let repo = TestRepo::unborn();
    files(&repo);
    repo.commit_all("first");
    repo
}

fn refusal<T>(result: Result<T>) -> crate::error::Error {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}

/// The tree without the tool's own notes, which without git lie in it.
fn tree(repo: &TestRepo) -> Snapshot {
    let mut tree = repo.snapshot();
    tree.retain(|path, _| !path.starts_with(".qgroget") && path != Path::new(".qgroget.lock"));
    tree
}

/// Fails every step from the given one on: to the disk, that is a process that was killed there.
fn killed_at(step: usize) -> Disk<'static> {
    let count = Cell::new(0);
    Disk::gated(move |_| {
        count.set(count.get() + 1);
        if count.get() > step {
            Err(io::Error::other("killed"))
        } else {
            Ok(())
        }
    })
}

/// Fails the given step only.
fn failing_at(step: usize) -> Disk<'static> {
    let count = Cell::new(0);
    Disk::gated(move |_| {
        count.set(count.get() + 1);
        if count.get() == step + 1 {
            Err(io::Error::other("disk full"))
        } else {
            Ok(())
        }
    })
}

#[test]
fn every_kind_of_change_is_written() {
    let repo = in_git();
    let applied = apply(repo.root(), &every_kind()).expect("applied");
    assert_eq!(applied.paths().len(), 7);
    applied.keep().expect("kept");
    assert_eq!(repo.read("settings.nix"), "{ a = 2; }\n");
    assert_eq!(repo.mode_of("settings.nix"), 0o640);
    assert_eq!(repo.read("media/jellyfin/default.nix"), "new\n");
    assert_eq!(repo.mode_of("media/jellyfin/default.nix"), 0o755);
    assert_eq!(repo.read("hosts/Server/only.nix"), "only\n");
    assert_eq!(repo.read("fresh/deep/default.nix"), "fresh\n");
    for gone in ["media/jellyfin.nix", "lonely", "gone.nix"] {
        assert!(!repo.path(gone).exists(), "{gone}");
    }
    assert!(!repo.path(".git/qgroget").exists());
    assert!(!repo.path(".git/qgroget.lock").exists());
}

#[test]
fn a_change_is_taken_back_exactly() {
    let repo = in_git();
    let before = repo.snapshot();
    apply(repo.root(), &every_kind())
        .expect("applied")
        .revert()
        .expect("taken back");
    assert_eq!(repo.snapshot(), before);
    drop(apply(repo.root(), &every_kind()).expect("applied"));
    assert_eq!(repo.snapshot(), before);
    assert!(!repo.path(".git/qgroget").exists());
}

#[test]
fn taking_back_undoes_what_was_written_over_the_change() {
    let repo = in_git();
    let before = repo.snapshot();
    let applied = apply(repo.root(), &every_kind()).expect("applied");
    repo.write("settings.nix", "{a=2;}\n");
    repo.mode("media/jellyfin/default.nix", 0o600);
    std::fs::remove_file(repo.path("fresh/deep/default.nix")).expect("removed");
    repo.write("gone.nix", "back\n");
    applied.revert().expect("taken back");
    assert_eq!(repo.snapshot(), before);
}

#[test]
fn a_change_without_git_leaves_no_notes() {
    let repo = TestRepo::without_git();
    files(&repo);
    apply(repo.root(), &every_kind())
        .expect("applied")
        .keep()
        .expect("kept");
    assert!(!repo.path(".qgroget").exists());
    assert!(!repo.path(".qgroget.lock").exists());
    assert_eq!(repo.read("settings.nix"), "{ a = 2; }\n");
}

#[test]
fn a_root_below_the_top_is_written_there() {
    let repo = TestRepo::with(&[("nixos/a.nix", "1\n"), ("a.nix", "1\n")]);
    let applied = apply(&repo.path("nixos"), &change(vec![modified("a.nix", "1\n", "2\n")])).expect("applied");
    assert_eq!(applied.paths(), [Path::new("a.nix")]);
    applied.keep().expect("kept");
    assert_eq!(
        (repo.read("nixos/a.nix").as_str(), repo.read("a.nix").as_str()),
        ("2\n", "1\n")
    );
}

#[test]
fn carriage_returns_and_a_byte_order_mark_stay() {
    let repo = TestRepo::with(&[("a.nix", "\u{feff}{\r\n}\r\n")]);
    let after = "\u{feff}{\r\n  a = 1;\r\n}\r\n";
    let applied = apply(
        repo.root(),
        &change(vec![modified("a.nix", "\u{feff}{\r\n}\r\n", after)]),
    );
    applied.expect("applied").keep().expect("kept");
    assert_eq!(repo.read("a.nix"), after);
    let error = refusal(apply(
        repo.root(),
        &change(vec![modified("a.nix", "\u{feff}{\n}\n", "x")]),
    ));
    assert_eq!(error.code(), "changed-since");
}

#[test]
fn files_swap_their_places() {
    let repo = TestRepo::with(&[("a.nix", "a\n"), ("b.nix", "b\n")]);
    let swap = change(vec![
        moved("b.nix", "a.nix", "b\n", "b\n"),
        moved("a.nix", "b.nix", "a\n", "a\n"),
    ]);
    apply(repo.root(), &swap).expect("applied").keep().expect("kept");
    assert_eq!(
        (repo.read("a.nix").as_str(), repo.read("b.nix").as_str()),
        ("b\n", "a\n")
    );
}

#[test]
fn a_directory_that_still_has_something_stays() {
    let repo = TestRepo::with(&[("media/a.nix", "a\n"), ("media/b.nix", "b\n")]);
    apply(repo.root(), &change(vec![deleted("media/a.nix", "a\n")]))
        .expect("applied")
        .keep()
        .expect("kept");
    assert_eq!(repo.read("media/b.nix"), "b\n");
}

#[test]
fn a_failure_at_any_step_leaves_the_tree_as_it_was() {
    for with_git in [true, false] {
        let repo = if with_git { in_git() } else { TestRepo::without_git() };
        files(&repo);
        let before = repo.snapshot();
        for step in 0.. {
            match apply_on(&mut failing_at(step), repo.root(), &every_kind()) {
                Ok(applied) => {
                    assert!(step > 20, "only {step} steps");
                    applied.keep().expect("kept");
                    assert_ne!(repo.snapshot(), before);
                    break;
                }
                Err(error) => {
                    assert!(matches!(error.code(), "write-failed" | "journal-failed"), "{error:?}");
                    assert_eq!(repo.snapshot(), before, "step {step}");
                    assert!(!interrupted(repo.root()).expect("looked"), "step {step}");
                }
            }
        }
    }
}

#[test]
fn a_run_killed_at_any_step_is_taken_back_by_the_next() {
    for with_git in [true, false] {
        let repo = if with_git { in_git() } else { TestRepo::without_git() };
        files(&repo);
        let before = tree(&repo);
        for step in 0.. {
            if let Ok(applied) = apply_on(&mut killed_at(step), repo.root(), &every_kind()) {
                let after = tree(&repo);
                applied.abandon();
                assert_eq!(tree(&repo), after);
                let recovered = recover(repo.root()).expect("recovered").expect("a journal");
                assert_eq!((recovered.outcome, recovered.paths.len()), (Outcome::RolledBack, 7));
                assert_eq!(tree(&repo), before);
                break;
            }
            let pending = interrupted(repo.root()).expect("looked");
            assert_eq!(
                recover(repo.root()).expect("recovered").is_some(),
                pending,
                "step {step}"
            );
            assert_eq!(repo.snapshot(), before, "step {step}");
            assert_eq!(recover(repo.root()).expect("nothing"), None);
        }
    }
}

#[test]
fn a_recovery_killed_at_any_step_is_finished_by_the_next() {
    let repo = in_git();
    let before = repo.snapshot();
    for first in (0..30).step_by(7) {
        for second in 0.. {
            match apply_on(&mut killed_at(first), repo.root(), &every_kind()) {
                Ok(applied) => applied.abandon(),
                Err(error) => drop(error),
            }
            let done = recover_on(&mut killed_at(second), repo.root()).is_ok();
            recover(repo.root()).expect("recovered");
            assert_eq!(repo.snapshot(), before, "killed at {first}, then at {second}");
            if done {
                break;
            }
        }
    }
}

#[test]
fn a_new_change_waits_for_the_interrupted_one() {
    let repo = in_git();
    apply(repo.root(), &every_kind()).expect("applied").abandon();
    assert_eq!(refusal(apply(repo.root(), &every_kind())).code(), "interrupted");
}

#[test]
fn recovery_does_not_overwrite_later_work() {
    let repo = in_git();
    apply(repo.root(), &every_kind()).expect("applied").abandon();
    repo.write("settings.nix", "my work\n");
    let after = repo.snapshot();
    let error = refusal(recover(repo.root()));
    assert_eq!(error.code(), "recover-conflict");
    assert!(
        error
            .reason_text()
            .is_some_and(|reason| reason.contains("settings.nix"))
    );
    assert_eq!(repo.snapshot(), after);
    repo.write("settings.nix", "{ a = 2; }\n");
    assert!(recover(repo.root()).expect("recovered").is_some());
}

#[test]
fn damaged_notes_are_refused() {
    let repo = in_git();
    apply(repo.root(), &every_kind()).expect("applied").abandon();
    repo.write(".git/qgroget/plan.json", "{");
    assert_eq!(refusal(recover(repo.root())).code(), "journal-unreadable");
}

#[test]
fn two_runs_do_not_interleave() {
    let repo = in_git();
    let applied = apply(repo.root(), &change(vec![created("x.nix", "x\n")])).expect("applied");
    let error = refusal(apply(repo.root(), &change(vec![created("y.nix", "y\n")])));
    assert_eq!(error.code(), "locked");
    let pid = format!("process {}", std::process::id());
    assert!(
        error.reason_text().is_some_and(|reason| reason.contains(&pid)),
        "{error:?}"
    );
    assert_eq!(refusal(recover(repo.root())).code(), "locked");
    applied.keep().expect("kept");
}

#[test]
fn a_lock_left_by_a_killed_run_locks_nothing() {
    let repo = in_git();
    repo.write(".git/qgroget.lock", "1\n");
    apply(repo.root(), &every_kind())
        .expect("applied")
        .keep()
        .expect("kept");
}

#[test]
fn what_is_not_as_shown_is_refused_and_nothing_written() {
    let repo = in_git();
    symlink("settings.nix", repo.path("link.nix")).expect("a link");
    symlink("/etc", repo.path("etc")).expect("a link");
    repo.write("inner/.git", "gitdir: elsewhere\n");
    repo.write("inner/a.nix", "a\n");
    let before = repo.snapshot();
    let ok = || modified("settings.nix", "{ a = 1; }\n", "{ a = 2; }\n");
    for (file, code) in [
        (modified("settings.nix", "{ a = 0; }\n", "x"), "changed-since"),
        (modified("absent.nix", "x", "y"), "changed-since"),
        (created("gone.nix", "x"), "file-exists"),
        (moved("gone.nix", "settings.nix", "gone\n", "x"), "file-exists"),
        (created("../outside.nix", "x"), "outside-repository"),
        (created("/outside.nix", "x"), "outside-repository"),
        (created(".git/hooks/pre-commit", "x"), "outside-repository"),
        (created("media/.GIT/config", "x"), "outside-repository"),
        (modified("link.nix", "{ a = 1; }\n", "x"), "symlink"),
        (created("etc/qgroget.nix", "x"), "symlink"),
        (modified("inner/a.nix", "a\n", "x"), "submodule"),
        (created("gone.nix/default.nix", "x"), "not-a-directory"),
        (modified("media", "", "x"), "not-a-file"),
    ] {
        let path = file.path().to_owned();
        let error = refusal(apply(repo.root(), &change(vec![created("a.nix", "a\n"), file])));
        assert_eq!(error.code(), code, "{}: {error:?}", path.display());
        assert_eq!(repo.snapshot(), before, "{}", path.display());
    }
    let twice = change(vec![ok(), ok()]);
    assert_eq!(refusal(apply(repo.root(), &twice)).kind(), crate::error::Kind::Internal);
    assert_eq!(repo.snapshot(), before);
}

#[test]
fn a_directory_that_may_not_be_written_is_refused_skipped_as_root() {
    let repo = in_git();
    repo.mode("media", 0o555);
    if std::fs::write(repo.path("media/probe"), "").is_ok() {
        std::fs::remove_file(repo.path("media/probe")).expect("removed");
        eprintln!("skipped: root may write everywhere");
        return;
    }
    let before = repo.snapshot();
    let error = refusal(apply(repo.root(), &every_kind()));
    assert_eq!(error.code(), "write-failed");
    assert_eq!(repo.snapshot(), before);
    repo.mode("media", 0o755);
}

#[test]
fn nothing_to_write_is_fine() {
    let repo = in_git();
    apply(repo.root(), &SourceChange::default())
        .expect("applied")
        .keep()
        .expect("kept");
}
