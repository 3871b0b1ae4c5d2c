//! What responses are wrapped in.

use poem_openapi::Object;

/// Declares a response: with one object, or a `list of` them.
macro_rules! envelope {
    ($(#[$doc:meta])* $name:ident, $(#[$data_doc:meta])* list of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, ::poem_openapi::Object)]
        pub struct $name {
            $(#[$data_doc])*
            pub data: Vec<$item>,
            /// Whether there are more.
            pub has_more: bool,
            /// The `cursor` of the next page; null on the last page.
            pub next_cursor: ::edge::types::Nullable<String>,
            /// ID of the request.
            pub request_id: String,
        }

        impl $name {
            /// The part of a list, with the cursor of the next one.
            pub fn of<T: Into<$item>>(
                caller: &$crate::auth::Caller,
                (slice, next): (::platform::paging::Slice<T>, Option<String>),
            ) -> Self {
                Self {
                    data: slice.items.into_iter().map(Into::into).collect(),
                    has_more: slice.has_more,
                    next_cursor: ::edge::types::Nullable(next),
                    request_id: caller.request_id().into(),
                }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, $(#[$data_doc:meta])* $data:ty) => {
        $(#[$doc])*
        #[derive(Debug, ::poem_openapi::Object)]
        pub struct $name {
            $(#[$data_doc])*
            pub data: $data,
            /// ID of the request.
            pub request_id: String,
        }

        impl $name {
            /// The response with this object.
            pub fn of(caller: &$crate::auth::Caller, data: impl Into<$data>) -> Self {
                Self { data: data.into(), request_id: caller.request_id().into() }
            }
        }
    };
}
pub(super) use envelope;

/// Declares the `object` of a wire object: always this word.
macro_rules! object_type {
    ($name:ident, $word:literal) => {
        #[doc = concat!("Always `", $word, "`.")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ::poem_openapi::Enum)]
        pub enum $name {
            #[doc = concat!("`", $word, "`.")]
            #[default]
            #[oai(rename = $word)]
            Word,
        }
    };
}
pub(super) use object_type;

/// An error response.
#[derive(Debug, Object)]
pub struct ApiErrorEnvelope {
    /// The error.
    pub error: ApiErrorDetail,
}

/// An error.
#[derive(Debug, Object)]
pub struct ApiErrorDetail {
    /// Type of error: `invalid_request_error`, `authentication_error`, `permission_error`, `not_found`, `conflict`,
    /// `rate_limit_error` or `api_error`.
    #[oai(rename = "type")]
    pub kind: String,
    /// Error code, such as `invalid_phone_number`.
    pub code: String,
    /// Human-readable message.
    pub message: String,
    /// The first invalid field.
    #[oai(skip_serializing_if_is_none)]
    pub param: Option<String>,
    /// ID of the request.
    pub request_id: String,
}
