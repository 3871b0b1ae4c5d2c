//! Registers and removes endpoints.

use super::{MadeEndpoint, lock, record_event, secrets};
use crate::contract::contract_info;
use crate::{
    Wakeup,
    fan_out::fan_out_within,
    wire::{SecretHeader, format_of},
};
use entities::{
    endpoint::{self, EndpointStatus, Types},
    endpoint_health,
    ids::{EndpointId, VendorProvisionerId},
};
use kernel::{Kernel, UnitOfWork, organizations, published};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter,
};
use std::collections::HashSet;

/// Maximum length of a URL.
const LONGEST_URL: usize = 2048;

/// A new endpoint.
#[derive(Debug, Default)]
pub struct NewEndpoint {
    /// The contract.
    pub contract: &'static str,
    /// The URL.
    pub url: String,
    /// Event types; `*` is all.
    pub types: Vec<String>,
    /// Custom event types.
    pub custom_types: Vec<String>,
    /// The description.
    pub description: Option<String>,
    /// A secret of the organization; generated if `None`.
    pub secret: Option<String>,
    /// The header with the shared secret, where the contract has one.
    pub secret_header: Option<SecretHeader>,
    /// The vendor's provisioner, if any.
    pub provisioner: Option<VendorProvisionerId>,
    /// Whether a delivery waits for the end of the previous one.
    pub ordered: bool,
    /// Maximum concurrent deliveries; default: as configured.
    pub concurrency: Option<i32>,
    /// Maximum deliveries per second.
    pub rate: Option<i32>,
}

/// Registers an endpoint and records `webhook.created`. `Invalid` for a URL that may not be called (with the violated
/// rule), a custom type reserved by the platform, and a weak secret; `Conflict` at the organization's limit. Endpoints
/// of vendors' provisioners are limited by `vendors::hooks`.
pub async fn register(work: &UnitOfWork, new: NewEndpoint) -> Result<MadeEndpoint> {
    let url = checked_url(&work.kernel, &new.url)?;
    let types = checked_types(new.types, new.custom_types)?;
    let secret = format_of(contract_info(new.contract)?)?.secret(new.secret.as_deref())?;
    let settings = &work.kernel.settings.webhooks;
    let usual = i32::try_from(settings.concurrency).unwrap_or(i32::MAX);
    let now = work.now();
    let record = endpoint::Model {
        id: EndpointId::new(),
        organization_id: work.actor.organization,
        contract: new.contract.into(),
        url,
        types,
        description: new.description,
        status: EndpointStatus::Active,
        status_reason: None,
        status_at: now,
        concurrency: new.concurrency.unwrap_or(usual),
        ordered: new.ordered,
        rate: new.rate,
        secret_header: new.secret_header.map(|header| header.name().to_owned()),
        provisioner_id: new.provisioner,
        next_sequence: 1,
        replaced_at: None,
        resumed_at: None,
        deleted_at: None,
        created_at: now,
        updated_at: now,
    };
    if record.provisioner_id.is_none() {
        room_for_one(work, settings.endpoints).await?;
        fan_out_queued(work).await?;
    }
    let transaction = work.transaction().await?;
    record.clone().into_active_model().insert(&transaction).await?;
    let health = endpoint_health::ActiveModel { endpoint_id: Set(record.id), ..Default::default() };
    endpoint_health::Entity::insert(health).exec_without_returning(&transaction).await?;
    secrets::keep(work, record.id, &secret, None).await?;
    record_event(work, "webhook.created", None, &record).await?;
    Ok(MadeEndpoint { record, secret })
}

pub(super) fn checked_types(types: Vec<String>, custom: Vec<String>) -> Result<Types> {
    for kind in &custom {
        let checked = if kind == "*" { Err("`*` is no type".into()) } else { published::check_type(kind) };
        checked.map_err(|message| Error::invalid(Fault::field(Field::CustomEventTypes, message)))?;
    }
    let mut seen = HashSet::new();
    let all = types.into_iter().chain(custom);
    Ok(Types(all.filter(|kind| seen.insert(kind.clone())).collect()))
}

pub(super) fn checked_url(kernel: &Kernel, url: &str) -> Result<String> {
    let fault = |message: String| Error::invalid(Fault::field(Field::Url, message));
    if url.len() > LONGEST_URL {
        return Err(fault(format!("must have at most {LONGEST_URL} characters")));
    }
    let url = kernel.outbound.rules().check_url(url).map_err(|refused| fault(refused.to_string()))?;
    Ok(url.into())
}

/// Fans out queued events to the existing endpoints with their present types, so that a new one, or a new type, gets
/// only events recorded from now on. They and their queue are locked until the transaction ends.
pub(super) async fn fan_out_queued(work: &UnitOfWork) -> Result<()> {
    loop {
        let transaction = work.transaction().await?;
        let done = fan_out_within(&transaction, work.actor.organization, work.now()).await?;
        for told in &done.endpoints {
            work.wake_on_commit(Wakeup::Changed(told.id));
        }
        work.enqueue_on_commit(done.pushes);
        if !done.more {
            return Ok(());
        }
    }
}

async fn room_for_one(work: &UnitOfWork, most: usize) -> Result<()> {
    organizations::lock(work).await?;
    let all = endpoint::Entity::of(work.actor.organization).filter(endpoint::Column::ProvisionerId.is_null());
    let there = all.count(&work.transaction().await?).await?;
    if there >= most as u64 {
        let message = format!("There are {most} webhooks, and there cannot be more; delete one first");
        return Err(Error::Conflict { message, field: None });
    }
    Ok(())
}

/// Removes an endpoint, and records `webhook.deleted`. Its waiting deliveries are not sent; the sweeper removes them.
pub async fn remove(work: &UnitOfWork, contract: &str, id: EndpointId) -> Result<()> {
    let record = lock(work, contract, id).await?;
    let row = endpoint::ActiveModel { id: Set(id), deleted_at: Set(Some(work.now())), ..Default::default() };
    row.update(&work.transaction().await?).await?;
    record_event(work, "webhook.deleted", None, &record).await?;
    work.wake_on_commit(Wakeup::Changed(id));
    Ok(())
}
