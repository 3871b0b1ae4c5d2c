//! Receivers of webhooks: examples of the documentation, and commands.

mod explain;
mod handbook;
mod listen;
mod sandbox;
mod sink;

pub use sandbox::Sandbox;
pub use sink::Sink;
