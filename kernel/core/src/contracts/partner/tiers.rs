//! The contract's service tiers, each of which stands for a plan. Plans beside those are sold by other contracts.

/// A service tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// For homes, 100 Mbit/s at first.
    Residential100,
    /// For homes, 500 Mbit/s at first.
    Residential500,
    /// For homes, 1 Gbit/s at first.
    Residential1G,
    /// For businesses, 1 Gbit/s at first.
    Business1G,
    /// For businesses, 10 Gbit/s at first.
    Business10G,
}

impl Tier {
    /// All of them, from the lowest.
    pub const ALL: [Self; 5] = [
        Self::Residential100,
        Self::Residential500,
        Self::Residential1G,
        Self::Business1G,
        Self::Business10G,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Residential100 => "RESIDENTIAL_100",
            Self::Residential500 => "RESIDENTIAL_500",
            Self::Residential1G => "RESIDENTIAL_1G",
            Self::Business1G => "BUSINESS_1G",
            Self::Business10G => "BUSINESS_10G",
        }
    }

    /// The code of the plan that it stands for.
    pub const fn plan_code(self) -> &'static str {
        match self {
            Self::Residential100 => "RESIDENTIAL_100",
            Self::Residential500 => "RESIDENTIAL_500",
            Self::Residential1G => "RESIDENTIAL_1G",
            Self::Business1G => "BUSINESS_1G",
            Self::Business10G => "BUSINESS_10G",
        }
    }

    /// The tier of a plan; none: the plan is not sold by the contract.
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
