//! Builds messages: headers, text, and attachments.

use super::{Attachment, Failure, OutgoingEmail, mailbox};
use chrono::{DateTime, Utc};
use lettre::{
    Message,
    message::{
        self, Body, Mailbox, MessageBuilder, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use std::error::Error;

/// Builds the message. Fails permanently if an address is invalid or there is no recipient.
pub(super) fn build(
    from: &Mailbox,
    letter: &OutgoingEmail,
    request_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Message, Failure> {
    let email = &letter.email;
    let headers = Message::builder()
        .from(from.clone())
        .message_id(Some(format!("<{}>", email.message_id)))
        .date(now.into())
        .subject(&email.subject)
        // RFC 3834: suppresses automatic replies.
        .raw_header(header(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"));
    let headers = request_id.iter().fold(headers, |headers, id| {
        headers.raw_header(header(HeaderName::new_from_ascii_str("X-Request-Id"), id))
    });
    let headers = email
        .to
        .iter()
        .try_fold(headers, |headers, to| Ok(headers.to(mailbox(to).map_err(Failure::Permanent)?)))?;
    filled(headers, letter).map_err(|error| Failure::Permanent(error.to_string()))
}

/// Only the text if nothing is attached, which mail programs prefer.
fn filled(headers: MessageBuilder, letter: &OutgoingEmail) -> Result<Message, Box<dyn Error>> {
    let text = letter.email.text.clone();
    if letter.attachments.is_empty() {
        return Ok(headers.header(ContentType::TEXT_PLAIN).body(text)?);
    }
    let begun = MultiPart::mixed().singlepart(SinglePart::plain(text));
    let whole =
        letter.attachments.iter().try_fold(begun, |parts, it| attached(it).map(|it| parts.singlepart(it)));
    Ok(headers.multipart(whole?)?)
}

fn attached(attachment: &Attachment) -> Result<SinglePart, Box<dyn Error>> {
    let Attachment { file_name, content_type, bytes } = attachment;
    let content_type = ContentType::parse(content_type)?;
    // Always base64: line ends of other encodings are changed in transit.
    let body = Body::new_with_encoding(bytes.clone(), ContentTransferEncoding::Base64);
    let body = body.map_err(|_| format!("{file_name} cannot be encoded"))?;
    Ok(message::Attachment::new(file_name.clone()).body(body, content_type))
}

fn header(name: HeaderName, value: &str) -> HeaderValue {
    HeaderValue::new(name, value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Email;

    fn built(change: impl FnOnce(&mut Email)) -> Result<String, Failure> {
        written(change, vec![])
    }

    fn written(change: impl FnOnce(&mut Email), attachments: Vec<Attachment>) -> Result<String, Failure> {
        let mut email = Email {
            to: vec!["ops@acme.example".into()],
            subject: "Hello".into(),
            text: "One line.\n".into(),
            message_id: "a@b".parse().unwrap(),
        };
        change(&mut email);
        let from = "Switchyard <from@example.com>".parse().unwrap();
        let (letter, now) = (OutgoingEmail { email, attachments }, "2026-11-21T00:00:00Z".parse().unwrap());
        let message = build(&from, &letter, Some("the-request"), now)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn the_message_says_who_when_and_why() {
        let expected = "From: Switchyard <from@example.com>\r\n\
                        Message-ID: <a@b>\r\n\
                        Date: Sat, 21 Nov 2026 00:00:00 +0000\r\n\
                        Subject: Hello\r\n\
                        Auto-Submitted: auto-generated\r\n\
                        X-Request-Id: the-request\r\n\
                        To: Ops <ops@acme.example>, second@acme.example\r\n\
                        Content-Type: text/plain; charset=utf-8\r\n\
                        Content-Transfer-Encoding: 7bit\r\n\
                        \r\n\
                        One line.\r\n";
        let to = ["Ops <ops@acme.example>", "second@acme.example"];
        assert_eq!(built(|email| email.to = to.map(str::to_owned).into()).unwrap(), expected);
    }

    #[test]
    fn nothing_that_is_said_becomes_a_header() {
        let text = built(|email| {
            email.subject = "Hello\r\nBcc: victim@example.com".into();
            email.text = "é\r\n.\r\nQUIT\r\n".into();
        })
        .unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        assert!(headers.is_ascii() && body.is_ascii(), "{text}");
    }

    #[test]
    fn what_is_no_address_is_never_sent_to() {
        for to in [
            vec![],
            vec!["nobody"],
            vec!["josé@acme.example"],
            vec!["ops@acme.example", "a@b\r\nRCPT TO:<c@d>"],
        ] {
            let to = to.into_iter().map(str::to_owned).collect();
            assert!(matches!(built(|email| email.to = to), Err(Failure::Permanent(_))));
        }
    }

    fn pdf(change: impl FnOnce(&mut Attachment)) -> Vec<Attachment> {
        let (file_name, content_type) = ("a.pdf".into(), "application/pdf".into());
        let mut attachment = Attachment { file_name, content_type, bytes: vec![0, 255, 13, 10, 46] };
        change(&mut attachment);
        vec![attachment]
    }

    #[test]
    fn what_is_attached_does_not_become_a_header_either() {
        let name = "a\"\r\nBcc: victim@example.com\r\n\r\n.pdf";
        let text = written(|_| (), pdf(|it| it.file_name = name.into())).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 76 + 2), "{text}");
    }

    #[test]
    fn what_is_of_no_type_is_never_sent() {
        let refused = written(|_| (), pdf(|it| it.content_type = "pdf\r\nBcc: a@b.example".into()));
        assert!(matches!(refused, Err(Failure::Permanent(_))), "{refused:?}");
    }
}
