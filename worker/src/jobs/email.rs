//! `email`: hands one message to the mail server of the settings, or writes it to the outbox.
//!
//! Triggered by [`kernel::mail::notify`]: something happened that an organization has to know.
//!
//! Safe to run twice: the `Message-ID` is in the payload, so that a message that was taken twice, because the
//! answer to the first was lost, is one and the same to mail programs; in the outbox it is one file.

use crate::{
    context::JobContext,
    outcome::{JobResult, Outcome},
};
use kernel::{
    Error,
    jobs::Email,
    mail::{Failure, Sent},
};

/// Runs the job. Its result is the evidence: what the server answered.
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
            Failure::Passing(why) => Self::Retry(why),
            Failure::Lasting(why) => Self::GiveUp(why),
        }
    }
}
