//! A schema as a tree of nodes: the rules of a value, separate from the rules of its parts.
//!
//! The validator collects all errors of a value before it returns the first. Node by node, a value is validated only as
//! far as there is room for errors, and a list that is too long is not validated.

use super::{Limits, compile, integer::Integer, message, path, path::Step};
use crate::types::Free;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use platform::error::{Fault, Faults, json_size};
use serde_json::{Map, Value, json};

/// The rules of one value, and the nodes of its parts.
pub struct Node {
    own: Validator,
    /// A description of the value that follows `must be`.
    title: Option<String>,
    pub(super) properties: Vec<Property>,
    /// The items of a list or map.
    pub(super) each: Option<Box<Node>>,
    most_items: Option<usize>,
    pub(super) text: Option<Text>,
    integer: Option<Integer>,
    is_map: bool,
    has_bounds: bool,
    pub(super) is_nullable: bool,
}

/// Additional rules of a text.
pub struct Text {
    /// Maximum size in bytes according to the contract; 0 without one.
    most_bytes: usize,
    /// Whether an empty text is valid.
    pub(super) takes_empty: bool,
}

/// A property of an object.
pub struct Property {
    pub(super) name: String,
    pub(super) is_optional: bool,
    pub(super) node: Node,
}

/// Collects errors.
pub struct Report<'f> {
    /// The errors so far.
    pub faults: &'f mut Faults,
    /// The property with rows.
    pub rows: Option<&'f str>,
}

impl Report<'_> {
    fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}

impl Node {
    /// The node of a schema. References are resolved.
    pub fn of(schema: &Value, components: &Map<String, Value>) -> Self {
        let (schema, is_nullable) = without_null(resolved(schema, components), components);
        let node = |schema: &Value| Self::of(schema, components);
        let properties = properties(&schema, components);
        let more = schema.get("additionalProperties").filter(|more| more.is_object());
        // Any value is valid.
        let ruled = |each: &&Value| each.as_object().is_some_and(|rules| !rules.is_empty());
        let each = schema.get("items").or(more).filter(ruled).map(|each| Box::new(node(each)));
        let most_items = whole(&schema, "maxItems");
        let is_map = more.is_some() && properties.is_empty();
        let below = properties.iter().map(|property| &property.node).chain(each.as_deref());
        let is_text = schema.get("type").is_some_and(|kind| kind == "string");
        let most_bytes = whole(&schema, "maxLength").unwrap_or_default().saturating_mul(char::MAX.len_utf8());
        let below_has_bounds = below.into_iter().any(|node| node.has_bounds);
        let has_bounds = is_map || is_text || most_items.is_some() || below_has_bounds;
        let title = schema.get("title").and_then(Value::as_str).map(str::to_owned);
        let integer = Integer::of(&schema);
        let own =
            compile(&own(schema, components)).expect("every type of the contracts is compiled by a test");
        let text = is_text.then(|| Text { most_bytes, takes_empty: own.is_valid(&Value::from("")) });
        Self { own, title, properties, each, most_items, text, integer, is_map, has_bounds, is_nullable }
    }

    /// Whether the value satisfies its own rules, apart from those of its parts.
    pub fn allows(&self, value: &Value) -> bool {
        self.own.is_valid(value)
    }

