//! Resolves names for the connector, which connects only to the returned addresses.

use super::{Failure, Refused, Rules};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{net::SocketAddr, sync::Arc};

/// The system's resolver, without forbidden addresses.
pub(super) struct Filter(pub(super) Arc<Rules>);

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0.clone();
        Box::pin(async move {
            // The connector sets the port.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|error| Failure::of_look_up(&error))?;
            let allowed: Addrs = Box::new(allowed(&rules, found)?.into_iter());
            Ok(allowed)
        })
    }
}

/// The allowed addresses; if there are none, the error of the first.
pub(super) fn allowed(
    rules: &Rules,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Failure> {
    let (mut allowed, mut first) = (Vec::new(), None);
    for address in found {
        match rules.check_resolved(address.ip()) {
            Ok(()) => allowed.push(address),
            Err(blocked) => first = first.or(Some(blocked)),
        }
    }
    match first {
        _ if !allowed.is_empty() => Ok(allowed),
        Some(blocked) => Err(Failure::Refused(Refused::Resolved(blocked))),
        None => Err(Failure::Dns("none was found".to_owned())),
    }
}
