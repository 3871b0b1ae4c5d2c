//! Host names that serve a contract at the root.

use super::join;
use crate::config::{
    layers::Layers,
    rules::{Field, host_name},
};

/// The host names of the contracts in lower case, in the order of `switchyard.toml`; empty: none.
#[derive(Clone, Debug, PartialEq)]
pub struct Hosts(Vec<(String, String)>);

impl Hosts {
    /// The host name of a contract, if it has one.
    pub fn get(&self, contract: &str) -> Option<&str> {
        self.named().find(|(of, _)| *of == contract).map(|(_, host)| host)
    }

    /// The contracts that have a host name.
    pub fn contracts(&self) -> impl Iterator<Item = &str> {
        self.named().map(|(contract, _)| contract)
    }

    /// The contracts that have a host name, each with it.
    fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.0.iter().filter(|(_, host)| !host.is_empty());
        named.map(|(contract, host)| (contract.as_str(), host.as_str()))
    }

    /// The host name of a contract, to be changed.
    pub fn get_mut(&mut self, contract: &str) -> Option<&mut String> {
        self.0.iter_mut().find(|(of, _)| of == contract).map(|(_, host)| host)
    }

    pub(in crate::config) fn read_at(layers: &mut Layers, path: &str) -> Option<Self> {
        let mut all = Vec::new();
        for contract in layers.names_below(path) {
            let host = host_name().read(layers, &join(path, &contract));
            all.push(host.map(|host| (contract, host)));
        }
        let hosts = Self(all.into_iter().collect::<Option<_>>()?);
        hosts.check(layers, path);
        Some(hosts)
    }

    /// Adds a fault for every duplicate host name.
    fn check(&self, layers: &mut Layers, path: &str) {
        let named: Vec<_> = self.named().collect();
        for (place, (contract, host)) in named.iter().enumerate() {
            let Some((first, _)) = named[..place].iter().find(|(_, other)| other == host) else { continue };
            let (setting, first) = (join(path, contract), join(path, first));
            let source = layers.leaf(&setting).and_then(|leaf| Some(leaf.source()?.to_string()));
            let source = source.unwrap_or_default();
            layers.add_faults([format!("{setting}: \"{host}\" is that of {first} already ({source})")]);
        }
    }
}
