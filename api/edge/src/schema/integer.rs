//! The ranges of whole numbers, which the validator does not derive from formats.

use crate::types::whole as exact;
use serde_json::{Map, Value};

/// The type that a whole number is stored as, with its number of bits.
#[derive(Clone, Copy)]
pub(super) enum Integer {
    Signed(u32),
    Unsigned(u32),
}

impl Integer {
    /// From the format of the schema: `int64`, `uint32`.
    pub(super) fn of(schema: &Map<String, Value>) -> Option<Self> {
        let kind = schema.get("type").is_some_and(|kind| kind == "integer");
        let format = schema.get("format").and_then(Value::as_str).filter(|_| kind)?;
        let bits = |prefix| format.strip_prefix(prefix)?.parse().ok();
        bits("uint").map(Self::Unsigned).or_else(|| bits("int").map(Self::Signed))
    }

    /// The fault of a whole number that is out of range, or is written as a float that cannot represent it exactly.
    pub(super) fn message(self, value: &Value) -> Option<String> {
        let number = match value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from)) {
            Some(number) => Some(number),
            None if value.as_f64()?.fract() != 0.0 => return None,
            None => value.as_f64().and_then(exact).map(i128::from),
        };
        let (least, most) = match self {
            Self::Signed(bits) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
            Self::Unsigned(bits) => (0, (1_i128 << bits) - 1),
        };
        let fits = number.is_some_and(|number| (least..=most).contains(&number));
        (!fits).then(|| format!("must be a whole number from {least} to {most}"))
    }
}
