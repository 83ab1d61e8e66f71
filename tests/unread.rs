//! Who reads a field of the legacy services is looked up in the repository.

use qgroget::plan::unread;
use qgroget::repo::Repository;

use crate::common::{Repo, with_context};

const OPTIONS: &str = "{lib, ...}: {
  options.qgroget.services = lib.mkOption {
    default = {};
    type = lib.types.attrsOf (lib.types.submodule {
      options.url = lib.mkOption {type = lib.types.str;};
      options.backupDirectories = lib.mkOption {type = lib.types.listOf lib.types.str; default = [];};
    });
  };
  options.kept = lib.mkOption {default = {};};
}
";

const SERVICE: &str = "{
  qgroget.services.notes = {
    url = \"http://127.0.0.1:1234\";
    backupDirectories = [\"/var/lib/notes\"];
  };
}
";

/// A repository with one service and `reader`, which `imports` leads to or not.
fn repository(reader: &str, imports: &str) -> Repo {
    let repo = Repo::bare();
    repo.write(
        "hosts/Server/configuration.nix",
        "{\n  imports = [../../modules/server];\n}\n",
    );
    repo.write(
        "hosts/Server/settings.nix",
        "{\n  qgroget.server.domain = \"example.org\";\n}\n",
    );
    let modules = format!("{{\n  imports = [\n    ./options.nix\n    ./misc/notes.nix\n    {imports}\n  ];\n}}\n");
    repo.write("modules/server/default.nix", modules);
    repo.write("modules/server/options.nix", OPTIONS);
    repo.write("modules/server/misc/notes.nix", SERVICE);
    repo.write("modules/server/readers/reader.nix", reader);
    repo
}

fn is_unread(repo: &Repo) -> bool {
    let repository = Repository::read(&repo.root()).unwrap();
    with_context(&repository, |context| unread::is_unread(context, "backupDirectories"))
}

/// Values of an option of the reader's module, each with what stands before its set.
const READS: [(&str, &str); 16] = [
    ("", "config.qgroget.services.notes.backupDirectories"),
    (
        "",
        "lib.mapAttrsToList (_: service: service.backupDirectories) config.qgroget.services",
    ),
    (
        "",
        "lib.concatMap (service: service.backupDirectories) (lib.attrValues config.qgroget.services)",
    ),
    (
        "",
        "map ({backupDirectories, ...}: backupDirectories) (lib.attrValues config.qgroget.services)",
    ),
    (
        "",
        "lib.catAttrs \"backupDirectories\" (lib.attrValues config.qgroget.services)",
    ),
    (
        "",
        "lib.filterAttrs (_: service: service.backupDirectories != []) config.qgroget.services != {}",
    ),
    (
        "",
        "lib.foldl' (all: service: all ++ service.backupDirectories) [] (lib.attrValues config.qgroget.services)",
    ),
    (
        "",
        "lib.mapAttrs (_: service: {inherit (service) backupDirectories;}) config.qgroget.services",
    ),
    (
        "let services = config.qgroget.services; in",
        "services.notes.backupDirectories or []",
    ),
    (
        "let inherit (config.qgroget) services; in",
        "lib.mapAttrsToList (_: s: s.backupDirectories) services",
    ),
    (
        "let paths = service: service.backupDirectories; in",
        "map paths (lib.attrValues config.qgroget.services)",
    ),
    (
        "",
        "with config.qgroget; lib.mapAttrsToList (_: s: s.backupDirectories) services",
    ),
    ("", "with config.qgroget.services.notes; backupDirectories"),
    // Which field is read is computed, or the services go where nobody can follow them.
    (
        "let field = config.kept.field; in",
        "map (service: service.${field}) (lib.attrValues config.qgroget.services)",
    ),
    ("", "import ./gather.nix config.qgroget.services"),
    ("", "builtins.toJSON config.qgroget.services"),
];

fn reader((before, value): (&str, &str)) -> String {
    format!("{{config, lib, ...}}: {before} {{\n  kept.paths = {value};\n}}\n")
}

#[test]
fn a_field_that_an_imported_module_reads_is_read() {
    for read in READS {
        assert!(
            !is_unread(&repository(&reader(read), "./readers/reader.nix")),
            "{}",
            read.1
        );
    }
}

#[test]
fn a_reader_behind_a_computed_import_counts() {
    let every = "] ++ map (name: ./readers + \"/${name}\") (builtins.attrNames (builtins.readDir ./readers)) ++ [";
    assert!(!is_unread(&repository(&reader(READS[0]), every)));
}

#[test]
fn a_field_that_nobody_reads_is_a_gap() {
    for (before, value) in [
        (
            "",
            "lib.mapAttrsToList (_: service: service.url) config.qgroget.services",
        ),
        ("", "lib.attrNames config.qgroget.services"),
        // Another set's field of that name.
        ("", "config.kept.backupDirectories or []"),
        (
            "let services = config.kept; in",
            "lib.mapAttrsToList (_: s: s.backupDirectories) services",
        ),
    ] {
        assert!(
            is_unread(&repository(&reader((before, value)), "./readers/reader.nix")),
            "{value}"
        );
    }
    // A module that nothing imports reads nothing.
    assert!(is_unread(&repository(&reader(READS[0]), "")));
    assert!(is_unread(&repository(&reader(READS[0]), "# ./readers/reader.nix")));
}

#[test]
fn the_rules_file_says_otherwise() {
    let read = repository(&reader(READS[0]), "./readers/reader.nix");
    read.write("qgroget.toml", "[unread]\nfields = [\"backupDirectories\"]\n");
    assert!(is_unread(&read));
    let unread = repository("{}", "");
    unread.write("qgroget.toml", "[unread]\nfields = []\n");
    assert!(!is_unread(&unread));
}

/// What somebody reads is moved, and no gap.
#[test]
fn a_field_that_is_read_is_carried_into_the_contract() {
    let read = "lib.mapAttrsToList (_: service: service.backupDirectories) config.qgroget.services";
    let repo = repository(&reader(("", read)), "./readers/reader.nix");
    repo.start();
    let status = repo.run(&["status"]).succeeds();
    status.says_not("read by nothing").says_not("no backup has");
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo.run(&["migrate", "notes", "--yes", "--no-verify"]).succeeds();
    let module = repo.read("modules/server/misc/notes/default.nix");
    assert!(module.contains("backupPaths = [\"/var/lib/notes\"];"), "{module}");
    assert!(!module.contains("nothing reads"), "{module}");
}
