//! The map: every file that has pieces of services, before the migration and after it.

mod html;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::status::Pattern;
use crate::status::pieces::Piece;
use crate::status::stand::{self, Stand};

/// A state of the repository: the pieces of its services, and which files it has.
pub struct Side {
    /// By service.
    pub services: BTreeMap<String, (Pattern, Vec<Piece>)>,
    /// The files of the pieces of both sides that are there.
    pub files: BTreeSet<PathBuf>,
}

/// What a map is drawn from.
pub struct Map {
    pub host: String,
    /// The repository as it stands.
    pub before: Side,
    /// The repository as the plans of all services would leave it, one after the other.
    pub after: Side,
    /// Whether that has a contract which the repository has not.
    pub installs: bool,
    /// The services that cannot be planned, and why.
    pub refused: Vec<(String, Error)>,
}

/// What one service has in one file: titles of pieces, each with its lines.
pub type Marks<'m> = Vec<(&'m Piece, BTreeSet<u32>)>;

impl Side {
    /// The files that have pieces, each with the services that have some there.
    fn boxes(&self) -> BTreeMap<&Path, BTreeMap<&str, Marks<'_>>> {
        let mut boxes: BTreeMap<&Path, BTreeMap<&str, Marks>> = BTreeMap::new();
        for (service, (_, pieces)) in &self.services {
            for piece in pieces {
                let mut files: BTreeMap<&Path, BTreeSet<u32>> = BTreeMap::new();
                for place in &piece.places {
                    files.entry(&place.path).or_default().insert(place.line);
                }
                for (file, lines) in files {
                    let marks = boxes.entry(file).or_default().entry(service).or_default();
                    marks.push((piece, lines));
                }
            }
        }
        boxes
    }

    /// How many files a service has pieces in.
    fn files_of(&self, service: &str) -> usize {
        let pieces = self.services.get(service).map_or(&[][..], |(_, pieces)| pieces);
        let files: BTreeSet<&Path> = pieces
            .iter()
            .flat_map(|piece| &piece.places)
            .map(|place| place.path.as_path())
            .collect();
        files.len()
    }
}

impl Map {
    /// The map as one self-contained page.
    pub fn page(&self) -> String {
        html::page(self)
    }

    /// The names of all services of either side, sorted.
    fn services(&self) -> BTreeSet<&str> {
        let names = self.before.services.keys().chain(self.after.services.keys());
        names.map(String::as_str).collect()
    }

    /// The pieces of a service, each with both of its places.
    fn stands(&self, service: &str) -> Vec<Stand> {
        let of = |side: &Side| {
            let found = side.services.get(service);
            found.map(|(_, pieces)| pieces.clone()).unwrap_or_default()
        };
        stand::of(of(&self.before), Some(of(&self.after)))
    }

    /// How a service is declared before.
    fn pattern(&self, service: &str) -> Option<Pattern> {
        self.before.services.get(service).map(|(pattern, _)| *pattern)
    }
}

#[cfg(test)]
mod tests;
