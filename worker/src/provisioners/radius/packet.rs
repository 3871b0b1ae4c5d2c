//! Encodes requests to NASes and decodes responses (RFC 2865, RFC 5176). Own code, because no maintained library signs
//! requests with Message-Authenticator, without which many servers drop them.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

/// A request code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Code {
    /// Ends the session.
    Disconnect = 40,
    /// Changes the session.
    Change = 43,
}

/// A response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// ACK.
    Acknowledged,
    /// NAK.
    Refused,
}

/// Attributes of requests.
pub(super) enum Attribute<'a> {
    UserName(&'a str),
    /// The name of a NAS policy.
    FilterId(&'a str),
    SessionId(&'a str),
}

const MESSAGE_AUTHENTICATOR: u8 = 80;
const HEADER: usize = 20;

/// A signed request.
pub(super) struct Request<'a> {
    code: Code,
    secret: &'a [u8],
    bytes: Vec<u8>,
}

impl<'a> Request<'a> {
    pub(super) fn new(code: Code, identifier: u8, attributes: &[Attribute<'_>], secret: &'a [u8]) -> Self {
        let mut bytes = vec![code as u8, identifier];
        bytes.resize(HEADER, 0);
        for attribute in attributes {
            let (kind, value) = match attribute {
                Attribute::UserName(name) => (1, name),
                Attribute::FilterId(name) => (11, name),
                Attribute::SessionId(id) => (44, id),
            };
            add(&mut bytes, kind, value.as_bytes());
        }
        add(&mut bytes, MESSAGE_AUTHENTICATOR, &[0; 16]);
        // At most three attributes of 255 bytes: it fits.
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        sign(&mut bytes, secret);
        Self { code, secret, bytes }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Decodes the response to this request; `None` if it is invalid or not signed with the secret (RFC 5176, 2.3).
    pub(super) fn answer(&self, bytes: &[u8]) -> Option<Answer> {
        let length = bytes.get(2..4).map(|it| usize::from(u16::from_be_bytes([it[0], it[1]])))?;
        // Bytes after the stated length are padding.
        let bytes = bytes.get(..length).filter(|_| length >= HEADER)?;
        let authenticator = [&bytes[..4], &self.bytes[4..HEADER], &bytes[HEADER..], self.secret];
        if bytes[1] != self.bytes[1] || bytes[4..HEADER] != digest(&authenticator) {
            return None;
        }
        match bytes[0].checked_sub(self.code as u8)? {
            1 => Some(Answer::Acknowledged),
            2 => Some(Answer::Refused),
            _ => None,
        }
    }
}

/// An attribute's value is at most 253 bytes.
fn add(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let value = &value[..value.len().min(253)];
    bytes.extend([kind, u8::try_from(value.len() + 2).unwrap_or(u8::MAX)]);
    bytes.extend(value);
}

/// Message-Authenticator over the packet with both authenticators zero (RFC 3579, 3.2, as in RFC 5176, 3.3), then the
/// authenticator of the whole.
fn sign(bytes: &mut [u8], secret: &[u8]) {
    let place = bytes.len() - 16;
    let signature = Hmac::<Md5>::new_from_slice(secret).map(|mac| mac.chain_update(&*bytes).finalize());
    // A key may have any length.
    if let Ok(signature) = signature {
        bytes[place..].copy_from_slice(&signature.into_bytes());
    }
    let authenticator = digest(&[&*bytes, secret]);
    bytes[4..HEADER].copy_from_slice(&authenticator);
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    parts.iter().fold(Md5::new(), Digest::chain_update).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"secret";

    /// A NAS's response.
    fn answer(request: &Request<'_>, code: u8, secret: &[u8]) -> Vec<u8> {
        let mut bytes = vec![code, request.bytes[1], 0, 20];
        bytes.extend(digest(&[&bytes, &request.bytes[4..HEADER], &[], secret]));
        bytes
    }

    #[test]
    fn only_an_answer_of_who_knows_the_secret_counts() {
        let request = Request::new(Code::Change, 7, &[Attribute::UserName("ada")], SECRET);
        assert_eq!(request.answer(&answer(&request, 44, SECRET)), Some(Answer::Acknowledged));
        assert_eq!(request.answer(&answer(&request, 45, SECRET)), Some(Answer::Refused));
        assert_eq!(request.answer(&answer(&request, 44, b"guess")), None);
        assert_eq!(request.answer(&answer(&request, 41, SECRET)), None, "of another kind");
        let other = Request::new(Code::Change, 8, &[Attribute::UserName("ada")], SECRET);
        assert_eq!(request.answer(&answer(&other, 44, SECRET)), None, "of another request");
        for cut in 0..HEADER {
            assert_eq!(request.answer(&answer(&request, 44, SECRET)[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn a_request_is_as_long_as_it_says() {
        let long = "x".repeat(300);
        let attributes =
            [Attribute::UserName(&long), Attribute::FilterId("1M-1M"), Attribute::SessionId("s")];
        let request = Request::new(Code::Disconnect, 1, &attributes, SECRET);
        let length = u16::from_be_bytes([request.bytes()[2], request.bytes()[3]]);
        assert_eq!(usize::from(length), request.bytes().len());
        assert_eq!(request.bytes()[HEADER + 1], 255, "a long value is cut");
    }
}
