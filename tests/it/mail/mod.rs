//! E-mail: from the job to the outbox or a mail server, and notices to organizations.

mod attachments;
mod invoices;
mod notices;
mod outbox;
mod server;

use engine::ledger::NewJob;
use platform::mail::Email;

/// A message to `ops@acme.example`, of the request `the-request`.
fn email(about: &str) -> NewJob {
    let email = Email {
        to: vec!["ops@acme.example".into()],
        subject: "Grüße".into(),
        text: "Hello.\n.\nThat was a dot.\n".into(),
        message_id: format!("{about}@example.com").parse().unwrap(),
    };
    NewJob::new(None, &email).unwrap().request_id(Some("the-request".into()))
}
