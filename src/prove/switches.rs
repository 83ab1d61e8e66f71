//! Switches that only upstream would define: slice mode takes them as off, and once more as on, so that what stands under
//! them is compared too.

use std::collections::BTreeSet;

use serde::Serialize;

use super::difference::{Class, Difference, option_path};
use super::slice::Slice;

/// What became of the switches that nothing in the repository defines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Switches {
    /// Their options.
    pub options: Vec<String>,
    /// Why there is no evaluation with them on; what stands under them is not compared then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}

impl Switches {
    /// Those that either side of a slice was evaluated with.
    pub(super) fn of(slice: &Slice) -> Switches {
        let paths = [&slice.before, &slice.after].map(|side| &side.switches);
        let options: BTreeSet<String> = paths.into_iter().flatten().map(|path| option_path(path)).collect();
        Switches {
            options: options.into_iter().collect(),
            not_compared: None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty()
    }
}

/// The differences that are there with the switches on and not with them off.
pub(super) fn only_where_on(off: &[Difference], on: Vec<Difference>) -> Vec<Difference> {
    let is_known = |difference: &Difference| {
        off.iter().any(|known| {
            let same = known.class == difference.class && known.path == difference.path;
            let harmless = matches!(known.class, Class::Moved | Class::Reordered);
            same && (harmless || (&known.before, &known.after) == (&difference.before, &difference.after))
        })
    };
    on.into_iter().filter(|difference| !is_known(difference)).collect()
}
