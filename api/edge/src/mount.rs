//! Selects the contract of a request by its host, or else by the first segment of its path, before the framework's
//! routing, so that all errors have the contract's envelope.

use crate::host::host;
use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, StatusCode, Uri, header, uri::PathAndQuery},
};
use std::borrow::Cow;

/// Services, each below its path.
#[derive(Default)]
pub struct Mounts {
    services: Vec<(Cow<'static, str>, BoxEndpoint<'static, Response>)>,
}

impl Mounts {
    /// Mounts a service; it sees paths without `prefix`. The first match is used.
    #[must_use]
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

/// Mounts at one host name each, and those for all other hosts.
pub struct Hosts {
    others: Mounts,
    named: Vec<(String, Mounts)>,
}

impl Hosts {
    /// Serves the same mounts at all hosts.
    pub const fn any(others: Mounts) -> Self {
        Self { others, named: vec![] }
    }

    /// Serves these mounts at a host name (in lower case).
    #[must_use]
    pub fn at(mut self, host: impl Into<String>, mounts: Mounts) -> Self {
        self.named.push((host.into(), mounts));
        self
    }

    /// The mounts of a request. A host name may end in a dot, the DNS root.
    fn of(&self, request: &Request) -> &Mounts {
        if self.named.is_empty() {
            return &self.others;
        }
        let host = host(request).ok().flatten().unwrap_or_default();
        let host = host.strip_suffix('.').unwrap_or(host);
        let named = self.named.iter().find(|(name, _)| name.eq_ignore_ascii_case(host));
        named.map_or(&self.others, |(_, mounts)| mounts)
    }
}

impl Endpoint for Hosts {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        self.of(&request).call(request).await
    }
}

/// A contract at the root of its host: removes the mount from URLs in responses, including stored ones.
pub struct AtRoot<E> {
    /// The contract.
    pub inner: E,
    /// Its mount.
    pub mount: &'static str,
}

impl<E: Endpoint<Output = Response>> Endpoint for AtRoot<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let mut answer = self.inner.call(request).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let below = location.and_then(|location| location.strip_prefix(self.mount));
        let below = below.filter(|below| below.starts_with('/')).map(HeaderValue::from_str);
        if let Some(Ok(below)) = below {
            answer.headers_mut().insert(header::LOCATION, below);
        }
        Ok(answer)
    }
}

/// The rest after the prefix, if that ends at a segment.
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
