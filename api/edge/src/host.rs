//! The host of a request: `Host` or, in HTTP/2, `:authority`. `X-Forwarded-Host` and `Forwarded` are ignored.

use poem::{
    Request,
    http::{Version, header},
};
use std::net::Ipv6Addr;

/// The host of a request without its port, as written; `None` if it is missing and may be. The error requires a 400
/// (RFC 9112, 3.2; RFC 9113, 8.3.1).
pub fn host(request: &Request) -> Result<Option<&str>, &'static str> {
    let mut given = request.headers().get_all(header::HOST).iter();
    let header = match (given.next(), given.next()) {
        (_, Some(_)) => return Err("The request has more than one Host"),
        (None, _) if request.version() == Version::HTTP_11 => return Err("The request has no Host"),
        (header, _) => header.map(|value| value.to_str().ok().and_then(parse).ok_or("Host is not a host")),
    };
    let header = header.transpose()?;
    let target = request.uri().authority();
    let target = target.map(|it| parse(it.as_str()).ok_or("The request's target has no host")).transpose()?;
    match (target, header) {
        // In HTTP/1 the target takes precedence over Host (RFC 9112, 3.2.2).
        (Some(target), Some(header)) if request.version() >= Version::HTTP_2 && !agree(target, header) => {
            Err("Host is not :authority")
        }
        (target, header) => Ok(target.or(header).map(|(host, _)| host)),
    }
}

/// A host and a port, possibly empty.
type Address<'a> = (&'a str, &'a str);

/// Parses `uri-host [ ":" port ]` (RFC 3986, 3.2.2); `None` for anything else.
fn parse(text: &str) -> Option<Address<'_>> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at(end);
    let port = if rest.is_empty() { "" } else { rest.strip_prefix(':')? };
    (is_host(host) && (port.is_empty() || is_port(port))).then_some((host, port))
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// Whether both are the same host; a missing port is the scheme's default.
fn agree((host, port): Address<'_>, (other, other_port): Address<'_>) -> bool {
    host.eq_ignore_ascii_case(other) && (port == other_port || port.is_empty() || other_port.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a request with these Host headers.
    fn of(version: Version, target: &str, hosts: &[&str]) -> Result<Option<String>, &'static str> {
        let mut request = Request::builder().version(version).uri(target.parse().unwrap()).finish();
        for host in hosts {
            request.headers_mut().append(header::HOST, host.parse().unwrap());
        }
        host(&request).map(|host| host.map(str::to_owned))
    }

    #[test]
    fn http_1_1_has_one_host() {
        let of = |target: &str, hosts: &[&str]| of(Version::HTTP_11, target, hosts);
        for (given, host) in [
            ("example.com", "example.com"),
            ("Example.com:8080", "Example.com"),
            ("127.0.0.1:", "127.0.0.1"),
            ("[::1]:3010", "[::1]"),
            ("a_b", "a_b"),
        ] {
            assert_eq!(of("/x", &[given]), Ok(Some(host.to_owned())), "{given}");
        }
        assert!(of("/x", &[]).is_err() && of("/x", &["a", "a"]).is_err());
        for bad in [
            "", " ", "a b", "me@a", "a:b", "a:1:2", "a:65536", "a/b", "http://a", "[::1", "[a]", "::1",
            "a:+1",
        ] {
            assert!(of("/x", &[bad]).is_err(), "{bad}");
        }
        assert_eq!(of("http://target/x", &["other"]), Ok(Some("target".to_owned())));
        assert!(of("http://me@target/x", &["target"]).is_err() && of("http://target/x", &[]).is_err());
    }

    #[test]
    fn other_versions_may_have_none() {
        for version in [Version::HTTP_10, Version::HTTP_2] {
            assert_eq!(of(version, "/x", &[]), Ok(None));
            assert_eq!(of(version, "/x", &["a:1"]), Ok(Some("a".to_owned())));
            assert!(of(version, "/x", &["a", "b"]).is_err() && of(version, "/x", &["a b"]).is_err());
        }
        let of = |target: &str, hosts: &[&str]| of(Version::HTTP_2, target, hosts);
        assert_eq!(of("https://a:443/x", &["A"]), Ok(Some("a".to_owned())));
        assert_eq!(of("https://a/x", &["b"]), Err("Host is not :authority"));
        assert_eq!(of("https://a:1/x", &["a:2"]), Err("Host is not :authority"));
    }
}
