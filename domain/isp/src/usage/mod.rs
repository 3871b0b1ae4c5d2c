//! Customers' network usage per day, from files and accounting, reported per month.
//!
//! Days are in the organization's time zone. A customer's day has one record: reporting it again replaces it
//! ([`ingest`]), session growth is added to it ([`account`]).

mod add;
mod customers;
mod day;
mod ingest;
mod month;
mod read;
mod sessions;

pub use add::add;
pub use customers::named;
pub use day::{Day, Flow, LARGEST_FLOW, MOST_MBPS, MOST_OUTAGE, MOST_SECONDS, MOST_SESSIONS};
pub use ingest::{Source, ingest};
pub use month::{Rates, Used};
pub use read::{Past, current, history};
pub use sessions::{Mark, Session, account, forget, mark};
