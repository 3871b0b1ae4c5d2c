//! The message itself: headers and text.

use super::Failure;
use crate::jobs::Email;
use chrono::{DateTime, Utc};
use lettre::{
    Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

/// The message as it is sent. Refused for ever when an address is none, or when there is nobody to send to.
pub(super) fn build(
    from: &Mailbox,
    email: &Email,
    request_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Message, Failure> {
    let headers = Message::builder()
        .from(from.clone())
        .message_id(Some(format!("<{}>", email.message_id)))
        .date(now.into())
        .subject(&email.subject)
        // RFC 3834: nobody's absence is to be told to a program.
        .raw_header(header(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"))
        .header(ContentType::TEXT_PLAIN);
    let headers = request_id.iter().fold(headers, |headers, id| {
        headers.raw_header(header(HeaderName::new_from_ascii_str("X-Request-Id"), id))
    });
    let headers = email.to.iter().try_fold(headers, |headers, to| Ok(headers.to(mailbox(to)?)))?;
    headers.body(email.text.clone()).map_err(|error| Failure::Lasting(error.to_string()))
}

fn header(name: HeaderName, value: &str) -> HeaderValue {
    HeaderValue::new(name, value.to_owned())
}

fn mailbox(text: &str) -> Result<Mailbox, Failure> {
    text.parse().map_err(|error| Failure::Lasting(format!("`{text}` is no e-mail address: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(change: impl FnOnce(&mut Email)) -> Result<String, Failure> {
        let mut email = Email {
            to: vec!["ops@acme.example".into()],
            subject: "Hello".into(),
            text: "One line.\n".into(),
            message_id: "a@b".parse().unwrap(),
        };
        change(&mut email);
        let from = "Switchyard <from@example.com>".parse().unwrap();
        let message = build(&from, &email, Some("the-request"), "2026-11-21T00:00:00Z".parse().unwrap())?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn the_message_says_who_when_and_why() {
        let expected = "From: Switchyard <from@example.com>\r\n\
                        Message-ID: <a@b>\r\n\
                        Date: Sat, 21 Nov 2026 00:00:00 +0000\r\n\
                        Subject: Hello\r\n\
                        Auto-Submitted: auto-generated\r\n\
                        Content-Type: text/plain; charset=utf-8\r\n\
                        X-Request-Id: the-request\r\n\
                        To: Ops <ops@acme.example>, second@acme.example\r\n\
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
        for to in [vec![], vec!["nobody"], vec!["ops@acme.example", "a@b\r\nRCPT TO:<c@d>"]] {
            let to = to.into_iter().map(str::to_owned).collect();
            assert!(matches!(built(|email| email.to = to), Err(Failure::Lasting(_))));
        }
    }
}
