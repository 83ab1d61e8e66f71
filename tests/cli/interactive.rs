//! `migrate` as it is at a terminal.

use std::process::{Command, Stdio};

use crate::common::Repo;
use crate::common::person::{End, Person, editor};

/// `migrate` on a pseudo-terminal, without colours and without a pager.
fn at_terminal(repo: &Repo, arguments: &[&str]) -> Command {
    let mut command = repo.qgroget(&[&["migrate", "--no-verify", "--no-pager"], arguments].concat());
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::inherit());
    command
}

/// `migrate` with a person at it.
pub fn migrating(repo: &Repo, arguments: &[&str]) -> Person {
    Person::at(at_terminal(repo, arguments))
}

#[test]
fn every_group_and_then_the_commit() {
    let (asked, flagged) = (Repo::with_contract(), Repo::with_contract());
    let mut person = migrating(&asked, &["jellyfin"]);
    person.selects();
    let shown = person.answers("(1/5) Take this change", "y");
    assert!(shown.contains("declare the contract of jellyfin"), "{shown}");
    for number in 2..=5 {
        person.answers(&format!("({number}/5) Take this change"), "y");
    }
    let message = person.answers("Commit with this message", "y");
    assert!(
        message.contains("refactor(server/jellyfin): migrate to service contract"),
        "{message}"
    );
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    flagged.migrate(&["jellyfin"]).succeeds();
    assert!(asked.tree() == flagged.tree());
    assert_eq!(asked.log(), flagged.log());
}

#[test]
fn a_decline_in_the_middle_leaves_both_sides_of_its_move() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "y");
    person.answers("(2/5) Take this change", "n");
    person.answers("(3/5) Take this change", "y");
    person.answers("(4/5) Take this change", "n");
    person.answers("(5/5) Take this change", "y");
    person.answers("Commit with this message", "y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    let settings = "modules/server/settings.nix";
    assert_eq!(
        repo.read(settings).as_bytes(),
        before[settings],
        "the switch stays where it was"
    );
    assert!(!repo.read("hosts/Server/settings.nix").contains("jellyfin"));
    let module = repo.read("modules/server/media/jellyfin/default.nix");
    assert!(
        module.contains("qgroget.backups.jellyfin"),
        "the job stays where it was: {module}"
    );
    assert!(
        module.contains("enable = cfg.enable;"),
        "the contract follows the switch: {module}"
    );
    if crate::common::nix::available() {
        let start = Repo::with_contract();
        crate::common::nix::assert_equal(&start.root(), &repo.root(), "two groups declined");
    }
}

#[test]
fn the_last_answer_is_taken_back() {
    let repo = Repo::with_contract();
    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "n");
    let (rest, end) = person.leaves();
    // What needs the contract is not said one by one: nothing is written, and how to be asked again is.
    assert!(!rest.contains("which it needs"), "{rest}");
    assert!(rest.contains("to be asked again: qgroget migrate jellyfin"), "{rest}");
    assert_eq!(end, End::Code(1), "{rest}");

    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "y");
    person.answers("(2/5) Take this change", "n");
    person.answers("(3/5) Take this change", "u");
    person.answers("(2/5) Take this change", "a");
    person.answers("Commit with this message", "y");
    assert_eq!(person.leaves().1, End::Code(0));
    assert!(
        repo.read("hosts/Server/settings.nix")
            .contains("jellyfin.enable = true;")
    );
}

#[test]
fn quitting_writes_nothing_and_keeps_what_is_committed() {
    let repo = Repo::with_contract();
    let mut person = migrating(&repo, &["vaultwarden", "jellyfin"]);
    person.selects();
    person.answers("Take this change", "a");
    person.answers("Commit with this message", "y");
    person.selects();
    person.answers("(1/5) Take this change", "y");
    person.answers("(2/5) Take this change", "q");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(rest.contains("nothing of this is written"), "{rest}");
    assert_eq!(
        repo.log()[0],
        "refactor(server/vaultwarden): migrate to service contract"
    );
    assert_eq!(repo.status(), "");
    assert!(repo.exists("modules/server/media/video/default.nix"));
}

