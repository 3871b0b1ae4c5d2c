use super::*;
use crate::contracts::partner::{BulkCustomerCreate, CreateCustomer, PublishEvent};
use kernel::{
    Error,
    error::{Fault, json_size},
};
use serde_json::json;

const LIMITS: Limits = Limits { metadata: 100, payload: 200 };

fn refusal(faults: Faults) -> (String, Vec<Fault>) {
    let Error::Invalid { message, faults } = faults.into_error("Bad") else { panic!("another error") };
    (message, faults)
}

fn refused<T: Wire>(value: &Value) -> (String, Vec<Fault>) {
    refusal(T::schema().faults(value, T::ROWS, Faults::default()))
}

fn too_large<T: Wire>(value: &Value) -> Vec<String> {
    let (_, faults) = refusal(T::schema().sizes(value, T::ROWS, LIMITS, Faults::default()));
    faults.iter().map(|fault| format!("{:?} {} {}", fault.row, fault.field, fault.message)).collect()
}

#[test]
fn what_is_said_of_a_body_does_not_grow_with_it() {
    let key = "k".repeat(10_000);
    let body = json!({ "eventType": "a.b", "payload": { key: vec!["\0"; 2_000] } });
    let (message, faults) = refused::<PublishEvent>(&body);
    assert!(message.ends_with("faults; there are more"), "{message}");
    assert!(faults.len() <= 100 && json_size(&faults) < 60 << 10, "{}", json_size(&faults));
    assert!(faults.iter().all(|fault| fault.message == NUL && fault.field.chars().count() <= 200));
}

#[test]
fn every_row_of_a_bad_body_is_named_until_there_is_no_room() {
    let body = json!({ "customers": vec![json!({}); 30] });
    let (message, faults) = refused::<BulkCustomerCreate>(&body);
    assert_eq!((message.as_str(), faults.len()), ("Bad: the first 100 faults; there are more", 100));
    let last = faults.last().unwrap();
    assert_eq!((last.row, last.message.as_str()), (Some(24), "is required"));
}

#[test]
fn a_list_that_is_too_long_is_not_looked_into() {
    let body = json!({ "customers": vec![json!({}); 1_000] });
    let expected = ["None customers must have at most 100 items"];
    assert_eq!(too_large::<BulkCustomerCreate>(&body), expected);
    let (message, faults) = refused::<BulkCustomerCreate>(&body);
    assert_eq!((message.as_str(), faults.len()), ("Bad", 1));
    assert_eq!(faults[0].field, "customers");
}

#[test]
fn objects_of_free_content_have_a_size() {
    let large = json!({ "metadata": { "a": "x".repeat(100) } });
    assert_eq!(
        too_large::<CreateCustomer>(&large),
        ["None metadata must have at most 100 bytes as JSON, and has 108"]
    );
    let fits = json!({ "metadata": { "a": "x".repeat(92) } });
    assert_eq!(too_large::<CreateCustomer>(&fits), [""; 0]);
    assert_eq!(
        too_large::<BulkCustomerCreate>(&json!({ "customers": [fits, large] })),
        ["Some(1) metadata must have at most 100 bytes as JSON, and has 108"]
    );
    let event = json!({ "eventType": "a.b", "payload": { "a": { "metadata": "x".repeat(180) } } });
    assert_eq!(
        too_large::<PublishEvent>(&event),
        ["None payload must have at most 200 bytes as JSON, and has 201"]
    );
}
