//! What the order of a list means: data that stands in `rules/orders.toml`.

use serde::Deserialize;

use super::parts;
use crate::error::{Error, Result};

const DEFAULTS: &str = include_str!("../../rules/orders.toml");

/// What the order of a list's elements means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Nothing.
    None,
    /// Nothing between lines of tmpfiles.d that make something at two paths, neither inside of the other.
    Paths,
    /// Little, and a person is told.
    Told,
    /// The first element that fits decides.
    FirstMatch,
    /// The last element that fits decides.
    LastMatch,
}

/// What is known of the order of some lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ListOrder {
    /// Option paths; `*` stands for any one name.
    pub options: Vec<String>,
    #[serde(rename = "order")]
    pub meaning: Meaning,
    /// Elements that begin with this text have an order all the same.
    #[serde(rename = "but")]
    pub ordered_prefix: Option<String>,
    /// The attribute with the plain names that an element fits.
    #[serde(rename = "match")]
    pub fits: Option<String>,
    /// Attributes by which an element fits something else too.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Why, and where that is said.
    pub reason: String,
}

impl ListOrder {
    /// Whether it is about the list at `path`.
    fn is_of(&self, path: &[String]) -> bool {
        let fits = |option: &String| {
            let option = parts(option);
            option.len() == path.len() && option.iter().zip(path).all(|(a, b)| *a == "*" || a == b)
        };
        self.options.iter().any(fits)
    }
}

/// What is known of the orders of lists.
#[derive(Clone, Debug, Default)]
pub struct Orders(Vec<ListOrder>);

impl Orders {
    /// Those of `rules/orders.toml`, behind those that a repository has itself.
    ///
    /// # Errors
    /// An internal error where the file is wrong.
    pub fn with(own: Vec<ListOrder>) -> Result<Orders> {
        #[derive(Deserialize)]
        struct File {
            orders: Vec<ListOrder>,
        }
        let file: File =
            toml::from_str(DEFAULTS).map_err(|e| Error::internal("the embedded orders do not fit").because(e))?;
        Ok(Orders(own.into_iter().chain(file.orders).collect()))
    }

    /// What is known of the list at an option path; `None` for a sequence.
    pub fn of(&self, path: &[String]) -> Option<&ListOrder> {
        self.0.iter().find(|order| order.is_of(path))
    }
}
