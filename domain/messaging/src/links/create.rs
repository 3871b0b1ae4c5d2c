//! Creates links.

use super::checked_url;
use crate::{customers, events};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entities::{
    ids::{MessagingCustomerId, SetupLinkId},
    messaging_customer::MessagingCustomerStatus,
    setup_link::{self, SetupLinkStatus},
};
use kernel::{UnitOfWork, events::payloads};
use platform::error::{Error, Field, Result};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The prefix of tokens.
const PREFIX: &str = "csl_";
/// Random bytes of a token: 24 characters of base64.
const RANDOM: usize = 18;
/// How long a link can be used, if not given.
const LIFETIME: Duration = Duration::from_hours(168);

/// A new link.
#[derive(Debug, Clone, Default)]
pub struct NewLink {
    /// How long it can be used; a week if `None`.
    pub lifetime: Option<Duration>,
    /// Where the browser goes after success.
    pub success_url: Option<String>,
    /// Where the browser goes after a failure.
    pub failure_url: Option<String>,
}

/// A new link with its token, which is shown only once.
#[derive(Debug)]
pub struct MadeLink {
    /// The link.
    pub record: setup_link::Model,
    /// The token.
    pub token: String,
}

/// Creates a link of a customer, and records `customer.setup_link.created`. `Invalid` if the customer is archived, and
/// for a redirect URL that is not allowed.
pub async fn create(work: &UnitOfWork, customer: MessagingCustomerId, new: NewLink) -> Result<MadeLink> {
    let customer = customers::lock(work, customer).await?;
    if customer.status == MessagingCustomerStatus::Archived {
        return Err(customers::archived());
    }
    let token = generate()?;
    let record = setup_link::Model {
        id: SetupLinkId::new(),
        organization_id: work.actor.organization,
        customer_id: customer.id,
        token_hash: hash(&token),
        token_last4: token[token.len() - 4..].to_owned(),
        status: SetupLinkStatus::Active,
        expires_at: work.now() + new.lifetime.unwrap_or(LIFETIME),
        consumed_at: None,
        success_url: new.success_url.map(|url| checked_url(Field::SuccessUrl, &url)).transpose()?,
        failure_url: new.failure_url.map(|url| checked_url(Field::FailureUrl, &url)).transpose()?,
        created_at: work.now(),
    };
    record.clone().into_active_model().insert(&work.transaction().await?).await?;
    let payload = payload(&record);
    let object = ("setup_link", record.id.0);
    let created = events::event(&work.actor, "customer.setup_link.created", object, &payload, work.now())?;
    work.record([created]);
    Ok(MadeLink { record, token })
}

fn generate() -> Result<String> {
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    Ok(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// The payload of events about a link.
pub(super) fn payload(link: &setup_link::Model) -> payloads::SetupLink {
    payloads::SetupLink {
        version: payloads::SetupLink::VERSION,
        id: link.id,
        customer_id: link.customer_id,
        status: link.status,
        token_last4: link.token_last4.clone(),
        expires_at: link.expires_at,
        consumed_at: link.consumed_at,
        success_url: link.success_url.clone(),
        failure_url: link.failure_url.clone(),
        created_at: link.created_at,
    }
}
