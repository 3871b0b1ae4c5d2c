//! Which contract a request is for: by its host, or else by the beginning of its path, before anything of the
//! framework's routing, so that whatever is wrong with the rest is told in the contract's own envelope.

use crate::server::host;
use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, StatusCode, Uri, header, uri::PathAndQuery},
};
use std::borrow::Cow;

/// Services side by side, each below its path.
#[derive(Default)]
pub struct Mounts {
    services: Vec<(Cow<'static, str>, BoxEndpoint<'static, Response>)>,
}

impl Mounts {
    /// Mounts a service; it sees paths without `prefix`. The first mounted that fits is asked.
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

/// Mounts that are served at one host name each, and those for all other hosts.
pub struct Hosts {
    others: Mounts,
    named: Vec<(String, Mounts)>,
}

impl Hosts {
    /// Serves the same, whatever the host.
    pub const fn any(others: Mounts) -> Self {
        Self { others, named: vec![] }
    }

    /// Serves these mounts at a host name, which is in lower case.
    #[must_use]
    pub fn at(mut self, host: impl Into<String>, mounts: Mounts) -> Self {
        self.named.push((host.into(), mounts));
        self
    }

    /// The mounts that a request is for. A name may end in a dot, which is the root of all names.
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

/// A contract at the root of its host, without the mount below which its answers say that objects are: also those
/// that are given again, and were first given elsewhere.
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
