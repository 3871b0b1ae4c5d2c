//! What a vendor is told of a service: the answers to the product's questions, and what is read back of them.

use super::Service;
use entities::{Document, plan::Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    pub(super) fn details(&self) -> serde_json::Result<Document> {
        Document::new(&BTreeMap::from([(SERVICE, self)]))
    }

    /// From the details of an order.
    pub(super) fn read(details: &Document) -> serde_json::Result<Self> {
        Self::deserialize(&details.read::<Value>()?[SERVICE])
    }
}
