//! Converts schemas of `OpenAPI` 3.0, as written by poem-openapi, to 3.1, which is JSON Schema draft 2020-12: the
//! document shows what the validator uses.

use serde_json::{Map, Value, json};

/// Converts a schema in place, with everything in it. Accepts whole documents too.
pub fn modern(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(modern),
        Value::Object(object) => {
            object.values_mut().for_each(modern);
            one(object);
        }
        Value::Number(number) => whole(number),
        _ => {}
    }
}

fn one(schema: &mut Map<String, Value>) {
    reference(schema);
    nullable(schema);
    exclusive(schema, "exclusiveMinimum", "minimum");
    exclusive(schema, "exclusiveMaximum", "maximum");
    // The title repeats the schema's name.
    if schema.get("type").is_some_and(|kind| kind == "object") {
        schema.remove("title");
    }
}

/// `allOf: [$ref, siblings], siblings` becomes `$ref, siblings`, which 3.1 allows.
fn reference(schema: &mut Map<String, Value>) {
    let target = schema.get("allOf").and_then(|all| all.get(0)?.get("$ref").cloned());
    if let Some(target) = target {
        schema.remove("allOf");
        schema.insert("$ref".into(), target);
    }
}

/// `nullable: true` becomes a null in `type`, or one alternative of two.
fn nullable(schema: &mut Map<String, Value>) {
    if schema.remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    match (schema.remove("type"), schema.remove("$ref")) {
        (Some(kind), _) => drop(schema.insert("type".into(), json!([kind, "null"]))),
        (None, Some(target)) => {
            drop(schema.insert("anyOf".into(), json!([{ "$ref": target }, { "type": "null" }])));
        }
        (None, None) => {}
    }
}

/// Bounds are converted: `exclusiveMinimum: true, minimum: 5` becomes `exclusiveMinimum: 5`.
fn exclusive(schema: &mut Map<String, Value>, exclusive: &str, bound: &str) {
    match schema.get(exclusive) {
        Some(Value::Bool(true)) => {
            let limit = schema.remove(bound).unwrap_or_default();
            schema.insert(exclusive.into(), limit);
        }
        Some(Value::Bool(false)) => drop(schema.remove(exclusive)),
        _ => {}
    }
}

/// `1.0` becomes `1`: bounds are stored as floats.
fn whole(number: &mut serde_json::Number) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(float) =
        number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT)
        && let Ok(integer) = format!("{float:.0}").parse::<i64>()
    {
        *number = integer.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_become_those_of_3_1() {
        let cases = [
            (json!({ "type": "string", "nullable": true }), json!({ "type": ["string", "null"] })),
            (
                json!({ "allOf": [{ "$ref": "#/a" }, { "nullable": true }], "nullable": true }),
                json!({ "anyOf": [{ "$ref": "#/a" }, { "type": "null" }] }),
            ),
            (
                json!({ "allOf": [{ "$ref": "#/a" }, { "default": "US" }], "default": "US" }),
                json!({ "$ref": "#/a", "default": "US" }),
            ),
            (
                json!({ "minimum": 1.0, "exclusiveMinimum": false, "maximum": 2.5 }),
                json!({ "minimum": 1, "maximum": 2.5 }),
            ),
            (json!({ "minimum": 1.0, "exclusiveMinimum": true }), json!({ "exclusiveMinimum": 1 })),
        ];
        for (mut schema, expected) in cases {
            modern(&mut schema);
            assert_eq!(schema, expected);
        }
    }
}
