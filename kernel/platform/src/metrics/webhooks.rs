//! Metrics of deliveries.

use super::declared::{DELIVERIES, DELIVERY_DURATION};
use entities::delivery::DeliveryState;
use metrics::{counter, histogram};
use std::time::Duration;

/// Records an attempt with its outcome and duration.
pub fn delivered(state: DeliveryState, took: Duration) {
    counter!(DELIVERIES.name, "outcome" => state.as_str()).increment(1);
    histogram!(DELIVERY_DURATION.name).record(took);
}
