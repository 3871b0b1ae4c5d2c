//! The common plans of a new database, for all organizations.

use crate::ids::PlanId;
use uuid::Uuid;

/// Residential, initially 100 Mbit/s.
pub const RESIDENTIAL_100: PlanId = id(1);
/// Residential, initially 500 Mbit/s.
pub const RESIDENTIAL_500: PlanId = id(2);
/// Residential, initially 1 Gbit/s.
pub const RESIDENTIAL_1G: PlanId = id(3);
/// Business, initially 1 Gbit/s.
pub const BUSINESS_1G: PlanId = id(4);
/// Business, initially 10 Gbit/s.
pub const BUSINESS_10G: PlanId = id(5);

/// All of them, lowest rank first.
pub const ALL: [PlanId; 5] = [RESIDENTIAL_100, RESIDENTIAL_500, RESIDENTIAL_1G, BUSINESS_1G, BUSINESS_10G];

/// The id of a plan, as assigned by the migration that inserts them.
const fn id(place: u128) -> PlanId {
    PlanId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + place))
}
