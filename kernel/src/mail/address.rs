//! What an e-mail address is.

use email_address::{EmailAddress, Options};

/// Whether the text is an e-mail address as all contracts mean it: an address alone, without a display
/// name, at a domain with at least two parts.
pub fn is_address(text: &str) -> bool {
    const STRICT: Options =
        Options { minimum_sub_domains: 2, allow_domain_literal: false, allow_display_text: false };
    EmailAddress::parse_with_options(text, STRICT).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["john@example.com", "a+b.c@mail.example.co.uk", "josé@example.com"] {
            assert!(is_address(good), "{good}");
        }
        for bad in
            ["", "john", "john@", "@example.com", "john@localhost", "J <j@example.com>", "a b@example.com"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
