//! Receivers of webhooks: what the handbook tells them, and what the commands show of them.

mod explain;
mod handbook;
mod listen;
mod sandbox;
mod sink;

pub use sandbox::Sandbox;
pub use sink::Sink;
