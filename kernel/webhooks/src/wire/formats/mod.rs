//! The delivery format of each contract: one file each, and a line in [`FORMATS`].

mod licensing;
mod messaging;
mod operator;
mod partner;
pub mod vendor;

use super::PayloadFormat;
use kernel::contracts::{self, ContractInfo};
use platform::error::{Error, Result};

static FORMATS: [(&ContractInfo, &PayloadFormat); 5] = [
    (&contracts::partner::CONTRACT, &partner::FORMAT),
    (&contracts::operator::CONTRACT, &operator::FORMAT),
    (&contracts::vendor::CONTRACT, &vendor::FORMAT),
    (&contracts::licensing::CONTRACT, &licensing::FORMAT),
    (&contracts::messaging::CONTRACT, &messaging::FORMAT),
];

/// The delivery format of a contract. A test ensures that every contract has one.
pub fn format_of(contract: &ContractInfo) -> Result<&'static PayloadFormat> {
    let found = FORMATS.iter().find(|(known, _)| known.name == contract.name);
    found
        .map(|(_, format)| *format)
        .ok_or_else(|| Error::internal(format!("{} has no webhooks", contract.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contract_has_a_format_of_its_own() {
        let known = FORMATS.map(|(contract, _)| contract.name);
        assert_eq!(known, contracts::ALL.map(|contract| contract.name));
    }
}
