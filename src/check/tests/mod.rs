//! Small repositories, what `check` finds in them, and whether the collector says the same.

mod collector;
mod homelab;
mod mending;
mod output;
mod patterns;
mod reading;

use std::path::Path;

use super::{Finding, Severity};
use crate::repo::{Repository, hosts};
use crate::syntax;

/// What a service needs to say.
pub const REQUIRED: &str = "enable = true; domain = \"example.org\"; dataDir = \"/var/lib/x\";";

/// A repository in a temporary directory: a host, the contract as the tool installs it, and services.
pub struct Homelab {
    directory: tempfile::TempDir,
    imports: Vec<String>,
}

impl Homelab {
    /// A host without services.
    pub fn new() -> Homelab {
        let homelab = Homelab {
            directory: tempfile::tempdir().expect("a directory"),
            imports: vec![
                "./options.nix".into(),
                "./collector.nix".into(),
                "./legacy-bridge.nix".into(),
            ],
        };
        let options = include_str!("../../../nix/options.nix");
        let collector = include_str!("../../../nix/collector.nix");
        let bridge = include_str!("../../../nix/legacy-bridge.nix");
        homelab.put("modules/server/options.nix", options);
        homelab.put("modules/server/legacy-bridge.nix", bridge);
        homelab.put("modules/server/collector.nix", collector);
        homelab.put(
            "hosts/Server/default.nix",
            "{imports = [../../modules/server ./settings.nix];}",
        );
        homelab.put("hosts/Server/settings.nix", "{}");
        homelab
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(self, path: &str, text: &str) -> Homelab {
        self.put(path, text);
        self
    }

    pub fn settings(self, text: &str) -> Homelab {
        self.file("hosts/Server/settings.nix", text)
    }

    /// A module that the server imports, as it is.
    pub fn module(mut self, path: &str, text: &str) -> Homelab {
        self.imports.push(format!("./{path}"));
        self.put(&format!("modules/server/{path}"), text);
        self
    }

    /// A service in a module without faults of form, with a test.
    pub fn service(self, name: &str, fields: &str) -> Homelab {
        let attribute = syntax::attr_text(name);
        let module = format!(
            "{{config, lib, ...}}: {{ config = lib.mkMerge [\n# ── 1. Contract ──\n{{ qgroget.serviceModules.{attribute} = {{ {fields} }}; }}\n\n\
             # ── 2. Implementation ──\n(lib.mkIf config.qgroget.serviceModules.{attribute}.enable {{ systemd.services.{attribute}.description = \"{name}\"; }})\n]; }}"
        );
        let module = syntax::format(&module).expect("the service's module parses");
        let test = format!("tests/{name}/default.nix");
        self.module(&format!("media/{name}/default.nix"), &module)
            .file(&test, "{}")
    }

    /// Writes what is missing.
    pub fn finish(&self) {
        let imports = self.imports.join(" ");
        self.put("modules/server/default.nix", &format!("{{imports = [{imports}];}}"));
    }

    /// Everything that is found.
    pub fn check(&self) -> Vec<Finding> {
        self.finish();
        check(self.root())
    }
}

/// Checks the repository at `root`.
pub fn check(root: &Path) -> Vec<Finding> {
    let repo = Repository::read(root).expect("reads");
    let host = hosts::find(&repo, None).expect("one host");
    super::run(&repo, &host, &hosts::model(&repo, &host))
}

/// The texts of the errors, sorted.
pub fn errors(findings: &[Finding]) -> Vec<String> {
    let mut texts: Vec<String> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .map(Finding::text)
        .collect();
    texts.sort();
    texts
}

/// The codes of all findings but notes, in order.
pub fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings
        .iter()
        .filter(|f| f.severity != Severity::Note)
        .map(|f| f.error.code())
        .collect()
}

/// The finding with this code.
pub fn find<'f>(findings: &'f [Finding], code: &str) -> &'f Finding {
    let texts: Vec<String> = findings.iter().map(Finding::text).collect();
    findings
        .iter()
        .find(|f| f.error.code() == code)
        .unwrap_or_else(|| panic!("no {code} in {texts:#?}"))
}

/// `path:line:column` of a finding.
pub fn at(finding: &Finding) -> String {
    finding.error.place().expect("a place").to_string()
}
