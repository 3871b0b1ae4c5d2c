//! Coverage: which places are served by which OLTs, and which ONTs are available.
//!
//! An area is a city, a ZIP code, or a ZIP code of a city; the most specific one decides. It names the optical line
//! terminal (OLT) that serves it and whose optical network terminals (ONTs) customers get.

mod import;
mod list;
mod offer;
mod onts;
mod parse_address;
mod point;
mod query;
mod serviceability;
mod serving;

pub use import::{Counts, Imported, import};
pub use list::{Coverage, Olt, Totals, list, totals};
pub use offer::check_offer;
pub use onts::{give_ont_back, take_ont, take_onts, tell_taken};
pub use parse_address::Parts;
pub use point::Point;
pub use query::ServiceabilityQuery;
pub use serviceability::{Nearest, Serviceability, check};
pub use serving::{Serving, serving, serving_each};