#[test]
fn enter_alone_is_no_answer() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "");
    // It is no answer: the key that comes then is.
    person.0.send("n").unwrap();
    person.0.flush().unwrap();
    assert_eq!(person.leaves().1, End::Code(1));
    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "a");
    person.answers("Commit with this message", "\nn");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 2);
}

#[test]
fn the_text_is_the_persons_own() {
    let repo = Repo::with_contract();
    let tool = editor(
        &repo.home(),
        "sed -i 's/exposed = true;/exposed = true; subdomain = \"films\";/' \"$1\"",
    );
    let mut command = at_terminal(&repo, &["jellyfin", "--in-place"]);
    command.env("EDITOR", tool);
    let mut person = Person::at(command);
    person.selects();
    person.answers("(1/4) Take this change", "e");
    let shown = person.answers("(2/4) Take this change", "a");
    assert!(shown.contains("films"), "{shown}");
    person.answers("Commit with this message", "y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    let module = repo.read("modules/server/media/video/default.nix");
    assert!(module.contains("subdomain = \"films\";"), "{module}");
    assert!(module.contains("persistedData"), "later groups still land: {module}");
    assert_eq!(repo.status(), "");
}

#[test]
fn an_edited_text_that_does_not_parse_is_not_taken() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let tool = editor(&repo.home(), "echo '{' > \"$1\"");
    let mut command = at_terminal(&repo, &["jellyfin", "--in-place"]);
    command.env("EDITOR", tool);
    let mut person = Person::at(command);
    person.selects();
    person.answers("(1/4) Take this change", "e");
    person.sees("error[does-not-parse]");
    person.sees("e opens the text again as you left it, d drops the edit");
    person.answers("edit again, drop the edit, or quit", "d");
    person.answers("(1/4) Take this change", "q");
    assert_eq!(person.leaves().1, End::Code(1));
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 2);
}

#[test]
fn a_file_that_changed_since_it_was_shown_is_not_overwritten() {
    let repo = Repo::with_contract();
    let path = "modules/server/settings.nix";
    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/5) Take this change", "a");
    person.sees("Commit with this message");
    person.sees("]?");
    repo.write(path, repo.read(path) + "# written meanwhile\n");
    let before = repo.tree();
    person.0.send_line("y").unwrap();
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(
        rest.contains("error[changed-since]") || rest.contains("error[dirty-files]"),
        "{rest}"
    );
    assert!(repo.tree() == before, "nothing was written");
    assert_eq!(repo.log().len(), 2);
}

#[test]
fn the_contract_is_offered_first_where_it_is_missing() {
    let repo = Repo::homelab();
    let mut person = migrating(&repo, &["jellyfin"]);
    person.sees("The contract is not installed");
    person.selects();
    person.answers("(1/6) Take this change", "n");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(rest.contains("error[contract-needed]"), "{rest}");
    assert_eq!(repo.log().len(), 1);

    let mut person = migrating(&repo, &["jellyfin"]);
    person.selects();
    person.answers("(1/6) Take this change", "a");
    person.answers("Commit with this message", "y");
    person.selects();
    person.answers("(1/5) Take this change", "a");
    person.answers("Commit with this message", "y");
    assert_eq!(person.leaves().1, End::Code(0));
    assert_eq!(repo.log().len(), 3);
}

#[test]
fn no_bar_is_drawn_over_a_question() {
    let repo = Repo::with_contract();
    // A bar comes after a second; what never comes can only be waited for.
    let patience = Some(5_000);
    let command = at_terminal(&repo, &["jellyfin", "jellyseerr"]);
    let mut terminal = rexpect::session::spawn_command(command, patience).unwrap();
    terminal.exp_string("Take these 5?").unwrap();
    terminal.exp_string("[?]").unwrap();
    assert!(terminal.exp_string("0/2").is_err());
}

