//! Messages of validation errors, without Rust types or schema keywords.

use jsonschema::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

/// For a missing property.
pub const REQUIRED: &str = "is required";

/// For text that the database cannot store.
pub const NUL: &str = platform::import_file::NUL;

/// For an unknown property of an object without known ones.
pub const UNKNOWN: &str = "is unknown; it may be misspelt";

/// For text with a pattern without a title; a test finds those.
const UNTITLED: &str = "does not have the form that is documented";

/// The message of an error. `title`: the schema's, which describes a pattern in words that follow `must be`; regular
/// expressions are not shown.
pub fn of(error: &ValidationError<'_>, title: Option<&str>) -> String {
    match error.kind() {
        Kind::Required { .. } => REQUIRED.into(),
        Kind::Type { kind } => format!("must be {}", expected(kind)),
        Kind::Enum { options } => format!("must be one of {}", list(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Format { format } if format == "email" => email(error.instance()).into(),
        Kind::Format { format } => format!("must be {}", format_name(format)),
        Kind::MinLength { limit: 1 } | Kind::MinItems { limit: 1 } => "must not be empty".into(),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::Pattern { .. } => title.map_or_else(|| UNTITLED.into(), |title| format!("must be {title}")),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => too_long(limit),
        Kind::AdditionalProperties { unexpected } => {
            format!("has unknown properties: {}", unexpected.join(", "))
        }
        _ => "is not valid".into(),
    }
}

/// The message for a list that is too long.
pub fn too_long(most: impl std::fmt::Display) -> String {
    format!("must have at most {most} items")
}

/// The allowed types, in words.
fn expected(kind: &TypeKind) -> String {
    let words = |json: JsonType| match json {
        JsonType::Null => "null",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "text",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    };
    match kind {
        TypeKind::Single(json) => words(*json).into(),
        TypeKind::Multiple(several) => several.into_iter().map(words).collect::<Vec<_>>().join(" or "),
    }
}

fn email(value: &Value) -> &'static str {
    value.as_str().and_then(platform::mail::address_fault).unwrap_or("must be an e-mail address")
}

fn format_name(format: &str) -> &str {
    match format {
        "uuid" => "a UUID",
        "date-time" => platform::clock::MOMENT,
        "uri" => "an address such as https://example.com/path",
        other => other,
    }
}

fn list(options: &Value) -> String {
    let options = options.as_array().into_iter().flatten();
    options
        .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join(", ")
}
