//! Lists: the number of statements, and pages equal to those found by counting.

mod positions;
mod statements;
mod walks;
