//! `qgroget map`: the files of all services before and after, as a page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::args;
use super::outlook::Outlook;
use super::session::{Loaded, Session};
use super::{texts, write_page};
use crate::error::{Error, Result};
use crate::map::{Map, Side};
use crate::plan::model::{self, Choices};
use crate::plan::needs;
use crate::status::{self, Pattern, Plan};

/// Runs the command.
///
/// # Errors
/// Where the repository cannot be read, the contract cannot be installed, or the page cannot be written.
pub fn run(args: &args::Map, session: &Session) -> Result<u8> {
    let loaded = session.load(args.host.as_deref())?;
    let map = map(&loaded)?;
    write_page(&args.html, &map.page(), session)?;
    if !map.refused.is_empty() {
        session.ui.note(texts::not_on_the_map(&map.refused));
    }
    Ok(0)
}

fn map(loaded: &Loaded) -> Result<Map> {
    let mut outlook = Outlook::of(loaded)?;
    let mut refused: Vec<(String, Error)> = Vec::new();
    for name in services(loaded) {
        if let Plan::Refused(error) = outlook.migrate(&name) {
            refused.push((name, error));
        }
    }
    let mut before = side(loaded);
    let mut after = side(&outlook.loaded);
    let files: BTreeSet<PathBuf> = before.files.union(&after.files).cloned().collect();
    let there = |loaded: &Loaded| -> BTreeSet<PathBuf> {
        let has = |path: &&PathBuf| loaded.repo.has(path);
        files.iter().filter(has).cloned().collect()
    };
    (before.files, after.files) = (there(loaded), there(&outlook.loaded));
    Ok(Map {
        host: loaded.host.name.clone(),
        before,
        after,
        installs: outlook.installs,
        refused,
    })
}

/// The services in the order in which `migrate --all` takes them, and then those that are declared nowhere.
fn services(loaded: &Loaded) -> Vec<String> {
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let mut names = needs::ordered(&context, model::legacy_names(&model, loaded.repo.rules()));
    let all = status::entries(&context).into_iter();
    let undeclared = all.filter(|(service, _)| service.pattern == Pattern::Undeclared);
    names.extend(undeclared.map(|(service, _)| service.name));
    names
}

fn side(loaded: &Loaded) -> Side {
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let entries = status::entries(&context).into_iter();
    let services: BTreeMap<_, _> = entries
        .map(|(service, pieces)| (service.name, (service.pattern, pieces)))
        .collect();
    let places = services
        .values()
        .flat_map(|(_, pieces)| pieces)
        .flat_map(|piece| &piece.places);
    let files = places.map(|place| place.path.clone()).collect();
    Side { services, files }
}
