//! What a vendor is told of a service: the answers to the product's questions, and what is read back of them.

use super::Service;
use entities::{RawJson, ids::SubscriptionId, plan::Tier, vendor_request::RequestType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A service in a vendor's eyes. On the wire it is one object, `service`, of the details of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answers {
    /// By which name the network knows it.
    pub username: String,
    /// Which plan it is of.
    pub tier: Tier,
    /// To the customer, in Mbit/s.
    pub download_mbps: i32,
    /// From the customer, in Mbit/s.
    pub upload_mbps: i32,
    /// The address.
    pub ipv4: Option<String>,
    /// The first address of the network.
    pub ipv6: Option<String>,
    /// The box at the customer's.
    pub ont_id: Option<String>,
    /// Whether the customer is cut off for the time being.
    pub suspended: bool,
}

/// The question that all of it answers.
const SERVICE: &str = "service";

/// Details as real orders have them, for an order that is simulated.
pub fn sample_details(
    kind: RequestType,
    subscription: SubscriptionId,
    quantity: i64,
) -> serde_json::Result<Map<String, Value>> {
    let service = Answers {
        username: subscription.to_string(),
        tier: Tier::Residential500,
        download_mbps: 500,
        upload_mbps: 100,
        ipv4: Some("192.0.2.10".into()),
        ipv6: Some("2001:db8:0:a::".into()),
        ont_id: Some("ONT-0001".into()),
        suspended: false,
    };
    let mut details = service.details()?;
    if kind == RequestType::Update {
        let before = if quantity == 1 { 2 } else { 1 };
        details.insert("quantity".into(), change(before, quantity));
    }
    Ok(details)
}

fn change(before: impl Into<Value>, after: impl Into<Value>) -> Value {
    json!({ "before": before.into(), "after": after.into() })
}

impl Answers {
    pub(super) fn of(service: &Service) -> Self {
        Self {
            username: service.username.clone(),
            tier: service.tier,
            download_mbps: service.download_mbps,
            upload_mbps: service.upload_mbps,
            ipv4: service.ipv4.clone(),
            ipv6: service.ipv6.clone(),
            ont_id: service.ont.clone(),
            suspended: service.suspended,
        }
    }

    /// As the details of an order.
    pub(super) fn details(&self) -> serde_json::Result<Map<String, Value>> {
        Ok(Map::from_iter([(SERVICE.to_owned(), serde_json::to_value(self)?)]))
    }

    /// What an `Update` to other answers changes, as further details: `suspend` or `resume`, and by their names all others
    /// that differ, each with `before` and `after`.
    pub(super) fn changes(&self, after: &Self) -> serde_json::Result<Map<String, Value>> {
        let (Value::Object(before), Value::Object(after)) =
            (serde_json::to_value(self)?, serde_json::to_value(after)?)
        else {
            return Ok(Map::new());
        };
        let differing = after.into_iter().filter(|(name, value)| before.get(name) != Some(value));
        Ok(differing.map(|(name, value)| changed(&name, before.get(&name), value)).collect())
    }

    /// From the details of an order.
    pub(super) fn read(details: &RawJson) -> serde_json::Result<Self> {
        Self::deserialize(&details.read::<Value>()?[SERVICE])
    }
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

    fn sample() -> Answers {
        let details = sample_details(RequestType::NetNew, SubscriptionId::new(), 1).unwrap();
        Answers::read(&RawJson::new(&details).unwrap()).unwrap()
    }

    #[test]
    fn a_change_says_what_was_before_and_what_is_after() {
        let before = sample();
        let after = Answers { suspended: true, ipv6: None, ..before.clone() };
        let expected = json!({
            "suspend": { "before": false, "after": true }, "ipv6": { "before": "2001:db8:0:a::", "after": null },
        });
        assert_eq!(Value::Object(before.changes(&after).unwrap()), expected);
        assert_eq!(after.changes(&before).unwrap()["resume"], json!({ "before": true, "after": false }));
    }

    #[test]
    fn only_an_update_has_a_change_among_its_samples() {
        let of = |kind, quantity| sample_details(kind, SubscriptionId::new(), quantity).unwrap();
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
                Answers { download_mbps, suspended, ..base.clone() }
            };
            let changes = of(0).changes(&of(1)).unwrap();
            let differing = usize::from(suspended[0] != suspended[1]) + usize::from(speeds[0] != speeds[1]);
            prop_assert_eq!(changes.len(), differing);
            prop_assert!(changes.values().all(|change| change["before"] != change["after"]));
        }
    }
}
