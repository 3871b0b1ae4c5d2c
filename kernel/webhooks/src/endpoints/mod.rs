//! Endpoints: register, show, update, pause, resume, change secrets, remove.

mod register;
mod secrets;
mod show;
mod status;
mod update;

pub use register::{NewEndpoint, register, remove};
pub use secrets::{LiveSecret, MadeSecret, add_secret, revoke_secret, rotate, secrets, secrets_within};
pub use show::{Endpoint, backlog, get, list, named, newest};
pub(super) use status::disabled;
pub use status::{REPLACED, disable, pause, replace, resume};
pub use update::{EndpointChanges, update};

use crate::{Wakeup, wire::Secret};
use entities::{
    endpoint::{self, EndpointStatus},
    ids::EndpointId,
};
use kernel::{UnitOfWork, events};
use platform::error::{Error, Result};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, QueryFilter, QuerySelect};
use serde::Serialize;

const MISSING: Error = Error::NotFound("Webhook");

/// An endpoint with its newest secret, which is shown only once.
#[derive(Debug)]
pub struct MadeEndpoint {
    /// The endpoint.
    pub record: endpoint::Model,
    /// What its deliveries are signed with.
    pub secret: Secret,
}

/// The payload of events, without secrets.
#[derive(Serialize)]
struct Shown<'a> {
    url: &'a str,
    types: &'a [String],
    description: Option<&'a str>,
    status: EndpointStatus,
    status_reason: Option<&'a str>,
}

impl<'a> From<&'a endpoint::Model> for Shown<'a> {
    fn from(record: &'a endpoint::Model) -> Self {
        Self {
            url: &record.url,
            types: &record.types.0,
            description: record.description.as_deref(),
            status: record.status,
            status_reason: record.status_reason.as_deref(),
        }
    }
}

/// The vault context: a secret moved to another row does not open.
pub(super) fn context(id: EndpointId) -> String {
    format!("endpoint {id}")
}

/// Records an event of an endpoint.
async fn record_event(
    work: &UnitOfWork,
    kind: &str,
    before: Option<&endpoint::Model>,
    after: &endpoint::Model,
) -> Result<()> {
    let object = ("webhook", after.id.0);
    let event = match before {
        Some(before) => events::change(
            &work.actor,
            kind,
            object,
            (&Shown::from(before), &Shown::from(after)),
            work.now(),
        )?,
        None => events::event(&work.actor, kind, object, &Shown::from(after), work.now())?,
    };
    work.record([event]);
    Ok(())
}

/// Completes a change that is not of the endpoint's row: its secrets. Records an event of this kind.
async fn touch(work: &UnitOfWork, record: endpoint::Model, kind: &str) -> Result<endpoint::Model> {
    let after = endpoint::Model { updated_at: work.now(), ..record };
    let row =
        endpoint::ActiveModel { id: Set(after.id), updated_at: Set(after.updated_at), ..Default::default() };
    row.update(&work.transaction().await?).await?;
    record_event(work, kind, None, &after).await?;
    work.wake_on_commit(Wakeup::Changed(after.id));
    Ok(after)
}

/// The endpoint, locked until the transaction ends, against fan-out, the end of its job and its own changes.
pub(super) async fn lock(work: &UnitOfWork, contract: &str, id: EndpointId) -> Result<endpoint::Model> {
    let found = endpoint::Entity::shown_by(work.actor.organization, contract);
    let found = found.filter(endpoint::Column::Id.eq(id)).lock_exclusive();
    found.one(&work.transaction().await?).await?.ok_or(MISSING)
}
