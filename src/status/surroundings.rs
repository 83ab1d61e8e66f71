//! What all services are read with.

use std::path::PathBuf;

use super::{Kept, kept};
use crate::error::Place;
use crate::plan::foreign::{self, Foreign};
use crate::plan::model::Context;
use crate::repo::hosts;

/// What all services are read with.
pub struct Surroundings<'a> {
    pub context: &'a Context<'a>,
    /// Everything that is persisted on the host, whoever says so.
    pub persisted: Vec<Kept>,
    /// Everything that services persist by their contracts or their legacy declarations.
    pub of_services: Vec<Kept>,
    /// Where nothing has to be named to survive: what persistent directories are kept in, and file systems besides the root.
    pub lasting: Vec<String>,
    /// Everything that is backed up on the host, whoever says so.
    pub backed_up: Vec<Kept>,
    /// State that services keep for others.
    pub foreign: Vec<Foreign>,
    /// The imports that are commented out.
    pub commented: Vec<(PathBuf, Place)>,
}

impl<'a> Surroundings<'a> {
    /// What surrounds the services of the host.
    pub fn of(context: &'a Context<'a>) -> Surroundings<'a> {
        Surroundings {
            context,
            persisted: kept::persisted_anywhere(context),
            of_services: kept::persisted_by_services(context),
            lasting: kept::lasting(context),
            backed_up: kept::backed_up_anywhere(context),
            foreign: foreign::all(context),
            commented: hosts::commented_imports(context.repo),
        }
    }
}
