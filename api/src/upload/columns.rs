//! From the header of a CSV file to the properties of a wire object: `serviceAddress.zip` is the property
//! `zip` of `serviceAddress`, `metadata.source` the key `source` of the map `metadata`. Which columns there
//! are is what the object's schema says.

use crate::schema::Schema;
use kernel::{
    error::Faults,
    import_file::{Record, match_header},
};
use serde_json::{Map, Value};

/// Where the cells of a row go. A column without a name has no cells with text.
pub struct Columns {
    cells: Vec<Option<Cell>>,
    groups: Vec<Group>,
}

/// A column: its property, in a group or at the top.
struct Cell {
    group: Option<usize>,
    property: String,
}

/// A property that is an object.
struct Group {
    name: String,
    required: bool,
}

/// Whether a property takes a cell, cells below it, or cells of any name below it.
enum Shape {
    Cell,
    Object,
    Map,
}

fn shape(schema: &Value) -> Shape {
    match (schema["type"] == "object", schema["additionalProperties"].is_object()) {
        (true, true) => Shape::Map,
        (true, false) => Shape::Object,
        (false, _) => Shape::Cell,
    }
}

impl Columns {
    /// Reads the header, noting unknown, duplicate and missing columns.
    pub fn read(header: &[String], schema: &Schema, faults: &mut Faults) -> Self {
        let properties = schema.properties(&[]);
        let objects = properties.iter().filter(|(_, _, schema)| !matches!(shape(schema), Shape::Cell));
        let groups: Vec<_> =
            objects.map(|(name, required, _)| Group { name: (*name).into(), required: *required }).collect();
        let names = match_header(header, |name| column(name, schema), &required(schema), faults);
        let cells = names.into_iter().map(|name| Some(Cell::of(&name?, &groups))).collect();
        Self { cells, groups }
    }

    /// The row as the object that it stands for. An empty cell is an absent property, and an object without
    /// any is absent, unless it is required: then what it lacks is to be named.
    pub fn object(&self, row: Record<'_>) -> Value {
        let mut top = Map::new();
        let mut groups: Vec<_> = self.groups.iter().map(|_| Map::new()).collect();
        for (cell, text) in self.cells.iter().zip(row.iter()).filter(|(_, text)| !text.is_empty()) {
            let Some(cell) = cell else { continue };
            let target = cell.group.map_or(&mut top, |group| &mut groups[group]);
            target.insert(cell.property.clone(), Value::from(text));
        }
        for (group, object) in self.groups.iter().zip(groups) {
            if group.required || !object.is_empty() {
                top.insert(group.name.clone(), Value::Object(object));
            }
        }
        Value::Object(top)
    }
}

impl Cell {
    fn of(column: &str, groups: &[Group]) -> Self {
        let (first, rest) = column.split_once('.').unwrap_or((column, column));
        Self { group: groups.iter().position(|group| group.name == first), property: rest.into() }
    }
}

/// The column that a header's name stands for, whatever the case of properties; the key of a map is as it is written.
fn column(name: &str, schema: &Schema) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let (top, _, property) = named(schema.properties(&[]), first)?;
    match (shape(property), rest) {
        (Shape::Cell, None) => Some(top.into()),
        (Shape::Map, Some(key)) => (!key.is_empty()).then(|| format!("{top}.{key}")),
        (Shape::Object, Some(rest)) => {
            named(schema.properties(&[top]), rest).map(|(below, ..)| format!("{top}.{below}"))
        }
        _ => None,
    }
}

fn named<'a>(properties: Vec<(&'a str, bool, &'a Value)>, name: &str) -> Option<(&'a str, bool, &'a Value)> {
    properties.into_iter().find(|(property, ..)| property.eq_ignore_ascii_case(name))
}

/// The columns that every file has to have.
fn required(schema: &Schema) -> Vec<String> {
    let top = schema.properties(&[]).into_iter().filter(|(_, required, _)| *required);
    let below = |(name, _, property): (&str, bool, &Value)| match shape(property) {
        Shape::Cell => vec![name.to_owned()],
        Shape::Map => vec![],
        Shape::Object => {
            let inner = schema.properties(&[name]).into_iter().filter(|(_, required, _)| *required);
            inner.map(|(inner, ..)| format!("{name}.{inner}")).collect()
        }
    };
    top.flat_map(below).collect()
}