#[test]
fn one_key_takes_a_service() {
    let (asked, flagged) = (Repo::with_contract(), Repo::with_contract());
    let mut person = migrating(&asked, &["jellyfin", "vaultwarden"]);
    let shown = person.presses("y");
    for said in [
        "service 1 of 2 ",
        " next: vaultwarden",
        "jellyfin: 5 changes, into the contract",
        "All five leave the machine as it is.",
        "Take these 5? ",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let shown = person.presses("y");
    assert!(
        shown.contains("refactor(server/jellyfin): migrate to service contract") && shown.contains("service 2 of 2"),
        "{shown}"
    );
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    flagged.migrate(&["jellyfin", "vaultwarden"]).succeeds();
    assert!(asked.tree() == flagged.tree());
    assert_eq!(asked.log(), flagged.log());
}

#[test]
fn a_gain_that_is_known_with_the_contract_is_asked_about_in_the_same_run() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut person = migrating(&repo, &["kavita"]);
    person.presses("y");
    person.sees("kavita has its contract; 2 changes are open:");
    // Going back takes all of the service back, and asks about it anew.
    person.presses("u");
    person.sees("took back");
    person.presses("y");
    person.presses("y");
    person.answers("Take this gain", "y");
    assert_eq!(person.leaves().1, End::Code(0));
    let subjects = repo.log();
    assert!(
        subjects[0].contains("continue the migration") && subjects[1].contains("migrate to service contract"),
        "{subjects:?}"
    );
    let module = repo.read("modules/server/media/kavita/default.nix");
    assert!(module.contains("backupPaths = [\"${"), "{module}");
    // Both commits are one answer, which goes as one.
    repo.run(&["undo", "kavita", "--yes"]).succeeds();
    repo.run(&["undo", "kavita", "--yes"]).succeeds();
    assert!(repo.tree() == before);
    // Flags take it as well, and what is asked for together is one line each.
    let flagged = Repo::with_contract();
    flagged
        .migrate(&["--all", "--accept-gains"])
        .succeeds()
        .says("27 migrated")
        .says_not("not taken");
    assert_eq!(
        flagged
            .log()
            .iter()
            .filter(|subject| subject.contains("/kavita)"))
            .count(),
        2
    );
}

