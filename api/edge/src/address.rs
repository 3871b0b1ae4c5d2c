//! The addresses of the client and of the service: behind proxies, only as far as they are trusted.

use ipnet::IpNet;
use poem::{
    Addr, Request,
    http::{
        header,
        uri::{Authority, Scheme},
    },
};
use std::net::{IpAddr, Ipv4Addr};

/// The peer's address or, if that is a trusted proxy, the first from the right in `X-Forwarded-For` that is not one. An
/// invalid entry ends the search, since the client may have made up everything before it.
pub fn of(request: &Request, trusted: &[IpNet]) -> IpAddr {
    let Addr::SocketAddr(peer) = &request.remote_addr().0 else { return Ipv4Addr::LOCALHOST.into() };
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let forwarded: Vec<_> = forwarded.filter_map(|value| value.to_str().ok()).collect();
    client(peer.ip().to_canonical(), &forwarded.join(","), trusted)
}

/// Scheme and host that the client used: `https://example.com`. A trusted proxy says which scheme.
pub fn origin(request: &Request, trusted: &[IpNet]) -> String {
    let is_proxy = match &request.remote_addr().0 {
        Addr::SocketAddr(peer) => trusted.iter().any(|network| network.contains(&peer.ip().to_canonical())),
        _ => false,
    };
    let forwarded = request.header("x-forwarded-proto").filter(|_| is_proxy);
    let scheme = match forwarded {
        Some(scheme @ ("http" | "https")) => scheme,
        _ if request.scheme() == &Scheme::HTTPS => "https",
        _ => "http",
    };
    let authority = request.uri().authority().map(Authority::as_str);
    format!("{scheme}://{}", authority.or_else(|| request.header(header::HOST)).unwrap_or("localhost"))
}

fn client(peer: IpAddr, forwarded: &str, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    for hop in forwarded.rsplit(',').map(str::trim) {
        if !is_trusted(&nearest) {
            break;
        }
        let Some(address) = parse(hop) else { break };
        nearest = address;
    }
    nearest
}

/// An address, with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let address = hop.parse().ok().or_else(|| Some(hop.parse::<std::net::SocketAddr>().ok()?.ip()));
    Some(address?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::client;

    fn of(peer: &str, forwarded: &str) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client(peer.parse().unwrap(), forwarded, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(of("203.0.113.9", "198.51.100.1"), "203.0.113.9", "a client that makes a header up");
        assert_eq!(of("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2"), "198.51.100.1", "behind two proxies");
        assert_eq!(of("fd00::1", "[2001:db8::7]:443"), "2001:db8::7");
        assert_eq!(of("10.0.0.1", "198.51.100.1:1234"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "1.2.3.4, unknown"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "10.0.0.3"), "10.0.0.3", "a client within");
    }
}
