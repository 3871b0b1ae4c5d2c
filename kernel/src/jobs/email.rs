//! One e-mail.

use super::{Job, JobKind};
use crate::mail::Email;

/// Sends it.
impl Job for Email {
    const KIND: JobKind = JobKind::new("email");
}
