//! What a person wants to know of the servers.

use platform::{
    error::{Dependency, Error, Result},
    redis_servers::Servers,
    redis_url::Address,
};
use redis::{Cmd, InfoDict, RedisResult, aio::MultiplexedConnection, cmd};

/// Which server answers, where, and with TLS or without. Fails if it is not what the URL says it is.
pub(super) async fn of(servers: &Servers) -> Result<String> {
    let refused = |error| servers.refused(&error);
    let client = servers.server().await.map_err(refused)?;
    let place = client.get_connection_info().addr().to_string();
    let opened = client.get_multiplexed_async_connection_with_config(&servers.config()).await;
    let mut server = opened.map_err(refused)?;
    let info: InfoDict = ask(&mut server, cmd("INFO").arg("server")).await.map_err(refused)?;
    let mode = info.get::<String>("redis_mode").or_else(|| info.get("server_mode")).unwrap_or_default();
    let tls = if servers.address().is_tls() { "with TLS" } else { "without TLS" };
    let program = program(&info);
    match servers.address() {
        Address::Cluster(_) => {
            let cluster: InfoDict = ask(&mut server, cmd("CLUSTER").arg("INFO")).await.map_err(refused)?;
            let state = cluster.get::<String>("cluster_state").unwrap_or_default();
            let size = cluster.get::<u64>("cluster_size").unwrap_or_default();
            Ok(format!("{program}, a cluster of {size} masters, state {state}, {tls}"))
        }
        _ if mode == "cluster" => {
            let what = format!("{place} is a node of a cluster; redis.url is to begin with redis+cluster://");
            Err(Error::unavailable(Dependency::Redis, what))
        }
        Address::Sentinel { master, .. } => Ok(format!("{program}, {master} at {place}, {tls}")),
        Address::One(_) => Ok(format!("{program} at {place}, {tls}")),
    }
}

async fn ask(server: &mut MultiplexedConnection, command: &Cmd) -> RedisResult<InfoDict> {
    command.query_async(server).await
}

/// Valkey gives its own version beside that of the Redis it stands for.
fn program(info: &InfoDict) -> String {
    let version = |name| info.get::<String>(name);
    match (version("valkey_version"), version("redis_version")) {
        (Some(version), _) => format!("Valkey {version}"),
        (None, version) => format!("Redis {}", version.unwrap_or_default()),
    }
}
