//! The id of a request: in its response, the log, and its jobs and events.

use poem::Request;
use std::{fmt, sync::Arc};
use uuid::Uuid;

/// The caller's `X-Request-Id` if it is valid, otherwise a new one. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The header.
    pub const HEADER: &'static str = "x-request-id";

    /// The request's id.
    pub fn of(request: &Request) -> Self {
        let given = request.header(Self::HEADER).filter(|id| is_safe(id));
        given.map_or_else(Self::make, |id| Self(id.into()))
    }

    /// A new id; ids sort by creation.
    fn make() -> Self {
        Self((&*Uuid::now_v7().as_hyphenated().encode_lower(&mut Uuid::encode_buffer())).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 8 to 128 characters without a meaning in logs, shells or databases.
fn is_safe(id: &str) -> bool {
    (8..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str) -> RequestId {
        RequestId::of(&Request::builder().header(RequestId::HEADER, id).finish())
    }

    #[test]
    fn a_safe_id_is_kept() {
        for id in ["12345678", "a.b-c_d:e1", &"x".repeat(128)] {
            assert_eq!(of(id).as_str(), id);
        }
    }

    #[test]
    fn others_are_replaced() {
        for id in ["1234567", &"x".repeat(129), "has a space", "<script>alert", "é12345678"] {
            assert_ne!(of(id).as_str(), id);
            assert_eq!(of(id).as_str().len(), 36);
        }
    }
}
