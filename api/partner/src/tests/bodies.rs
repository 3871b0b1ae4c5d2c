//! The errors of bodies of every kind, with the wire objects of this contract.

use crate::schema::{BulkCustomerCreate, CreateCustomer, PublishEvent, ReplayWebhook, UpdateCustomer};
use edge::schema::{Limits, Wire};
use platform::{
    Error,
    error::{Fault, Faults, json_size},
};
use serde_json::{Value, json};

const LIMITS: Limits = Limits { text: 1_000, metadata: 100, payload: 200 };

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
    assert!(
        faults
            .iter()
            .all(|fault| fault.message == platform::import_file::NUL && fault.field.chars().count() <= 200)
    );
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

fn read<T: Wire>(body: &Value) -> Value {
    T::read(body.to_string().as_bytes()).unwrap()
}

#[test]
fn what_is_null_or_an_empty_text_is_not_given() {
    let body = json!({
        "email": null, "firstName": "", "phone": null, "companyName": "", "metadata": null, "type": null,
        "serviceAddress": { "zip": null, "street2": null, "country": null }, "unknown": null,
    });
    // Required and unknown properties stay, and are rejected.
    let given = json!({ "email": null, "firstName": "", "serviceAddress": { "zip": null }, "unknown": null });
    let with_country = json!({ "country": "" });
    assert_eq!(read::<CreateCustomer>(&body), given);
    assert_eq!(
        read::<CreateCustomer>(&json!({ "serviceAddress": with_country })),
        json!({ "serviceAddress": {} })
    );
    let blank = json!({ "firstName": " ", "companyName": "\t\u{a0}", "serviceAddress": { "city": "\n", "street2": " " } });
    let emptied = json!({ "firstName": "", "serviceAddress": { "city": "" } });
    assert_eq!(read::<CreateCustomer>(&blank), emptied, "white space is nothing");
    let rows = json!({ "customers": [body, 7, null], "options": null });
    assert_eq!(read::<BulkCustomerCreate>(&rows), json!({ "customers": [given, 7, null] }));
    let metadata = json!({ "metadata": { "a": null, "b": "" } });
    assert_eq!(read::<CreateCustomer>(&metadata), metadata, "its content is the caller's");
    assert_eq!(read::<CreateCustomer>(&json!([null])), json!([null]));
}

#[test]
fn an_update_clears_what_may_be_empty() {
    let body = json!({ "phone": "", "companyName": null, "billingAddress": null, "firstName": null, "type": null,
                       "serviceAddress": { "street2": "" } });
    let cleared = json!({ "phone": null, "companyName": null, "billingAddress": null, "firstName": null,
                          "type": null, "serviceAddress": {} });
    assert_eq!(read::<UpdateCustomer>(&body), cleared);
    let (_, faults) = refused::<UpdateCustomer>(&cleared);
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert!(fields.contains(&"firstName") && fields.contains(&"type"), "{fields:?}");
    assert!(
        !fields.iter().any(|field| ["phone", "companyName", "billingAddress"].contains(field)),
        "{fields:?}"
    );
    let inner = json!({ "billingAddress": { "street1": "1 Main", "city": "X", "state": "CA", "zip": "x" } });
    assert_eq!(refused::<UpdateCustomer>(&inner).1[0].field, "billingAddress.zip");
}

#[test]
fn texts_have_a_size() {
    let long = "é".repeat(501);
    let body = json!({ "firstName": long, "serviceAddress": { "street2": long }, "metadata": { "a": "b" } });
    assert_eq!(
        too_large::<CreateCustomer>(&body),
        [
            "None firstName must have at most 1000 bytes, and has 1002",
            "None serviceAddress.street2 must have at most 1000 bytes, and has 1002",
        ]
    );
    assert_eq!(too_large::<CreateCustomer>(&json!({ "firstName": "é".repeat(500) })), [""; 0]);
}

#[test]
fn whole_numbers_are_of_the_size_that_they_are_kept_in() {
    let of = |text: &str| {
        let body: Value = serde_json::from_str(&format!(r#"{{ "fromSequence": {text} }}"#)).unwrap();
        let faults = ReplayWebhook::schema().faults(&body, None, Faults::default());
        if faults.is_empty() { None } else { refusal(faults).1.into_iter().next() }
    };
    for good in ["1", "23.0", "2e3", "9223372036854775807"] {
        assert!(of(good).is_none(), "{good}");
    }
    for bad in ["1e30", "1e17", "9223372036854775808"] {
        let fault = of(bad).unwrap();
        assert_eq!(fault.field.as_str(), "fromSequence", "{bad}");
        assert!(
            fault.message.starts_with("must be a whole number from -9223372036854775808 to"),
            "{bad}: {fault}"
        );
    }
    assert_eq!(of("1.5").unwrap().message, "must be a whole number");
}

#[test]
fn a_body_with_nothing_that_is_known_is_refused_by_name() {
    let faults = |body: Value| refused::<ReplayWebhook>(&body).1;
    let unknown = faults(json!({ "formSequence": 1, "a\0": 2 }));
    assert_eq!(
        unknown.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["a\u{fffd}", "formSequence", "a\u{fffd}"]
    );
    for fine in [json!({}), json!({ "fromSequence": 1, "note": 2 }), json!({ "note": "no number, no time" })]
    {
        assert!(ReplayWebhook::schema().unknown(&fine, None).is_empty(), "{fine}");
    }
    let event = json!({ "paylaod": {} });
    assert_eq!(PublishEvent::schema().unknown(&event, None).len(), 1, "its payload is free, it is not");
    // Also in an object within, and in a row.
    let nested = json!({ "customers": [{ "email": "a@example.com", "serviceAddress": { "plz": "92025" } }],
                         "options": { "dryRn": true } });
    let (_, faults) = refused::<BulkCustomerCreate>(&nested);
    let unknown = faults.iter().filter(|fault| fault.message.starts_with("is unknown"));
    let unknown: Vec<_> = unknown.map(|fault| (fault.row, fault.field.as_str())).collect();
    assert_eq!(unknown, [(Some(0), "serviceAddress.plz"), (None, "options.dryRn")]);
    let known = json!({ "options": { "dryRun": true, "note": true } });
    assert!(BulkCustomerCreate::schema().unknown(&known, Some("customers")).is_empty());
}
