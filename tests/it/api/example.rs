//! Valid values from schemas: the minimum and the maximum of a schema.

use super::{document::Document, known_objects::Known};
use anyhow::{Context, Result, anyhow, bail};
use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of a value within its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// Only required properties; the shortest and smallest values.
    Minimal,
    /// Every property; the longest and largest values.
    Maximal,
}

/// Generates values for the schemas of a document.
pub struct Examples<'a> {
    document: &'static Document,
    size: Size,
    known: &'a Known,
}

/// Maximum length of a list, or of a text without a smaller bound.
const LONGEST: u64 = 100;

/// A unique number, because e-mail addresses and names must be new.
fn new_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<'a> Examples<'a> {
    /// Generates values of this size, with known ids in bodies.
    pub const fn new(document: &'static Document, size: Size, known: &'a Known) -> Self {
        Self { document, size, known }
    }

    /// Generates the value of a parameter.
    pub fn parameter(&self, name: &str, schema: &Value) -> Result<Value> {
        self.named(name, schema).with_context(|| format!("the parameter {name}"))
    }

    /// Generates a body; text is the documented example.
    pub fn media(&self, media: &Value) -> Result<Value> {
        let schema = self.document.follow(&media["schema"]);
        let example = media.get("example").or_else(|| schema.get("example"));
        match (example, schema["type"].as_str()) {
            (Some(example), Some("string")) => Ok(example.clone()),
            (None, Some("string")) => bail!("the document has no example"),
            _ => self.of(&media["schema"]),
        }
    }

    /// Generates a value for a property or parameter; uses known values for what only the caller can supply.
    fn named(&self, name: &str, schema: &Value) -> Result<Value> {
        let target = self.document.follow(schema);
        let value = match self.known.value(name) {
            Some(known) if takes(target, known) => return Ok(known.into()),
            _ if target["type"] == "array" => self.array(name.trim_end_matches('s'), target),
            _ => self.of(schema),
        };
        value.with_context(|| format!("the property {name}"))
    }

    fn of(&self, schema: &Value) -> Result<Value> {
        let example = schema.get("example").or_else(|| schema["examples"].get(0));
        let target = self.document.follow(schema);
        if let Some(fixed) = target.get("const").or_else(|| self.end(target["enum"].as_array())) {
            return Ok(fixed.clone());
        }
        if target["format"] == "email" {
            return Ok(format!("user{}@example.com", new_number()).into());
        }
        if let Some(example) = example.or_else(|| target.get("example")).or_else(|| target["examples"].get(0))
        {
            return Ok(example.clone());
        }
        if let Some(alternatives) = target["anyOf"].as_array().or_else(|| target["oneOf"].as_array()) {
            return self.of(self.end(Some(alternatives)).context("no alternative")?);
        }
        if let Some(parts) = target["allOf"].as_array() {
            return self.merged(parts);
        }
        self.of_type(target)
    }

    /// The first of a list for the maximal value (alternatives end with null), the last for the minimal.
    fn end<'v>(&self, list: Option<&'v Vec<Value>>) -> Option<&'v Value> {
        match self.size {
            Size::Minimal => list?.last(),
            Size::Maximal => list?.first(),
        }
    }

    fn merged(&self, parts: &[Value]) -> Result<Value> {
        let mut merged = Map::new();
        for part in parts {
            merged.extend(self.of(part)?.as_object().cloned().unwrap_or_default());
        }
        Ok(merged.into())
    }

    fn of_type(&self, schema: &Value) -> Result<Value> {
        let kind = schema["type"].as_str().or_else(|| self.end(schema["type"].as_array())?.as_str());
        match kind {
            Some("object") => self.object(schema),
            Some("array") => self.array("", schema),
            Some("string") => self.text(schema).map(Value::from),
            Some("integer" | "number") => Ok(self.number(schema)),
            Some("boolean") => Ok((self.size == Size::Maximal).into()),
            Some("null") => Ok(Value::Null),
            _ => Ok(json!({})),
        }
    }

    fn object(&self, schema: &Value) -> Result<Value> {
        let required = |name: &String| {
            schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name.as_str()))
        };
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let read_only = self.document.follow(property)["readOnly"] == true;
            if !read_only && (self.size == Size::Maximal || required(name)) {
                object.insert(name.clone(), self.named(name, property)?);
            }
        }
        if let (Size::Maximal, more @ Value::Object(_)) = (self.size, &schema["additionalProperties"]) {
            object.insert(format!("key{}", new_number()), self.of(more)?);
        }
        Ok(object.into())
    }

    /// `name` is that of an item.
    fn array(&self, name: &str, schema: &Value) -> Result<Value> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let count = match self.size {
            Size::Minimal => least,
            Size::Maximal => schema["maxItems"].as_u64().unwrap_or(2).min(LONGEST).max(least),
        };
        (0..count).map(|_| self.named(name, &schema["items"])).collect()
    }

    fn number(&self, schema: &Value) -> Value {
        let bound = |inclusive: &str, exclusive: &str, step: i64| {
            schema[inclusive].as_i64().or_else(|| Some(schema[exclusive].as_i64()? + step))
        };
        let (least, most) =
            (bound("minimum", "exclusiveMinimum", 1), bound("maximum", "exclusiveMaximum", -1));
        let number = match self.size {
            Size::Minimal => least.or_else(|| Some(most?.min(0))).unwrap_or(0),
            Size::Maximal => most.unwrap_or_else(|| least.unwrap_or(0) + 1),
        };
        let step = schema["multipleOf"].as_i64().unwrap_or(1);
        (number / step * step).into()
    }

    fn text(&self, schema: &Value) -> Result<String> {
        let formatted = match schema["format"].as_str() {
            Some("uuid") => Some(uuid::Uuid::now_v7().to_string()),
            Some("date-time") => Some("2026-11-21T08:15:00Z".to_owned()),
            Some("date") => Some("2026-11-21".to_owned()),
            Some("uri" | "url") => Some(format!("https://example.com/{}", new_number())),
            Some("ipv4") => Some("192.0.2.1".to_owned()),
            Some("ipv6") => Some("2001:db8::1".to_owned()),
            _ => None,
        };
        match (formatted, schema["pattern"].as_str()) {
            (Some(text), _) => Ok(text),
            (None, Some(pattern)) => matching(pattern),
            (None, None) => Ok(self.plain(schema)),
        }
    }

    /// Generates new text of a length that the schema allows.
    fn plain(&self, schema: &Value) -> String {
        let least = schema["minLength"].as_u64().unwrap_or(0);
        let length = match self.size {
            Size::Minimal => least,
            Size::Maximal => schema["maxLength"].as_u64().unwrap_or(LONGEST).min(LONGEST).max(least),
        };
        let word = format!("text {} ", new_number());
        let text: String = word.chars().cycle().take(usize::try_from(length).unwrap()).collect();
        // Some fields are trimmed.
        if text.ends_with(' ') { text[..text.len() - 1].to_owned() + "." } else { text }
    }
}

/// Whether the text is valid for the schema.
fn takes(schema: &Value, text: &str) -> bool {
    let words = schema["enum"].as_array();
    schema["type"] == "string" && words.is_none_or(|words| words.iter().any(|word| word == text))
}

/// Generates a matching text; a pattern that is too complex needs an example in its schema.
fn matching(pattern: &str) -> Result<String> {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$').replace(r"\d", "[0-9]");
    let strategy = string_regex(&inner).map_err(|error| anyhow!("give {pattern} an example: {error}"))?;
    let tree = strategy.new_tree(&mut TestRunner::deterministic()).map_err(|error| anyhow!("{error}"))?;
    Ok(tree.current())
}
