//! Special-purpose addresses, with name and source of each range.
//!
//! Taken from the registries of special-purpose addresses of IANA (iana-ipv4-special-registry,
//! iana-ipv6-special-registry), the multicast registries, and what clouds publish of their metadata services.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A forbidden range.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) network: IpNet,
    /// Completes the sentence "the address … is".
    pub(super) what: &'static str,
    carries: Carries,
}

/// Where an address contains an IPv4 address that a gateway would call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carries {
    Nothing,
    InLast32,
    /// After the first 16 bits.
    InFirst48,
    /// In the last 32 bits, each inverted.
    Inverted,
}

impl Range {
    /// The IPv4 address within an address of this range.
    pub(super) fn inner(&self, address: IpAddr) -> Option<Ipv4Addr> {
        let IpAddr::V6(address) = address else { return None };
        let [_, high, low, .., last_high, last_low] = address.segments();
        let join = |high: u16, low: u16| u32::from(high) << 16 | u32::from(low);
        let inner = match self.carries {
            Carries::Nothing => return None,
            Carries::InLast32 => join(last_high, last_low),
            Carries::InFirst48 => join(high, low),
            Carries::Inverted => !join(last_high, last_low),
        };
        Some(Ipv4Addr::from_bits(inner))
    }
}

/// The first range with the address; `None` for a public address.
pub(super) fn of(address: IpAddr) -> Option<&'static Range> {
    let ranges = if address.is_ipv4() { V4 } else { V6 };
    ranges.iter().find(|range| range.network.contains(&address))
}

const fn v4(address: [u8; 4], bits: u8, what: &'static str) -> Range {
    let [a, b, c, d] = address;
    let network = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits));
    Range { network, what, carries: Carries::Nothing }
}

/// `start` are the first 64 bits; all ranges but those of [`low`] end in zeros.
const fn v6(start: u64, bits: u8, what: &'static str, carries: Carries) -> Range {
    low((start as u128) << 64, bits, what, carries)
}

const fn low(address: u128, bits: u8, what: &'static str, carries: Carries) -> Range {
    let network = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_bits(address), bits));
    Range { network, what, carries }
}

/// Nested ranges come first: the first match gives the name.
pub(super) static V4: &[Range] = &[
    v4([0, 0, 0, 0], 8, "of this network (RFC 791)"),
    v4([10, 0, 0, 0], 8, "private (RFC 1918)"),
    v4([100, 100, 100, 200], 32, "a metadata service (Alibaba Cloud)"),
    v4([100, 64, 0, 0], 10, "shared behind a carrier's NAT (RFC 6598)"),
    v4([127, 0, 0, 0], 8, "loopback (RFC 1122)"),
    // Routed like any public address, but within Azure it is the host of the machine.
    v4([168, 63, 129, 16], 32, "a metadata service (Azure)"),
    v4([169, 254, 169, 254], 32, "a metadata service (AWS, Azure, Google Cloud and others)"),
    v4([169, 254, 170, 2], 32, "a metadata service (AWS ECS)"),
    v4([169, 254, 0, 0], 16, "link-local (RFC 3927)"),
    v4([172, 16, 0, 0], 12, "private (RFC 1918)"),
    v4([192, 0, 0, 192], 32, "a metadata service (Oracle Cloud)"),
    v4([192, 0, 0, 0], 24, "reserved for protocols (RFC 6890)"),
    v4([192, 0, 2, 0], 24, "for documentation (RFC 5737)"),
    v4([192, 88, 99, 0], 24, "a 6to4 relay (RFC 7526)"),
    v4([192, 168, 0, 0], 16, "private (RFC 1918)"),
    v4([198, 18, 0, 0], 15, "for benchmarks (RFC 2544)"),
    v4([198, 51, 100, 0], 24, "for documentation (RFC 5737)"),
    v4([203, 0, 113, 0], 24, "for documentation (RFC 5737)"),
    v4([224, 0, 0, 0], 4, "multicast (RFC 5771)"),
    v4([255, 255, 255, 255], 32, "broadcast (RFC 919)"),
    v4([240, 0, 0, 0], 4, "reserved, class E (RFC 1112)"),
];

/// Like [`V4`]. The last entry forbids everything that is not global unicast, whatever it may become.
pub(super) static V6: &[Range] = &[
    low(0, 128, "unspecified (RFC 4291)", Carries::Nothing),
    low(1, 128, "loopback (RFC 4291)", Carries::Nothing),
    low(0xffff << 32, 96, "an IPv4-mapped form (RFC 4291)", Carries::InLast32),
    low(0xffff << 48, 96, "an IPv4-translated form (RFC 2765)", Carries::InLast32),
    low(0, 96, "an IPv4-compatible form (RFC 4291)", Carries::InLast32),
    v6(0x0064_ff9b_0000_0000, 96, "a NAT64 form (RFC 6052)", Carries::InLast32),
    // The owner may choose the place of the IPv4 address; the end is usual.
    v6(0x0064_ff9b_0001_0000, 48, "a local NAT64 form (RFC 8215)", Carries::InLast32),
    v6(0x0100_0000_0000_0000, 64, "discarded (RFC 6666)", Carries::Nothing),
    v6(0x2001_0000_0000_0000, 32, "a Teredo form (RFC 4380)", Carries::Inverted),
    v6(0x2001_0002_0000_0000, 48, "for benchmarks (RFC 5180)", Carries::Nothing),
    v6(0x2001_0010_0000_0000, 28, "an ORCHID (RFC 4843)", Carries::Nothing),
    v6(0x2001_0020_0000_0000, 28, "an ORCHID (RFC 7343)", Carries::Nothing),
    v6(0x2001_0000_0000_0000, 23, "reserved for protocols (RFC 2928)", Carries::Nothing),
    v6(0x2001_0db8_0000_0000, 32, "for documentation (RFC 3849)", Carries::Nothing),
    v6(0x2002_0000_0000_0000, 16, "a 6to4 form (RFC 3056)", Carries::InFirst48),
    v6(0x3fff_0000_0000_0000, 20, "for documentation (RFC 9637)", Carries::Nothing),
    v6(0x5f00_0000_0000_0000, 16, "a segment of SRv6 (RFC 9602)", Carries::Nothing),
    low(0xfd00_0ec2 << 96 | 0x254, 128, "a metadata service (AWS)", Carries::Nothing),
    low(0xfd20_00ce << 96 | 0x254, 128, "a metadata service (Google Cloud)", Carries::Nothing),
    v6(0xfc00_0000_0000_0000, 7, "unique-local (RFC 4193)", Carries::Nothing),
    v6(0xfe80_0000_0000_0000, 10, "link-local (RFC 4291)", Carries::Nothing),
    v6(0xfec0_0000_0000_0000, 10, "site-local (RFC 3879)", Carries::Nothing),
    v6(0xff00_0000_0000_0000, 8, "multicast (RFC 4291)", Carries::Nothing),
    v6(0, 3, NOT_GLOBAL, Carries::Nothing),
    v6(0x4000_0000_0000_0000, 2, NOT_GLOBAL, Carries::Nothing),
    v6(0x8000_0000_0000_0000, 1, NOT_GLOBAL, Carries::Nothing),
];

const NOT_GLOBAL: &str = "outside of global unicast, 2000::/3 (RFC 4291)";
