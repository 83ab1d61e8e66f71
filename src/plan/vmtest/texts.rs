//! What plans and files say of machine tests.

use std::path::Path;

/// The first line of a service's test.
pub fn head(service: &str, library: &Path) -> String {
    format!(
        "# Virtual machine test of {service}; what it does stands in {}.",
        library.display()
    )
}

/// How to give containers their images, in one line.
pub fn images(images: &[String]) -> String {
    let first = images.first().map_or("IMAGE", String::as_str);
    // A digest says the same as a tag beside it.
    let named = first.split_once('@').map_or(first, |(name, _)| name);
    let (name, tag) = match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (named, "latest"),
    };
    let one = format!("# A test has no network: `nix-prefetch-docker {name} {tag}` prints what to put in");
    format!("{one} images = map args.pkgs.dockerTools.pullImage [{{…}}];")
}

pub fn test(service: &str) -> String {
    format!("a virtual machine test of {service}")
}
pub const NO_UNIT: &str = "its module names no unit: it defines no systemd.services, no container and no unit of a backup, and turns \
     on no NixOS module whose unit is known";
pub fn no_unit_of(option: &str) -> String {
    format!("its module turns services.{option} on, and which unit that runs is not known")
}
pub fn no_unit_next(test: &Path, library: &Path, option: Option<&str>) -> String {
    let by_hand = format!("write {} with `units` for {}", test.display(), library.display());
    match option {
        Some(option) => format!(
            "say it in qgroget.toml before the migration, [upstream.{option}] units = [\"{option}.service\"], or {by_hand}"
        ),
        None => by_hand,
    }
}

pub const NOT_EVALUATED: &str = "the test is written, but whether the options and units that it names exist was not evaluated: that takes \
     the flake's own nixpkgs, in a run that proves the whole system";
pub fn unresolved(why: &str) -> String {
    format!("the test is written, but does not evaluate with the flake's own nixpkgs: {why}")
}
pub fn no_argument(name: &str, module: &Path) -> String {
    format!(
        "the test is written, but {} takes the argument '{name}', which is the host's own",
        module.display()
    )
}
pub fn register(line: &str) -> String {
    format!("once it evaluates, put this among the flake's checks: {line}")
}
pub fn give_argument(name: &str, line: &str) -> String {
    format!("add {name} to `arguments` in the test, then put this among the flake's checks: {line}")
}
