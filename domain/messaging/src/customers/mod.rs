//! Customers: create, read, update, archive.

mod create;
mod list;
mod update;

pub use create::{NewCustomer, create};
pub use list::{Filter, list};
pub(crate) use update::archive;
pub use update::{Changes, update};

use entities::{
    RawJson,
    ids::{MessagingCustomerId, OrganizationId},
    messaging_customer,
};
use kernel::{Kernel, UnitOfWork};
use platform::error::{Error, Fault, Field, Result};
use sea_orm::QuerySelect;
use serde_json::Value;
use std::collections::HashMap;

const MISSING: Error = Error::NotFound("Customer");

/// Maximum length of a name, in characters (documentation of the contract, "Customers").
const LONGEST_NAME: usize = 200;
/// Maximum number of properties of metadata, and its size as JSON in bytes (ibid.).
const MOST_KEYS: usize = 64;
const MOST_METADATA: usize = 16 << 10;

/// One customer of the organization, live or sandbox.
pub async fn get(
    kernel: &Kernel,
    organization: OrganizationId,
    sandbox: bool,
    id: MessagingCustomerId,
) -> Result<messaging_customer::Model> {
    let found = messaging_customer::Entity::one_of(organization, sandbox, id);
    found.one(kernel.db.reader()).await?.ok_or(MISSING)
}

/// The customer, locked until the transaction ends.
pub(crate) async fn lock(work: &UnitOfWork, id: MessagingCustomerId) -> Result<messaging_customer::Model> {
    let found = messaging_customer::Entity::one_of(work.actor.organization, work.actor.sandbox, id);
    found.lock_exclusive().one(&work.transaction().await?).await?.ok_or(MISSING)
}

/// For changes of a customer that is archived.
pub(crate) fn archived() -> Error {
    Error::invalid(Fault::field(Field::Status, "must not be archived; archived customers cannot be changed"))
}

/// The name with single blanks. `Invalid` if it is empty, too long or has line breaks.
fn checked_name(name: &str) -> Result<String> {
    let fault = |message: &str| Err(Error::invalid(Fault::field(Field::Name, message)));
    let is_refused =
        |letter: char| letter != '\t' && letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    if name.chars().any(is_refused) {
        return fault("must not contain line breaks or control characters");
    }
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => fault("must not be blank"),
        1..=LONGEST_NAME => Ok(name),
        _ => fault("must have at most 200 characters"),
    }
}

/// The name as compared by searches.
fn name_key(name: &str) -> String {
    name.to_lowercase()
}

fn checked_metadata(metadata: RawJson) -> Result<RawJson> {
    let fault = |message: &str| Err(Error::invalid(Fault::field(Field::Metadata, message)));
    if metadata.text().len() > MOST_METADATA {
        return fault("must have at most 16 KiB as JSON");
    }
    let properties: HashMap<String, Value> = metadata.read().map_err(Error::internal)?;
    if properties.len() > MOST_KEYS {
        return fault("must have at most 64 properties");
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        let of = |name: &str| checked_name(name).ok();
        assert_eq!(of("  Café \u{a0} Ünal  GmbH "), Some("Café Ünal GmbH".into()));
        assert_eq!(of(&"é".repeat(200)), Some("é".repeat(200)));
        for bad in ["", " ", "a\nb", "a\u{2028}b", "a\u{7}", &"é".repeat(201)] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn metadata_is_bounded() {
        let of = |text: &str| checked_metadata(RawJson::from_text(text).unwrap()).is_ok();
        let keys = |count: u32| {
            let keys: Vec<_> = (0..count).map(|key| format!("\"k{key}\":1")).collect();
            format!("{{{}}}", keys.join(","))
        };
        assert!(of("{}") && of(&keys(64)) && !of(&keys(65)));
        let long = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(of(&long(16 << 10)) && !of(&long((16 << 10) + 1)));
    }

    proptest! {
        #[test]
        fn a_checked_name_is_checked_again_without_a_change(name in ".{0,220}") {
            if let Ok(checked) = checked_name(&name) {
                prop_assert_eq!(checked_name(&checked).ok(), Some(checked));
            }
        }
    }
}
