//! Metrics. Without credentials: `metrics.listen` restricts access, and next to the API they are for this machine only.

use super::nothing_here;
use crate::host::host;
use kernel::{Kernel, scrape::Scraper};
use poem::{Addr, Endpoint, Request, Response};
use std::net::IpAddr;

/// All metrics of the process, in the Prometheus format.
pub struct Metrics(Scraper);

impl Metrics {
    /// Of this process.
    pub fn new(kernel: Kernel) -> Self {
        Self(Scraper::new(kernel))
    }
}

impl Endpoint for Metrics {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        let text = self.0.scrape().await;
        Ok(Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
    }
}

/// An endpoint for programs on this machine only, not through a proxy on it, or by a DNS name that points here.
pub struct Local<E>(pub E);

impl<E: Endpoint<Output = Response>> Endpoint for Local<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if is_local(&request) { self.0.call(request).await } else { Ok(nothing_here()) }
    }
}

/// Headers added by proxies.
const FORWARDED: [&str; 5] = ["cf-connecting-ip", "forwarded", "true-client-ip", "via", "x-real-ip"];
/// Prefixes of other such headers.
const FORWARDED_PREFIX: &str = "x-forwarded-";

fn is_local(request: &Request) -> bool {
    let Addr::SocketAddr(peer) = &request.remote_addr().0 else { return false };
    let host = host(request).ok().flatten().unwrap_or_default();
    let is_of_proxy = |name: &str| FORWARDED.contains(&name) || name.starts_with(FORWARDED_PREFIX);
    let forwarded = request.headers().keys().any(|name| is_of_proxy(name.as_str()));
    peer.ip().to_canonical().is_loopback() && is_loopback(host) && !forwarded
}

/// Whether a host, as in a URL, is this machine for any resolver.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|it: IpAddr| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::{
        Body,
        http::{self, uri::Scheme},
        web::{LocalAddr, RemoteAddr},
    };
    use std::net::SocketAddr;

    fn of(peer: &str, headers: &[(&str, &str)]) -> bool {
        let peer = RemoteAddr(Addr::from(peer.parse::<SocketAddr>().unwrap()));
        let request = http::Request::builder();
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let parts = (parts, LocalAddr::default(), peer, Scheme::HTTP).into();
        is_local(&Request::from_parts(parts, Body::empty()))
    }

    #[test]
    fn only_this_machine_is_local() {
        for host in ["127.0.0.1:3010", "localhost", "LOCALHOST:1", "[::1]:3010", "127.8.8.8"] {
            assert!(of("127.0.0.1:5000", &[("host", host)]), "{host}");
        }
        assert!(
            of("[::1]:5000", &[("host", "[::1]")]) && of("[::ffff:127.0.0.1]:5000", &[("host", "127.0.0.1")])
        );
        assert!(!of("192.0.2.1:5000", &[("host", "127.0.0.1")]), "from elsewhere");
        for host in ["api.example.com", "localhost.example.com", "10.0.0.1", "127.0.0.1.example.com"] {
            assert!(!of("127.0.0.1:5000", &[("host", host)]), "{host}");
        }
        for name in
            FORWARDED.into_iter().chain(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-server"])
        {
            assert!(!of("127.0.0.1:5000", &[("host", "127.0.0.1"), (name, "x")]), "{name}");
        }
    }
}
