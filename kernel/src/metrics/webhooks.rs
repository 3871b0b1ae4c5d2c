//! What is measured of deliveries.

use super::declared::{DELIVERIES, DELIVERY_DURATION};
use entities::delivery::DeliveryState;
use metrics::{counter, histogram};
use std::time::Duration;

/// An attempt to deliver an event ended so, after that time.
pub fn delivered(state: DeliveryState, took: Duration) {
    counter!(DELIVERIES.name, "outcome" => state.as_str()).increment(1);
    histogram!(DELIVERY_DURATION.name).record(took);
}
