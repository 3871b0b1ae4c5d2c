//! Details of parse errors that `serde_json` does not report.

use serde_json::{Deserializer, Value};
use serde_path_to_error::Segment;

/// The message for such a number.
pub const OUT_OF_RANGE: &str = "is a number out of range: its size must be below 1.8e308";

/// The path of the first number out of range, as names and indexes. `None` if there is an earlier error.
pub fn number_out_of_range(text: &[u8]) -> Option<Vec<String>> {
    let mut text = Deserializer::from_slice(text);
    let error = serde_path_to_error::deserialize::<_, Value>(&mut text).err()?;
    let step = |step: &Segment| match step {
        Segment::Seq { index } => index.to_string(),
        step => step.to_string(),
    };
    error
        .inner()
        .to_string()
        .starts_with("number out of range")
        .then(|| error.path().iter().map(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_number_is_found() {
        let path = |text: &str| number_out_of_range(text.as_bytes()).map(|path| path.join("."));
        assert_eq!(path(r#"{"a":{"b":[0,{"c d":-1e400}]}}"#).as_deref(), Some("a.b.1.c d"));
        assert_eq!(path("1e400").as_deref(), Some(""));
        for other in [r#"{"a":1e308}"#, r#"{"a":"1e400"}"#, r#"{"a":}"#, ""] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
