//! The proof that comes before a commit.

use crate::common::{Repo, nix};

#[test]
fn what_is_proved_is_ticked() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyfin", "--yes"])
        .succeeds()
        .says("The configuration is preserved");
    let message = repo.git(&["log", "-1", "--format=%B"]);
    for line in [
        "Contract with all required fields",
        "Persistence paths",
        "Backup directories",
    ] {
        assert!(message.contains(&format!("- [x] {line}")), "{message}");
    }
    assert!(message.contains("- [ ] Tested on the actual server"), "{message}");
}

#[test]
fn without_a_proof_the_checklist_stays_open() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let message = repo.git(&["log", "-1", "--format=%B"]);
    for line in [
        "Contract with all required fields",
        "Persistence paths",
        "Backup directories",
        "Traefik routing",
    ] {
        assert!(message.contains(&format!("- [ ] {line}")), "{message}");
    }
}

#[test]
fn without_nix_a_migration_is_made_and_the_gap_is_said() {
    let repo = Repo::with_contract();
    // Everything that a migration needs, and no nix.
    let programs = repo.home().join("bin");
    std::fs::create_dir(&programs).unwrap();
    let mut command = repo.qgroget(&["migrate", "jellyfin", "--yes"]);
    command.env("PATH", &programs).env_remove("NIX_PATH");
    repo.outcome(&mut command).succeeds().says("not proved by evaluation");
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
}

#[test]
fn what_is_proved_is_the_last_commit_with_the_change() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    // Errors in files that the migration does not touch.
    repo.replace("modules/server/dns/default.nix", "{", "{ broken = ; ");
    let run = repo.run(&["migrate", "jellyfin", "--yes"]).succeeds();
    assert!(
        run.err.contains(
            "proved is the last commit with the change: your uncommitted changes are not in it (modules/server/dns/default.nix)"
        ),
        "{run}"
    );
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
    assert!(repo.read("modules/server/dns/default.nix").contains("broken = ;"));
    assert_eq!(repo.status(), " M modules/server/dns/default.nix\n");
}

#[test]
fn uncommitted_changes_are_named_up_to_three() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    for path in [
        "hosts/Desk/settings.nix",
        "settings.nix",
        "modules/server/dns/default.nix",
    ] {
        let text = repo.read(path);
        repo.write(path, text + "# mine\n");
    }
    // Staged, deleted, and as it is but written anew; and what is no file of the last commit.
    repo.write("modules/apps/firefox.nix", repo.read("modules/apps/firefox.nix") + "\n");
    repo.git(&["add", "modules/apps/firefox.nix"]);
    std::fs::remove_file(repo.path("hosts/Desk/hardware-configuration.nix")).unwrap();
    let same = repo.read("flake.nix");
    repo.write("flake.nix", same);
    repo.write("untracked.txt", "mine");
    repo.run(&["migrate", "jellyfin", "--yes"]).succeeds().says(
        "proved is the last commit with the change: your uncommitted changes are not in it \
         (hosts/Desk/hardware-configuration.nix, hosts/Desk/settings.nix, modules/apps/firefox.nix and 2 more)",
    );
}

#[test]
fn without_a_commit_the_working_tree_is_proved() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let mine = repo.read("modules/server/dns/default.nix") + "# mine\n";
    repo.write("modules/server/dns/default.nix", mine);
    repo.run(&["migrate", "jellyfin", "portfolio", "--yes", "--no-commit"])
        .succeeds()
        .says("preserved")
        .says_not("not in it");
    // Without git, all files are the configuration.
    let repo = Repo::homelab_without_git();
    repo.run(&["init", "--yes", "--no-commit"]).succeeds();
    repo.run(&["migrate", "jellyfin", "--yes", "--no-commit"])
        .succeeds()
        .says("preserved");
}

