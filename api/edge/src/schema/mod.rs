//! The rules of a wire object as a compiled schema, which finds all errors of an invalid value, with their paths.

mod free;
mod integer;
mod message;
mod modern;
mod node;
mod nul;
mod path;
mod unset;

pub use message::REQUIRED;
pub use modern::modern;

use crate::types::is_moment;
use jsonschema::{Draft, Validator};
use node::{Node, Report};
use platform::{
    config::Settings,
    error::{Fault, Faults},
};
use poem_openapi::{
    registry::Registry,
    types::{ParseFromJSON, Type},
};
use serde_json::{Map, Value};

/// An object of requests.
pub trait Wire: ParseFromJSON + Send + Sync + 'static {
    /// The property with rows: errors below it are addressed by row.
    const ROWS: Option<&'static str> = None;

    /// Whether it updates an existing object: then null clears a value, instead of meaning a missing one.
    const IS_UPDATE: bool = false;

    /// Whether its operation itself rejects a body without known properties, after checking the object's state: by
    /// [`JsonBody::ensure_known`](crate::JsonBody::ensure_known).
    const REFUSES_UNKNOWN_LATER: bool = false;

    /// Its compiled rules.
    fn schema() -> &'static Schema;

    /// Replaces accepted but undocumented words by the documented ones, before validation.
    fn reword(_: &mut Value) {}

    /// Parses a text for validation: free-form objects become their text, and optional properties that are null or
    /// empty text are removed, or become null if that clears a value.
    fn read(text: &[u8]) -> serde_json::Result<Value> {
        let mut value = Self::schema().parse(text)?;
        Self::prepare(&mut value);
        Ok(value)
    }

    /// Prepares a parsed value for validation, like [`Wire::read`].
    fn prepare(value: &mut Value) {
        Self::reword(value);
        Self::schema().omit_unset(value, Self::IS_UPDATE);
    }
}

/// Implements [`Wire`] with a lazily compiled schema.
#[macro_export]
macro_rules! wire {
    ($type:ty $(, rows in $rows:literal)? $(, rewording $reword:path)? $(, is update $is_update:literal)?
        $(, refuses unknown later $later:literal)?) => {
        impl $crate::schema::Wire for $type {
            $(const ROWS: Option<&'static str> = Some($rows);)?
            $(const IS_UPDATE: bool = $is_update;)?
            $(const REFUSES_UNKNOWN_LATER: bool = $later;)?

            fn schema() -> &'static $crate::schema::Schema {
                static SCHEMA: ::std::sync::LazyLock<$crate::schema::Schema> =
                    ::std::sync::LazyLock::new($crate::schema::Schema::of::<$type>);
                &SCHEMA
            }

            $(fn reword(value: &mut ::serde_json::Value) {
                $reword(value);
            })?
        }
    };
}
pub use crate::wire;

/// Maximum sizes of texts and free-form objects in a request, in bytes; of objects as compact JSON.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of a text without a longer limit in the contract.
    pub text: usize,
    /// Of an object called `metadata`.
    pub metadata: usize,
    /// Of any other object, such as the payload of an event.
    pub payload: usize,
}

impl Limits {
    /// The configured limits.
    pub fn of_settings(settings: &Settings) -> Self {
        let size = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        let limits = &settings.limits;
        Self { text: size(limits.text), metadata: size(limits.metadata), payload: size(limits.payload) }
    }

    fn of(self, path: &[path::Step<'_>]) -> usize {
        if matches!(path.last(), Some(path::Step::Name("metadata"))) { self.metadata } else { self.payload }
    }
}

/// An error at a path of names and indexes; below the property with rows, its row is separated.
pub fn fault_at(path: &[String], rows: Option<&str>, message: &str) -> Fault {
    let step = |step| str::parse(step).map_or(path::Step::Name(step), path::Step::Index);
    let steps: Vec<_> = path.iter().map(|name| step(name.as_str())).collect();
    path::addressed(&steps, &[], rows, message.into())
}

/// A compiled schema.
pub struct Schema {
    node: Node,
    /// The paths of free-form objects.
    free: Vec<Vec<String>>,
    components: Map<String, Value>,
    root: String,
}

impl Schema {
    /// The finished schema of the type.
    pub fn of<T: Type>() -> Self {
        let components = components::<T>();
        let root = T::name().into_owned();
        let node = Node::of(&components[&root], &components);
        let free = node.free_paths();
        Self { node, free, components, root }
    }

    /// The value of a text, with free-form objects as their text.
    fn parse(&self, text: &[u8]) -> serde_json::Result<Value> {
        let mut value = serde_json::from_slice(text)?;
        self.free.iter().for_each(|path| free::keep_text(text, path, &mut value));
        Ok(value)
    }

    /// Removes optional properties that are null or empty text; see [`Wire::read`].
    fn omit_unset(&self, value: &mut Value, is_update: bool) {
        self.node.omit_unset(value, is_update);
    }

    /// Whether an object without properties is valid: nothing is required.
    pub fn allows_empty(&self) -> bool {
        self.node.allows(&Value::Object(Map::new()))
    }

    /// Adds errors about lists, texts and free-form objects that are too large. `rows`: the property with rows. Cheap:
    /// nothing else is checked.
    pub fn sizes(&self, value: &Value, rows: Option<&str>, limits: Limits, mut faults: Faults) -> Faults {
        self.node.sizes(value, limits, &mut vec![], &mut Report { faults: &mut faults, rows });
        faults
    }

    /// The properties of objects without known ones, if a value would fit a known property: its name is probably
    /// misspelt, and would be ignored silently.
    pub fn unknown(&self, value: &Value, rows: Option<&str>) -> Vec<Fault> {
        let mut faults = Faults::default();
        self.node.unknown(value, &mut vec![], &mut Report { faults: &mut faults, rows });
        faults.into_listed()
    }

    /// Adds the other errors of the value, up to the maximum.
    pub fn faults(&self, value: &Value, rows: Option<&str>, mut faults: Faults) -> Faults {
        faults.extend(self.unknown(value, rows));
        let value = &*free::with_contents(value, &self.free);
        self.node.faults(value, &mut vec![], &mut Report { faults: &mut faults, rows });
        nul::find_nul(value, &mut vec![], &mut |path| {
            faults.push(path::addressed(path, &[], rows, message::NUL.into()));
            !faults.is_full()
        });
        if faults.is_full() {
            faults.stop();
        }
        faults
    }

    /// The properties of the object by name, and whether they are required. References are resolved.
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

/// Compiles a schema of draft 2020-12, with formats checked like the wire types do.
pub fn compile(schema: &Value) -> Result<Validator, Box<jsonschema::ValidationError<'static>>> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("email", platform::mail::is_address)
        .with_format("date-time", is_moment)
        .build(schema)
        .map_err(Box::new)
}

/// Messages about a parameter's value. The schema has no references.
pub fn messages(schema: &Value, value: &Value) -> Vec<String> {
    let Ok(validator) = compile(schema) else { return vec![] };
    let title = schema["title"].as_str();
    validator.iter_errors(value).map(|error| message::of(&error, title)).collect()
}

/// The finished schemas of the type and all referenced ones, by name.
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
