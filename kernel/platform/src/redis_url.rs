//! What `redis.url` may name: one server, the master that sentinels watch, or a cluster.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// What a URL may look like; completes the sentence "expected …".
pub const ALLOWED: &str = "nothing, or a URL such as redis://:password@host:6379/0, rediss://host (TLS), \
                           unix:///run/redis.sock, redis+sentinel://host1:26379,host2:26379/mymaster/0 or \
                           redis+cluster://host1:6379,host2:6379 (rediss+…:// with TLS)";

/// The port that sentinels listen on by default.
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is.
pub enum Address {
    /// One server.
    One(ConnectionInfo),
    /// The server that sentinels say is the master.
    Sentinel {
        /// Of the sentinels, with TLS or without.
        sentinels: Vec<ConnectionAddr>,
        /// What they call the master.
        master: String,
        /// How the master is logged in to; its address is only that of the first sentinel.
        server: ConnectionInfo,
    },
    /// A cluster, of which these nodes are asked for the others.
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// Reads a URL. None for one that names nothing that could be connected to, or that turns the check of
    /// certificates off.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        match scheme.split_once('+') {
            None => node(url).map(Self::One),
            Some((base @ ("redis" | "rediss"), "sentinel")) => sentinel(base, &Several::of(rest)),
            Some((base @ ("redis" | "rediss"), "cluster")) => cluster(base, &Several::of(rest)),
            Some(_) => None,
        }
    }

    /// Whether connections are encrypted.
    pub fn is_tls(&self) -> bool {
        let server = match self {
            Self::One(server) | Self::Sentinel { server, .. } => Some(server),
            Self::Cluster(nodes) => nodes.first(),
        };
        server.is_some_and(|server| matches!(server.addr(), ConnectionAddr::TcpTls { .. }))
    }

    /// For messages: without user and password.
    pub fn place(&self) -> String {
        let scheme = if self.is_tls() { "rediss" } else { "redis" };
        match self {
            Self::One(server) => match server.addr() {
                ConnectionAddr::Unix(path) => path.display().to_string(),
                address => format!("{scheme}://{address}"),
            },
            Self::Sentinel { sentinels, master, .. } => {
                format!("{master} of {scheme}+sentinel://{}", join(sentinels))
            }
            Self::Cluster(nodes) => {
                format!("{scheme}+cluster://{}", join(nodes.iter().map(ConnectionInfo::addr)))
            }
        }
    }
}

fn join<'a>(addresses: impl IntoIterator<Item = &'a ConnectionAddr>) -> String {
    addresses.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A URL of several hosts, after its scheme.
struct Several<'a> {
    /// With the `@`; a password that is not escaped may have one, too.
    login: &'a str,
    hosts: &'a str,
    path: &'a str,
    /// With the `?`.
    query: &'a str,
}

impl<'a> Several<'a> {
    fn of(rest: &'a str) -> Self {
        let (login, rest) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        Self { login, hosts, path, query }
    }

    fn nodes(&self, base: &str, database: &str) -> Option<Vec<ConnectionInfo>> {
        let Self { login, hosts, query, .. } = self;
        hosts.split(',').map(|host| node(&format!("{base}://{login}{host}/{database}{query}"))).collect()
    }
}

fn node(url: &str) -> Option<ConnectionInfo> {
    let server = url.into_connection_info().ok()?;
    let insecure = matches!(server.addr(), ConnectionAddr::TcpTls { insecure: true, .. });
    (!insecure).then_some(server)
}

fn cluster(base: &str, several: &Several<'_>) -> Option<Address> {
    several.nodes(base, several.path).map(Address::Cluster)
}

fn sentinel(base: &str, several: &Several<'_>) -> Option<Address> {
    let (master, database) = several.path.split_once('/').unwrap_or((several.path, ""));
    let hosts: Vec<_> = several.hosts.split(',').map(with_port).collect();
    let nodes = Several { hosts: &hosts.join(","), ..*several }.nodes(base, database)?;
    let server = nodes.first()?.clone();
    let sentinels = nodes.iter().map(|node| node.addr().clone()).collect();
    (!master.is_empty()).then(|| Address::Sentinel { sentinels, master: master.to_owned(), server })
}

/// IPv6 addresses are in brackets.
fn with_port(host: &str) -> String {
    let after = host.rsplit(']').next().unwrap_or(host);
    if after.contains(':') { host.to_owned() } else { format!("{host}:{SENTINEL_PORT}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Option<String> {
        Address::parse(url).map(|address| address.place())
    }

    #[test]
    fn each_form_is_read() {
        for (url, read) in [
            ("redis://me:p%40ss@host:7000/3", "redis://host:7000"),
            ("rediss://host", "rediss://host:6379"),
            ("valkey://host", "redis://host:6379"),
            ("unix:///run/redis.sock?db=1", "/run/redis.sock"),
            (
                "redis+sentinel://:p@ss@a,b:7,[::1]/mymaster/2",
                "mymaster of redis+sentinel://a:26379,b:7,::1:26379",
            ),
            ("rediss+sentinel://a/m?protocol=resp3", "m of rediss+sentinel://a:26379"),
            ("rediss+cluster://me:pw@a,b:7001/", "rediss+cluster://a:6379,b:7001"),
        ] {
            assert_eq!(place(url).as_deref(), Some(read), "{url}");
        }
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for url in [
            "",
            "host",
            "http://host",
            "redis://host/one",
            "rediss://host#insecure",
            "redis+sentinel://a:26379",
            "redis+sentinel://a:26379/",
            "redis+sentinel://a,/mymaster",
            "redis+cluster://",
            "redis+cluster://a,b:port",
            "redis+unix://a",
        ] {
            assert_eq!(place(url), None, "{url}");
        }
    }

    #[test]
    fn login_and_database_are_those_of_each_server() {
        let Some(Address::Sentinel { server, .. }) =
            Address::parse("redis+sentinel://me:p@ss@a,b/mymaster/2")
        else {
            panic!("not of sentinels");
        };
        let server = server.redis_settings();
        assert_eq!((server.username(), server.password(), server.db()), (Some("me"), Some("p@ss"), 2));
        let Some(Address::Cluster(nodes)) = Address::parse("redis+cluster://me:pw@a,b") else {
            panic!("not of a cluster");
        };
        assert!(nodes.iter().all(|node| node.redis_settings().password() == Some("pw")));
    }
}
