//! A customer's whole life with a service provider, told over HTTP alone but for what an operator does at the command
//! line: coverage, the run of invoices, a payment. The same on both pairings, and with the platform killed wherever a
//! saga can be; and once more with a vendor who makes it work.

mod fulfilled;
mod killed;
mod outside;
mod teller;
mod whole;

use outside::Outside;
use teller::{PAUSE, Story};
