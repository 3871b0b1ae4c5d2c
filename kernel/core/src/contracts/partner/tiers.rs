//! The contract's service tiers. Each maps to a plan; other plans are sold by other contracts.

/// A service tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Residential, initially 100 Mbit/s.
    Residential100,
    /// Residential, initially 500 Mbit/s.
    Residential500,
    /// Residential, initially 1 Gbit/s.
    Residential1G,
    /// Business, initially 1 Gbit/s.
    Business1G,
    /// Business, initially 10 Gbit/s.
    Business10G,
}

impl Tier {
    /// All tiers, from the lowest.
    pub const ALL: [Self; 5] = [
        Self::Residential100,
        Self::Residential500,
        Self::Residential1G,
        Self::Business1G,
        Self::Business10G,
    ];

    /// The wire format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Residential100 => "RESIDENTIAL_100",
            Self::Residential500 => "RESIDENTIAL_500",
            Self::Residential1G => "RESIDENTIAL_1G",
            Self::Business1G => "BUSINESS_1G",
            Self::Business10G => "BUSINESS_10G",
        }
    }

    /// The code of its plan.
    pub const fn plan_code(self) -> &'static str {
        match self {
            Self::Residential100 => "RESIDENTIAL_100",
            Self::Residential500 => "RESIDENTIAL_500",
            Self::Residential1G => "RESIDENTIAL_1G",
            Self::Business1G => "BUSINESS_1G",
            Self::Business10G => "BUSINESS_10G",
        }
    }

    /// The tier of a plan; `None` if the contract does not sell it.
    pub fn of_plan(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.plan_code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_is_found_by_its_plan() {
        for tier in Tier::ALL {
            assert_eq!(Tier::of_plan(tier.plan_code()), Some(tier));
        }
        assert_eq!(Tier::of_plan("VOICE"), None);
    }
}
