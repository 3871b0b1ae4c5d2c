//! Common responses other than 200.

use poem::{
    IntoResponse, Response,
    http::{StatusCode, header},
};
use poem_openapi::{
    ApiResponse, ResponseContent,
    payload::Json,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON, Type},
};

/// 201 with the created object.
pub struct Created<T>(pub T);

/// 201 with the created object, and its URL as `Location`.
pub struct Located<T> {
    /// The object.
    pub object: T,
    /// Its URL.
    pub location: String,
}

/// 202 with the current state.
pub struct Accepted<T>(pub T);

/// 204, without a body.
pub struct NoContent;

impl<T: ToJSON> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        Json(self.0).with_status(StatusCode::CREATED).into_response()
    }
}

impl<T: ToJSON> IntoResponse for Located<T> {
    fn into_response(self) -> Response {
        Created(self.object).with_header(header::LOCATION, self.location).into_response()
    }
}

impl<T: ToJSON> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        Json(self.0).with_status(StatusCode::ACCEPTED).into_response()
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// Documents a response with an object.
macro_rules! documented {
    ($name:ident, $status:expr, $description:literal, $headers:expr) => {
        impl<T: ToJSON + Type> ApiResponse for $name<T> {
            fn meta() -> MetaResponses {
                let content = <Json<T> as ResponseContent>::media_types();
                answer($status, $description, content, $headers)
            }

            fn register(registry: &mut Registry) {
                <Json<T> as ResponseContent>::register(registry);
            }
        }
    };
}

documented!(Created, StatusCode::CREATED, "Created", vec![]);
documented!(Located, StatusCode::CREATED, "Created", vec![location()]);
documented!(Accepted, StatusCode::ACCEPTED, "Accepted", vec![]);

impl ApiResponse for NoContent {
    fn meta() -> MetaResponses {
        answer(StatusCode::NO_CONTENT, "Done", vec![], vec![])
    }

    fn register(_: &mut Registry) {}
}

fn answer(
    status: StatusCode,
    description: &'static str,
    content: Vec<MetaMediaType>,
    headers: Vec<MetaHeader>,
) -> MetaResponses {
    let status = Some(status.as_u16());
    MetaResponses {
        responses: vec![MetaResponse { description, status, status_range: None, content, headers }],
    }
}

fn location() -> MetaHeader {
    MetaHeader {
        name: header::LOCATION.as_str().to_uppercase(),
        description: Some("URL of the created object".into()),
        required: true,
        deprecated: false,
        schema: String::schema_ref(),
    }
}
