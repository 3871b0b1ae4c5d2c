//! From the header of a CSV file to the properties of a wire object: `serviceAddress.zip` is the property
//! `zip` of `serviceAddress`, `metadata.source` the key `source` of the map `metadata`. Which columns there
//! are is what the object's schema says.

use super::faults::Faults;
use crate::schema::Schema;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Where the cells of a row go.
pub struct Columns {
    cells: Vec<Cell>,
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
    pub fn read<'a>(header: impl Iterator<Item = &'a str>, schema: &Schema, faults: &mut Faults) -> Self {
        let properties = schema.properties(&[]);
        let objects = properties.iter().filter(|(_, _, schema)| !matches!(shape(schema), Shape::Cell));
        let groups =
            objects.map(|(name, required, _)| Group { name: (*name).into(), required: *required }).collect();
        let mut columns = Self { cells: vec![], groups };
        let mut given = HashSet::new();
        for name in header.map(str::trim) {
            if !given.insert(name) {
                faults.note(None, name, "this column is there twice");
            }
            match columns.cell(name, schema) {
                Some(cell) => columns.cells.push(cell),
                None => faults.note(None, name, "there is no such column"),
            }
        }
        for name in required(schema).into_iter().filter(|name| !given.contains(name.as_str())) {
            faults.note(None, &name, "this column is missing");
        }
        columns
    }

    /// Of a file without a header.
    pub const fn none() -> Self {
        Self { cells: vec![], groups: vec![] }
    }

    fn cell(&self, column: &str, schema: &Schema) -> Option<Cell> {
        let (first, rest) =
            column.split_once('.').map_or((column, None), |(first, rest)| (first, Some(rest)));
        let (_, _, property) = schema.properties(&[]).into_iter().find(|(name, ..)| *name == first)?;
        let group = self.groups.iter().position(|group| group.name == first);
        let known = match (shape(property), rest) {
            (Shape::Cell, None) => true,
            (Shape::Map, Some(key)) => !key.is_empty(),
            (Shape::Object, Some(rest)) => schema.properties(&[first]).iter().any(|(name, ..)| *name == rest),
            _ => false,
        };
        known.then(|| Cell { group, property: rest.unwrap_or(first).into() })
    }

    /// The row as the object that it stands for. An empty cell is an absent property, and an object without
    /// any is absent, unless it is required: then what it lacks is to be named.
    pub fn object<'a>(&self, row: impl Iterator<Item = &'a str>) -> Value {
        let mut top = Map::new();
        let mut groups: Vec<_> = self.groups.iter().map(|_| Map::new()).collect();
        for (cell, text) in self.cells.iter().zip(row).filter(|(_, text)| !text.is_empty()) {
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
