//! Simulated orders.

use super::{PREFIX, Tag, schema::ProvisionTestingOrderEvent};
use crate::Caller;
use edge::{JsonBody, RawJsonPayload, Result};
use isp::vendors;
use poem_openapi::OpenApi;

/// The resource.
pub struct Simulations;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::ProvisioningSimulations")]
impl Simulations {
    /// Create Order Event
    ///
    /// Creates a simulated order. Values that you omit are filled with samples. The order goes to your most recently
    /// registered webhook, and your results are handled like those of real orders
    #[oai(path = "/provision-simulations/order-events", method = "post", operation_id = "createOrderEvent")]
    async fn create(
        &self,
        caller: Caller,
        body: JsonBody<ProvisionTestingOrderEvent>,
    ) -> Result<RawJsonPayload<ProvisionTestingOrderEvent>> {
        Ok(RawJsonPayload(vendors::simulate(caller.work()?, body.0.simulated()).await?.into()))
    }
}
