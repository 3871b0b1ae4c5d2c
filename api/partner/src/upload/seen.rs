//! A set of texts, with 16 bytes per text.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

/// Texts as 128-bit hashes with random keys, so that nobody can construct a collision; by chance, it happens among a
/// million texts once in 10^26.
#[derive(Default)]
pub struct Seen {
    hashes: HashSet<u128, PlainHash>,
    keys: [RandomState; 2],
}

impl Seen {
    /// Adds the text; false if it is a duplicate.
    pub fn insert(&mut self, text: &str) -> bool {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(text)));
        self.hashes.insert(high << 64 | low)
    }
}

/// Hashes are not hashed again.
#[derive(Default, Clone)]
struct PlainHash;

impl BuildHasher for PlainHash {
    type Hasher = LowBits;

    fn build_hasher(&self) -> LowBits {
        LowBits(0)
    }
}

/// Uses the low half of a number as its hash.
struct LowBits(u64);

impl std::hash::Hasher for LowBits {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, number: u128) {
        #[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
        let low = number as u64;
        self.0 = low;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn only_the_first_is_new() {
        let mut seen = Seen::default();
        assert!(seen.insert("a@example.com"));
        assert!(seen.insert("b@example.com"));
        assert!(!seen.insert("a@example.com"));
    }
}