#[test]
fn a_gain_in_the_same_run_that_is_refused_is_no_success() {
    let repo = Repo::with_contract();
    repo.script(
        ".git/hooks/pre-commit",
        "test -e .git/first && exit 1; touch .git/first",
    );
    let run = repo.migrate(&["kavita", "--accept-gains", "--format", "json"]);
    let document = run.ends(1).json();
    let services = document["services"].as_array().unwrap();
    let outcomes: Vec<_> = services
        .iter()
        .map(|service| service["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["migrated", "refused"], "{document}");
    assert_eq!(repo.log().len(), 3);
    assert_eq!(repo.status(), "");
}

#[test]
fn a_service_that_cannot_be_taken_back_whole_stays_whole() {
    let repo = Repo::with_contract();
    let mut person = migrating(&repo, &["kavita", "top"]);
    person.presses("y");
    person.presses("y");
    person.answers("Take this gain", "y");
    person.sees("service 2 of 2");
    let module = "modules/server/media/kavita/default.nix";
    repo.write(module, repo.read(module) + "# mine\n");
    person.presses("u");
    person.sees("error[undo-dirty]");
    // Nothing of it is taken back, and the question is there again.
    person.sees("service 2 of 2");
    assert_eq!(repo.log().len(), 4);
    person.presses("q");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(rest.contains("1 migrated"), "{rest}");
}

#[test]
fn an_edit_is_there_again_behind_a_gain_of_the_same_service_and_never_lost_without_a_word() {
    let repo = Repo::with_contract();
    let directory = tempfile::tempdir().unwrap();
    let script = editor(directory.path(), "echo '# by hand' >> \"$1\"");
    let edited = |services: &[&str]| {
        let mut command = at_terminal(&repo, services);
        command.env("EDITOR", &script);
        let mut person = Person::at(command);
        person.presses("e");
        first_file(&mut person);
        person
    };
    let mut person = edited(&["kavita"]);
    person.presses("y");
    person.presses("u");
    let shown = person.sees("1 text edited");
    assert!(!shown.contains("your edit is not in it"), "{shown}");
    person.presses("q");
    person.leaves();
    // Somebody commits to the same file meanwhile: the plan is another one.
    let mut person = edited(&["file"]);
    person.sees("Your edit is in it now");
    for path in ["modules/server/misc/fileServer.nix", "hosts/Server/settings.nix"] {
        repo.write(path, repo.read(path) + "# mine\n");
    }
    repo.commit_all("mine");
    person.presses("y");
    person.sees("your edit is not in it. It was:");
    person.sees("+# by hand");
    person.presses("q");
    person.leaves();
}

#[test]
fn a_hook_that_refuses_comes_back_to_the_question() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.script(
        ".git/hooks/pre-commit",
        "test -e .git/mended || { echo 'lint: not yet'; exit 1; }",
    );
    let mut person = migrating(&repo, &["jellyfin"]);
    person.presses("y");
    person.sees("error[hook-failed]");
    person.sees("lint: not yet");
    person.sees("Your answers are kept: 5 changes taken.");
    person.sees("Try again as answered?");
    assert!(repo.tree() == before, "what was written is taken back");
    std::fs::write(repo.path(".git/mended"), "").unwrap();
    person.presses("y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    assert_eq!(repo.log().len(), 3);
}

#[test]
fn a_gain_is_never_taken_by_that_key() {
    let repo = Repo::with_contract();
    let mut person = migrating(&repo, &["jellyseerr"]);
    person.presses("y");
    let shown = person.answers("Take this gain", "n");
    assert!(shown.contains("GAIN: needs a yes of its own"), "{shown}");
    assert_eq!(person.leaves().1, End::Code(0));
    let flagged = Repo::with_contract();
    flagged.migrate(&["jellyseerr"]).succeeds();
    assert!(repo.tree() == flagged.tree());
}

#[test]
fn the_service_before_is_taken_back() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut person = migrating(&repo, &["jellyfin", "vaultwarden"]);
    person.presses("u");
    person.sees("There is no answer before this one to take back.");
    person.presses("y");
    person.sees("service 2 of 2");
    let shown = person.presses("u");
    assert!(shown.contains("vaultwarden"), "{shown}");
    person.sees("took back");
    let shown = person.presses("q");
    assert!(shown.contains("service 1 of 2"), "{shown}");
    assert_eq!(person.leaves().1, End::Code(1));
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 2);
}

#[test]
fn the_message_is_edited_where_it_is_wanted() {
    let repo = Repo::with_contract();
    let tool = editor(&repo.home(), "sed -i 's/migrate to service contract/by hand/' \"$1\"");
    let mut command = at_terminal(&repo, &["jellyfin"]);
    command.env("EDITOR", tool);
    let mut person = Person::at(command);
    person.presses("m");
    person.presses("y");
    person.answers("Commit with this message", "e");
    person.answers("Commit with this message", "y");
    assert_eq!(person.leaves().1, End::Code(0));
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): by hand");
}

#[test]
fn the_terminal_is_as_it_was_however_it_ends() {
    for end in ["q", "\u{3}", "\u{4}", "TERM", "HUP"] {
        let repo = Repo::with_contract();
        let inner = at_terminal(&repo, &["jellyfin"]);
        let mut command = Command::new("sh");
        command.arg("-c").arg(
            "trap : INT HUP TERM; stty -a > \"$HOME/before\"; sh -c 'echo $$ > \"$HOME/pid\"; exec \"$@\"' inner \"$@\"; stty -a > \"$HOME/after\"",
        );
        command.arg("outer").arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(inner.get_current_dir().unwrap_or(&repo.root()));
        let mut person = Person::at(command);
        match end {
            "TERM" | "HUP" => {
                person.sees("[?]");
                let pid = std::fs::read_to_string(repo.home().join("pid")).unwrap();
                let status = Command::new("kill").args([&format!("-{end}"), pid.trim()]).status();
                assert!(status.unwrap().success());
            }
            key => {
                person.presses(key);
            }
        }
        person.leaves();
        let read = |name: &str| std::fs::read_to_string(repo.home().join(name)).unwrap();
        assert_eq!(read("before"), read("after"), "{end:?}");
        assert!(read("before").contains(" icanon"), "{}", read("before"));
        assert_eq!(repo.status(), "");
    }
}

