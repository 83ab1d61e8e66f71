//! The formats that new code may be laid out in.

use serde::Deserialize;

/// How a repository's Nix files are formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As alejandra does, which is built in.
    Alejandra,
    /// As the program `nixfmt` does, whichever version is on the `PATH`.
    Nixfmt,
    /// As the program `nixpkgs-fmt` does.
    NixpkgsFmt,
    /// Not at all.
    None,
}

impl Format {
    /// All of them, in the order in which they are named.
    pub const ALL: [Format; 4] = [Format::Alejandra, Format::Nixfmt, Format::NixpkgsFmt, Format::None];

    /// Its name in `qgroget.toml`; where it is a program, the program's.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Alejandra => "alejandra",
            Format::Nixfmt => "nixfmt",
            Format::NixpkgsFmt => "nixpkgs-fmt",
            Format::None => "none",
        }
    }

    /// The one that is called `name` in `qgroget.toml`.
    pub fn named(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The one that a program or package of this name makes, in nixpkgs, treefmt-nix and git-hooks.nix.
    pub fn made_by(program: &str) -> Option<Format> {
        match program {
            "alejandra" => Some(Format::Alejandra),
            "nixfmt" | "nixfmt-rfc-style" | "nixfmt-classic" | "nixfmt-tree" => Some(Format::Nixfmt),
            "nixpkgs-fmt" => Some(Format::NixpkgsFmt),
            _ => None,
        }
    }

    /// Whether a program makes it that is not built in.
    pub fn is_program(self) -> bool {
        matches!(self, Format::Nixfmt | Format::NixpkgsFmt)
    }
}
