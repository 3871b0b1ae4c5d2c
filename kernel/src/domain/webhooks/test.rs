//! A test: sent at once and waited for, beside the log, the numbers and the health of the endpoint.

use super::{endpoints::form, target};
use crate::{
    Kernel,
    error::{Dependency, Error, Result},
    outbound::{Answer, Failure, Limits, Url},
    webhooks::{Delivery, Event},
};
use entities::{
    Document, endpoint,
    ids::{DeliveryId, EventId},
};
use futures::{StreamExt, TryStreamExt, stream};
use std::time::Duration;
use tokio::time::Instant;

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
/// So many endpoints are tested at once.
const AT_ONCE: usize = 8;

/// Sends an event of this type, which is recorded nowhere, to each of the endpoints, a few at a time. Those that are
/// not reached within four fifths of the time that a request may take are told of as not tested. `Unavailable` when
/// this process is short of what it needs to call anybody.
pub async fn test(
    kernel: &Kernel,
    endpoints: Vec<endpoint::Model>,
    kind: &str,
    payload: &Document,
) -> Result<Vec<Tested>> {
    let until = Instant::now() + kernel.settings.http.request_timeout * 4 / 5;
    let tests = endpoints.into_iter().map(|endpoint| test_one(kernel, endpoint, kind, payload, until));
    stream::iter(tests).buffered(AT_ONCE).try_collect().await
}

async fn test_one(
    kernel: &Kernel,
    endpoint: endpoint::Model,
    kind: &str,
    payload: &Document,
    until: Instant,
) -> Result<Tested> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(Tested::without_answer(endpoint, Duration::ZERO, &"not tested: others took too long"));
    }
    let Some(target) = target(kernel, endpoint.id).await? else {
        let error = "the endpoint has just been removed";
        return Ok(Tested::without_answer(endpoint, Duration::ZERO, &error));
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
    let url = Url::parse(&endpoint.url).map_err(Error::internal)?;
    let made = async {
        let slot = kernel.outbound.slot(endpoint.organization_id, left).await?;
        let left = until.saturating_duration_since(Instant::now());
        let limits = Limits { total: kernel.settings.webhooks.timeout.min(left), keep: KEEP };
        kernel.outbound.post(slot, &url, headers, body.into(), limits).await
    };
    let made = made.await;
    Tested::of(endpoint, made, (kernel.clock.now() - now).to_std().unwrap_or_default())
}

impl Tested {
    fn of(endpoint: endpoint::Model, made: Result<Answer, Failure>, took: Duration) -> Result<Self> {
        match made {
            Ok(answer) => Ok(Self {
                endpoint,
                delivered: answer.is_success(),
                status: Some(answer.status),
                took,
                error: (!answer.is_success()).then(|| format!("the receiver answered {}", answer.status)),
            }),
            Err(failure) if failure.is_ours() => Err(Error::unavailable(Dependency::Host, failure)),
            Err(failure) => {
                failure.log(endpoint.id);
                Ok(Self::without_answer(endpoint, took, &failure))
            }
        }
    }

    fn without_answer(endpoint: endpoint::Model, took: Duration, error: &impl ToString) -> Self {
        Self { endpoint, delivered: false, status: None, took, error: Some(error.to_string()) }
    }
}
