//! The contract of an endpoint.

use kernel::contracts::{self, ContractInfo};
use platform::error::{Error, Result};

/// The contract of an endpoint.
pub(super) fn contract_info(name: &str) -> Result<&'static ContractInfo> {
    contracts::find(name).ok_or_else(|| Error::internal(format!("{name} has no webhooks")))
}
