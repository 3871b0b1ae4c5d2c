use super::{super::BulkCustomerCreate, *};
use edge::schema::Wire;
use platform::{
    FieldUpdate,
    error::{Fault, Faults},
};
use poem_openapi::types::ParseFromJSON;
use serde_json::{Value, json};

fn valid() -> Value {
    let address = json!({ "street1": "1 Main St", "city": "Escondido", "state": "CA", "zip": "92025" });
    json!({ "email": "john@example.com", "firstName": "John", "lastName": "Doe", "serviceAddress": address })
}

fn with(path: &str, value: Value) -> Value {
    let mut customer = valid();
    let place = path.split('.').fold(&mut customer, |place, name| &mut place[name]);
    *place = value;
    customer
}

fn faults<T: Wire>(value: &Value) -> Vec<Fault> {
    T::schema().faults(value, T::ROWS, Faults::default()).into_listed()
}

/// The parser and the schema have to agree: what one refuses the other explains.
#[test]
fn parser_and_schema_agree() {
    let good = [
        valid(),
        with("serviceAddress.zip", json!("92025-1234")),
        with("metadata", json!({ "a": "b" })),
        with("type", json!("BUSINESS")),
        with("unknown", json!(7)),
        with("serviceAddress.state", json!("ÉÉ")),
        with("phone", json!("")),
    ];
    let bad = [
        with("email", json!("john")),
        with("email", json!("J <john@example.com>")),
        with("email", Value::Null),
        with("firstName", json!("")),
        with("firstName", json!(7)),
        with("firstName", json!("a\0")),
        with("phone", Value::Null),
        with("phone", json!(true)),
        with("type", json!("PERSON")),
        with("type", Value::Null),
        with("serviceAddress", json!([])),
        with("serviceAddress.zip", json!("9202")),
        with("serviceAddress.zip", json!("92025-12")),
        with("serviceAddress.zip", json!("٩٢٠٢٥")),
        with("serviceAddress.zip", json!("92025\n")),
        with("serviceAddress.state", json!("CAL")),
        with("serviceAddress.country", Value::Null),
        with("billingAddress", json!({})),
        with("metadata", json!({ "a": 1 })),
        with("metadata", json!({ "a\0": "b" })),
        json!([]),
        Value::Null,
    ];
    for value in good {
        assert!(CreateCustomer::parse_from_json(Some(value.clone())).is_ok(), "{value}");
        assert_eq!(faults::<CreateCustomer>(&value), [], "{value}");
    }
    for value in bad {
        assert!(CreateCustomer::parse_from_json(Some(value.clone())).is_err(), "{value}");
        assert!(!faults::<CreateCustomer>(&value).is_empty(), "{value}");
    }
}

#[test]
fn every_fault_of_every_row_is_named() {
    let mut bad = with("serviceAddress.zip", json!("x"));
    bad["email"] = json!(7);
    let body = json!({ "customers": [valid(), bad, {}, 3], "options": { "dryRun": "yes" } });
    assert!(BulkCustomerCreate::parse_from_json(Some(body.clone())).is_err());
    let faults = faults::<BulkCustomerCreate>(&body);
    let mut texts: Vec<_> =
        faults.iter().map(|fault| format!("{:?} {} {}", fault.row, fault.field, fault.message)).collect();
    texts.sort();
    let expected = [
        "None options.dryRun must be true or false",
        "Some(1) email must be text",
        r"Some(1) serviceAddress.zip must be a ZIP code such as 92025 or 92025-1234",
        "Some(2) email is required",
        "Some(2) firstName is required",
        "Some(2) lastName is required",
        "Some(2) serviceAddress is required",
        "Some(3)  must be an object",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn updates_keep_what_is_left_out() {
    let update = UpdateCustomer::parse_from_json(Some(json!({ "phone": "1" }))).unwrap();
    let changes = Changes::from(update);
    assert_eq!(changes.phone, FieldUpdate::Set("1".into()));
    assert!(changes.kind.is_none() && changes.first_name.is_none());
    assert_eq!(changes.company_name, FieldUpdate::Keep);
    assert!(!faults::<UpdateCustomer>(&json!({ "firstName": "" })).is_empty());
}
