use super::*;

/// Texts as a repository may have them: the flake, another Nix file, `treefmt.toml`, the hooks.
fn said(flake: &str, module: &str, toml: &str, hooks: &str) -> Option<(Format, String)> {
    let (flake, module) = (Source::new("flake.nix", flake), Source::new("treefmt.nix", module));
    let text = |path: &'static str, text: &str| (!text.is_empty()).then(|| (Path::new(path), text.into()));
    let declarations = Declarations {
        flake: Some(&flake),
        modules: vec![&module],
        treefmt: text("treefmt.toml", toml),
        pre_commit: text(".pre-commit-config.yaml", hooks),
    };
    let (format, place) = declarations.format()?;
    Some((format, format!("{}:{}", place.path.display(), place.line)))
}

fn of_flake(outputs: &str) -> Option<Format> {
    let flake = format!("{{\n  inputs = {{}};\n  outputs = {{nixpkgs, ...}}: {outputs};\n}}\n");
    said(&flake, "{}", "", "").map(|(format, _)| format)
}

#[test]
fn the_formatter_of_a_flake_is_found() {
    for (name, format) in [
        ("alejandra", Format::Alejandra),
        ("nixfmt", Format::Nixfmt),
        ("nixfmt-rfc-style", Format::Nixfmt),
        ("nixfmt-classic", Format::Nixfmt),
        ("nixfmt-tree", Format::Nixfmt),
        ("nixpkgs-fmt", Format::NixpkgsFmt),
    ] {
        for outputs in [
            "{formatter.x86_64-linux = nixpkgs.legacyPackages.x86_64-linux.@;}",
            "let pkgs = import nixpkgs {}; in {formatter.${system} = pkgs.@;}",
            "{formatter = forAllSystems (system: nixpkgs.legacyPackages.${system}.@);}",
            "{formatter = nixpkgs.lib.genAttrs systems (s: (pkgsFor s).@);}",
            "{formatter = {x86_64-linux = a.@; aarch64-linux = b.@;};}",
            "flake-utils.lib.eachDefaultSystem (system: {formatter = pkgs.@;})",
            "flake-parts.lib.mkFlake {} {perSystem = {pkgs, ...}: {formatter = pkgs.@;};}",
            "{formatter = forAllSystems ({pkgs, ...}: with pkgs; writeShellScriptBin \"fmt\" ''${@}/bin/x .'');}",
            "let fmt = pkgs.@; in {formatter.x86_64-linux = fmt;}",
        ] {
            assert_eq!(
                of_flake(&outputs.replace('@', name)),
                Some(format),
                "{outputs} with {name}"
            );
        }
    }
}

#[test]
fn what_is_no_formatter_of_the_flake_says_nothing() {
    for outputs in [
        "{}",
        "{packages.x86_64-linux = {inherit (pkgs) alejandra;};}",
        "{devShells.default = mkShell {packages = [pkgs.nixfmt];};}",
        "{formatter.x86_64-linux = pkgs.treefmt;}",
        "{packages.formatter.x86_64-linux = pkgs.alejandra;}",
        "{formatter.x86_64-linux.settings.nix = pkgs.alejandra;}",
        "{formatter = {a = pkgs.alejandra; b = pkgs.nixfmt;};}",
    ] {
        assert_eq!(of_flake(outputs), None, "{outputs}");
    }
    let broken = said("{ formatter.x = pkgs.nixfmt", "", "", "");
    assert_eq!(
        broken.map(|(format, _)| format),
        Some(Format::Nixfmt),
        "as far as it can be read"
    );
}

#[test]
fn treefmt_is_asked_next() {
    let flake = "{\n  outputs = x: {\n    formatter.y = eval.config.build.wrapper;\n  };\n}\n";
    for module in [
        "{\n  projectRootFile = \"flake.nix\";\n  programs.nixfmt.enable = true;\n}\n",
        "{pkgs, ...}: {\n  programs = {\n    nixfmt-rfc-style.enable = true;};\n}\n",
        "{\n  perSystem.treefmt.programs.nixfmt = {\n  enable = true; package = p; };\n}\n",
    ] {
        let place = "treefmt.nix:3".to_owned();
        assert_eq!(said(flake, module, "", ""), Some((Format::Nixfmt, place)), "{module}");
    }
    assert_eq!(said(flake, "{programs.nixfmt.enable = false;}", "", ""), None);
    let toml = "[formatter.rust]\ncommand = \"rustfmt\"\n[formatter.nix]\ncommand = \"@\"\nincludes = [\"*.nix\"]\n";
    for (command, format) in [
        ("alejandra", Format::Alejandra),
        ("nixfmt", Format::Nixfmt),
        ("/bin/nixpkgs-fmt", Format::NixpkgsFmt),
    ] {
        let found = said("{}", "{}", &toml.replace('@', command), "");
        assert_eq!(found, Some((format, "treefmt.toml:4".to_owned())), "{command}");
    }
    assert_eq!(said("{}", "{}", "[formatter.nix", ""), None);
}

#[test]
fn hooks_are_asked_last() {
    let hooks = "repos:\n  - repo: https://example.org/x\n    rev: v1\n    hooks:\n      - id: @\n";
    for (id, format) in [
        ("alejandra", Format::Alejandra),
        ("\"nixfmt\"", Format::Nixfmt),
        ("nixpkgs-fmt # ours", Format::NixpkgsFmt),
        ("x\n        entry: nixfmt --check", Format::Nixfmt),
    ] {
        let found = said("{}", "{}", "", &hooks.replace('@', id));
        assert_eq!(found.map(|(format, _)| format), Some(format), "{id}");
    }
    assert_eq!(said("{}", "{}", "", &hooks.replace('@', "shellcheck")), None);
    let module =
        "{\n  pre-commit.settings.hooks = {\n    alejandra.enable = true;\n    statix.enable = true;\n  };\n}\n";
    assert_eq!(
        said("{}", module, "", ""),
        Some((Format::Alejandra, "treefmt.nix:3".to_owned()))
    );
}

#[test]
fn what_says_one_thing_goes_before_what_says_two() {
    let flake = "{\n  outputs = x: {\n    formatter.y = x.nixpkgs-fmt;\n  };\n}\n";
    let module = "{programs.alejandra.enable = true; hooks.nixfmt.enable = true;}";
    let toml = "[formatter.nix]\ncommand = \"nixfmt\"\n";
    let hooks = "- id: alejandra\n";
    let format = |flake, module, toml, hooks| said(flake, module, toml, hooks).map(|(format, _)| format);
    assert_eq!(
        said(flake, module, toml, hooks),
        Some((Format::NixpkgsFmt, "flake.nix:3".to_owned()))
    );
    assert_eq!(format("{}", module, toml, hooks), Some(Format::Alejandra));
    assert_eq!(format("{}", "{}", toml, hooks), Some(Format::Nixfmt));
    let both = "{programs = {alejandra.enable = true; nixpkgs-fmt.enable = true;};}";
    assert_eq!(format("{}", both, toml, hooks), Some(Format::Nixfmt));
    assert_eq!(format("{}", "{hooks.nixfmt.enable = true;}", "", hooks), None);
}

#[test]
fn which_modules_are_looked_into_is_told_by_their_bytes() {
    assert!(may_declare("{programs.nixfmt.enable = true;}"));
    assert!(may_declare("{hooks.alejandra.enable = true;}"));
    assert!(!may_declare("{programs.git.enable = true;}"));
    assert!(!may_declare("{environment.systemPackages = [pkgs.alejandra];}"));
}
