//! Our own flake: what it gives out, evaluated with stand-ins for packages. Nothing is built.

use serde_json::json;

use crate::common::nix;

#[test]
fn the_flake_gives_out_program_contract_and_checks() {
    if !nix::available() {
        return;
    }
    let outputs = nix::file("tests/common/flake.nix").unwrap_or_else(|error| panic!("{error}"));
    let name = concat!("qgroget-", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        outputs,
        json!({
            "outputs": ["apps", "checks", "devShells", "formatter", "nixosModules", "overlays", "packages"],
            "package": name,
            "overlay": name,
            "program": format!("/nix/store/{name}/bin/qgroget"),
            "checks": {"contract": "contract-suite", "package": name},
            "shell": ["cargo-insta", "clippy", "rust-analyzer", "rustfmt"],
            "formatter": "alejandra",
            "bridge": true,
            "collected": ["jellyfin"],
        })
    );
}
