//! Where things stand that are installed.

/// The template, below the server's modules.
pub const TEMPLATE: &str = "_template/default.nix";

/// The collector's evaluation test, below the tests.
pub const EVALUATION: &str = "collector/eval-test.nix";
