//! New code in the format that the repository has.

use crate::common::{Repo, Run, copy, project};

/// A formatter for tests: a blank before the semicolon at the end of a line, outside of strings and comments, in files that
/// are given by name.
const BLANKS: &str = r#"for file; do awk '{
  quotes = gsub(/\047\047/, "&") - gsub(/\047\047[$\047\\]/, "&")
  if (!inside && quotes % 2 == 0 && !/#/) sub(/ *;$/, " ;")
  if (quotes % 2) inside = !inside
  print
}' "$file" >"$file.out" && cat "$file.out" >"$file" && rm "$file.out"; done"#;

/// A copy of `examples/rack` whose flake names `formatter`, committed.
fn rack(formatter: &str) -> Repo {
    let repo = Repo::bare();
    copy(&project().join("examples/rack"), &repo.root());
    repo.replace(
        "flake.nix",
        "x86_64-linux.alejandra",
        &format!("x86_64-linux.{formatter}"),
    );
    repo
}

/// Lays all files out as the formatter for tests does; how many it changes.
fn blanks(repo: &Repo) -> usize {
    let before = repo.tree();
    let nix = before.keys().filter(|path| path.ends_with(".nix"));
    let status = repo
        .command("sh")
        .args(["-c", BLANKS, "sh"])
        .args(nix)
        .status()
        .unwrap();
    assert!(status.success());
    let after = repo.tree();
    before.iter().filter(|(path, text)| after[*path] != **text).count()
}

/// Runs the program with a `nixfmt` on its path that does this, or with none.
fn run(repo: &Repo, nixfmt: Option<&str>, arguments: &[&str]) -> Run {
    let mut command = repo.qgroget(arguments);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|directory| !directory.join("nixfmt").exists());
    let mut directories: Vec<std::path::PathBuf> = without.collect();
    if let Some(body) = nixfmt {
        let bin = repo.home().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        repo.script(&bin.join("nixfmt").display().to_string(), body);
        directories.insert(0, bin);
    }
    command.env("PATH", std::env::join_paths(directories).unwrap());
    repo.outcome(&mut command)
}

const INIT: [&str; 3] = ["init", "--yes", "--no-verify"];
const MIGRATE: [&str; 4] = ["migrate", "gitea", "--yes", "--no-verify"];
const MODULE: &str = "nixos/services/development/gitea/default.nix";

#[test]
fn new_code_goes_through_the_formatter_of_the_flake() {
    let repo = rack("nixfmt-rfc-style");
    assert!(blanks(&repo) > 10);
    repo.start();
    run(&repo, Some(BLANKS), &INIT)
        .succeeds()
        .says("Formatted by nixfmt, as flake.nix:25 says.");
    let dry = run(&repo, Some(BLANKS), &["migrate", "gitea", "--dry-run"]).succeeds();
    assert!(
        dry.out.contains("\nFormatted by nixfmt, as flake.nix:25 says.\n"),
        "{dry}"
    );
    let json = run(
        &repo,
        Some(BLANKS),
        &["migrate", "gitea", "--dry-run", "--format", "json"],
    )
    .json();
    assert_eq!(
        json["notes"],
        serde_json::json!(["Formatted by nixfmt, as flake.nix:25 says."])
    );
    run(&repo, Some(BLANKS), &MIGRATE).succeeds();
    assert!(
        repo.read(MODULE).contains("        dataDir = stateDir ;\n"),
        "{}",
        repo.read(MODULE)
    );
    // All that is there is as the formatter leaves it, what came with the contract too.
    assert_eq!(blanks(&repo), 0);
    run(&repo, Some(BLANKS), &["check", "--no-eval"]).says_not("formatting");
    repo.replace(MODULE, "port = 3000 ;", "port = 3000;");
    run(&repo, Some(BLANKS), &["check", "--no-eval"])
        .says("warning[formatting]")
        .says(&format!("Fix: nixfmt {MODULE}"));
}

#[test]
fn what_the_formatter_would_have_changed_before_stays() {
    let repo = rack("nixfmt");
    repo.start();
    run(&repo, Some(BLANKS), &INIT).succeeds();
    let services = repo.read("machines/shelf/services.nix");
    run(&repo, Some(BLANKS), &MIGRATE)
        .succeeds()
        .says("machines/shelf/services.nix");
    let lines: Vec<&str> = services.lines().collect();
    let now = repo.read("machines/shelf/services.nix");
    assert!(!now.contains(" ;"), "{now}");
    let kept = now.lines().filter(|line| lines.contains(line)).count();
    assert!(kept + 1 >= lines.len(), "{now}");
}

#[test]
fn without_the_formatter_the_files_are_named() {
    let repo = rack("nixfmt");
    repo.start();
    run(&repo, None, &INIT).succeeds();
    let dry = run(&repo, None, &["migrate", "gitea", "--dry-run"]).succeeds();
    let format = dry.out.find("To be formatted").expect("is said");
    crate::common::snapshot!(
        "cli",
        "format_missing",
        dry.out[format..].split("\ndiff ").next().unwrap()
    );
    run(&repo, None, &MIGRATE)
        .succeeds()
        .says("nixfmt is not on the PATH")
        .says("warning: Format it afterwards: nixfmt ");
    assert!(repo.read(MODULE).contains("        dataDir = stateDir;\n"));
}

#[test]
fn a_formatter_that_makes_something_else_of_the_code_is_not_taken() {
    let repo = rack("nixfmt");
    repo.start();
    let liar = "for file; do sed 's/3000/3001/' \"$file\" >\"$file.out\" && cat \"$file.out\" >\"$file\"; done";
    run(&repo, Some(liar), &INIT).succeeds();
    run(&repo, Some(liar), &MIGRATE)
        .succeeds()
        .says("But nixfmt makes other code of it");
    assert!(repo.read(MODULE).contains("port = 3000;"));
}

#[test]
fn the_setting_goes_before_the_flake() {
    let repo = rack("nixfmt");
    let own = repo.read("qgroget.toml");
    repo.write("qgroget.toml", format!("format = \"none\"\n{own}"));
    repo.start();
    let failing = Some("exit 9");
    run(&repo, failing, &INIT).succeeds();
    run(&repo, failing, &MIGRATE)
        .succeeds()
        .says("Not formatted, as qgroget.toml says: new code is indented and no more.");
    repo.write("qgroget.toml", format!("format = \"nixfmtt\"\n{own}"));
    let refused = run(&repo, None, &["status"]).ends(2);
    crate::common::snapshot!("cli", "format_unknown", refused.to_string());
}
