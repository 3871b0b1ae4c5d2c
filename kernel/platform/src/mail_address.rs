//! E-mail addresses that every mail server accepts.
//!
//! A domain may be in any script. It is sent and compared in its ASCII form (UTS 46, RFC 5890). The part before the `@`
//! has none: non-ASCII characters need a server with SMTPUTF8 (RFC 6531), which few have.

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use lettre::message::Mailbox;
use std::borrow::Cow;

/// The error for an invalid address.
const NO_ADDRESS: &str = "must be an e-mail address";

/// The error for an address that needs SMTPUTF8.
const BEYOND_ASCII: &str = "must be an e-mail address with only ASCII characters before the @";

/// Whether the text is a valid e-mail address for all contracts: only an address, without a display name, at a domain
/// with at least two parts, to which mail can be sent.
pub fn is_address(text: &str) -> bool {
    address_fault(text).is_none()
}

/// Why the text is not such an address; `None` if it is.
pub fn address_fault(text: &str) -> Option<&'static str> {
    const STRICT: Options =
        Options { minimum_sub_domains: 2, allow_domain_literal: false, allow_display_text: false };
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    let ascii = domain_in_ascii(domain).map(|domain| format!("{local}@{domain}"));
    match ascii.map(|address| EmailAddress::parse_with_options(&address, STRICT)) {
        Some(Ok(_)) => (!local.is_ascii()).then_some(BEYOND_ASCII),
        None | Some(Err(_)) => Some(NO_ADDRESS),
    }
}

/// The normalized address: lower case, with the ASCII form of the domain.
pub fn normalized(address: &str) -> String {
    if let Some((local, domain)) = address.rsplit_once('@').filter(|_| !address.is_ascii())
        && let Some(domain) = domain_in_ascii(domain)
    {
        return format!("{}@{domain}", local.to_lowercase());
    }
    address.to_lowercase()
}

/// Parses an address with an optional name, for sending. The error is the reason.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    let mailbox = with_domain_in_ascii(text).parse::<Mailbox>();
    let mailbox = mailbox.map_err(|error| format!("`{text}` is not an e-mail address: {error}"))?;
    if AsRef::<str>::as_ref(&mailbox.email).is_ascii() {
        Ok(mailbox)
    } else {
        Err(format!("`{text}` cannot receive mail: before the @, only ASCII is supported"))
    }
}

fn with_domain_in_ascii(text: &str) -> Cow<'_, str> {
    let (before, domain) = text.rsplit_once('@').unwrap_or_default();
    let (domain, end) = domain.strip_suffix('>').map_or((domain, ""), |domain| (domain, ">"));
    match domain_in_ascii(domain) {
        Some(ascii) if !domain.is_ascii() => format!("{before}@{ascii}{end}").into(),
        _ => text.into(),
    }
}

/// The ASCII form of the domain; `None` if invalid.
fn domain_in_ascii(domain: &str) -> Option<String> {
    let (rules, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), rules, hyphens, DnsLength::Verify);
    ascii.ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["john@example.com", "a+b.c@mail.example.co.uk", "john@bücher.example", "a@例え.テスト"]
        {
            assert_eq!(address_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "john",
            "john@",
            "@example.com",
            "john@localhost",
            "J <j@example.com>",
            "a b@example.com",
            "a@xn--a.example",
            "a@\u{ad}.example",
            "@",
            "a@b@bücher.example>",
        ] {
            assert_eq!(address_fault(bad), Some(NO_ADDRESS), "{bad}");
        }
        assert_eq!(address_fault("josé@example.com"), Some(BEYOND_ASCII));
    }

    #[test]
    fn spellings_of_an_address_are_one() {
        let same = [
            "User@bücher.example",
            "user@BÜCHER.example",
            "user@xn--bcher-kva.EXAMPLE",
            "user@bu\u{308}cher.example",
        ];
        for spelling in same {
            assert_eq!(normalized(spelling), "user@xn--bcher-kva.example");
        }
        assert_ne!(normalized("user@bucher.example"), normalized(same[0]));
        // Addresses stored before this rule.
        assert_eq!(normalized("JOSÉ@example.com"), "josé@example.com");
    }

    #[test]
    fn mail_goes_to_the_domain_that_dns_knows() {
        let sent = |text| mailbox(text).map(|mailbox| mailbox.to_string());
        assert_eq!(sent("Ops <o@bücher.example>").unwrap(), "Ops <o@xn--bcher-kva.example>");
        assert_eq!(sent("O@Example.com").unwrap(), "O@Example.com");
        assert!(sent("josé@example.com").unwrap_err().contains("ASCII"));
        assert!(sent("nobody").is_err());
    }

    proptest! {
        #[test]
        fn every_address_can_be_mailed_to(local in "[a-zA-Z0-9._é+-]{1,8}", domain in "[a-z0-9äßΣ例-]{1,8}\\.[a-zü]{2,4}") {
            let text = format!("{local}@{domain}");
            if is_address(&text) {
                let mailbox = mailbox(&text).unwrap();
                let sent: &str = mailbox.email.as_ref();
                prop_assert!(sent.is_ascii());
                prop_assert_eq!(normalized(sent), normalized(&text));
            }
            prop_assert_eq!(normalized(&normalized(&text)), normalized(&text));
        }
    }
}
