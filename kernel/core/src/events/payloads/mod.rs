//! What events tell of objects, in the domain's words. Each contract renders its deliveries from that.
//!
//! Events are kept, and sent again: a payload that changes its shape gets another version, and who renders it knows
//! all versions that may still be kept. Fields that are only added, with a default, need none.

mod provision_attempt;
mod subscription;

pub use provision_attempt::{ProvisionAttempt, ProvisionDetail, ProvisionRequest, VendorNotification};
pub use subscription::{PlannedChange, SubscribedPlan, Subscription};
