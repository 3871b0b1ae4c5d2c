//! The text of a key: 256 random bits with a prefix that says what they are for.

use crate::contracts::KeyFormat;
use platform::{
    error::{Error, Result},
    hex::hex,
};
use sha2::{Digest, Sha256};

/// Random bytes of a key.
const RANDOM: usize = 32;
/// Number of characters after the prefix that are stored to identify a key.
const SHOWN: usize = 6;

/// The SHA-256 of a key, which is stored and looked up.
pub type Hash = [u8; 32];

/// The hash of a text.
pub fn hash(secret: &str) -> Hash {
    Sha256::digest(secret).into()
}

/// A new key with this prefix.
pub(super) fn make(prefix: &str) -> Result<String> {
    let mut random = [0; RANDOM];
    getrandom::fill(&mut random).map_err(Error::internal)?;
    Ok(format!("{prefix}{}", hex(&random)))
}

/// The beginning of a key, for display.
pub(super) fn beginning<'a>(secret: &'a str, prefix: &str) -> &'a str {
    &secret[..prefix.len() + SHOWN]
}

/// Whether the text looks like a key of the contract; otherwise it need not be looked up.
pub fn could_be(format: &KeyFormat, text: &str) -> bool {
    let digits = format.prefixes().into_iter().find_map(|prefix| text.strip_prefix(prefix));
    digits.is_some_and(|digits| {
        digits.len() == 2 * RANDOM && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::{partner, vendor};

    #[test]
    fn the_hash_is_sha_256_in_hex() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&hash("abc")), abc);
    }

    #[test]
    fn keys_are_told_from_other_text() {
        let (partner, vendor) = (&partner::CONTRACT.keys, &vendor::CONTRACT.keys);
        for prefix in partner.prefixes() {
            let key = make(prefix).unwrap();
            assert!(could_be(partner, &key) && !could_be(vendor, &key), "{key}");
            assert!(!could_be(partner, &key[..key.len() - 1]) && !could_be(partner, &format!("{key}0")));
            assert!(!could_be(partner, &key.to_uppercase()) && !could_be(partner, &key[prefix.len()..]));
            assert_eq!(beginning(&key, prefix).len(), prefix.len() + 6);
        }
        assert!(!could_be(partner, "") && !could_be(partner, "pk_live_") && !could_be(partner, "pk_live_ü"));
    }
}
