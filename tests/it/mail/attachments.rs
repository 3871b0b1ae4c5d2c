//! Attachments of messages.

use crate::app::SmtpServer;
use anyhow::{Context, Result};
use kernel::Kernel;
use mail_parser::{Message, MessageParser, MimeHeaders};
use platform::{
    Clock,
    config::Settings,
    mail::{Attachment, Email, OutgoingEmail, Sent},
};
use std::path::Path;

/// A message to `ops@acme.example` with these files.
fn letter(files: &[(&str, &str, &[u8])]) -> OutgoingEmail {
    let attachment = |(file_name, content_type, bytes): &(&str, &str, &[u8])| Attachment {
        file_name: (*file_name).to_owned(),
        content_type: (*content_type).to_owned(),
        bytes: bytes.to_vec(),
    };
    let email = Email {
        to: vec!["ops@acme.example".into()],
        subject: "Grüße".into(),
        text: "Hello, Zoë.\n.\nThat was a dot.\n".into(),
        message_id: "the-message@example.com".parse().unwrap(),
    };
    OutgoingEmail { email, attachments: files.iter().map(attachment).collect() }
}

async fn kernel(folder: &Path, url: String) -> Result<Kernel> {
    let mut settings = Settings { data: folder.to_owned(), ..Settings::default() };
    settings.mail.url = url;
    Ok(Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?)
}

/// Holds the message against what was sent.
fn assert_is(message: &Message<'_>, files: &[(&str, &str, &[u8])]) {
    assert_eq!(message.subject(), Some("Grüße"));
    assert_eq!(message.message_id(), Some("the-message@example.com"));
    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), "Hello, Zoë.\n.\nThat was a dot.");
    let attached: Vec<_> = message.attachments().collect();
    assert_eq!(attached.len(), files.len());
    for (part, (file_name, content_type, bytes)) in attached.into_iter().zip(files) {
        let kind = part.content_type().unwrap();
        assert_eq!(part.attachment_name(), Some(*file_name));
        assert_eq!(format!("{}/{}", kind.ctype(), kind.subtype().unwrap()), *content_type);
        assert!(part.contents() == *bytes, "{file_name}: {} bytes", part.contents().len());
    }
}

#[tokio::test]
async fn what_is_attached_arrives_as_it_was() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = SmtpServer::start(&[]).await?;
    let all: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let files: [(&str, &str, &[u8]); 3] = [
        ("INV-2026-000001.pdf", "application/pdf", &all),
        ("Größe, \"Zoë\" & 請求書 😀.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n\r\n--\r\n"),
        ("empty.txt", "text/plain", b""),
    ];
    let kernel = kernel(folder.path(), format!("smtp://{}", server.address())).await?;
    let sent = kernel.mailer.send(&letter(&files), Some("the-request"), kernel.clock.now()).await;
    assert_eq!(sent.ok().context("refused")?, Sent::Accepted("250 2.0.0 kept as 1".into()));
    let [mail] = &server.mails()[..] else { panic!("{:?}", server.mails()) };
    assert!(mail.text.is_ascii() && mail.text.lines().all(|line| line.len() <= 998), "RFC 5321, 4.5.3.1.6");
    assert_is(&MessageParser::default().parse(&mail.text).context("no message")?, &files);
    Ok(())
}

#[tokio::test]
async fn the_outbox_has_what_is_attached_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files: [(&str, &str, &[u8]); 1] = [("Rechnung für Zoë.pdf", "application/pdf", b"\x00\xff\r\n")];
    let kernel = kernel(folder.path(), String::new()).await?;
    let sent = kernel.mailer.send(&letter(&files), None, kernel.clock.now()).await.ok().context("refused")?;
    let Sent::Written(file) = sent else { panic!("{sent:?}") };
    assert_eq!(file, folder.path().join("outbox/the-message@example.com.eml"));
    let written = std::fs::read(file)?;
    assert_is(&MessageParser::default().parse(&written).context("no message")?, &files);
    Ok(())
}
