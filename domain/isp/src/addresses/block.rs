//! Address blocks: the addresses or prefixes of a CIDR by position.

use entities::ip_pool::Family;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The binary logarithm of the maximum number of parts.
const MAX_PARTS_LOG2: u32 = 40;

/// A CIDR allocated in parts of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    network: IpNet,
    prefix: u8,
}

impl Block {
    /// The block of a CIDR. `prefix` is the length of its parts; by default 32 for IPv4; for IPv6 64, or 128 if the
    /// network is longer. The error is the reason: not a CIDR, host bits set, or no or more than 2^40 allocatable
    /// parts.
    pub fn new(cidr: &str, prefix: Option<u8>) -> Result<Self, String> {
        let network: IpNet = cidr.parse().map_err(|_| "must be a CIDR, such as 10.0.0.0/16".to_owned())?;
        if network.network() != network.addr() {
            return Err(format!("has bits beyond its prefix; the network is {}", network.trunc()));
        }
        let usual = match network {
            IpNet::V4(_) => 32,
            IpNet::V6(net) => {
                if net.prefix_len() <= 64 {
                    64
                } else {
                    128
                }
            }
        };
        let block = Self { network, prefix: prefix.unwrap_or(usual) };
        let max = network.max_prefix_len();
        if block.prefix < network.prefix_len() || block.prefix > max {
            return Err(format!("must have a prefix of {} to {max} bits", network.prefix_len()));
        }
        if u32::from(block.prefix - network.prefix_len()) > MAX_PARTS_LOG2 {
            return Err(format!("has more than 2^{MAX_PARTS_LOG2} addresses or prefixes"));
        }
        if block.size() < 1 { Err("has no address to allocate".into()) } else { Ok(block) }
    }

    /// The IP version.
    pub const fn family(&self) -> Family {
        match self.network {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }

    /// The prefix length of its parts.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The number of allocatable parts.
    pub fn size(&self) -> i64 {
        self.parts() - self.kept_first() - self.kept_last()
    }

    /// The first address of the n-th allocatable part, from 0.
    pub fn at(&self, position: i64) -> IpAddr {
        let part = u128::try_from(position + self.kept_first()).unwrap_or(0);
        let shift = u32::from(self.network.max_prefix_len() - self.prefix);
        match self.network {
            IpNet::V4(net) => {
                let offset = u32::try_from(part << shift).unwrap_or(0);
                Ipv4Addr::from_bits(net.addr().to_bits() + offset).into()
            }
            IpNet::V6(net) => Ipv6Addr::from_bits(net.addr().to_bits() + (part << shift)).into(),
        }
    }

    /// The gateway of single addresses: the first address of the network.
    pub fn gateway(&self) -> Option<IpAddr> {
        (self.kept_first() > 0).then(|| match self.network {
            IpNet::V4(net) => Ipv4Addr::from_bits(net.addr().to_bits() + 1).into(),
            IpNet::V6(net) => Ipv6Addr::from_bits(net.addr().to_bits() + 1).into(),
        })
    }

    /// Whether two blocks overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.network.contains(&other.network) || other.network.contains(&self.network)
    }

    fn parts(&self) -> i64 {
        1 << (self.prefix - self.network.prefix_len())
    }

    /// Whether single addresses of one link are allocated: then some are reserved.
    fn is_link(&self) -> bool {
        let max = self.network.max_prefix_len();
        self.prefix == max && self.network.prefix_len() + 1 < max
    }

    /// The number of reserved first addresses: the network address (for IPv6 that of the routers, RFC 4291, 2.6.1) and
    /// the gateway.
    fn kept_first(&self) -> i64 {
        if self.is_link() { 2 } else { 0 }
    }

    /// The number of reserved last addresses: the broadcast address, only for IPv4.
    fn kept_last(&self) -> i64 {
        match self.network {
            IpNet::V4(_) if self.is_link() => 1,
            _ => 0,
        }
    }
}

impl From<Ipv4Net> for Block {
    fn from(network: Ipv4Net) -> Self {
        Self { network: network.into(), prefix: 32 }
    }
}

impl From<Ipv6Net> for Block {
    fn from(network: Ipv6Net) -> Self {
        Self { network: network.into(), prefix: 64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn block(cidr: &str, prefix: Option<u8>) -> Block {
        Block::new(cidr, prefix).unwrap()
    }

    #[test]
    fn a_link_keeps_network_gateway_and_broadcast_back() {
        let link = block("10.0.0.0/29", None);
        let all: Vec<_> = (0..link.size()).map(|position| link.at(position).to_string()).collect();
        assert_eq!(all, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
        assert_eq!(link.gateway().unwrap().to_string(), "10.0.0.1");
    }

    #[test]
    fn networks_are_given_out_whole() {
        let site = block("2001:db8::/62", None);
        let all: Vec<_> = (0..site.size()).map(|position| site.at(position).to_string()).collect();
        assert_eq!(all, ["2001:db8::", "2001:db8:0:1::", "2001:db8:0:2::", "2001:db8:0:3::"]);
        assert_eq!((site.gateway(), site.prefix()), (None, 64));
        assert_eq!(block("192.0.2.0/24", Some(29)).at(31).to_string(), "192.0.2.248");
        assert_eq!(block("192.0.2.7/32", None).at(0).to_string(), "192.0.2.7");
        assert_eq!(block("2001:db8::/120", None).size(), 254);
        assert_eq!(block("0.0.0.0/0", None).at(4_294_967_292).to_string(), "255.255.255.254");
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (cidr, prefix, reason) in [
            ("10.0.0.1/16", None, "the network is 10.0.0.0/16"),
            ("10.0.0.0", None, "must be a CIDR"),
            ("10.0.0.0/33", None, "must be a CIDR"),
            ("10.0.0.0/16", Some(8), "16 to 32 bits"),
            ("10.0.0.0/16", Some(33), "16 to 32 bits"),
            ("2001::/20", None, "more than 2^40"),
        ] {
            let refused = Block::new(cidr, prefix).unwrap_err();
            assert!(refused.contains(reason), "{cidr}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn every_part_is_another_and_within_the_network(address: u32, length in 20u8..=32, more in 0u8..=8) {
            let network = Ipv4Net::new(address.into(), length).unwrap().trunc();
            let prefix = (length + more).min(32);
            if let Ok(block) = Block::new(&network.to_string(), Some(prefix)) {
                let all: BTreeSet<_> = (0..block.size()).map(|position| block.at(position)).collect();
                prop_assert_eq!(i64::try_from(all.len()).unwrap(), block.size());
                prop_assert!(all.iter().all(|part| IpNet::V4(network).contains(part)));
                prop_assert!(block.gateway().is_none_or(|gateway| !all.contains(&gateway)));
            }
        }
    }
}