#[test]
fn a_root_below_the_top_of_the_repository_is_proved_as_it_is_there() {
    if !nix::available() {
        return;
    }
    let repo = Repo::bare();
    crate::common::copy(
        &crate::common::project().join("examples/homelab"),
        &repo.path("machines"),
    );
    repo.write("README.md", "mine\n");
    repo.start();
    repo.write("README.md", "changed\n");
    repo.run(&["--repo", "machines", "init", "--yes"])
        .succeeds()
        .says_not("not in it");
    repo.replace("machines/modules/server/dns/default.nix", "{", "{ broken = ; ");
    repo.run(&["--repo", "machines", "migrate", "jellyfin", "--yes"])
        .succeeds()
        .says("preserved")
        .says("(modules/server/dns/default.nix)");
}

#[test]
fn a_secret_that_evaluation_reads_is_named_with_its_place() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.write("secrets/age.key", "AGE");
    let path = "modules/server/misc/portfolio.nix";
    repo.replace(
        path,
        "url =",
        "logPath = builtins.readFile ../../../secrets/age.key;\n      url =",
    );
    repo.commit_all("reads a secret");
    let run = repo
        .run(&["migrate", "jellyfin", "--yes"])
        .refuses("reads-withheld-file");
    crate::common::snapshot!("cli", "a_secret_that_evaluation_reads", run.to_string());
}

/// Traces a command: the paths that are opened by it and by its children.
fn opened(repo: &Repo, arguments: &[&str]) -> Vec<String> {
    let log = repo.home().join("trace");
    let mut command = repo.command("strace");
    command.args(["-f", "-qq", "-e", "trace=open,openat,openat2,creat", "-s", "4096", "-o"]);
    command.arg(&log).arg(env!("CARGO_BIN_EXE_qgroget")).args(arguments);
    repo.outcome(&mut command).succeeds();
    let text = std::fs::read_to_string(log).unwrap();
    let path = |line: &str| Some(line.split('"').nth(1)?.to_owned());
    text.lines().filter_map(path).collect()
}

#[test]
fn a_secret_is_never_opened() {
    if !nix::available() {
        return;
    }
    let traces = std::process::Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    if !traces.is_ok_and(|status| status.success()) {
        crate::common::skip("strace that may trace");
        return;
    }
    let repo = Repo::with_contract();
    repo.write(".gitignore", "ignored*\n");
    let tracked = ["secrets/age.key", ".env", "ssh/id_ed25519"];
    for path in tracked {
        repo.write(path, "secret");
    }
    repo.commit_all("secrets");
    // As after a fresh checkout: what git noted of them is out of date, and they are looked at again.
    for path in tracked {
        repo.write(path, "secret");
    }
    let others = ["secrets/untracked.key", "ignored.txt", "ignored/notes", "x.env"];
    for path in others {
        repo.write(path, "secret");
    }
    for arguments in [
        &["status"][..],
        &["migrate", "jellyfin", "--dry-run", "--verify"],
        &["migrate", "jellyfin", "--yes"],
        &["verify", "--mode", "slice"],
        &["migrate", "portfolio", "--yes", "--no-commit"],
    ] {
        let opened = opened(&repo, arguments);
        assert!(opened.iter().any(|path| path.ends_with(".nix")), "{opened:?}");
        for secret in tracked.iter().chain(&others) {
            let found: Vec<&String> = opened.iter().filter(|path| path.ends_with(secret)).collect();
            assert!(found.is_empty(), "{arguments:?}: {found:?}");
        }
    }
}

