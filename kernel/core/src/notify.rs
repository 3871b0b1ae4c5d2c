//! Notifies organizations by e-mail.

use crate::{Kernel, events::Actor};
use engine::ledger::{self, NewJob, PendingPush};
use entities::organization;
use platform::{error::Result, mail::Email};
use sea_orm::{ConnectionTrait, EntityTrait};

/// A notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Unique name of the occurrence: `endpoint-disabled-ep_…-1790000000`. Letters, digits, `-`, `_` and `.`. The
    /// message id is derived from it, so that duplicates are recognized.
    pub about: String,
    /// The subject.
    pub subject: String,
    /// The text: what happened, and what can be done.
    pub text: String,
}

/// Enqueues an `email` job to the contact address of the actor's organization, within the caller's transaction. `None`
/// without an address, which the caller logs. Push the result after the commit.
pub async fn notify(
    transaction: &impl ConnectionTrait,
    kernel: &Kernel,
    actor: &Actor,
    notice: Notice,
) -> Result<Option<PendingPush>> {
    let found = organization::Entity::find_by_id(actor.organization).one(transaction).await?;
    let Some(address) = found.and_then(|organization| organization.email) else { return Ok(None) };
    let Notice { about, subject, text } = notice;
    let email = Email { to: vec![address], subject, text, message_id: kernel.mailer.message_id(&about)? };
    let job = NewJob::new(Some(actor.organization), &email)?
        .unique(email.message_id.as_str())
        .request_id(actor.request_id.clone());
    let enqueued = ledger::enqueue(transaction, vec![job], kernel.clock.now()).await?;
    Ok(Some(enqueued.pushes))
}
