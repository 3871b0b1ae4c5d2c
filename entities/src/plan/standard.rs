//! The plans that every database begins with: everybody's.

use crate::ids::PlanId;
use uuid::Uuid;

/// For homes, 100 Mbit/s at first.
pub const RESIDENTIAL_100: PlanId = id(1);
/// For homes, 500 Mbit/s at first.
pub const RESIDENTIAL_500: PlanId = id(2);
/// For homes, 1 Gbit/s at first.
pub const RESIDENTIAL_1G: PlanId = id(3);
/// For businesses, 1 Gbit/s at first.
pub const BUSINESS_1G: PlanId = id(4);
/// For businesses, 10 Gbit/s at first.
pub const BUSINESS_10G: PlanId = id(5);

/// All of them, from the lowest.
pub const ALL: [PlanId; 5] = [RESIDENTIAL_100, RESIDENTIAL_500, RESIDENTIAL_1G, BUSINESS_1G, BUSINESS_10G];

/// As the schema's first step has numbered them.
const fn id(place: u128) -> PlanId {
    PlanId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + place))
}