    /// Reports the properties of objects without known ones, if a value would fit a known property: its name is probably
    /// misspelt.
    pub fn unknown<'v>(&self, value: &'v Value, path: &mut Vec<Step<'v>>, report: &mut Report<'_>) {
        if report.faults.is_full() {
            return;
        }
        if let Some(object) = value.as_object().filter(|object| self.is_misspelt(object)) {
            for name in object.keys() {
                path.push(Step::Name(name));
                report.push(path::addressed(path, &[], report.rows, message::UNKNOWN.into()));
                path.pop();
            }
        }
        self.descend(value, path, &mut |node, value, path| node.unknown(value, path, report));
    }

    fn is_misspelt(&self, object: &Map<String, Value>) -> bool {
        let is_known = |name: &String| self.properties.iter().any(|property| property.name == *name);
        let fits = |value: &Value| self.properties.iter().any(|property| property.node.allows(value));
        let is_closed = !self.properties.is_empty() && self.each.is_none();
        is_closed && !object.keys().any(is_known) && object.values().any(fits)
    }

    /// The paths of free-form objects; none is in a list.
    pub(super) fn free_paths(&self) -> Vec<Vec<String>> {
        if self.is_map && self.each.is_none() {
            return vec![vec![]];
        }
        let below = |property: &Property| {
            let paths = property.node.free_paths().into_iter();
            paths.map(|path| [vec![property.name.clone()], path].concat()).collect::<Vec<_>>()
        };
        self.properties.iter().flat_map(below).collect()
    }

    /// Reports lists that are too long, and texts and free-form objects that are too large. Nothing else is checked.
    pub fn sizes<'v>(
        &self,
        value: &'v Value,
        limits: Limits,
        path: &mut Vec<Step<'v>>,
        report: &mut Report<'_>,
    ) {
        if !self.has_bounds || report.faults.is_full() {
            return;
        }
        if self.is_too_long(value) {
            report.push(self.too_long(path, report.rows));
        } else if let (Value::String(text), Some(rules)) = (value, &self.text) {
            let (size, most) = (text.len(), limits.text.max(rules.most_bytes));
            if size > most {
                let message = format!("must have at most {most} bytes, and has {size}");
                report.push(path::addressed(path, &[], report.rows, message));
            }
        } else if self.is_map && value.is_object() {
            let size = Free::text(value).map_or_else(|| json_size(value), str::len);
            let most = limits.of(path);
            if size > most {
                let message = format!("must have at most {most} bytes as JSON, and has {size}");
                report.push(path::addressed(path, &[], report.rows, message));
            }
        } else {
            self.descend(value, path, &mut |node, value, path| node.sizes(value, limits, path, report));
        }
    }

    /// Reports the errors of the value and its parts.
    pub fn faults<'v>(&self, value: &'v Value, path: &mut Vec<Step<'v>>, report: &mut Report<'_>) {
        if report.faults.is_full() || self.is_nullable && value.is_null() {
            return;
        }
        if !self.own.is_valid(value) {
            let errors = self.own.iter_errors(value);
            let mut faults: Vec<_> = errors.map(|error| self.fault(&error, path, report.rows)).collect();
            // Of several errors of one field the last is the most specific: "one of these" rather than "text".
            faults.dedup_by(|next, kept| {
                let same = (next.row, &next.field) == (kept.row, &kept.field);
                if same {
                    std::mem::swap(next, kept);
                }
                same
            });
            report.faults.extend(faults);
        } else if let Some(message) = self.integer.and_then(|integer| integer.message(value)) {
            report.push(path::addressed(path, &[], report.rows, message));
        }
        if !self.is_too_long(value) {
            self.descend(value, path, &mut |node, value, path| node.faults(value, path, report));
        }
    }

    /// The error reported by the validator, at the value's path.
    fn fault(&self, error: &ValidationError<'_>, path: &[Step<'_>], rows: Option<&str>) -> Fault {
        let mut below = path::segments(error.instance_path().as_str());
        // The missing property is named, not its object.
        if let ValidationErrorKind::Required { property } = error.kind() {
            below.extend(property.as_str().map(str::to_owned));
        }
        path::addressed(path, &below, rows, message::of(error, self.title.as_deref()))
    }

    fn is_too_long(&self, value: &Value) -> bool {
        self.most_items.is_some_and(|most| value.as_array().is_some_and(|items| items.len() > most))
    }

    fn too_long(&self, path: &[Step<'_>], rows: Option<&str>) -> Fault {
        path::addressed(path, &[], rows, message::too_long(self.most_items.unwrap_or_default()))
    }

    /// Calls `look` with all parts that have rules.
    fn descend<'v>(
        &self,
        value: &'v Value,
        path: &mut Vec<Step<'v>>,
        look: &mut impl FnMut(&Self, &'v Value, &mut Vec<Step<'v>>),
    ) {
        let mut look_below = |step, node: &Self, value| {
            path.push(step);
            look(node, value, path);
            path.pop();
        };
        match (value, &self.each) {
            (Value::Array(items), Some(each)) => {
                items.iter().enumerate().for_each(|(index, item)| look_below(Step::Index(index), each, item));
            }
            (Value::Object(object), each) => {
                let known = self.properties.iter().filter_map(|Property { name, node, .. }| {
                    object.get_key_value(name).map(|(name, value)| (name, node, value))
                });
                known.for_each(|(name, node, value)| look_below(Step::Name(name), node, value));
                let Some(each) = each else { return };
                let is_known = |name: &str| self.properties.iter().any(|known| known.name == name);
                let others = object.iter().filter(|(name, _)| !is_known(name));
                others.for_each(|(name, value)| look_below(Step::Name(name), each, value));
            }
            _ => {}
        }
    }
}

/// An integer bound of the schema.
fn whole(schema: &Map<String, Value>, name: &str) -> Option<usize> {
    schema.get(name)?.as_u64()?.try_into().ok()
}

/// The properties of an object's schema.
fn properties(schema: &Map<String, Value>, components: &Map<String, Value>) -> Vec<Property> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let property = |(name, schema): (&String, &Value)| Property {
        name: name.clone(),
        is_optional: !is_required(name),
        node: Node::of(schema, components),
    };
    properties.map(property).collect()
}

/// The schema of values other than null, and whether null is valid.
fn without_null(
    mut schema: Map<String, Value>,
    components: &Map<String, Value>,
) -> (Map<String, Value>, bool) {
    if let Some(Value::Array(types)) = schema.get("type").cloned()
        && let [kind, null] = &types[..]
        && null == "null"
    {
        schema.insert("type".into(), kind.clone());
        return (schema, true);
    }
    if let Some(Value::Array(either)) = schema.get("anyOf").cloned()
        && let [kind, null] = &either[..]
        && null["type"] == "null"
    {
        schema.remove("anyOf");
        let mut kind = resolved(kind, components);
        kind.extend(schema);
        return (kind, true);
    }
    (schema, false)
}

/// The referenced schema, with its siblings.
fn resolved(schema: &Value, components: &Map<String, Value>) -> Map<String, Value> {
    let mut own = schema.as_object().cloned().unwrap_or_default();
    let Some(Value::String(reference)) = own.remove("$ref") else { return own };
    let name = reference.rsplit('/').next().unwrap_or_default();
    let mut resolved = resolved(components.get(name).unwrap_or(&Value::Null), components);
    resolved.extend(own);
    resolved
}

/// The schema of the value alone, with any parts.
fn own(mut schema: Map<String, Value>, components: &Map<String, Value>) -> Value {
    schema.remove("items");
    if schema.get("additionalProperties").is_some_and(Value::is_object) {
        schema.remove("additionalProperties");
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(|property| *property = true.into());
    }
    let mut own = Value::Object(schema);
    if own.to_string().contains("\"$ref\"") {
        own["components"] = json!({ "schemas": components });
    }
    own
}
