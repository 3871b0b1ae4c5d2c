//! The provisioner `radius`, on a real FreeRADIUS and its database.

mod accounting;
mod away;
mod nas;
mod network;
mod open_sessions;
mod sold;
