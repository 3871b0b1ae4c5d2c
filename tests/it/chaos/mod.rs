//! Real processes and servers die: an import of 20,000 rows must end COMPLETED, with every row imported once, and every
//! event must arrive, whatever is killed.

mod clocks;
mod import;
mod invoices;
mod kills;
mod platform;
mod processes;
mod servers;
mod webhooks;

use platform::Platform;
