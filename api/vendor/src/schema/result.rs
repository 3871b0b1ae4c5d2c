//! Results on the wire: as vendors tell them, and as they are shown.

use super::Id;
use edge::{
    schema::wire,
    types::{Free, Optional, text},
};
use entities::{ids::VendorAttemptId, vendor_result as row};
use isp::vendors::results::{self, NewResult};
use poem_openapi::{Enum, Object};
use serde_json::Value;

/// The status of the provision result. Must be either `Success` or `Fail`. If `Fail` an `errorMessage` should be
/// present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(remote = "row::ResultStatus")]
pub enum ResultStatus {
    /// Provisioned.
    Success,
    /// Not provisioned.
    Fail,
}

text!(
    /// What a vendor calls something of ours.
    ExternalId,
    {
        min_length: Some(1),
        max_length: Some(LONGEST_EXTERNAL),
        pattern: Some(EXTERNAL.into()),
        title: Some("letters, digits, hyphens and underscores".into()),
        example: Some("sub-4711_a".into())
    },
    is_external
);

/// Maximum length of an external id, in characters.
const LONGEST_EXTERNAL: usize = 255;

const EXTERNAL: &str = "^[a-zA-Z0-9-_]+$";

fn is_external(text: &str) -> bool {
    (1..=LONGEST_EXTERNAL).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

text!(
    /// A message that is cut where the contract cuts it, instead of being refused.
    Message, {
        max_length: Some(results::LONGEST_MESSAGE),
        example: Some("Unable to provision the subscription because the provided email domain is already in use.".into())
    }, edge::types::check::any
);

/// The outcome of a request.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ProvisionResult {
    /// Its id, assigned by the platform; a given value is ignored.
    pub id: Optional<Id>,
    /// The attempt that this is the result of; by default the request's latest attempt.
    pub provision_attempt_id: Optional<Id>,
    /// The status of the provision result. Must be either `Success` or `Fail`. If `Fail` an `errorMessage` should be
    /// present.
    pub status: ResultStatus,
    /// When the status is Fail, the `errorMessage` field should contain relevant error information that a person can
    /// understand and action. The `errorMessage` input is truncated to 500 characters.
    pub error_message: Optional<Message>,
    /// Your own notes, stored as given.
    pub metadata: Optional<Free>,
    /// What you call the subscription. Cannot be empty and must only contain alphanumeric values, hyphens and
    /// underscores.
    pub external_provisioner_subscription_id: Optional<ExternalId>,
    /// What you call the partner. Cannot be empty and must only contain alphanumeric values, hyphens and underscores.
    pub external_provisioner_partner_id: Optional<ExternalId>,
    /// What you call the customer. Cannot be empty and must only contain alphanumeric values, hyphens and underscores.
    pub external_provisioner_company_id: Optional<ExternalId>,
    /// What you call the partner's enrolment. Cannot be empty and must only contain alphanumeric values, hyphens and
    /// underscores.
    pub external_provisioner_partner_enrollment_id: Optional<ExternalId>,
}

wire!(ProvisionResult, rewording cut_message);

/// Cuts the message before its size is looked at.
fn cut_message(body: &mut Value) {
    if let Some(Value::String(message)) = body.get_mut("errorMessage") {
        results::shorten(message);
    }
}

impl ProvisionResult {
    /// What is told.
    pub fn told(self) -> NewResult {
        NewResult {
            attempt: self.provision_attempt_id.0.map(|id| VendorAttemptId(id.into())),
            status: self.status.into(),
            error_message: self.error_message.into(),
            metadata: self.metadata.0.map(|notes| notes.0),
            external_subscription_id: self.external_provisioner_subscription_id.into(),
            external_partner_id: self.external_provisioner_partner_id.into(),
            external_company_id: self.external_provisioner_company_id.into(),
            external_enrollment_id: self.external_provisioner_partner_enrollment_id.into(),
        }
    }
}

impl From<row::Model> for ProvisionResult {
    fn from(row: row::Model) -> Self {
        let external = |id: Option<String>| Optional(id.map(ExternalId));
        Self {
            id: Optional(Some(row.id.0.into())),
            provision_attempt_id: Optional(Some(row.attempt_id.0.into())),
            status: row.status.into(),
            error_message: Optional(row.error_message.map(Message)),
            metadata: Optional(row.metadata.map(Free)),
            external_provisioner_subscription_id: external(row.external_subscription_id),
            external_provisioner_partner_id: external(row.external_partner_id),
            external_provisioner_company_id: external(row.external_company_id),
            external_provisioner_partner_enrollment_id: external(row.external_enrollment_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_EXTERNAL, is_external};

    #[test]
    fn external_ids_have_letters_digits_hyphens_and_underscores() {
        assert!(is_external("aZ-09_") && is_external("-") && is_external(&"a".repeat(LONGEST_EXTERNAL)));
        assert!(!is_external(&"a".repeat(LONGEST_EXTERNAL + 1)));
        for bad in ["", "a b", "ä", "a\n", "a.b"] {
            assert!(!is_external(bad), "{bad:?}");
        }
    }
}
