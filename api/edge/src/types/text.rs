//! Text in requests: JSON strings that PostgreSQL can store.

use std::{fmt, str::FromStr};

/// What PostgreSQL cannot store in text.
pub const NUL: char = '\0';

/// Declares a type of text: its name, its schema besides `type: string`, and the check that enforces it. The check is a
/// function, since the framework's `pattern` compiles its regex at each use.
#[macro_export]
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, { $($schema:ident: $value:expr),* }, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub String);

        impl ::poem_openapi::types::Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = String;
            type RawElementValueType = String;

            fn name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_ref() -> ::poem_openapi::registry::MetaSchemaRef {
                #[allow(clippy::needless_update, reason = "plain text adds nothing")]
                let schema = ::poem_openapi::registry::MetaSchema {
                    $($schema: $value,)*
                    ..::poem_openapi::registry::MetaSchema::new("string")
                };
                ::poem_openapi::registry::MetaSchemaRef::Inline(Box::new(schema))
            }

            fn as_raw_value(&self) -> Option<&String> {
                Some(&self.0)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
                Box::new(::std::iter::once(&self.0))
            }
        }

        impl ::poem_openapi::types::ParseFromJSON for $name {
            fn parse_from_json(
                value: Option<::serde_json::Value>,
            ) -> ::poem_openapi::types::ParseResult<Self> {
                match value {
                    Some(::serde_json::Value::String(text))
                        if !text.contains($crate::types::check::NUL) && $check(&text) => Ok(Self(text)),
                    other => Err(::poem_openapi::types::ParseError::expected_type(other.unwrap_or_default())),
                }
            }
        }

        impl ::poem_openapi::types::ParseFromParameter for $name {
            fn parse_from_parameter(text: &str) -> ::poem_openapi::types::ParseResult<Self> {
                ::poem_openapi::types::ParseFromJSON::parse_from_json(Some(text.into()))
            }
        }

        impl ::poem_openapi::types::ToJSON for $name {
            fn to_json(&self) -> Option<::serde_json::Value> {
                Some(::serde_json::Value::String(self.0.clone()))
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}
pub use crate::text;

/// Checks of text types.
pub mod check {
    pub use super::NUL;

    /// Any text.
    pub const fn any(_: &str) -> bool {
        true
    }
}

text!(
    /// Any text without NUL.
    Text, {}, check::any
);

/// The key of a map of text: any text without NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub String);

/// The key contains NUL.
#[derive(Debug)]
pub struct NulInKey;

impl fmt::Display for NulInKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must not contain NUL")
    }
}

impl FromStr for Key {
    type Err = NulInKey;

    fn from_str(key: &str) -> Result<Self, NulInKey> {
        if key.contains(NUL) { Err(NulInKey) } else { Ok(Self(key.into())) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
