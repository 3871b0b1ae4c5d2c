//! Serviceability: whether a place can be served, and with what.

use super::{
    PREFIX, Tag,
    schema::{ServiceabilityResponse, State, Zip},
};
use crate::Caller;
use edge::{
    Result,
    types::{Nullable, Text},
};
use isp::coverage::{self, ServiceabilityQuery};
use kernel::contracts::partner::Tier;
use poem_openapi::{OpenApi, param::Query, payload::Json};

/// The resource.
pub struct Serviceability;

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
fn line() -> Option<Text> {
    Some(Text("123 Main St, Escondido, CA 92025".into()))
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
fn street() -> Option<Text> {
    Some(Text("123 Main St".into()))
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
fn city() -> Option<Text> {
    Some(Text("Escondido".into()))
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
const fn latitude() -> Option<Nullable<f64>> {
    Some(Nullable(Some(33.1192)))
}

#[expect(clippy::unnecessary_wraps, reason = "an example is of the type of its parameter")]
const fn longitude() -> Option<Nullable<f64>> {
    Some(Nullable(Some(-117.0864)))
}

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Serviceability")]
impl Serviceability {
    /// Check address serviceability
    ///
    /// Check if an address can be serviced and what plans are available. Give `address`, or `zip`, or `city` and
    /// `state`, or `lat` and `lng`. If both an address and coordinates are given, both must be serviceable. Separate
    /// parameters take precedence over the parts of `address`.
    #[oai(path = "/serviceability", method = "get", operation_id = "checkServiceability")]
    #[allow(clippy::too_many_arguments, reason = "the contract has them")]
    async fn check(
        &self,
        caller: Caller,
        /// Full address to check: street, city, state and ZIP code, separated by commas
        #[oai(example = "line", validator(min_length = 1, max_length = 500))]
        address: Query<Option<Text>>,
        /// Street address
        #[oai(example = "street", validator(min_length = 1, max_length = 200))]
        street: Query<Option<Text>>,
        /// City
        #[oai(example = "city", validator(min_length = 1, max_length = 200))]
        city: Query<Option<Text>>,
        /// State, two letters
        state: Query<Option<State>>,
        /// ZIP code; only the first five digits are used
        zip: Query<Option<Zip>>,
        /// Latitude in degrees
        #[oai(example = "latitude", validator(minimum(value = "-90"), maximum(value = "90")))]
        lat: Query<Option<Nullable<f64>>>,
        /// Longitude in degrees
        #[oai(example = "longitude", validator(minimum(value = "-180"), maximum(value = "180")))]
        lng: Query<Option<Nullable<f64>>>,
    ) -> Result<Json<ServiceabilityResponse>> {
        let asked = ServiceabilityQuery {
            line: address.0.map(Into::into),
            street: street.0.map(Into::into),
            city: city.0.map(Into::into),
            state: state.0.map(Into::into),
            zip: zip.0.map(Into::into),
            latitude: lat.0.and_then(|degrees| degrees.0),
            longitude: lng.0.and_then(|degrees| degrees.0),
        };
        let found = coverage::check(caller.kernel(), caller.organization(), asked, |code| {
            Tier::of_plan(code).is_some()
        })
        .await?;
        Ok(Json(ServiceabilityResponse::of(found)))
    }
}
