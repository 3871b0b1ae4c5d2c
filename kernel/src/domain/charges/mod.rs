//! What a subscription costs: rules without a clock, a database or anything else from outside. A history of
//! changes says when it was active and on which plan ([`History`]), [`charges`] makes the lines of a month's
//! invoice from that, and [`preview()`] says by how much a change will alter them.
//!
//! Nothing is kept between months, and nothing is corrected later: a month's lines follow from the whole
//! history and from nothing else. docs/billing.md states the rules in words.

mod history;
mod lines;
mod money;
mod month;
mod periods;
mod preview;
mod promotion;
mod refused;
mod span;
mod tax;
#[cfg(test)]
mod tests;
mod words;
mod zone;

pub use history::{Activation, Change, History, Kind, Plan, State};
pub use lines::{Charges, Line, LineKind, charges};
pub use money::{as_number, check, from_cents, to_cents, to_number, to_the_cent};
pub use month::Month;
pub use periods::Period;
pub use preview::{Preview, preview};
pub use promotion::{Discount, Promotion};
pub use refused::Refused;
pub use span::Span;
pub use tax::{Rates, Tax};
pub use zone::Zone;
