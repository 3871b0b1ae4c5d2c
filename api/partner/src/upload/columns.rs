//! Maps the header of a CSV file to properties of a wire object: `serviceAddress.zip` is the property `zip` of
//! `serviceAddress`, `metadata.source` the key `source` of the map `metadata`. The valid columns follow from the
//! object's schema.

use edge::schema::Schema;
use platform::{
    error::Faults,
    import_file::{Record, match_header},
};
use serde_json::{Map, Value};

/// The targets of a row's cells. A column without a name must be empty.
pub struct Columns {
    cells: Vec<Option<Cell>>,
    groups: Vec<Group>,
}

/// A column: its property, in a group or at the top level.
struct Cell {
    group: Option<usize>,
    property: String,
}

/// A property that is an object.
struct Group {
    name: String,
    required: bool,
}

/// A top-level property.
struct Property<'a> {
    name: &'a str,
    is_required: bool,
    shape: Shape<'a>,
}

/// Whether a property is a cell, a group of cells, or a map with cells of any name.
enum Shape<'a> {
    Cell,
    /// Its cells, and whether each is required.
    Object(Vec<(&'a str, bool)>),
    Map,
}

impl<'a> Property<'a> {
    fn all(schema: &'a Schema) -> Vec<Self> {
        let property = |(name, is_required, own): (&'a str, bool, &'a Value)| Self {
            name,
            is_required,
            shape: Shape::of(name, own, schema),
        };
        schema.properties(&[]).into_iter().map(property).collect()
    }

    /// Its required columns, if it is required itself.
    fn required(&self) -> Vec<String> {
        match &self.shape {
            Shape::Cell => vec![self.name.to_owned()],
            Shape::Map => vec![],
            Shape::Object(below) => {
                let required = below.iter().filter(|(_, is_required)| *is_required);
                required.map(|(below, _)| format!("{}.{below}", self.name)).collect()
            }
        }
    }
}

impl<'a> Shape<'a> {
    /// The column kind of a top-level property with the schema `own`.
    fn of(name: &str, own: &Value, schema: &'a Schema) -> Self {
        match (own["type"] == "object", own["additionalProperties"].is_object()) {
            (true, true) => Self::Map,
            (true, false) => {
                let below = schema.properties(&[name]).into_iter();
                Self::Object(below.map(|(below, is_required, _)| (below, is_required)).collect())
            }
            (false, _) => Self::Cell,
        }
    }
}

impl Columns {
    /// Parses the header, reporting unknown, duplicate and missing columns.
    pub fn read(header: &[String], schema: &Schema, faults: &mut Faults) -> Self {
        let properties = Property::all(schema);
        let groups: Vec<_> = properties.iter().filter_map(Group::of).collect();
        let required = properties.iter().filter(|property| property.is_required);
        let required: Vec<_> = required.flat_map(Property::required).collect();
        let names = match_header(header, |name| column(name, &properties), &required, faults);
        let cells = names.into_iter().map(|name| Some(Cell::of(&name?, &groups))).collect();
        Self { cells, groups }
    }

    /// The row as an object. An empty cell is a missing property. An object without cells is missing, unless it is
    /// required: then its missing properties are reported.
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

impl Group {
    fn of(property: &Property<'_>) -> Option<Self> {
        let is_group = !matches!(property.shape, Shape::Cell);
        is_group.then(|| Self { name: property.name.into(), required: property.is_required })
    }
}

impl Cell {
    fn of(column: &str, groups: &[Group]) -> Self {
        let (first, rest) = column.split_once('.').unwrap_or((column, column));
        Self { group: groups.iter().position(|group| group.name == first), property: rest.into() }
    }
}

/// The column of a name in the header, ignoring the case of properties; keys of maps are exact.
fn column(name: &str, properties: &[Property<'_>]) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let property = properties.iter().find(|property| property.name.eq_ignore_ascii_case(first))?;
    let top = property.name;
    match (&property.shape, rest) {
        (Shape::Cell, None) => Some(top.into()),
        (Shape::Map, Some(key)) => (!key.is_empty()).then(|| format!("{top}.{key}")),
        (Shape::Object(below), Some(rest)) => {
            let below = below.iter().find(|(below, _)| below.eq_ignore_ascii_case(rest));
            below.map(|(below, _)| format!("{top}.{below}"))
        }
        _ => None,
    }
}
