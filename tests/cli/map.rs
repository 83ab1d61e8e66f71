//! The page of all services' files, before and after.

use std::fs;

use crate::common::Repo;

#[test]
fn every_service_is_on_the_map_and_nothing_is_loaded() {
    let repo = Repo::homelab();
    let before = repo.tree();
    let page = repo.home().join("map.html");
    let path = page.to_str().unwrap();
    repo.run(&["map", "--html", path]).succeeds();
    let text = fs::read_to_string(&page).unwrap();
    for service in ["jellyfin", "sonarr", "vaultwarden"] {
        assert!(
            text.contains(&format!(">{service}</option>")),
            "{service} can be picked"
        );
    }
    for file in [
        "modules/server/media/video/default.nix",
        "modules/server/media/jellyfin/default.nix",
    ] {
        assert!(text.replace("<wbr>", "").contains(file), "{file}");
    }
    for loads in ["src=", "href=\"http", "url(", "@import"] {
        assert!(!text.contains(loads), "the page loads something: {loads}");
    }
    assert!(repo.tree() == before, "nothing in the repository is changed");

    repo.run(&["map", "--html", path]).succeeds();
    assert_eq!(
        fs::read_to_string(&page).unwrap(),
        text,
        "the same repository, the same page"
    );
}

#[test]
fn a_map_needs_a_file() {
    Repo::homelab().run(&["map"]).ends(2).says("--html");
}
