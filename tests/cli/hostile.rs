//! Broken and hostile repositories: each is refused where it stands or handled rightly, and soon.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::{Repo, Run};

const JELLYSEERR: &str = "modules/server/media/video/jellyseerr.nix";
/// How long a run may take, unoptimized, beside other tests.
const LONGEST: Duration = Duration::from_secs(20);

#[track_caller]
fn soon(repo: &Repo, arguments: &[&str]) -> Run {
    let begun = Instant::now();
    let run = repo.run(arguments);
    assert!(begun.elapsed() < LONGEST, "{arguments:?} took {:?}", begun.elapsed());
    assert!([0, 1, 2].contains(&run.code), "{arguments:?}: {run}");
    run
}

/// A value in a service's declaration that is too much; what is said of it.
#[track_caller]
fn too_much(value: &str, said: &str) {
    let repo = Repo::with_contract();
    repo.replace(JELLYSEERR, "journalctl = true;", &format!("journalctl = {value};"));
    for arguments in [
        &["migrate", "jellyseerr", "--dry-run"][..],
        &["migrate", "jellyseerr", "--yes"],
    ] {
        soon(&repo, arguments)
            .refuses("beyond-limits")
            .says(said)
            .says(&format!("--> {JELLYSEERR}:"));
    }
    // A table's lines are broken where they are long.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let status = soon(&repo, &["status"]);
    assert!(words(&status.out).contains(said), "{said:?} is not said: {status}");
    soon(&repo, &["check"]).says(said);
    soon(&repo, &["migrate", "jellyfin", "--dry-run"]).succeeds();
}

#[test]
fn what_is_nested_too_deep() {
    let deep = "more than 1000 brackets, operators and arguments stand in each other here";
    too_much(&format!("{}{}", "[".repeat(24_000), "]".repeat(24_000)), deep);
    too_much(&format!("{}[]", "[] ++ ".repeat(30_000)), deep);
    too_much(&format!("{}{{}}", "{} // ".repeat(50_000)), deep);
    too_much(&format!("{}a", "a -> ".repeat(50_000)), deep);
    too_much(&format!("{}a", "a + ".repeat(200_000)), deep);
    too_much(&format!("{}a", "!".repeat(100_000)), deep);
    too_much(&format!("{}x", "f ".repeat(60_000)), deep);
    let nested = "more than 512 functions, clauses and brackets stand in each other, deepest here";
    too_much(&format!("{}1", "with a; ".repeat(600)), nested);
}

#[test]
fn what_has_no_space_for_too_long() {
    let unbroken = "more than 500 names, dots and operators follow each other without a space";
    too_much(&format!("{}a", "a.b.".repeat(30_000)), unbroken);
    too_much(&format!("{}a", "a+".repeat(60_000)), unbroken);
}

/// Up to the limits everything is parsed, walked and written.
#[test]
fn what_is_nested_as_deep_as_it_may_be() {
    for value in [
        format!("{}{}", "[".repeat(980), "]".repeat(980)),
        format!("{}a", "a ++ ".repeat(490)),
        format!("{}1{}", "(lib.mkForce ".repeat(300), ")".repeat(300)),
        format!("{}a", "f ".repeat(980)),
        format!("{}a", "!".repeat(980)),
        format!("{}1{}", "{a=".repeat(480), ";}".repeat(480)),
        format!("{}1{}", "\"${".repeat(320), "}\"".repeat(320)),
    ] {
        let repo = Repo::with_contract();
        repo.replace(
            JELLYSEERR,
            "journalctl = true;",
            &format!("traefikDynamicConfig = {value};"),
        );
        repo.commit_all("deep");
        soon(&repo, &["status"]).succeeds();
        soon(&repo, &["check"]);
        soon(&repo, &["migrate", "jellyseerr", "--yes", "--no-verify"]).succeeds();
    }
}

/// What Nix reads otherwise is refused whether nix is there or not, whatever the file mentions.
#[test]
fn a_carriage_return_that_ends_a_comment_for_nix_alone() {
    let repo = Repo::with_contract();
    repo.replace(
        "modules/server/settings.nix",
        "    qgroget.server = {",
        "    # once\r services.jellyfin.enable = false;\n    qgroget.server = {",
    );
    for arguments in [
        &["migrate", "jellyseerr", "--dry-run"][..],
        &["migrate", "immich", "--yes", "--no-verify"],
    ] {
        soon(&repo, arguments)
            .refuses("misread")
            .says("--> modules/server/settings.nix:18:11")
            .says("a carriage return without a newline: Nix reads the file otherwise than it looks")
            .says("put a newline in its place, or take it out");
    }
    soon(&repo, &["status"]).says("modules/server/settings.nix:18:11: a carriage return without a newline");
    soon(&repo, &["check"]).says("error[misread]");
}