#[test]
fn a_bad_edit_has_a_way_out() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let tool = editor(&repo.home(), "echo '{' > \"$1\"");
    for (keys, asks_again) in [("q", false), ("u", true)] {
        let mut command = at_terminal(&repo, &["jellyfin", "--in-place"]);
        command.env("EDITOR", &tool);
        let mut person = Person::at(command);
        person.selects();
        person.answers("(1/4) Take this change", "e");
        person.answers("edit again, drop the edit, or quit", keys);
        if asks_again {
            person.sees("Your edit is dropped.");
            person.answers("(1/4) Take this change", "q");
        }
        assert_eq!(person.leaves().1, End::Code(1));
        assert!(repo.tree() == before);
    }
}

/// Answers the question which file is meant.
fn first_file(person: &mut Person) {
    person.sees("Which file");
    person.types("1");
}

#[test]
fn a_service_that_is_taken_back_is_asked_about_as_it_was_answered() {
    let repo = Repo::with_contract();
    let tool = editor(&repo.home(), "echo '# mine' >> \"$1\"");
    let mut command = at_terminal(&repo, &["jellyfin", "vaultwarden"]);
    command.env("EDITOR", tool);
    let mut person = Person::at(command);
    person.presses("e");
    first_file(&mut person);
    person.presses("y");
    person.sees("service 2 of 2");
    person.presses("u");
    person.sees("took back");
    person.sees("service 1 of 2");
    let shown = person.presses("d");
    assert!(shown.contains("1 text edited"), "{shown}");
    assert!(shown.contains("Take it as answered?"), "{shown}");
    let shown = person.presses("y");
    assert!(shown.contains("# mine"), "{shown}");
    person.sees("service 2 of 2");
    person.presses("q");
    assert_eq!(person.leaves().1, End::Code(1));
    let files = repo.git(&["show", "--format=%s", "HEAD"]);
    assert!(files.starts_with("refactor(server/jellyfin)"), "{files}");
    assert!(files.contains("+# mine"), "{files}");
    assert_eq!(repo.log().len(), 3);
    assert_eq!(repo.status(), "");
}

#[test]
fn taking_an_answer_back_leaves_the_edit_that_was_in_it() {
    let repo = Repo::with_contract();
    let tool = editor(&repo.home(), "echo '# mine' >> \"$1\"");
    let mut command = at_terminal(&repo, &["jellyseerr"]);
    command.env("EDITOR", tool);
    let mut person = Person::at(command);
    person.presses("e");
    first_file(&mut person);
    person.presses("y");
    person.answers("Take this gain", "u");
    let shown = person.presses("u");
    assert!(shown.contains("Your edit is in it now"), "{shown}");
    let shown = person.presses("q");
    assert!(shown.contains("Your edit is dropped."), "{shown}");
    assert_eq!(person.leaves().1, End::Code(1));
}

#[test]
fn an_edited_message_is_there_again_after_its_commit_was_declined_or_taken_back() {
    for first in ["n", "y"] {
        let repo = Repo::with_contract();
        let tool = editor(&repo.home(), "sed -i 's/migrate to service contract/by hand/' \"$1\"");
        let mut command = at_terminal(&repo, &["jellyfin", "vaultwarden"]);
        command.env("EDITOR", tool);
        let mut person = Person::at(command);
        person.presses("m");
        person.presses("y");
        person.answers("Commit with this message", "e");
        person.answers("Commit with this message", first);
        person.sees("service 2 of 2");
        person.presses("u");
        person.sees("service 1 of 2");
        person.presses("y");
        let shown = person.answers("Commit with this message", "y");
        assert!(shown.contains("refactor(server/jellyfin): by hand"), "{first}: {shown}");
        person.sees("service 2 of 2");
        person.presses("q");
        assert_eq!(person.leaves().1, End::Code(1));
        assert_eq!(repo.log()[0], "refactor(server/jellyfin): by hand");
    }
}