#[test]
fn no_byte_of_a_secret_is_in_a_scratch_copy_at_any_time() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let mark = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz";
    let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{mark}\n-----END OPENSSH PRIVATE KEY-----\n");
    repo.write(".gitignore", "ignored*\n");
    for path in ["secrets/age.key", ".env", "deploy"] {
        repo.write(path, &key);
    }
    repo.commit_all("secrets");
    for path in ["untracked.key", "ignored.txt"] {
        repo.write(path, &key);
    }
    // A nix that looks for it in every scratch directory before each evaluation.
    let (bin, scratch, found) = (
        repo.home().join("bin"),
        repo.home().join("scratch"),
        repo.home().join("found"),
    );
    std::fs::create_dir(&scratch).unwrap();
    let real = repo
        .command("sh")
        .args(["-c", "command -v nix-instantiate"])
        .output()
        .unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let body = format!(
        "echo asked >> {0}\ngrep -rlD skip {mark} {1} >> {0}\nexec {2} \"$@\"",
        found.display(),
        scratch.display(),
        real.trim()
    );
    repo.script("../home/bin/nix-instantiate", &body);
    let path = std::env::var("PATH").unwrap();
    for arguments in [
        &["migrate", "jellyfin", "--yes"][..],
        &["migrate", "portfolio", "--yes", "--no-commit"],
    ] {
        let mut command = repo.qgroget(arguments);
        command
            .env("TMPDIR", &scratch)
            .env("PATH", format!("{}:{path}", bin.display()));
        repo.outcome(&mut command).succeeds().says("preserved");
    }
    let found = std::fs::read_to_string(found).unwrap();
    assert!(
        found.lines().count() > 4 && found.lines().all(|line| line == "asked"),
        "{found}"
    );
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
}

#[test]
fn what_somebody_commits_during_a_proof_is_proved_as_well() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let bin = repo.home().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let path = std::env::var("PATH").unwrap();
    // The first evaluation waits for a commit that opens a port once a contract is there.
    let script = format!(
        "#!/bin/sh\nif mkdir {0}/once 2>/dev/null; then\n  cd {1}\n  \
         printf '{{config, lib, ...}}: {{\\n  networking.firewall.allowedTCPPorts = lib.optional (config.qgroget.serviceModules ? jellyfin) 6666;\\n}}\\n' > modules/server/port.nix\n  \
         sed -i 's|imports = \\[|imports = [\\n    ./port.nix|' modules/server/default.nix\n  \
         git add -A && git commit -qm meanwhile\nfi\nPATH={path} exec nix-instantiate \"$@\"\n",
        repo.home().display(),
        repo.root().display(),
    );
    repo.script("../home/bin/nix-instantiate", "");
    std::fs::write(bin.join("nix-instantiate"), script).unwrap();
    let mut run = repo.qgroget(&["migrate", "jellyfin", "--yes"]);
    run.env("PATH", format!("{}:{path}", bin.display()));
    repo.outcome(&mut run)
        .refuses("not-preserving")
        .says("the firewall is now open for 6666");
    assert_eq!(repo.log()[0], "meanwhile");
}

#[test]
fn another_host_that_a_change_reaches_is_proved_too() {
    if !nix::available() {
        return;
    }
    let with_desk = |imports: &str| {
        let repo = Repo::with_contract();
        repo.replace(
            "hosts/Desk/configuration.nix",
            "../../modules/apps/firefox.nix",
            imports,
        );
        repo.git(&["commit", "--quiet", "--all", "--message", "feat: two hosts"]);
        repo
    };
    let shared = "../../modules/shared ../../modules/server/options.nix ../../modules/server/misc/syncthing.nix";
    // It has no collector, which would take what the contract says.
    let repo = with_desk(shared);
    let before = repo.git(&["rev-parse", "HEAD"]);
    repo.run(&["migrate", "syncthing", "--host", "Server", "--yes"])
        .refuses("not-preserving")
        .says("on Desk: qgroget.services.syncthing");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
    // What is broken there already is not the change's, and is said.
    let repo = with_desk(&format!("../../modules/apps/firefox.nix {shared}"));
    repo.run(&["migrate", "syncthing", "--host", "Server", "--yes"])
        .succeeds()
        .says("Desk was not evaluated, before the change as after it (qgroget verify --host Desk shows where)");
    // A host that has nothing to do with it is left alone.
    let repo = with_desk("");
    repo.run(&["migrate", "jellyfin", "--host", "Server", "--yes"])
        .succeeds();
}
