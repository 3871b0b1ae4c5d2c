//! Lists: how many statements they cost, and that their pages are what counting gives.

mod positions;
mod statements;
mod walks;
