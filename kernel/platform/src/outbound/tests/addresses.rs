//! The corpus of addresses, with the exact rule of each; empty: allowed.

use super::{super::ranges, *};

const CORPUS: &[(&str, &str)] = &[
    ("0.0.0.0", "of this network (RFC 791)"),
    ("0.255.255.255", "of this network (RFC 791)"),
    ("1.0.0.0", ""),
    ("8.8.8.8", ""),
    ("9.255.255.255", ""),
    ("10.0.0.0", "private (RFC 1918)"),
    ("10.255.255.255", "private (RFC 1918)"),
    ("11.0.0.0", ""),
    ("100.63.255.255", ""),
    ("100.64.0.0", "shared behind a carrier's NAT (RFC 6598)"),
    ("100.100.100.200", "a metadata service (Alibaba Cloud)"),
    ("100.127.255.255", "shared behind a carrier's NAT (RFC 6598)"),
    ("100.128.0.0", ""),
    ("126.255.255.255", ""),
    ("127.0.0.1", "loopback (RFC 1122)"),
    ("127.255.255.255", "loopback (RFC 1122)"),
    ("128.0.0.0", ""),
    ("168.63.129.15", ""),
    ("168.63.129.16", "a metadata service (Azure)"),
    ("169.253.255.255", ""),
    ("169.254.0.0", "link-local (RFC 3927)"),
    ("169.254.169.254", "a metadata service (AWS, Azure, Google Cloud and others)"),
    ("169.254.170.2", "a metadata service (AWS ECS)"),
    ("169.254.255.255", "link-local (RFC 3927)"),
    ("169.255.0.0", ""),
    ("172.15.255.255", ""),
    ("172.16.0.0", "private (RFC 1918)"),
    ("172.31.255.255", "private (RFC 1918)"),
    ("172.32.0.0", ""),
    ("192.0.0.8", "reserved for protocols (RFC 6890)"),
    ("192.0.0.192", "a metadata service (Oracle Cloud)"),
    ("192.0.1.0", ""),
    ("192.0.2.1", "for documentation (RFC 5737)"),
    ("192.0.3.0", ""),
    ("192.88.98.255", ""),
    ("192.88.99.1", "a 6to4 relay (RFC 7526)"),
    ("192.88.100.0", ""),
    ("192.167.255.255", ""),
    ("192.168.0.0", "private (RFC 1918)"),
    ("192.168.255.255", "private (RFC 1918)"),
    ("192.169.0.0", ""),
    ("198.17.255.255", ""),
    ("198.18.0.0", "for benchmarks (RFC 2544)"),
    ("198.19.255.255", "for benchmarks (RFC 2544)"),
    ("198.20.0.0", ""),
    ("198.51.100.7", "for documentation (RFC 5737)"),
    ("198.51.101.0", ""),
    ("203.0.113.255", "for documentation (RFC 5737)"),
    ("203.0.114.0", ""),
    ("223.255.255.255", ""),
    ("224.0.0.0", "multicast (RFC 5771)"),
    ("239.255.255.255", "multicast (RFC 5771)"),
    ("240.0.0.0", "reserved, class E (RFC 1112)"),
    ("255.255.255.254", "reserved, class E (RFC 1112)"),
    ("255.255.255.255", "broadcast (RFC 919)"),
    ("::", "unspecified (RFC 4291)"),
    ("::1", "loopback (RFC 4291)"),
    ("::2", "an IPv4-compatible form (RFC 4291) of 0.0.0.2, which is of this network (RFC 791)"),
    ("::7f00:1", "an IPv4-compatible form (RFC 4291) of 127.0.0.1, which is loopback (RFC 1122)"),
    ("::8.8.8.8", "an IPv4-compatible form (RFC 4291) of 8.8.8.8"),
    ("::ffff:8.8.8.8", "an IPv4-mapped form (RFC 4291) of 8.8.8.8"),
    ("::ffff:10.1.2.3", "an IPv4-mapped form (RFC 4291) of 10.1.2.3, which is private (RFC 1918)"),
    ("::ffff:7f00:1", "an IPv4-mapped form (RFC 4291) of 127.0.0.1, which is loopback (RFC 1122)"),
    (
        "::ffff:a9fe:a9fe",
        "an IPv4-mapped form (RFC 4291) of 169.254.169.254, which is a metadata service (AWS, Azure, Google \
         Cloud and others)",
    ),
    ("::ffff:0:10.0.0.1", "an IPv4-translated form (RFC 2765) of 10.0.0.1, which is private (RFC 1918)"),
    ("::1:0:0:0", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("64:ff9b::8.8.8.8", "a NAT64 form (RFC 6052) of 8.8.8.8"),
    ("64:ff9b::192.168.1.1", "a NAT64 form (RFC 6052) of 192.168.1.1, which is private (RFC 1918)"),
    ("64:ff9b:1::10.0.0.1", "a local NAT64 form (RFC 8215) of 10.0.0.1, which is private (RFC 1918)"),
    ("64:ff9b:1:ffff::8.8.8.8", "a local NAT64 form (RFC 8215) of 8.8.8.8"),
    ("64:ff9b:2::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("100::1", "discarded (RFC 6666)"),
    ("100:0:0:1::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("1fff:ffff::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    (
        // The server is public; the client behind it is 192.168.0.1, each bit inverted.
        "2001:0:808:808:0:ffff:3f57:fffe",
        "a Teredo form (RFC 4380) of 192.168.0.1, which is private (RFC 1918)",
    ),
    ("2001:0:808:808:0:ffff:f7f7:f7f7", "a Teredo form (RFC 4380) of 8.8.8.8"),
    ("2001:1::1", "reserved for protocols (RFC 2928)"),
    ("2001:2::1", "for benchmarks (RFC 5180)"),
    ("2001:10::1", "an ORCHID (RFC 4843)"),
    ("2001:2f:ffff::1", "an ORCHID (RFC 7343)"),
    ("2001:1ff:ffff::1", "reserved for protocols (RFC 2928)"),
    ("2001:200::1", ""),
    ("2001:4860:4860::8888", ""),
    ("2001:db7:ffff::1", ""),
    ("2001:db8::1", "for documentation (RFC 3849)"),
    ("2001:db9::1", ""),
    ("2002:7f00:1::1", "a 6to4 form (RFC 3056) of 127.0.0.1, which is loopback (RFC 1122)"),
    ("2002:c0a8:101::", "a 6to4 form (RFC 3056) of 192.168.1.1, which is private (RFC 1918)"),
    ("2002:808:808::1", "a 6to4 form (RFC 3056) of 8.8.8.8"),
    ("2003::1", ""),
    ("2606:4700::1111", ""),
    ("2a00:1450:4001::200e", ""),
    ("3ffe:ffff::1", ""),
    ("3fff::1", "for documentation (RFC 9637)"),
    ("3fff:fff:ffff::1", "for documentation (RFC 9637)"),
    ("3fff:1000::1", ""),
    ("4000::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("5f00::1", "a segment of SRv6 (RFC 9602)"),
    ("7fff::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("8000::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("fbff::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("fc00::1", "unique-local (RFC 4193)"),
    ("fd00::1", "unique-local (RFC 4193)"),
    ("fd00:ec2::254", "a metadata service (AWS)"),
    ("fd00:ec2::253", "unique-local (RFC 4193)"),
    ("fd20:ce::254", "a metadata service (Google Cloud)"),
    ("fe00::1", "outside of global unicast, 2000::/3 (RFC 4291)"),
    ("fe80::1", "link-local (RFC 4291)"),
    ("febf::1", "link-local (RFC 4291)"),
    ("fec0::1", "site-local (RFC 3879)"),
    ("feff::1", "site-local (RFC 3879)"),
    ("ff02::1", "multicast (RFC 4291)"),
];

#[test]
fn every_address_meets_its_rule() {
    for (text, rule) in CORPUS {
        let address: std::net::IpAddr = text.parse().unwrap();
        let expected =
            if rule.is_empty() { String::new() } else { format!("the address {address} is {rule}") };
        assert_eq!(said(strict().check_address(address)), expected, "{text}");
    }
}

/// A range behind one that holds it would never be named, and every range has a row above.
#[test]
fn every_range_is_in_the_corpus() {
    let addresses: Vec<_> = CORPUS.iter().map(|(text, _)| text.parse().unwrap()).collect();
    for range in ranges::V4.iter().chain(ranges::V6) {
        let mut named = addresses.iter().filter_map(|address| ranges::of(*address));
        assert!(named.any(|found| std::ptr::eq(found, range)), "{}", range.network);
        assert_eq!(range.network, range.network.trunc(), "bits are set behind the prefix");
    }
}

#[test]
fn the_settings_open_what_they_name_and_no_more() {
    for (networks, address, rule) in [
        (&["10.0.0.0/8"][..], "10.1.2.3", ""),
        (&["10.0.0.0/8"], "11.0.0.1", ""),
        (&["10.0.0.0/8"], "192.168.0.1", "private (RFC 1918)"),
        (&["10.0.0.0/16", "192.168.0.1/32"], "192.168.0.1", ""),
        (&["10.0.0.0/16", "192.168.0.1/32"], "10.1.0.0", "private (RFC 1918)"),
        (&["169.254.0.0/16"], "169.254.169.254", ""),
        (&["fd00::/8"], "fd00:ec2::254", ""),
        (&["fd00::/8"], "fc00::1", "unique-local (RFC 4193)"),
        (&["127.0.0.0/8"], "::1", "loopback (RFC 4291)"),
        (&["127.0.0.0/8"], "::ffff:127.0.0.1", ""),
        (&["10.0.0.0/8"], "2002:a01:203::", ""),
        (&["64:ff9b::/96"], "64:ff9b::8.8.8.8", ""),
        (
            &["64:ff9b::/96"],
            "64:ff9b::10.0.0.1",
            "a NAT64 form (RFC 6052) of 10.0.0.1, which is private (RFC 1918)",
        ),
        (&["64:ff9b::/96", "10.0.0.1/32"], "64:ff9b::10.0.0.1", ""),
        (&["::/0"], "::1", ""),
        (
            &["::/0"],
            "::ffff:127.0.0.1",
            "an IPv4-mapped form (RFC 4291) of 127.0.0.1, which is loopback (RFC 1122)",
        ),
    ] {
        let address = address.parse().unwrap();
        let expected =
            if rule.is_empty() { String::new() } else { format!("the address {address} is {rule}") };
        assert_eq!(said(rules(networks).check_address(address)), expected, "{networks:?}");
    }
}
