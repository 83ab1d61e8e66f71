//! Text for a terminal: its styles, foreign text that is safe to print, errors with the source that they are about.
//!
//! Nothing here prints: what is made is handed to the printer of [`cli`](crate::cli).

pub mod excerpt;
pub mod fit;
pub mod foreign;
pub mod palette;
pub mod printed;
