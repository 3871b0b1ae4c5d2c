//! The rules of a wire object as a compiled schema: it finds every fault of a refused value, with its path.

mod message;
mod path;

pub use message::NUL;

use crate::{document::modern, types::is_moment};
use jsonschema::{Draft, Validator};
use kernel::error::Fault;
use poem_openapi::{
    registry::Registry,
    types::{ParseFromJSON, Type},
};
use serde_json::{Map, Value, json};

/// An object of requests.
pub trait Wire: ParseFromJSON + Send + Sync + 'static {
    /// The property that holds rows: faults below it are addressed by row.
    const ROWS: Option<&'static str> = None;

    /// Its rules, compiled once.
    fn schema() -> &'static Schema;

    /// Puts other words that are taken besides the documented ones in their place, before anything is checked.
    fn read(_: &mut Value) {}
}

/// Implements [`Wire`] with a schema that is compiled when it is first needed.
macro_rules! wire {
    ($type:ty $(, rows in $rows:literal)? $(, reading $read:path)?) => {
        impl $crate::schema::Wire for $type {
            $(const ROWS: Option<&'static str> = Some($rows);)?

            fn schema() -> &'static $crate::schema::Schema {
                static SCHEMA: ::std::sync::LazyLock<$crate::schema::Schema> =
                    ::std::sync::LazyLock::new($crate::schema::Schema::of::<$type>);
                &SCHEMA
            }

            $(fn read(value: &mut ::serde_json::Value) {
                $read(value);
            })?
        }
    };
}
pub(crate) use wire;

/// Faults at most in one answer. A body within its limit can have far more when it is nonsense.
const AT_MOST: usize = 5000;

/// A compiled schema.
pub struct Schema {
    validator: Validator,
    components: Map<String, Value>,
    root: String,
}

impl Schema {
    /// The finished schema of the type.
    pub fn of<T: Type>() -> Self {
        let components = components::<T>();
        let root = T::name().into_owned();
        let schema = json!({
            "$ref": format!("#/components/schemas/{root}"),
            "components": { "schemas": components },
        });
        let validator = compile(&schema).expect("every type of the contracts is compiled by a test");
        Self { validator, components, root }
    }

    /// What is wrong with the value. `rows`: the property whose elements are rows.
    pub fn faults(&self, value: &Value, rows: Option<&str>) -> Vec<Fault> {
        let errors = self.validator.iter_errors(value).take(AT_MOST);
        let mut faults: Vec<_> = errors.map(|error| path::fault(&error, rows)).collect();
        // Of several faults of one field the last says the most: "one of these" rather than "text".
        faults.dedup_by(|next, kept| {
            let same = (next.row, &next.field) == (kept.row, &kept.field);
            if same {
                std::mem::swap(next, kept);
            }
            same
        });
        path::find_nul(value, &mut vec![], &mut |path| {
            faults.push(path::addressed(path, rows, message::NUL.into()));
        });
        faults
    }

    /// The properties of the object, and whether they are required, by name. References are followed.
    pub fn properties<'a>(&'a self, path: &[&str]) -> Vec<(&'a str, bool, &'a Value)> {
        let mut schema = &self.components[&self.root];
        for name in path {
            schema = self.follow(&schema["properties"][*name]);
        }
        let required =
            |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
        let properties = schema["properties"].as_object().into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), required(name), self.follow(schema))).collect()
    }

    fn follow<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        name.and_then(|name| self.components.get(name)).unwrap_or(schema)
    }
}

/// Compiles a schema of draft 2020-12, with formats enforced as the wire types enforce them.
pub fn compile(schema: &Value) -> Result<Validator, Box<jsonschema::ValidationError<'static>>> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("email", kernel::mail::is_address)
        .with_format("date-time", is_moment)
        .build(schema)
        .map_err(Box::new)
}

/// Whether there is a NUL in any text or key of the value.
pub fn has_nul(value: &Value) -> bool {
    let mut found = false;
    path::find_nul(value, &mut vec![], &mut |_| found = true);
    found
}

/// Messages for a parameter's value.
pub fn messages(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| message::of(&error)).collect()
}

/// The finished schemas of the type and of all that it refers to, by name.
pub fn components<T: Type>() -> Map<String, Value> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let finished = |(name, schema)| {
        let mut schema = serde_json::to_value(schema).unwrap_or_default();
        modern(&mut schema);
        (name, schema)
    };
    registry.schemas.into_iter().map(finished).collect()
}
