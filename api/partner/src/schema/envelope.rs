//! What every answer is wrapped in.

use super::Customer;
use edge::types::Success;
use platform::paging::Page;
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// Declares a response: of one object, a `list of` them, or a `page of` them; `of` wraps what the domain returned.
macro_rules! envelope {
    ($(#[$doc:meta])* $name:ident, $(#[$data_doc:meta])* page of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, ::poem_openapi::Object)]
        pub struct $name {
            /// Always true.
            pub success: ::edge::types::Success<true>,
            $(#[$data_doc])*
            pub data: Vec<$item>,
            /// Pagination.
            pub pagination: $crate::schema::PaginationResponse,
        }

        impl $name {
            /// This page of the list.
            pub fn of<T: Into<$item>>(
                page: &$crate::schema::PageQuery,
                found: ::platform::paging::Page<T>,
            ) -> Self {
                let pagination = page.pagination(&found);
                let data = found.items.into_iter().map(Into::into).collect();
                Self { success: ::edge::types::Success, data, pagination }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $(#[$data_doc:meta])* list of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, ::poem_openapi::Object)]
        pub struct $name {
            /// Always true.
            pub success: ::edge::types::Success<true>,
            $(#[$data_doc])*
            pub data: Vec<$item>,
        }

        impl $name {
            /// The whole list.
            pub fn of<T: Into<$item>>(found: Vec<T>) -> Self {
                let data = found.into_iter().map(Into::into).collect();
                Self { success: ::edge::types::Success, data }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $(#[$data_doc:meta])* $data:ty) => {
        $(#[$doc])*
        #[derive(Debug, ::poem_openapi::Object)]
        pub struct $name {
            /// Always true.
            pub success: ::edge::types::Success<true>,
            $(#[$data_doc])*
            pub data: $data,
        }

        impl $name {
            /// This object.
            pub fn of(data: impl Into<$data>) -> Self {
                Self { success: ::edge::types::Success, data: data.into() }
            }
        }
    };
}
pub(super) use envelope;

/// An error response.
#[derive(Debug, Object)]
pub struct ErrorResponse {
    /// Always false.
    pub success: Success<false>,
    /// Error code.
    pub error: ErrorCode,
    /// Human-readable message.
    pub message: String,
    /// Details: `errors` with the `row`, `field` and `message` of each fault, or the `field` of a conflict.
    #[oai(skip_serializing_if_is_none)]
    pub details: Option<Value>,
}

/// Error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// The request breaks rules.
    ValidationError,
    /// No key, or one that opens nothing.
    Unauthorized,
    /// The key is good, but not for this.
    Forbidden,
    /// No such object or path.
    NotFound,
    /// It exists already, or is not in a state for this.
    Conflict,
    /// The path takes other methods.
    MethodNotAllowed,
    /// The body took too long to arrive.
    RequestTimeout,
    /// The body is of another media type.
    UnsupportedMediaType,
    /// The body is too large.
    PayloadTooLarge,
    /// No answer of the operation is of a type that the caller takes.
    NotAcceptable,
    /// The idempotency key came with another request before.
    IdempotencyKeyReused,
    /// Too many requests; `Retry-After` says when to come back.
    RateLimitExceeded,
    /// Try again later.
    ServiceUnavailable,
    /// Our fault.
    InternalError,
}

envelope!(
    /// One customer.
    CustomerResponse,
    /// The customer.
    Customer
);

envelope!(
    /// A page of customers.
    CustomerListResponse,
    /// The customers, oldest first.
    page of Customer
);

/// Which page of a list is wanted.
#[derive(Debug, Object)]
pub struct PageQuery {
    /// Page number (1-indexed)
    #[oai(default = "first", validator(minimum(value = "1"), maximum(value = "1000000000000")))]
    pub page: u64,
    /// Number of items per page (max 100)
    #[oai(default = "twenty", validator(minimum(value = "1"), maximum(value = "100")))]
    pub limit: u64,
}

/// The first page.
pub const fn first() -> u64 {
    1
}

const fn twenty() -> u64 {
    20
}

impl PageQuery {
    /// Where this page is in the list.
    pub const fn pagination<T>(&self, found: &Page<T>) -> PaginationResponse {
        PaginationResponse::new(self.page, self.limit, found.total)
    }
}

/// Pagination details.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename_all = "camelCase")]
pub struct PaginationResponse {
    /// Page number (1-indexed).
    pub page: u64,
    /// Maximum number of items per page.
    pub limit: u64,
    /// Total number of items.
    pub total: u64,
    /// Total number of pages.
    pub total_pages: u64,
    /// Whether there is a next page.
    pub has_next: bool,
    /// Whether there is a previous page.
    pub has_prev: bool,
}

impl PaginationResponse {
    /// Of the one page that a list is which is always given whole.
    pub fn whole(items: usize) -> Self {
        let total = items as u64;
        Self::new(1, total.max(1), total)
    }

    /// Of a page of `limit` items among `total`.
    pub const fn new(page: u64, limit: u64, total: u64) -> Self {
        let total_pages = total.div_ceil(limit);
        Self {
            page,
            limit,
            total,
            total_pages,
            has_next: page < total_pages,
            has_prev: page > 1 && total_pages > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PaginationResponse;

    #[test]
    fn pages_know_their_neighbours() {
        let of = |page, limit, total| {
            let page = PaginationResponse::new(page, limit, total);
            (page.total_pages, page.has_next, page.has_prev)
        };
        assert_eq!(of(1, 20, 0), (0, false, false));
        assert_eq!(of(1, 20, 20), (1, false, false));
        assert_eq!(of(2, 20, 41), (3, true, true));
        assert_eq!(of(9, 20, 41), (3, false, true));
    }
}