#[test]
fn white_space_that_is_none_for_nix() {
    for (c, code) in [
        ('\u{c}', "U+000C"),
        ('\u{b}', "U+000B"),
        ('\u{85}', "U+0085"),
        ('\u{a0}', "U+00A0"),
        ('\u{2028}', "U+2028"),
    ] {
        let repo = Repo::with_contract();
        repo.replace(JELLYSEERR, "journalctl = true;", &format!("journalctl ={c}true;"));
        soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
            .refuses("does-not-parse")
            .says(&format!("--> {JELLYSEERR}:30:21"))
            .says(&format!("syntax error: {code} is no white space for Nix"));
    }
    let repo = Repo::with_contract();
    repo.replace(JELLYSEERR, "journalctl = true;", "journalctl = true;\0");
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
        .refuses("misread")
        .says("a NUL character");
}

#[test]
fn files_that_are_no_modules_at_all() {
    let repo = Repo::with_contract();
    let misc = repo.path("modules/server/misc");
    repo.write("modules/server/misc/empty.nix", "");
    repo.write("modules/server/misc/comments.nix", "# nothing\n/* but comments */\n");
    std::fs::create_dir(misc.join("directory.nix")).unwrap();
    std::fs::write(misc.join("directory.nix/x"), "x").unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(misc.join("pipe.nix"))
            .status()
            .unwrap()
            .success()
    );
    let socket = std::os::unix::net::UnixListener::bind(misc.join("socket.nix"));
    symlink("/dev/zero", misc.join("zero.nix")).unwrap();
    symlink("loop.nix", misc.join("loop.nix")).unwrap();
    symlink("..", misc.join("above")).unwrap();
    repo.write("modules/server/misc/a\nb.nix", "{}\n");
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff.nix");
    std::fs::write(misc.join(odd), "{}\n").unwrap();
    soon(&repo, &["status"])
        .succeeds()
        .says("there is no expression in the file");
    soon(&repo, &["check"]);
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"]).succeeds();
    drop(socket);
}

#[test]
fn a_byte_that_is_no_text_keeps_its_file_alone_back() {
    let repo = Repo::with_contract();
    let mut bytes = repo.read(JELLYSEERR).into_bytes();
    bytes.extend(b"# caf\xe9 \xff\n");
    repo.write(JELLYSEERR, &bytes);
    repo.commit_all("latin 1");
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
        .refuses("unreadable")
        .says(&format!("the file is not UTF-8 from byte {}", bytes.len() - 4))
        .says(&format!("--> {JELLYSEERR}:58:6"));
    soon(&repo, &["migrate", "vaultwarden", "--yes", "--no-verify"]).succeeds();
    assert_eq!(std::fs::read(repo.path(JELLYSEERR)).unwrap(), bytes);
    soon(&repo, &["status"]).says("the file is not UTF-8");
}

#[test]
fn files_that_are_too_large() {
    let repo = Repo::with_contract();
    let large = std::fs::File::create(repo.path("modules/server/misc/large.nix")).unwrap();
    large.set_len(200 * 1024 * 1024).unwrap();
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
        .refuses("unreadable")
        .says("modules/server/misc/large.nix")
        .says("it is larger than 4194304 bytes");
    std::fs::remove_file(repo.path("modules/server/misc/large.nix")).unwrap();
    for (path, text) in [
        ("qgroget.toml", "# x\n".repeat(12_500_000)),
        (".gitignore", "/x\n".repeat(7_000_000)),
    ] {
        repo.write(path, &text);
        for command in [&["status"][..], &["migrate", "jellyseerr", "--dry-run"]] {
            soon(&repo, command).says(&format!("{path} is not read: it has more than 1048576 bytes"));
        }
        std::fs::remove_file(repo.path(path)).unwrap();
    }
    assert!(
        Command::new("mkfifo")
            .arg(repo.path("qgroget.toml"))
            .status()
            .unwrap()
            .success()
    );
    soon(&repo, &["status"])
        .refuses("beyond-limits")
        .says("qgroget.toml is not read: it is no file");
    std::fs::remove_file(repo.path("qgroget.toml")).unwrap();
    repo.write("qgroget.toml", b"# \xff\n");
    soon(&repo, &["status"])
        .refuses("unreadable")
        .says("qgroget.toml cannot be read as text");
}

/// Its path is longer than the system takes, which keeps back the superuser as well.
#[test]
fn a_directory_that_cannot_be_read() {
    let repo = Repo::with_contract();
    use rustix::fs::{Mode, OFlags, mkdirat, openat};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut inner = rustix::fs::open(repo.path("modules/server"), flags, Mode::empty()).unwrap();
    let name = "d".repeat(250);
    for _ in 0..17 {
        mkdirat(&inner, &*name, Mode::RWXU).unwrap();
        inner = openat(&inner, &*name, flags, Mode::empty()).unwrap();
    }
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
        .refuses("unreadable")
        .says("the directory modules/server/ddd")
        .says("cannot be read");
    soon(&repo, &["status"]).says("note: the directory\n      modules/server/ddd");
    repo.write(".gitignore", "/modules/server/d*d\n");
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"]).succeeds();
}

#[test]
fn what_git_tracks_counts_whether_it_is_ignored_or_not() {
    let repo = Repo::with_contract();
    repo.write(".gitignore", "/modules/server/media/video/\n*.secret.nix\n");
    repo.commit_all("ignored, and tracked before");
    assert!(repo.git(&["ls-files", JELLYSEERR]).contains("jellyseerr"));
    repo.write("modules/server/media/video/stray.nix", "{ qgroget.services.stray = ");
    soon(&repo, &["status"]).says("jellyseerr").says_not("stray");
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"]).succeeds();
}

