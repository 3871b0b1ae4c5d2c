//! The details of orders: the service, as answers to the product's questions.

use entities::{
    RawJson,
    ids::SubscriptionId,
    plan::standard::RESIDENTIAL_500,
    vendor_request::{OrderedService, RequestType},
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

/// The details of an order: the service and, for an `Update`, the differences, each with `before` and `after`:
/// `suspend`, `resume`, or the name of the answer.
pub fn details(service: &OrderedService, before: Option<&OrderedService>) -> serde_json::Result<RawJson> {
    let mut details = answers(service)?;
    if let Some(before) = before {
        details.extend(changes(before, service)?);
    }
    RawJson::new(&details)
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

/// Realistic details for a simulated order.
pub fn sample_details(
    kind: RequestType,
    subscription: SubscriptionId,
    quantity: i64,
) -> serde_json::Result<RawJson> {
    let mut details = answers(&sample_service(subscription))?;
    if kind == RequestType::Update {
        let before = if quantity == 1 { 2 } else { 1 };
        details.insert("quantity".into(), change(before, quantity));
    }
    RawJson::new(&details)
}

fn sample_service(subscription: SubscriptionId) -> OrderedService {
    OrderedService {
        username: subscription.to_string(),
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
    use proptest::prelude::*;

    fn sample() -> OrderedService {
        sample_service(SubscriptionId::new())
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
        let details: Value = details(&after, Some(&before)).unwrap().read().unwrap();
        assert_eq!(
            (&details["suspend"], &details["service"]["suspended"]),
            (&expected["suspend"], &json!(true))
        );
    }

    #[test]
    fn only_an_update_has_a_change_among_its_samples() {
        let of = |kind, quantity| -> Map<String, Value> {
            sample_details(kind, SubscriptionId::new(), quantity).unwrap().read().unwrap()
        };
        assert!(!of(RequestType::NetNew, 7).contains_key("quantity"));
        for quantity in [0, 1, 7] {
            let change = &of(RequestType::Update, quantity)["quantity"];
            assert_eq!(change["after"], quantity);
            assert_ne!(change["before"], change["after"]);
        }
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
