//! The details of orders: the service, as answers to the product's questions.

use entities::{
    RawJson,
    vendor_detail::{Change, OrderDetails},
    vendor_request::OrderedService,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A service on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Service<'a> {
    username: &'a str,
    /// The plan's code.
    tier: &'a str,
    download_mbps: i32,
    upload_mbps: i32,
    ipv4: Option<&'a str>,
    ipv6: Option<&'a str>,
    ont_id: Option<&'a str>,
    suspended: bool,
}

impl<'a> From<&'a OrderedService> for Service<'a> {
    fn from(service: &'a OrderedService) -> Self {
        Self {
            username: &service.username,
            tier: &service.plan_code,
            download_mbps: service.download_mbps,
            upload_mbps: service.upload_mbps,
            ipv4: service.ipv4.as_deref(),
            ipv6: service.ipv6.as_deref(),
            ont_id: service.ont_id.as_deref(),
            suspended: service.suspended,
        }
    }
}

/// The question answered by the whole service.
const SERVICE: &str = "service";

/// Stored details in the contract's words: given answers as they are; of an order the service and, if it changes
/// something, the differences, each with `before` and `after`: `suspend`, `resume`, or the name of the answer.
pub fn details(stored: &RawJson) -> serde_json::Result<RawJson> {
    match OrderDetails::read(stored)? {
        Some(order) => RawJson::new(&rendered(&order)?),
        None => Ok(stored.clone()),
    }
}

fn rendered(order: &OrderDetails) -> serde_json::Result<Map<String, Value>> {
    let mut details = answers(&order.service)?;
    match &order.change {
        Some(Change::Service(before)) => details.extend(changes(before, &order.service)?),
        Some(Change::Quantity { before, after }) => {
            details.insert("quantity".into(), change(*before, *after));
        }
        None => {}
    }
    Ok(details)
}

fn answers(service: &OrderedService) -> serde_json::Result<Map<String, Value>> {
    Ok(Map::from_iter([(SERVICE.to_owned(), serde_json::to_value(Service::from(service))?)]))
}

fn changes(before: &OrderedService, after: &OrderedService) -> serde_json::Result<Map<String, Value>> {
    let (Value::Object(before), Value::Object(after)) =
        (serde_json::to_value(Service::from(before))?, serde_json::to_value(Service::from(after))?)
    else {
        return Ok(Map::new());
    };
    let differing = after.into_iter().filter(|(name, value)| before.get(name) != Some(value));
    Ok(differing.map(|(name, value)| changed(&name, before.get(&name), value)).collect())
}

fn change(before: impl Into<Value>, after: impl Into<Value>) -> Value {
    json!({ "before": before.into(), "after": after.into() })
}

fn changed(name: &str, before: Option<&Value>, after: Value) -> (String, Value) {
    let name = match (name, &after) {
        ("suspended", Value::Bool(true)) => "suspend",
        ("suspended", _) => "resume",
        (name, _) => name,
    };
    (name.to_owned(), change(before.cloned().unwrap_or_default(), after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::{ids::SubscriptionId, plan::standard::RESIDENTIAL_500};
    use proptest::prelude::*;

    fn sample() -> OrderedService {
        OrderedService {
            username: SubscriptionId::new().to_string(),
            plan_id: RESIDENTIAL_500,
            plan_code: "RESIDENTIAL_500".into(),
            download_mbps: 500,
            upload_mbps: 100,
            ipv4: Some("192.0.2.10".into()),
            ipv6: Some("2001:db8:0:a::".into()),
            ont_id: Some("ONT-0001".into()),
            suspended: false,
        }
    }

    fn of(service: OrderedService, change: Option<Change>) -> Value {
        let stored = OrderDetails { service, change }.to_json().unwrap();
        details(&stored).unwrap().read().unwrap()
    }

    #[test]
    fn a_change_says_what_was_before_and_what_is_after() {
        let before = sample();
        let after = OrderedService { suspended: true, ipv6: None, ..before.clone() };
        let expected = json!({
            "suspend": { "before": false, "after": true }, "ipv6": { "before": "2001:db8:0:a::", "after": null },
        });
        assert_eq!(Value::Object(changes(&before, &after).unwrap()), expected);
        assert_eq!(changes(&after, &before).unwrap()["resume"], json!({ "before": true, "after": false }));
        let details = of(after, Some(Change::Service(before)));
        assert_eq!(
            (&details["suspend"], &details["service"]["suspended"]),
            (&expected["suspend"], &json!(true))
        );
    }

    #[test]
    fn a_changed_quantity_is_among_the_answers() {
        let quantity = &of(sample(), Some(Change::Quantity { before: 1, after: 7 }))["quantity"];
        assert_eq!(quantity, &json!({ "before": 1, "after": 7 }));
        let unchanged = of(sample(), None);
        assert_eq!(unchanged.as_object().unwrap().keys().collect::<Vec<_>>(), ["service"]);
    }

    #[test]
    fn given_answers_stay_as_they_were_written() {
        let given = RawJson::from_text(r#"{"b":1.50,"a":["ordered"]}"#).unwrap();
        assert_eq!(details(&given).unwrap(), given);
    }

    proptest! {
        #[test]
        fn nothing_but_what_differs_is_a_change(suspended: [bool; 2], speeds in prop::array::uniform2(1..3)) {
            let base = sample();
            let of = |place: usize| {
                let (suspended, download_mbps) = (suspended[place], speeds[place]);
                OrderedService { download_mbps, suspended, ..base.clone() }
            };
            let changes = changes(&of(0), &of(1)).unwrap();
            let differing = usize::from(suspended[0] != suspended[1]) + usize::from(speeds[0] != speeds[1]);
            prop_assert_eq!(changes.len(), differing);
            prop_assert!(changes.values().all(|change| change["before"] != change["after"]));
        }
    }
}