#[test]
fn a_file_with_several_names_is_not_written() {
    let repo = Repo::with_contract();
    let outside = repo.root().parent().unwrap().join("other-name.nix");
    std::fs::hard_link(repo.path("modules/server/settings.nix"), &outside).unwrap();
    let before = std::fs::read(&outside).unwrap();
    soon(&repo, &["migrate", "jellyfin", "--yes", "--no-verify"])
        .refuses("hard-link")
        .says("modules/server/settings.nix has several names (hard links)")
        .says("make it a file of its own");
    assert_eq!(std::fs::read(&outside).unwrap(), before);
    soon(&repo, &["status"]).succeeds();
}

#[test]
fn a_sparse_checkout_names_what_is_not_there() {
    let repo = Repo::with_contract();
    repo.git(&[
        "sparse-checkout",
        "set",
        "--no-cone",
        "/*",
        "!/modules/server/settings.nix",
    ]);
    assert!(!repo.exists("modules/server/settings.nix"));
    soon(&repo, &["migrate", "jellyfin", "--dry-run"])
        .refuses("not-checked-out")
        .says("--> modules/server/settings.nix:1:1")
        .says("git sparse-checkout add modules/server");
    // What the file does not mention is not its business.
    soon(&repo, &["migrate", "vaultwarden", "--dry-run"]).succeeds();
}

/// Inside the repository and outside: neither is the link replaced nor the file behind it moved away.
#[test]
fn a_module_behind_a_link() {
    for inside in [true, false] {
        let repo = Repo::with_contract();
        let (target, link) = match inside {
            true => (
                repo.path("shared/jellyseerr.nix"),
                "../../../../shared/jellyseerr.nix".into(),
            ),
            false => {
                let outside = repo.root().parent().unwrap().join("outside.nix");
                (outside.clone(), outside)
            }
        };
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::rename(repo.path(JELLYSEERR), &target).unwrap();
        symlink(&link, repo.path(JELLYSEERR)).unwrap();
        repo.commit_all("a link");
        let before = (
            std::fs::read(&target).unwrap(),
            std::fs::read_link(repo.path(JELLYSEERR)).unwrap(),
        );
        soon(&repo, &["migrate", "jellyseerr", "--yes", "--no-verify"])
            .refuses("behind-a-link")
            .says(&format!("--> {JELLYSEERR}:1:1"))
            .says("this module is behind a symbolic link");
        soon(&repo, &["status"]).says(&format!("{JELLYSEERR}:1:1: this module is behind a symbolic"));
        soon(&repo, &["migrate", "vaultwarden", "--yes", "--no-verify"]).succeeds();
        let after = (
            std::fs::read(&target).unwrap(),
            std::fs::read_link(repo.path(JELLYSEERR)).unwrap(),
        );
        assert_eq!(before, after);
    }
    let repo = Repo::with_contract();
    std::fs::rename(repo.path("modules/server/media/video"), repo.path("video")).unwrap();
    symlink("../../../video", repo.path("modules/server/media/video")).unwrap();
    repo.commit_all("a directory that is a link");
    soon(&repo, &["migrate", "jellyfin", "--dry-run"])
        .refuses("behind-a-link")
        .says("--> modules/server/media/video/default.nix:1:1");
}

/// What a link leads to may be a secret under another name.
#[test]
fn a_link_is_followed_only_to_nix_files_that_git_does_not_ignore() {
    for (target, ignored) in [(".env", true), ("private/keys", false), ("private/local.nix", true)] {
        let repo = Repo::with_contract();
        repo.write(target, "DB_PASSWORD=hunter2 jellyseerr\n");
        if ignored {
            repo.write(".git/info/exclude", format!("/{target}\n"));
        }
        symlink(format!("../../../{target}"), repo.path("modules/server/misc/env.nix")).unwrap();
        // Outside the directories of hosts and server it is read because something imports it.
        symlink(format!("../{target}"), repo.path("house.nix")).unwrap();
        std::fs::rename(repo.path("house.nix"), repo.path("modules/house.nix")).unwrap();
        repo.replace(
            "modules/server/default.nix",
            "imports = [",
            "imports = [\n    ../house.nix",
        );
        for arguments in [
            &["migrate", "jellyseerr", "--dry-run"][..],
            &["check", "--no-eval"],
            &["status"],
        ] {
            soon(&repo, arguments).says_not("hunter2");
        }
    }
}

/// A text may mention a moved file; what a person has not given to git is not opened for that.
#[test]
fn files_that_git_does_not_track_are_not_opened_for_what_they_mention() {
    let repo = Repo::with_contract();
    let mention = "see modules/server/media/video/jellyseerr.nix\n";
    repo.write("given.md", mention);
    repo.commit_all("docs: a mention");
    repo.write("own.md", mention);
    soon(&repo, &["migrate", "jellyseerr", "--dry-run"])
        .says("given.md:1")
        .says_not("own.md");
}
