//! One e-mail.

use super::{Job, JobKind};
use platform::mail::Email;

/// Sends it.
impl Job for Email {
    const KIND: JobKind = JobKind::new("email");
}
