//! Files without a commit.

use std::os::unix::fs::symlink;

use super::*;
use crate::repo::git::testing::Snapshot;

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

/// The tree without the tool's own notes, which without git lie in it.
fn tree(repo: &TestRepo) -> Snapshot {
    let mut tree = repo.snapshot();
    tree.retain(|path, _| !path.starts_with(".qgroget"));
    tree
}

#[test]
fn every_kind_of_change_is_written() {
    let repo = in_git();
    let written = write(repo.root(), &every_kind(), "test").expect("written");
    assert_eq!(written.paths.len(), 7);
    drop(written);
    assert_eq!(repo.read("settings.nix"), "{ a = 2; }\n");
    assert_eq!(repo.mode_of("settings.nix"), 0o640);
    assert_eq!(repo.read("media/jellyfin/default.nix"), "new\n");
    assert_eq!(repo.mode_of("media/jellyfin/default.nix"), 0o755);
    assert_eq!(repo.read("hosts/Server/only.nix"), "only\n");
    assert_eq!(repo.read("fresh/deep/default.nix"), "fresh\n");
    for gone in ["media/jellyfin.nix", "lonely", "gone.nix"] {
        assert!(!repo.path(gone).exists(), "{gone}");
    }
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn a_change_without_git_leaves_no_notes() {
    let repo = TestRepo::without_git();
    files(&repo);
    drop(write(repo.root(), &every_kind(), "test").expect("written"));
    assert!(!repo.path(".qgroget").exists());
    assert!(!repo.path(".qgroget.lock").exists());
    assert_eq!(repo.read("settings.nix"), "{ a = 2; }\n");
}

#[test]
fn a_root_below_the_top_is_written_there() {
    let repo = TestRepo::with(&[("nixos/a.nix", "1\n"), ("a.nix", "1\n")]);
    let edit = change(vec![modified("a.nix", "1\n", "2\n")]);
    let written = write(&repo.path("nixos"), &edit, "test").expect("written");
    assert_eq!(written.paths, [Path::new("a.nix")]);
    drop(written);
    assert_eq!(
        (repo.read("nixos/a.nix").as_str(), repo.read("a.nix").as_str()),
        ("2\n", "1\n")
    );
}

#[test]
fn carriage_returns_and_a_byte_order_mark_stay() {
    let repo = TestRepo::with(&[("a.nix", "\u{feff}{\r\n}\r\n")]);
    let after = "\u{feff}{\r\n  a = 1;\r\n}\r\n";
    let edit = change(vec![modified("a.nix", "\u{feff}{\r\n}\r\n", after)]);
    drop(write(repo.root(), &edit, "test").expect("written"));
    assert_eq!(repo.read("a.nix"), after);
    let edit = change(vec![modified("a.nix", "\u{feff}{\n}\n", "x")]);
    assert_eq!(refusal(write(repo.root(), &edit, "test")).code(), "changed-since");
}

#[test]
fn files_swap_their_places() {
    let repo = TestRepo::with(&[("a.nix", "a\n"), ("b.nix", "b\n")]);
    let swap = change(vec![
        moved("b.nix", "a.nix", "b\n", "b\n"),
        moved("a.nix", "b.nix", "a\n", "a\n"),
    ]);
    drop(write(repo.root(), &swap, "test").expect("written"));
    assert_eq!(
        (repo.read("a.nix").as_str(), repo.read("b.nix").as_str()),
        ("b\n", "a\n")
    );
}

#[test]
fn a_directory_that_still_has_something_stays() {
    let repo = TestRepo::with(&[("media/a.nix", "a\n"), ("media/b.nix", "b\n")]);
    drop(write(repo.root(), &change(vec![deleted("media/a.nix", "a\n")]), "test").expect("written"));
    assert_eq!(repo.read("media/b.nix"), "b\n");
}

#[test]
fn a_failure_at_any_step_leaves_the_tree_as_before_or_as_after() {
    for with_git in [true, false] {
        let repo = if with_git { in_git() } else { TestRepo::without_git() };
        files(&repo);
        let before = repo.snapshot();
        for step in 0.. {
            match write_on(&mut failing_at(step), repo.root(), &every_kind(), "test") {
                Ok(written) => {
                    drop(written);
                    assert!(step > 15, "only {step} steps");
                    assert_ne!(repo.snapshot(), before);
                    break;
                }
                Err(error) => {
                    assert!(matches!(error.code(), "write-failed" | "journal-failed"), "{error:?}");
                    assert_eq!(repo.snapshot(), before, "step {step}: {error:?}");
                    assert_eq!(recover(repo.root()).expect("looked"), None, "step {step}");
                }
            }
        }
    }
}

#[test]
fn a_run_killed_at_any_step_ends_in_before_or_after() {
    for with_git in [true, false] {
        let mut ends = Vec::new();
        for step in 0.. {
            let repo = if with_git { in_git() } else { TestRepo::without_git() };
            files(&repo);
            let before = tree(&repo);
            let whole = write_on(&mut killed_at(step), repo.root(), &every_kind(), "test");
            let killed = whole.is_err();
            match whole {
                Ok(written) => written._ended.abandon(),
                Err(error) => drop(error),
            }
            let recovered = recover(repo.root()).expect("recovered");
            let after = recovered
                .as_ref()
                .is_some_and(|done| done.outcome != Outcome::RolledBack);
            let now = tree(&repo);
            assert_eq!(now == before, !after, "step {step}: {recovered:?}");
            if after {
                assert_eq!(repo.read("settings.nix"), "{ a = 2; }\n");
                assert!(
                    !repo.path("media/jellyfin.nix").exists() && !repo.path("lonely").exists(),
                    "step {step}"
                );
                assert_eq!(repo.read("fresh/deep/default.nix"), "fresh\n");
            }
            assert_eq!(recover(repo.root()).expect("nothing"), None);
            ends.push(after);
            if !killed {
                break;
            }
        }
        assert!(
            ends.len() > 20 && ends.is_sorted() && ends.ends_with(&[true]),
            "{ends:?}"
        );
    }
}

#[test]
fn a_recovery_killed_at_any_step_is_ended_by_the_next() {
    for first in (0..40).step_by(7) {
        for second in 0.. {
            let repo = in_git();
            let before = repo.snapshot();
            match write_on(&mut killed_at(first), repo.root(), &every_kind(), "test") {
                Ok(written) => written._ended.abandon(),
                Err(error) => drop(error),
            }
            let done = recover_on(&mut killed_at(second), repo.root()).is_ok();
            recover(repo.root()).expect("recovered");
            let now = repo.snapshot();
            assert!(
                now == before || repo.read("settings.nix") == "{ a = 2; }\n" && !repo.path("gone.nix").exists(),
                "killed at {first}, then at {second}"
            );
            if done {
                break;
            }
        }
    }
}

/// As if the process were killed when all files are in place.
fn abandoned(repo: &TestRepo) {
    let written = write(repo.root(), &every_kind(), "migrate jellyfin").expect("written");
    written._ended.abandon();
}

#[test]
fn a_new_change_waits_for_the_interrupted_one() {
    let repo = in_git();
    abandoned(&repo);
    assert_eq!(refusal(write(repo.root(), &every_kind(), "test")).code(), "interrupted");
}

/// Recovers as soon as nobody holds the lock: a program that another test starts at this moment has this one's descriptors
/// until it is executed, and with them the lock of the run that was killed here.
fn recovered_when_free(root: &Path) -> Option<Recovered> {
    loop {
        match recover(root) {
            Err(error) if error.code() == "locked" => std::thread::yield_now(),
            other => return other.expect("recovered"),
        }
    }
}

#[test]
fn who_only_reads_is_told_what_the_files_will_be() {
    for step in 0.. {
        let repo = in_git();
        let whole = write_on(&mut killed_at(step), repo.root(), &every_kind(), "migrate jellyfin");
        let killed = whole.is_err();
        match whole {
            Ok(written) => written._ended.abandon(),
            Err(error) => drop(error),
        }
        let now = repo.snapshot();
        let pending = pending(repo.root()).expect("looked");
        assert_eq!(repo.snapshot(), now, "it writes nothing");
        let recovered = recovered_when_free(repo.root());
        assert_eq!(pending.is_some(), recovered.is_some(), "step {step}");
        let (Some(pending), Some(recovered)) = (pending, recovered) else {
            assert!(killed);
            continue;
        };
        assert_eq!(
            (pending.outcome, pending.intent.as_str()),
            (recovered.outcome, "migrate jellyfin")
        );
        for file in &pending.change.files {
            if let Some(from) = file.from.as_ref().filter(|from| file.to.as_ref() != Some(from)) {
                assert!(!repo.root().join(from).exists(), "step {step}: {}", from.display());
            }
            if let Some(to) = &file.to {
                assert_eq!(repo.read(&to.to_string_lossy()), &*file.after, "step {step}");
            }
        }
        if !killed {
            break;
        }
    }
}

#[test]
fn recovery_leaves_later_work_where_it_is_and_keeps_it() {
    let repo = in_git();
    abandoned(&repo);
    repo.write("settings.nix", "my work\n");
    let recovered = recover(repo.root()).expect("recovered").expect("a journal");
    assert_eq!(recovered.outcome, Outcome::RolledBack);
    assert_eq!(recovered.left.foreign, [PathBuf::from("settings.nix")]);
    assert_eq!(repo.read("settings.nix"), "my work\n");
    assert_eq!(repo.read("gone.nix"), "gone\n");
    let kept = recovered.left.kept.expect("kept");
    assert_eq!(repo.git(&["show", &format!("{kept}:settings.nix")]), "my work");
    assert!(!repo.path("fresh").exists());
}

#[test]
fn damaged_notes_are_refused() {
    let repo = in_git();
    abandoned(&repo);
    repo.write(".git/qgroget/plan.json", "{");
    assert_eq!(refusal(recover(repo.root())).code(), "journal-unreadable");
    repo.write(".git/qgroget/plan.json", "{\"version\": 1}");
    assert_eq!(refusal(recover(repo.root())).code(), "journal-unreadable");
}

#[test]
fn two_runs_do_not_interleave() {
    let repo = in_git();
    let written = write(repo.root(), &change(vec![created("x.nix", "x\n")]), "test").expect("written");
    let error = refusal(write(repo.root(), &change(vec![created("y.nix", "y\n")]), "test"));
    assert_eq!(error.code(), "locked");
    let pid = format!("process {}", std::process::id());
    assert!(
        error.reason_text().is_some_and(|reason| reason.contains(&pid)),
        "{error:?}"
    );
    assert_eq!(refusal(recover(repo.root())).code(), "locked");
    drop(written);
    drop(write(repo.root(), &change(vec![created("y.nix", "y\n")]), "test").expect("written"));
}

#[test]
fn a_lock_left_by_a_killed_run_locks_nothing() {
    let repo = in_git();
    repo.write(".git/qgroget/lock", "1\n");
    drop(write(repo.root(), &every_kind(), "test").expect("written"));
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
        let error = refusal(write(repo.root(), &change(vec![created("a.nix", "a\n"), file]), "test"));
        assert_eq!(error.code(), code, "{}: {error:?}", path.display());
        assert_eq!(repo.snapshot(), before, "{}", path.display());
    }
    let twice = change(vec![ok(), ok()]);
    assert_eq!(
        refusal(write(repo.root(), &twice, "test")).kind(),
        crate::error::Kind::Internal
    );
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
    let error = refusal(write(repo.root(), &every_kind(), "test"));
    assert_eq!(error.code(), "write-failed");
    assert_eq!(repo.snapshot(), before);
    repo.mode("media", 0o755);
}

#[test]
fn nothing_to_write_is_fine() {
    let repo = in_git();
    drop(write(repo.root(), &SourceChange::default(), "test").expect("written"));
}
