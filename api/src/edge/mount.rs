//! Which contract a request is for: by the beginning of its path, before anything of the framework's
//! routing, so that whatever is wrong with the rest is told in the contract's own envelope.

use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{StatusCode, Uri, uri::PathAndQuery},
};
use std::borrow::Cow;

/// Services side by side, each below its path.
#[derive(Default)]
pub struct Mounts {
    services: Vec<(Cow<'static, str>, BoxEndpoint<'static, Response>)>,
}

impl Mounts {
    /// Mounts a service; it sees paths without `prefix`. The first mounted that fits is asked.
    pub fn at(
        mut self,
        prefix: impl Into<Cow<'static, str>>,
        service: impl Endpoint<Output = Response> + 'static,
    ) -> Self {
        self.services.push((prefix.into(), service.boxed()));
        self
    }
}

impl Endpoint for Mounts {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let mut below = self
            .services
            .iter()
            .filter_map(|(prefix, service)| Some((rest(request.uri(), prefix)?, service)));
        let Some((uri, service)) = below.next() else {
            return Ok(StatusCode::NOT_FOUND.into_response());
        };
        *request.uri_mut() = uri;
        service.call(request).await
    }
}

/// What follows the prefix, if it ends where a segment does.
fn rest(uri: &Uri, prefix: &str) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    let path = match rest.bytes().next() {
        Some(b'/') => rest.parse().ok()?,
        Some(b'?') => format!("/{rest}").parse().ok()?,
        None => PathAndQuery::from_static("/"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_where_segments_do() {
        let of = |uri: &str| rest(&uri.parse().unwrap(), "/partner").map(|uri| uri.to_string());
        assert_eq!(of("/partner/api/v1/x?y=1").as_deref(), Some("/api/v1/x?y=1"));
        assert_eq!(of("/partner").as_deref(), Some("/"));
        assert_eq!(of("/partner?x").as_deref(), Some("/?x"));
        assert_eq!(of("/partnership/x"), None);
        assert_eq!(of("/"), None);
    }
}
