//! Validates JSON text without building the value, which can take a hundred times the text's size.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON value reduced to whether a text or key contains NUL.
pub struct Form {
    /// Whether one does.
    pub has_nul: bool,
}

const SOUND: Form = Form { has_nul: false };

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Form, E> {
        Ok(SOUND)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Form, E> {
        Ok(SOUND)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Form, E> {
        Ok(SOUND)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Form, E> {
        Ok(SOUND)
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(SOUND)
    }

    fn visit_str<E>(self, text: &str) -> Result<Form, E> {
        Ok(Form { has_nul: text.contains('\0') })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Form, A::Error> {
        let mut has_nul = false;
        while let Some(item) = items.next_element::<Form>()? {
            has_nul |= item.has_nul;
        }
        Ok(Form { has_nul })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Form, A::Error> {
        let mut has_nul = false;
        while let Some((key, value)) = entries.next_entry::<Form, Form>()? {
            has_nul |= key.has_nul || value.has_nul;
        }
        Ok(Form { has_nul })
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn nul_is_found_wherever_it_is() {
        let has_nul = |text: &str| serde_json::from_str::<Form>(text).map(|form| form.has_nul).ok();
        for sound in ["null", "[true, -1, 1.5, 7]", r#"{"a": {"b": "\\u0000"}}"#] {
            assert_eq!(has_nul(sound), Some(false), "{sound}");
        }
        for with_nul in [r#""\u0000""#, r#"[1, "a\u0000"]"#, r#"{"a": {"\u0000": 1}, "b": "c"}"#] {
            assert_eq!(has_nul(with_nul), Some(true), "{with_nul}");
        }
        for bad in ["{", r#""\ud800""#, "[1,]", "1 2"] {
            assert_eq!(has_nul(bad), None, "{bad}");
        }
    }
}
