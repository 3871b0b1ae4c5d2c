//! The only process of the embedded mode dies: API, worker and queue at once.

use super::{EVENTS, UNDER_WAY, ends_with_again, load::Load};
use crate::{app::Pairing, edge::Api};
use anyhow::Result;

const SETTINGS: &[(&str, &str)] = &[
    ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "1000000"),
    ("SWITCHYARD_PLANS_PARTNER_STARTER_DAY", "1000000"),
    ("SWITCHYARD_OUTBOUND_ALLOW_HTTP", "true"),
    ("SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8"),
    ("SWITCHYARD_WEBHOOKS_SCHEDULE", "0s,1s,1s,1s"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_is_killed_and_started_again() -> Result<()> {
    let mut api = Api::start(Pairing::Embedded, 1, SETTINGS).await?;
    let load = Load::begin(api.kernel.clone(), &api.callers()?[0], EVENTS).await?;
    load.arrived(25).await?;
    api.kill(0);
    api.restart(0).await?;
    ends_with_again(load, UNDER_WAY).await
}
