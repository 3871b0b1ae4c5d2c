//! Coverage: which places are served, by which terminals, and which boxes are left to give to customers.
//!
//! An area is a city, a ZIP code, or a ZIP code of a city; the most specific one that a place is in decides. It
//! names the optical line terminal (OLT) that serves it, from whose optical network terminals (ONTs) customers
//! get theirs.

mod asked;
mod import;
mod line;
mod list;
mod onts;
mod point;
mod serviceability;
mod serving;

pub use asked::{Asked, Parts};
pub use import::{Counts, Imported, import};
pub use list::{Coverage, Olt, Totals, list, totals};
pub use onts::{give_ont_back, take_ont, take_onts, tell_taken};
pub use point::Point;
pub use serviceability::{Nearest, Serviceability, check};
pub use serving::{Serving, serving, serving_each};
