//! `/api/v1/customers`.

use super::customer;
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};

both!(
    a_customer_is_created_read_and_changed,
    lists_are_paged_oldest_first,
    every_fault_is_named,
    an_address_is_taken_whatever_its_spelling,
);

async fn a_customer_is_created_read_and_changed(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let mut new = customer("john@example.com");
    new["metadata"] = json!({ "source": "signup", "ünï": "cödé 🎈" });
    let created = caller.post("/api/v1/customers", &new).await?;
    assert_eq!(created.status, 201, "{created:?}");
    let body = created.json();
    let data = &body["data"];
    assert_eq!(body["success"], true);
    assert!(data["id"].as_str().unwrap().starts_with("cust_"));
    for (field, value) in [
        ("type", json!("INDIVIDUAL")),
        ("status", json!("ACTIVE")),
        ("phone", Value::Null),
        ("companyName", Value::Null),
        ("billingAddress", Value::Null),
        ("metadata", new["metadata"].clone()),
    ] {
        assert_eq!(data[field], value, "{field}");
        assert!(data.as_object().unwrap().contains_key(field), "{field} is required, null or not");
    }
    assert_eq!(data["serviceAddress"]["country"], "US");
    assert!(data["createdAt"].as_str().unwrap().ends_with('Z'));
    let path = format!("/api/v1/customers/{}", data["id"].as_str().unwrap());
    assert_eq!(caller.get(&path).await?.json()["data"], *data);
    let changed = caller.patch(&path, &json!({ "phone": "+1-555", "type": "BUSINESS" })).await?;
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = changed.json();
    assert_eq!((&changed["data"]["phone"], &changed["data"]["type"]), (&json!("+1-555"), &json!("BUSINESS")));
    assert_eq!(changed["data"]["firstName"], "John");
    assert!(changed["data"]["updatedAt"].as_str() > data["updatedAt"].as_str());
    assert_eq!(app.events().await?, ["api_key.created", "customer.created", "customer.updated"]);
    app.drain().await
}

async fn lists_are_paged_oldest_first(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for number in 0..5 {
        caller.post("/api/v1/customers", &customer(&format!("c{number}@example.com"))).await?;
    }
    let emails = |body: &Value| -> Vec<String> {
        let items = body["data"].as_array().unwrap();
        items.iter().map(|item| item["email"].as_str().unwrap().to_owned()).collect()
    };
    let first = caller.get("/api/v1/customers?page=1&limit=2").await?.json();
    assert_eq!(emails(&first), ["c0@example.com", "c1@example.com"]);
    let expected =
        json!({ "page": 1, "limit": 2, "total": 5, "totalPages": 3, "hasNext": true, "hasPrev": false });
    assert_eq!(first["pagination"], expected);
    let last = caller.get("/api/v1/customers?page=3&limit=2").await?.json();
    assert_eq!(emails(&last), ["c4@example.com"]);
    assert_eq!(
        (&last["pagination"]["hasNext"], &last["pagination"]["hasPrev"]),
        (&json!(false), &json!(true))
    );
    let beyond = caller.get("/api/v1/customers?page=4000000000&limit=100").await?;
    assert_eq!((beyond.status, emails(&beyond.json())), (200, vec![]));
    assert_eq!(caller.get("/api/v1/customers").await?.json()["pagination"]["limit"], 20);
    let too_far = format!("page={}", u128::MAX);
    for bad in ["page=0", "page=-1", "page=x", &too_far, "limit=0", "limit=101", "limit=1.5"] {
        let answer = caller.get(&format!("/api/v1/customers?{bad}")).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(details.to_string().contains(bad.split('=').next().unwrap()), "{bad}: {details}");
    }
    app.drain().await
}

async fn every_fault_is_named(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let bad = json!({
        "email": "nobody", "firstName": "", "phone": 7, "type": "ROBOT", "metadata": { "n": 1 },
        "serviceAddress": { "street1": "1 Main", "city": "X", "state": "California", "zip": "1234" },
    });
    let answer = caller.post("/api/v1/customers", &bad).await?;
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let mut fields: Vec<_> =
        details["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "email",
        "firstName",
        "lastName",
        "metadata.n",
        "phone",
        "serviceAddress.state",
        "serviceAddress.zip",
        "type",
    ];
    assert_eq!(fields, expected, "{details}");
    assert!(!answer.text.contains("::"), "no Rust names: {}", answer.text);
    for (bad, what) in [(json!([]), "an array"), (json!("text"), "a text"), (Value::Null, "null")] {
        let answer = caller.post("/api/v1/customers", &bad).await?;
        answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(!answer.text.is_empty(), "{what}");
    }
    let mut nul = customer("nul@example.com");
    nul["firstName"] = json!("a\u{0}b");
    let details =
        caller.post("/api/v1/customers", &nul).await?.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert!(details.to_string().contains("firstName"), "{details}");
    assert_eq!(app.customers().await?, 0);
    app.drain().await
}

async fn an_address_is_taken_whatever_its_spelling(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    assert_eq!(caller.post("/api/v1/customers", &customer("john@example.com")).await?.status, 201);
    let second = caller.post("/api/v1/customers", &customer("JOHN@example.com")).await?;
    assert_eq!(second.refused(StatusCode::CONFLICT, "CONFLICT")["field"], "email");
    let other = caller.with_key(Some(&app.key("other").await?));
    assert_eq!(other.post("/api/v1/customers", &customer("john@example.com")).await?.status, 201);
    let made = caller.post("/api/v1/customers", &customer("Ann@Bücher.example")).await?;
    assert_eq!((made.status, &made.json()["data"]["email"]), (201, &json!("Ann@Bücher.example")));
    for same in ["ann@xn--bcher-kva.example", "ANN@BÜCHER.EXAMPLE", "ann@bu\u{308}cher.example"] {
        let refused = caller.post("/api/v1/customers", &customer(same)).await?;
        assert_eq!(refused.refused(StatusCode::CONFLICT, "CONFLICT")["field"], "email", "{same}");
    }
    let rows = json!({ "customers": [customer("b@straße.example"), customer("b@xn--strae-oqa.example")] });
    let import = caller.post("/api/v1/bulk/customers", &rows).await?.json();
    let ended = caller.import_ended(import["data"]["id"].as_str().unwrap()).await?;
    assert_eq!((&ended["progress"]["succeeded"], &ended["progress"]["failed"]), (&json!(1), &json!(1)));
    // What only SMTPUTF8 can carry would never arrive.
    let refused = caller.post("/api/v1/customers", &customer("jörg@example.com")).await?;
    let details = refused.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert!(
        details["errors"][0]["message"].as_str().unwrap().contains("only ASCII characters before the @"),
        "{details}"
    );
    assert_eq!(app.customers().await?, 4);
    app.drain().await
}
