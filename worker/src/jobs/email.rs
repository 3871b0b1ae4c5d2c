//! `email`: sends one message through the configured mail server, or writes it to the outbox.
//!
//! Triggered by [`platform::mail::notify`], which notifies an organization.
//!
//! Safe to run twice: the `Message-ID` is in the payload, so mail programs recognize a duplicate sent because the
//! response to the first was lost; in the outbox it is one file.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use platform::{
    Error,
    mail::{Email, Failure, Sent},
};

/// Runs the job. Its result is the server's response.
pub(super) async fn run(context: &JobContext) -> JobResult {
    let email: Email = context.payload()?;
    let (kernel, request_id) = (&context.kernel, context.job.request_id.as_deref());
    let sent: Sent = kernel.mailer.send(&email.into(), request_id, kernel.clock.now()).await?;
    let evidence = serde_json::to_value(sent).map_err(Error::from)?;
    Ok(Outcome::Done(Some(evidence)))
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Transient(why) => Self::Retry(why),
            Failure::Permanent(why) => Self::GiveUp(why),
        }
    }
}
