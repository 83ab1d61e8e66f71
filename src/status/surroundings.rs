//! What all services are read with.

use std::path::PathBuf;

use super::{Kept, kept};
use crate::error::Place;
use crate::plan::model::Context;
use crate::repo::hosts;

/// What all services are read with.
pub struct Surroundings<'a> {
    pub context: &'a Context<'a>,
    /// Everything that is persisted on the host, whoever says so.
    pub persisted: Vec<Kept>,
    /// Everything that is backed up on the host, whoever says so.
    pub backed_up: Vec<Kept>,
    /// The imports that are commented out.
    pub commented: Vec<(PathBuf, Place)>,
}

impl<'a> Surroundings<'a> {
    /// What surrounds the services of the host.
    pub fn of(context: &'a Context<'a>) -> Surroundings<'a> {
        Surroundings {
            context,
            persisted: kept::persisted_anywhere(context),
            backed_up: kept::backed_up_anywhere(context),
            commented: hosts::commented_imports(context.repo),
        }
    }
}
