//! Whether a place can be served, on the wire.

use crate::schema::envelope::envelope;
use edge::types::{Nullable, Time, text};
use entities::plan;
use isp::{coverage as domain, coverage::Parts};
use kernel::contracts::partner::Tier;
use poem_openapi::Object;

text!(
    /// A state's two letters.
    State,
    {
        pattern: Some("^[A-Za-z]{2}$".into()),
        title: Some("the two letters of a state such as CA".into()),
        example: Some("CA".into())
    },
    is_state
);

fn is_state(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The address queried, as parsed.
#[derive(Debug, Object)]
pub struct ServiceabilityAddress {
    /// Street address.
    pub street: String,
    /// City.
    pub city: String,
    /// Two-letter code, upper case.
    pub state: String,
    /// `12345` or `12345-6789`.
    pub zip: String,
}

/// A plan available at the address.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct AvailablePlan {
    /// Plan ID: `plan_` and 26 characters.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Service tier, as used in `serviceTier`.
    pub tier: String,
    /// Download speed in Mbps.
    pub download_speed: i32,
    /// Upload speed in Mbps.
    pub upload_speed: i32,
    /// Monthly price in US dollars, before promotions and tax.
    pub monthly_price: f64,
}

/// An optical line terminal and its distance.
#[derive(Debug, Object)]
#[oai(rename = "NearestOLT")]
pub struct NearestOlt {
    /// ID of the OLT.
    pub id: String,
    /// Distance in miles, to two decimal places.
    pub distance: f64,
}

/// Serviceability of an address.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct ServiceabilityResult {
    /// Whether the address can be served.
    pub serviceable: bool,
    /// The address queried, if it was complete.
    #[oai(skip_serializing_if_is_none)]
    pub address: Option<ServiceabilityAddress>,
    /// Available service plans at this address; empty if it cannot be served.
    pub available_plans: Vec<AvailablePlan>,
    /// Earliest available installation date: the start of a day in the provider's time zone.
    pub estimated_install_date: Nullable<Time>,
    /// Nearest optical line terminal. Null if neither the coordinates of the query nor of the area are known.
    #[oai(rename = "nearestOLT")]
    pub nearest_olt: Nullable<NearestOlt>,
    /// If not serviceable, explains why.
    pub reason: Nullable<String>,
}

envelope!(
    /// Serviceability check result.
    ServiceabilityResponse,
    /// The result.
    ServiceabilityResult
);

fn address(parts: Parts) -> Option<ServiceabilityAddress> {
    let Parts { street, city, state, zip } = parts;
    Some(ServiceabilityAddress { street: street?, city: city?, state: state?, zip: zip? })
}

impl AvailablePlan {
    /// None of a plan that is no tier of the contract.
    fn of(plan: plan::Model) -> Option<Self> {
        Some(Self {
            id: plan.id.to_string(),
            name: plan.name,
            tier: Tier::of_plan(&plan.code)?.as_str().into(),
            download_speed: plan.download_mbps,
            upload_speed: plan.upload_mbps,
            monthly_price: hundredths(plan.monthly_cents),
        })
    }
}

/// So many hundredths, as the nearest number: it is written with two decimals at most.
#[allow(clippy::cast_precision_loss, reason = "prices and distances are far below 2^53")]
fn hundredths(count: i64) -> f64 {
    count as f64 / 100.0
}

impl From<domain::Nearest> for NearestOlt {
    fn from(nearest: domain::Nearest) -> Self {
        Self { id: nearest.code, distance: (nearest.miles * 100.0).round() / 100.0 }
    }
}

impl From<domain::Serviceability> for ServiceabilityResult {
    fn from(found: domain::Serviceability) -> Self {
        Self {
            serviceable: found.reason.is_none(),
            address: address(found.address),
            available_plans: found.plans.into_iter().filter_map(AvailablePlan::of).collect(),
            estimated_install_date: Nullable(found.install_at.map(Time)),
            nearest_olt: Nullable(found.nearest.map(Into::into)),
            reason: Nullable(found.reason),
        }
    }
}
