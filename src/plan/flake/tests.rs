use super::*;

/// A flake with these outputs, after a check is added; `None` where there is no place.
fn with_check(outputs: &str) -> Option<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!("{{outputs = {outputs};}}");
    std::fs::write(directory.path().join(FILE), &text).expect("written");
    let repo = Repository::read(directory.path()).expect("read");
    let flake = Flake::read(&repo);
    let check = |name: &str, inputs| Check {
        name: name.to_owned(),
        test: PathBuf::from(format!("tests/{name}")),
        inputs,
        group: GroupId(0),
    };
    if !flake.takes() {
        assert_eq!(flake.skipped(&[check("a", false)]).len(), 1);
        return None;
    }
    let mut work = Ops::new(&repo);
    flake.insert(&mut work, &[check("a", false), check("b", true)]);
    let change = work.finish().expect("renders");
    let after = repo.after(&change);
    assert!(Flake::read(&after).has("a") && Flake::read(&after).has("b"));
    let text = &change.files[0].after;
    let joined: Vec<&str> = text.split_whitespace().collect();
    Some(joined.join(" "))
}

fn placed(outputs: &str, wanted: &str) {
    let text = with_check(outputs).unwrap_or_else(|| panic!("no place in {outputs}"));
    assert!(text.contains(wanted), "{text}\n  lacks {wanted}");
}

const BOTH: &str = "a = import ./tests/a {inherit pkgs;}; b = import ./tests/b {inherit pkgs inputs;};";

#[test]
fn checks_go_into_the_set_of_their_system() {
    placed(
        "{nixpkgs, ...} @ inputs: let system = \"s\"; in {checks.${system} = let pkgs = nixpkgs.legacyPackages.${system}; in {x = 1;};}",
        &format!("in {{x = 1; {BOTH}}};"),
    );
    placed(
        "inputs: let pkgs = 1; in {checks.x86_64-linux = {x = 1;};}",
        &format!("{{x = 1; {BOTH}}}"),
    );
    placed(
        "inputs: let pkgs = 1; in {checks = {x86_64-linux = y // {x = 1;};};}",
        &format!("{{x = 1; {BOTH}}}"),
    );
    placed(
        "inputs: {checks = inputs.nixpkgs.lib.genAttrs systems (system: let pkgs = q system; in {x = 1;});}",
        &format!("in {{x = 1; {BOTH}}});"),
    );
}

#[test]
fn packages_are_named_where_none_are_bound() {
    placed(
        "{nixpkgs, impermanence, ...}: {checks.x86_64-linux = {};}",
        "a = import ./tests/a {pkgs = nixpkgs.legacyPackages.x86_64-linux;}; b = import ./tests/b {pkgs = nixpkgs.legacyPackages.x86_64-linux; inputs = {inherit impermanence;};};",
    );
    placed(
        "inputs: {checks = inputs.nixpkgs.lib.genAttrs systems (system: {});}",
        "a = import ./tests/a {pkgs = inputs.nixpkgs.legacyPackages.${system};};",
    );
    assert!(with_check("{self}: {checks.x86_64-linux = {};}").is_none());
}

#[test]
fn checks_stand_beside_others_that_are_bindings_of_their_own() {
    placed(
        "inputs: let pkgs = 1; in {checks.x86_64-linux.x = 1;}",
        "checks.x86_64-linux.x = 1; checks.x86_64-linux.a = import ./tests/a {inherit pkgs;}; checks.x86_64-linux.b = ",
    );
    placed(
        "inputs: let pkgs = 1; system = 2; in {checks.${system}.x = 1;}",
        &format!("checks.${{system}} = {{ x = 1; {BOTH} }};"),
    );
}

#[test]
fn first_checks_make_a_set() {
    placed(
        "inputs: let pkgs = 1; system = 2; in {packages = {};}",
        &format!("packages = {{}}; checks.${{system}} = {{ {BOTH} }};"),
    );
    placed(
        "inputs: let pkgs = 1; in {formatter.x86_64-linux = 1;}",
        &format!("checks.x86_64-linux = {{ {BOTH} }};"),
    );
    assert!(with_check("inputs: let pkgs = 1; in {nixosModules = {};}").is_none());
}

#[test]
fn frameworks_have_outputs_of_one_system() {
    placed(
        "inputs: inputs.flake-utils.lib.eachDefaultSystem (system: let pkgs = q; in {packages = {};})",
        &format!("checks = {{ {BOTH} }};"),
    );
    placed(
        "inputs: inputs.flake-parts.lib.mkFlake {inherit inputs;} {perSystem = {pkgs, ...}: {checks = {x = 1;};};}",
        &format!("checks = {{x = 1; {BOTH}}};"),
    );
    placed(
        "inputs: flake-utils.lib.eachDefaultSystem (system: let pkgs = q; in {checks.x = 1;}) // {nixosConfigurations = {};}",
        "checks.x = 1; checks.a = import ./tests/a {inherit pkgs;};",
    );
}

#[test]
fn computed_checks_are_left_to_the_person() {
    assert!(with_check("inputs: let pkgs = 1; in {checks = import ./checks.nix;}").is_none());
    assert!(with_check("inputs: let pkgs = 1; in import ./outputs.nix inputs").is_none());
}

#[test]
fn a_check_is_told_from_other_bindings_of_its_name() {
    let has = |files: &[(&str, &str)]| {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in files {
            std::fs::write(directory.path().join(path), text).expect("written");
        }
        has(&Repository::read(directory.path()).expect("read"), "x")
    };
    assert!(has(&[(
        "flake.nix",
        "{outputs = _: {checks.s = let y = 1; in {x = y;};};}"
    )]));
    assert!(has(&[(
        "checks.nix",
        "{pkgs}: {x = import ./tests/x {inherit pkgs;};}"
    )]));
    assert!(!has(&[(
        "module.nix",
        "{...}: {qgroget.services.x = {}; services.x.enable = true;}"
    )]));
    assert!(!has(&[(
        "flake.nix",
        "{outputs = _: {packages.s.x = 1; checks.s.y = 1;};}"
    )]));
}
