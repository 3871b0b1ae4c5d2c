//! Field types that poem-openapi lacks, or that have other rules in the contracts.
//!
//! Each documents itself, so that a rule is defined once: in the type, or in the field's `validator`.

mod answers;
mod date;
mod free;
mod number;
mod optional;
mod text;

pub use answers::{DefaultTrue, Money, Nullable, Success, Time};
pub use date::{Date, Moment, is_moment};
pub use free::Free;
pub use number::{PageSize, whole, whole_number};
pub use optional::{Optional, WithDefault};
pub use text::text;
pub use text::{Key, Text, check};
