//! The corpus of URLs, as people and attackers spell them.

use super::*;

const SCHEME: &str = "the scheme must be https";
const LOOPBACK: &str = "the address 127.0.0.1 is loopback (RFC 1122)";
const METADATA: &str =
    "the address 169.254.169.254 is a metadata service (AWS, Azure, Google Cloud and others)";
const PRIVATE: &str = "the address 10.1.2.3 is private (RFC 1918)";
const MAPPED: &str = "the address ::ffff:127.0.0.1 is an IPv4-mapped form (RFC 4291) of 127.0.0.1, which is loopback (RFC 1122)";
const CREDENTIALS: &str = "the URL has credentials";
const FRAGMENT: &str = "the URL has a fragment";
const BAD_IPV4: &str = "the URL cannot be read: invalid IPv4 address";
const BAD_IPV6: &str = "the URL cannot be read: invalid IPv6 address";

/// A URL, and the refusal or, for one that is allowed, how it is kept.
const CORPUS: &[(&str, Result<&str, &str>)] = &[
    ("https://hooks.example.com", Ok("https://hooks.example.com/")),
    ("https://hooks.example.com:8443/a/b?c=d", Ok("https://hooks.example.com:8443/a/b?c=d")),
    ("HTTPS://Hooks.Example.COM:443/A", Ok("https://hooks.example.com/A")),
    ("https://hooks.example.com./", Ok("https://hooks.example.com./")),
    ("https://bücher.example/", Ok("https://xn--bcher-kva.example/")),
    ("https://8.8.8.8/", Ok("https://8.8.8.8/")),
    ("https://0x8080808/", Ok("https://8.8.8.8/")),
    ("https://[2606:4700:0::1111]/", Ok("https://[2606:4700::1111]/")),
    // What it leads to is seen when it is looked up.
    ("https://127.0.0.1.nip.io/", Ok("https://127.0.0.1.nip.io/")),
    ("https://notlocalhost/", Ok("https://notlocalhost/")),
    ("https://localhost.example.com/", Ok("https://localhost.example.com/")),
    ("https://0x7f.1.example.com/", Ok("https://0x7f.1.example.com/")),
    ("http://hooks.example.com/", Err(SCHEME)),
    ("ftp://hooks.example.com/", Err(SCHEME)),
    ("file:///etc/passwd", Err(SCHEME)),
    ("gopher://127.0.0.1:6379/_FLUSHALL", Err(SCHEME)),
    ("unix:/run/docker.sock", Err(SCHEME)),
    ("data:text/plain,x", Err(SCHEME)),
    ("javascript:alert(1)", Err(SCHEME)),
    ("wss://hooks.example.com/", Err(SCHEME)),
    ("", Err("the URL cannot be read: relative URL without a base")),
    ("hooks.example.com", Err("the URL cannot be read: relative URL without a base")),
    ("//hooks.example.com/", Err("the URL cannot be read: relative URL without a base")),
    ("https://", Err("the URL cannot be read: empty host")),
    ("https://:8080/", Err("the URL cannot be read: empty host")),
    ("https://hooks.example.com:99999/", Err("the URL cannot be read: invalid port number")),
    ("https://hooks example.com/", Err("the URL cannot be read: invalid international domain name")),
    ("https://me@hooks.example.com/", Err(CREDENTIALS)),
    ("https://me:pw@hooks.example.com/", Err(CREDENTIALS)),
    ("https://:pw@hooks.example.com/", Err(CREDENTIALS)),
    ("https://hooks.example.com@10.1.2.3/", Err(CREDENTIALS)),
    ("https://10.1.2.3%2f@hooks.example.com/", Err(CREDENTIALS)),
    ("https://hooks.example.com/#", Err(FRAGMENT)),
    ("https://hooks.example.com/#part", Err(FRAGMENT)),
    ("https://hooks.example.com#@10.1.2.3/", Err(FRAGMENT)),
    ("https://localhost/", Err("the host localhost is a name of this machine (RFC 6761)")),
    ("https://LOCALHOST/", Err("the host localhost is a name of this machine (RFC 6761)")),
    ("https://localhost./", Err("the host localhost. is a name of this machine (RFC 6761)")),
    ("https://%6cocalhost/", Err("the host localhost is a name of this machine (RFC 6761)")),
    ("https://ⓛocalhost/", Err("the host localhost is a name of this machine (RFC 6761)")),
    ("https://a.localhost/", Err("the host a.localhost is a name of this machine (RFC 6761)")),
    ("https://ip6-loopback/", Err("the host ip6-loopback is a name of this machine (RFC 6761)")),
    (
        "https://localhost.localdomain/",
        Err("the host localhost.localdomain is a name of this machine (RFC 6761)"),
    ),
    ("https://10.1.2.3/", Err(PRIVATE)),
    ("https://10.1.2.3:8443/hook?x", Err(PRIVATE)),
    ("https://10.1.2.3./", Err(PRIVATE)),
    ("https://10.1.515/", Err(PRIVATE)),
    ("https://10.66051/", Err(PRIVATE)),
    ("https://167838211/", Err(PRIVATE)),
    ("https://0xa010203/", Err(PRIVATE)),
    ("https://0xA.0x1.0x2.0x3/", Err(PRIVATE)),
    ("https://012.01.02.03/", Err(PRIVATE)),
    ("https://01200201003/", Err(PRIVATE)),
    ("https://0000012.1.2.3/", Err(PRIVATE)),
    ("https://%31%30.1.2.3/", Err(PRIVATE)),
    ("https:10.1.2.3", Err(PRIVATE)),
    ("https:\\\\10.1.2.3\\hook", Err(PRIVATE)),
    ("https:////10.1.2.3/", Err(PRIVATE)),
    ("  https://10.1.2.3/\n", Err(PRIVATE)),
    ("ht\ntps://10.1\t.2.3/", Err(PRIVATE)),
    ("https://10。1。2。3/", Err(PRIVATE)),
    ("https://１０.1.2.3/", Err(PRIVATE)),
    ("https://①0.1.2.3/", Err(PRIVATE)),
    ("https://127.1/", Err(LOOPBACK)),
    ("https://0x7f.1/", Err(LOOPBACK)),
    ("https://0177.0.0.1/", Err(LOOPBACK)),
    ("https://2130706433/", Err(LOOPBACK)),
    ("https://017700000001/", Err(LOOPBACK)),
    ("https://0/", Err("the address 0.0.0.0 is of this network (RFC 791)")),
    ("https://169.254.169.254/latest/meta-data/", Err(METADATA)),
    ("https://2852039166/", Err(METADATA)),
    ("https://0xa9fea9fe/", Err(METADATA)),
    ("https://0251.0376.0251.0376/", Err(METADATA)),
    ("https://256.1.1.1/", Err(BAD_IPV4)),
    ("https://4294967296/", Err(BAD_IPV4)),
    ("https://1.2.3.4.5/", Err(BAD_IPV4)),
    ("https://127.0.0.08/", Err(BAD_IPV4)),
    ("https://hooks.example.0x7f/", Err(BAD_IPV4)),
    ("https://[::1]/", Err("the address ::1 is loopback (RFC 4291)")),
    ("https://[0:0:0:0:0:0:0:1]:8443/", Err("the address ::1 is loopback (RFC 4291)")),
    ("https://[::]/", Err("the address :: is unspecified (RFC 4291)")),
    ("https://[::ffff:127.0.0.1]/", Err(MAPPED)),
    ("https://[::ffff:7f00:1]/", Err(MAPPED)),
    ("https://[0:0:0:0:0:FFFF:7F00:0001]/", Err(MAPPED)),
    ("https://[fe80::1]/", Err("the address fe80::1 is link-local (RFC 4291)")),
    ("https://[fd00:ec2::254]/", Err("the address fd00:ec2::254 is a metadata service (AWS)")),
    ("https://[fe80::1%25eth0]/", Err(BAD_IPV6)),
    ("https://[127.0.0.1]/", Err(BAD_IPV6)),
    ("https://[::1/", Err(BAD_IPV6)),
    ("https://::1/", Err("the URL cannot be read: empty host")),
];

#[test]
fn every_url_is_kept_in_one_form_or_meets_its_rule() {
    for (url, expected) in CORPUS {
        let checked = strict().check_url(url);
        let found = checked.as_ref().map(Url::as_str).map_err(ToString::to_string);
        assert_eq!(found, expected.map_err(str::to_owned), "{url}");
    }
}

#[test]
fn http_is_for_settings_that_say_so() {
    let rules = rules(&[]);
    assert_eq!(said(rules.check_url("http://hooks.example.com/")), "");
    assert_eq!(said(rules.check_url("https://hooks.example.com/")), "");
    assert_eq!(said(rules.check_url("ftp://hooks.example.com/")), "the scheme must be https or http");
    assert_eq!(said(rules.check_url("http://0xa010203/")), PRIVATE);
}

#[test]
fn own_names_are_for_settings_that_allow_loopback() {
    for (networks, refused) in
        [(&["127.0.0.0/8"][..], false), (&["::1/128"], false), (&["127.0.0.2/32", "10.0.0.0/8"], true)]
    {
        assert_eq!(rules(networks).check_url("http://localhost:1/").is_err(), refused, "{networks:?}");
    }
}
