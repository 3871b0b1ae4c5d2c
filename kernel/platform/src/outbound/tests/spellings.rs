//! Whatever an address of a blocked range is written like, it is refused.

use super::{super::ranges, *};
use ipnet::IpNet;
use proptest::{prelude::*, sample::Index};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address with the network's first bits, and the others of `bits`.
fn within(network: IpNet, bits: u128) -> IpAddr {
    match network {
        IpNet::V4(net) => {
            let bits = u32::try_from(bits >> 96).unwrap();
            Ipv4Addr::from_bits(net.network().to_bits() | bits & net.hostmask().to_bits()).into()
        }
        IpNet::V6(net) => {
            Ipv6Addr::from_bits(net.network().to_bits() | bits & net.hostmask().to_bits()).into()
        }
    }
}

/// Ways to write an IPv4 address in a URL.
fn ways(address: Ipv4Addr) -> Vec<String> {
    let (bits, [a, b, c, d]) = (address.to_bits(), address.octets());
    let [high, low] = [bits >> 16, bits & 0xffff];
    let mut all = vec![
        format!("{address}"),
        format!("{address}."),
        format!("{bits}"),
        format!("{bits:#x}"),
        format!("{bits:#X}").replace("0X", "0x"),
        format!("0{bits:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{:#x}", bits & 0x00ff_ffff),
        format!("{a}.{b}.0{low:o}"),
        format!("{a:#06x}.{b}.{low}"),
    ];
    for inner in [format!("{address}"), format!("{high:x}:{low:x}")] {
        for prefix in ["::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"] {
            all.push(format!("[{prefix}{inner}]"));
        }
    }
    all.push(format!("[2002:{high:x}:{low:x}::1]"));
    all.push(format!("[2001:0:808:808::{:x}:{:x}]", !high & 0xffff, !low & 0xffff));
    all
}

proptest! {
    #[test]
    fn no_spelling_of_a_blocked_ipv4_address_gets_through(row: Index, bits: u128) {
        let IpAddr::V4(address) = within(row.get(ranges::V4).network, bits) else { unreachable!() };
        prop_assert!(strict().check_address(address.into()).is_err());
        for host in ways(address) {
            let result = strict().check_url(&format!("https://{host}/"));
            prop_assert!(matches!(result, Err(Refused::Address(_))), "{host}: {result:?}");
        }
    }

    /// To allow a gateway's own range does not open what is behind the gateway.
    #[test]
    fn no_form_of_a_blocked_ipv4_address_gets_through_an_allowed_ipv6_range(row: Index, bits: u128) {
        let IpAddr::V4(address) = within(row.get(ranges::V4).network, bits) else { unreachable!() };
        let rules = rules(&["::/0"]);
        for host in ways(address) {
            let result = rules.check_url(&format!("https://{host}/"));
            prop_assert!(matches!(result, Err(Refused::Address(_))), "{host}: {result:?}");
        }
    }

    #[test]
    fn no_spelling_of_a_blocked_ipv6_address_gets_through(row: Index, bits: u128) {
        let IpAddr::V6(address) = within(row.get(ranges::V6).network, bits) else { unreachable!() };
        prop_assert!(strict().check_address(address.into()).is_err());
        let long = address.segments().map(|part| format!("{part:04X}")).join(":");
        for host in [address.to_string(), long] {
            let result = strict().check_url(&format!("https://[{host}]/"));
            prop_assert!(matches!(result, Err(Refused::Address(_))), "{host}: {result:?}");
        }
    }

    /// The standard library keeps its own list, if a shorter one.
    #[test]
    fn what_the_standard_library_knows_to_be_special_is_refused(v4: u32, v6: u128) {
        let (v4, v6) = (Ipv4Addr::from_bits(v4), Ipv6Addr::from_bits(v6));
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_documentation() || v4.is_broadcast() || v4.is_unspecified();
        prop_assert!(!special || strict().check_address(v4.into()).is_err(), "{v4}");
        let special = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast();
        prop_assert!(!special || strict().check_address(v6.into()).is_err(), "{v6}");
    }

    /// Nobody can make the parser fall over.
    #[test]
    fn any_text_is_answered(text: String, host in "[0-9a-fxA-F.:%\\[\\]@#\\\\-]{0,40}") {
        let _ = strict().check_url(&text);
        if let Ok(url) = strict().check_url(&format!("https://{host}/")) {
            prop_assert_eq!(url.scheme(), "https");
            prop_assert_eq!(strict().check_url(url.as_str()), Ok(url));
        }
    }
}
