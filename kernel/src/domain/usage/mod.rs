//! What customers use of the network, day by day: told by files and by accounting, read a month at a time.
//!
//! A day is one of the calendar, by the clocks of the organization. A customer's day has one record: who tells it
//! again replaces it ([`ingest`]), what sessions grew by is added to it ([`account`]).

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
