//! A random number generator with a fixed seed.

/// `SplitMix64` (Steele, Lea, Flood 2014), from a fixed seed.
pub(super) struct SeededRng(u64);

impl SeededRng {
    /// A generator with the fixed seed.
    pub const fn new() -> Self {
        Self(0x5377_6974_6368_7964)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, inclusive.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % width)
    }

    /// One of these items, at least one.
    pub fn pick<T: Copy, const N: usize>(&mut self, from: &[T; N]) -> T {
        const { assert!(N > 0) };
        let place = usize::try_from(self.next() % N as u64).unwrap_or(0);
        from[place]
    }
}

#[cfg(test)]
mod tests {
    use super::SeededRng;

    #[test]
    fn it_falls_the_same_every_time_and_within_its_bounds() {
        let falls = || {
            let mut dice = SeededRng::new();
            (0..1000).map(|_| dice.between(-3, 5)).collect::<Vec<_>>()
        };
        assert_eq!(falls(), falls());
        let (least, most) = (falls().into_iter().min(), falls().into_iter().max());
        assert_eq!((least, most), (Some(-3), Some(5)));
    }

    #[test]
    fn it_is_the_published_generator() {
        // The first numbers of the reference implementation for the seed 1234567.
        let mut dice = SeededRng(1_234_567);
        let first = [(); 3].map(|()| dice.next());
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
