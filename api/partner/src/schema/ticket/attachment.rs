//! Files that belong to tickets.

use super::Author;
use crate::schema::envelope::envelope;
use edge::{
    schema::wire,
    types::{Success, Text, Time, WithDefault, text},
};
use entities::ticket_attachment as row;
use isp::tickets::NewAttachment;
use poem_openapi::Object;

/// Every text of this pattern is a URI (RFC 3986), and one that a browser opens as a page or a file.
const WEB_URL: &str = concat!(
    r"^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?",
    r"([/?]([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?",
    r"(#([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$",
);

text!(
    /// An address of the web.
    WebUrl,
    {
        format: Some("uri"),
        pattern: Some(WEB_URL.into()),
        title: Some("an http or https address, encoded as a URI".into()),
        example: Some("https://storage.swell.example/uploads/error_log.txt".into())
    },
    is_web_url
);
text!(
    /// A media type.
    MediaType, { example: Some("text/plain".into()) }, edge::types::check::any
);

impl Default for MediaType {
    fn default() -> Self {
        Self("application/octet-stream".into())
    }
}

/// What [`WEB_URL`] says.
fn is_web_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    is_authority(authority) && is_encoded(path) && is_encoded(fragment)
}

fn is_authority(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    !host.is_empty() && host.bytes().all(in_host) && is_port
}

fn is_encoded(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:/?@!$&'()*+,;=-%".contains(&byte);
    let is_byte = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.bytes().all(known) && text.split('%').skip(1).all(|part| part.get(..2).is_some_and(is_byte))
}

/// An attachment to register.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateTicketAttachment {
    /// File name.
    #[oai(validator(min_length = 1))]
    pub filename: Text,
    /// URL where the file is hosted (after upload to storage)
    pub url: WebUrl,
    /// File size in bytes
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    pub size: i64,
    /// Media type.
    pub mime_type: WithDefault<MediaType>,
}

wire!(CreateTicketAttachment);

impl From<CreateTicketAttachment> for NewAttachment {
    fn from(new: CreateTicketAttachment) -> Self {
        Self { filename: new.filename.0, url: new.url.0, size: new.size, mime_type: new.mime_type.0.0 }
    }
}

/// An attachment of a ticket.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct TicketAttachment {
    /// Attachment ID: `attach_` and 26 characters.
    pub id: String,
    /// Ticket ID.
    pub ticket_id: String,
    /// File name.
    pub filename: String,
    /// URL of the file.
    pub url: WebUrl,
    /// File size in bytes
    pub size: i64,
    /// Media type.
    pub mime_type: String,
    /// Who added it.
    pub uploaded_by: Author,
    /// Creation time.
    pub created_at: Time,
}

impl From<row::Model> for TicketAttachment {
    fn from(attachment: row::Model) -> Self {
        Self {
            id: attachment.id.to_string(),
            ticket_id: attachment.ticket_id.to_string(),
            filename: attachment.filename,
            url: WebUrl(attachment.url),
            size: attachment.size,
            mime_type: attachment.mime_type,
            uploaded_by: attachment.uploaded_by.into(),
            created_at: Time(attachment.created_at),
        }
    }
}

/// A registered attachment.
#[derive(Debug, Object)]
pub struct TicketAttachmentResponse {
    /// Always true.
    pub success: Success<true>,
    /// The attachment.
    pub data: TicketAttachment,
    /// Human-readable message.
    pub message: String,
}

envelope!(
    /// Attachments of a ticket.
    TicketAttachmentListResponse,
    /// All of them, oldest first.
    list of TicketAttachment
);

#[cfg(test)]
mod tests {
    use super::*;
    use edge::schema::Wire;
    use platform::error::Faults;
    use poem_openapi::types::ParseFromJSON;
    use serde_json::json;

    #[test]
    fn the_check_of_a_url_is_what_is_documented() {
        let good = [
            "http://a",
            "https://A-b_c.example:65535",
            "https://192.0.2.1/%C3%BC?q=(1)&r='*'#/top?",
            "http://a?b",
            "http://a#",
        ];
        let bad = [
            "",
            "https://",
            "https:///a",
            "HTTPS://a",
            "ftp://a/b",
            "javascript:alert(1)",
            "http://a:",
            "http://a:123456",
            "http://a:8x",
            "http://user@a/",
            "http://[::1]/",
            "http://a/b c",
            "http://a/ü",
            "http://a/%",
            "http://a/%C",
            "http://a/%zz",
            "http://a/#b#c",
            "http://a/[b]",
            "http://a\n",
        ];
        let all = good.map(|url| (url, true)).into_iter().chain(bad.map(|url| (url, false)));
        for (url, fits) in all {
            let body = json!({ "filename": "f", "url": url, "size": 1 });
            let faults = CreateTicketAttachment::schema().faults(&body, None, Faults::default());
            assert_eq!(faults.is_empty(), fits, "{url:?}");
            assert_eq!(CreateTicketAttachment::parse_from_json(Some(body)).is_ok(), fits, "{url:?}");
        }
    }
}
