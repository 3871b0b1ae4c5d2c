//! Payloads of events, in the domain's words. Each contract renders its deliveries from them.
//!
//! Events are stored and redelivered: a payload that changes its shape gets a new version, and renderers support all
//! versions that may still be stored. Added fields with a default need no new version.

mod messaging;
mod provision_attempt;
mod subscription;

pub use messaging::{MessagingCustomer, SetupLink};
pub use provision_attempt::{ProvisionAttempt, ProvisionDetail, ProvisionRequest, VendorNotification};
pub use subscription::{PlannedChange, SubscribedPlan, Subscription};
