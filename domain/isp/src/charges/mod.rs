//! The rating of subscriptions, without clock, database or other inputs. A history of changes says when a subscription
//! was active and on which plan ([`History`]), [`charges`] computes the lines of a month from it, and [`preview()`] the
//! effect of a change.
//!
//! Nothing is stored between months or corrected later: a month's lines depend only on the whole history. The rules are
//! in docs/billing.md.

mod error;
mod history;
mod line_descriptions;
mod lines;
mod money;
mod month;
mod periods;
mod preview;
mod promotion;
mod tax;
#[cfg(test)]
mod tests;
mod time_range;

pub use error::ChargeError;
pub use history::{Activation, Change, History, Kind, Plan, State};
pub use lines::{Charges, Line, LineKind, charges};
pub use money::{as_number, check, from_cents, to_cents, to_number, to_the_cent};
pub use month::Month;
pub use periods::Period;
pub use platform::zone::Zone;
pub use preview::{Preview, preview};
pub use promotion::{Discount, Promotion};
pub use tax::{Rates, Tax, is_us_state};
pub use time_range::TimeRange;
