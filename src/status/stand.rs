//! Where each piece of a service stands, and where a plan lets it stand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::pieces::{Kind, Piece};
use crate::error::Place;

/// A piece of a service, in the repository as it is and as a plan would leave it.
#[derive(Clone, Debug)]
pub struct Stand {
    /// The piece; what it says is what it says now, or will say where it is new.
    pub piece: Piece,
    /// Where it stands; nowhere for one that is new.
    pub stands: Vec<Place>,
    /// Where it will stand; nowhere for one that goes, `None` where nothing is planned.
    pub will_stand: Option<Vec<Place>>,
}

impl Stand {
    /// Whether the plan leaves it in the same lines of the same files. What names the module's path does not stay where
    /// that may become another one, though its line is the same.
    pub fn stays(&self) -> bool {
        if matches!(self.piece.kind, Kind::Import | Kind::Test) {
            return false;
        }
        let lines = |places: &[Place]| -> Vec<_> { places.iter().map(|p| (p.path.clone(), p.line)).collect() };
        self.will_stand
            .as_ref()
            .is_some_and(|will_stand| lines(will_stand) == lines(&self.stands))
    }
}

/// The pieces `now`, and those `afterwards` where something is planned, each once.
pub fn of(now: Vec<Piece>, afterwards: Option<Vec<Piece>>) -> Vec<Stand> {
    let is_planned = afterwards.is_some();
    let key = |piece: &Piece| (piece.kind, piece.name.clone());
    let mut after: BTreeMap<_, Piece> = afterwards
        .into_iter()
        .flatten()
        .map(|piece| (key(&piece), piece))
        .collect();
    let mut found: Vec<Stand> = now
        .into_iter()
        .map(|piece| {
            let later = after.remove(&key(&piece));
            Stand {
                stands: piece.places.clone(),
                will_stand: is_planned.then(|| later.map(|piece| piece.places).unwrap_or_default()),
                piece,
            }
        })
        .collect();
    found.extend(after.into_values().map(|piece| Stand {
        stands: Vec::new(),
        will_stand: Some(piece.places.clone()),
        piece,
    }));
    found.sort_by_key(|stand| key(&stand.piece));
    found
}

/// Places by their files: the lines of each.
pub fn by_file(places: &[Place]) -> BTreeMap<PathBuf, BTreeSet<u32>> {
    let mut files: BTreeMap<PathBuf, BTreeSet<u32>> = BTreeMap::new();
    for place in places {
        files.entry(place.path.clone()).or_default().insert(place.line);
    }
    files
}
