//! `--fix`.

use super::{Homelab, REQUIRED, check, codes};
use crate::check::mend::Mending;
use crate::plan::Proposal;
use crate::repo::{Repository, hosts};

/// Applies every fix; what each file is afterwards, and what `check` finds then.
fn mended(homelab: &Homelab) -> (Vec<String>, Vec<&'static str>) {
    homelab.finish();
    let repo = Repository::read(homelab.root()).expect("reads");
    let host = hosts::find(&repo, None).expect("one host");
    let findings = crate::check::run(&repo, &host, &hosts::model(&repo, &host));
    let mending = Mending::plan(&repo, &findings);
    let all = mending.groups().iter().map(|group| group.id).collect();
    let change = mending.render(&all).expect("renders");
    let mut texts = Vec::new();
    for file in &change.files {
        let mut edits = file.edits.clone();
        let applied = crate::edit::render::apply(&file.before, &mut edits).expect("applies");
        assert_eq!(applied, *file.after);
        let path = file.to.as_ref().expect("a file");
        std::fs::write(homelab.root().join(path), &*file.after).expect("writes");
        texts.push(file.after.to_string());
    }
    (texts, codes(&check(homelab.root())))
}

const SLOPPY: &str = "{lib, ...}: {
  config = lib.mkMerge [
    # Of the contract.
    {
      qgroget.serviceModules.a = {
        enable=true;
        domain = \"x\";
        dataDir = null;
        prot = 8080; # beside it
        middleware = [];
      };
    }
    # Of the implementation.
    (lib.mkIf false {systemd.services.a = {};})
  ];
}
";

#[test]
fn names_headers_and_formatting_in_one_go() {
    let homelab = Homelab::new()
        .module("media/a/default.nix", SLOPPY)
        .file("tests/a/default.nix", "{}");
    let (texts, left) = mended(&homelab);
    assert_eq!(left, [""; 0]);
    let text = &texts[0];
    assert!(
        text.contains("        port = 8080; # beside it\n        middlewares = [];\n"),
        "{text}"
    );
    assert!(text.contains("        enable = true;\n"), "{text}");
    let header = |title: &str, below: &str| {
        let line = text.lines().position(|line| line.contains(title)).expect("a header");
        assert_eq!(text.lines().nth(line + 1), Some(below));
    };
    header("1. Contract", "    # Of the contract.");
    header("2. Implementation", "    # Of the implementation.");
    assert!(mended(&homelab).0.is_empty());
}

#[test]
fn a_fix_that_is_declined_changes_nothing() {
    let homelab = Homelab::new()
        .module("media/a/default.nix", SLOPPY)
        .file("tests/a/default.nix", "{}");
    homelab.finish();
    let repo = Repository::read(homelab.root()).expect("reads");
    let host = hosts::find(&repo, None).expect("one host");
    let findings = crate::check::run(&repo, &host, &hosts::model(&repo, &host));
    let mending = Mending::plan(&repo, &findings);
    for group in mending.groups() {
        let change = mending.render(&[group.id].into_iter().collect()).expect("renders");
        assert_eq!(change.files.len(), 1, "{}", group.title);
        assert!(
            change.files[0].edits.iter().all(|edit| edit.group == group.id),
            "{}",
            group.title
        );
    }
    assert!(mending.render(&Default::default()).expect("renders").is_empty());
}

#[test]
fn what_is_not_certain_is_not_fixed() {
    for fields in ["prot = \"x\";", "prot = 1; port = 2;", "ur = \"x\"; exposd = config.x;"] {
        let homelab = Homelab::new().service("a", &format!("{REQUIRED} {fields}"));
        let (texts, _) = mended(&homelab);
        assert!(!texts.iter().any(|text| text.contains("exposed")), "{fields}");
        assert!(fields.starts_with("ur") || texts.is_empty(), "{fields}");
    }
}

#[test]
fn line_ends_stay() {
    let homelab = Homelab::new()
        .module("media/a/default.nix", &SLOPPY.replace('\n', "\r\n"))
        .file("tests/a/default.nix", "{}");
    let (texts, left) = mended(&homelab);
    assert_eq!(left, [""; 0]);
    assert_eq!(texts[0].matches('\n').count(), texts[0].matches("\r\n").count());
}
