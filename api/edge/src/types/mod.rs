//! Types of fields that poem-openapi does not have, or has with other rules than the contracts.
//!
//! Each documents itself, so that a rule is stated once: in the type, or in the field's `validator`.

mod answers;
mod date;
mod free;
mod number;
mod optional;
mod text;

pub use answers::{Money, Nullable, Success, Time, UnlessNot};
pub use date::{Date, Moment, is_moment};
pub use free::Free;
pub use number::{PageSize, whole, whole_number};
pub use optional::{Defaulted, Maybe};
pub use text::text;
pub use text::{Key, Text, check};
