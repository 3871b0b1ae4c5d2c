//! A test: sent at once and waited for, beside the log, the numbers and the health of the endpoint.

use super::{endpoints::form, target};
use crate::{
    Kernel,
    error::Result,
    outbound::{Limits, Url},
    webhooks::{Delivery, Event},
};
use entities::{
    Document, endpoint,
    ids::{DeliveryId, EventId},
};
use futures::future::try_join_all;
use serde_json::Value;
use std::time::Duration;

/// How a test went.
#[derive(Debug)]
pub struct Tested {
    /// Where it was sent.
    pub endpoint: endpoint::Model,
    /// Whether the receiver took it.
    pub delivered: bool,
    /// The answer's status.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
    /// Why it failed.
    pub error: Option<String>,
}

/// Of an answer's body, a test looks at nothing.
const KEEP: usize = 1024;

/// Sends an event of this type, which is recorded nowhere, to each of the endpoints.
pub async fn test(
    kernel: &Kernel,
    endpoints: Vec<endpoint::Model>,
    kind: &str,
    payload: &Value,
) -> Result<Vec<Tested>> {
    let payload = &Document::new(payload)?;
    try_join_all(endpoints.into_iter().map(|endpoint| test_one(kernel, endpoint, kind, payload))).await
}

async fn test_one(
    kernel: &Kernel,
    endpoint: endpoint::Model,
    kind: &str,
    payload: &Document,
) -> Result<Tested> {
    let Some(target) = target(kernel, endpoint.id).await? else {
        let error = Some("the endpoint has just been removed".into());
        return Ok(Tested { endpoint, delivered: false, status: None, took: Duration::ZERO, error });
    };
    let (id, now) = (EventId::new(), kernel.clock.now());
    let event = Event { id, kind, resource: "test", payload, at: now };
    let body = form(&endpoint.contract)?.body(&event)?;
    let delivery = Delivery {
        id: &DeliveryId::new().to_string(),
        event: id,
        kind,
        sequence: 0,
        secret_header: target.secret_header.as_ref(),
    };
    let headers = target.form.headers(&delivery, &body, now, &target.secrets)?;
    let limits = Limits { total: kernel.settings.webhooks.timeout, keep: KEEP };
    let url = Url::parse(&endpoint.url).map_err(crate::Error::internal)?;
    let made = kernel.outbound.post(&url, headers, body.into(), limits).await;
    let took = (kernel.clock.now() - now).to_std().unwrap_or_default();
    Ok(match made {
        Ok(answer) => Tested {
            endpoint,
            delivered: answer.is_success(),
            status: Some(answer.status),
            took,
            error: (!answer.is_success()).then(|| format!("the receiver answered {}", answer.status)),
        },
        Err(failure) => {
            Tested { endpoint, delivered: false, status: None, took, error: Some(failure.to_string()) }
        }
    })
}
