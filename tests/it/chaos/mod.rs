//! Real processes and servers that die: an import of 20,000 rows must end COMPLETED, with every row in
//! exactly once, and every event must arrive, whatever is killed meanwhile.

mod clocks;
mod import;
mod invoices;
mod kills;
mod platform;
mod processes;
mod servers;
mod webhooks;

use platform::Platform;
