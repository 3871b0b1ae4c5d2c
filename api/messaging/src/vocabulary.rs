//! This contract's words for fields and terms in the domain's errors.

use edge::Vocabulary;
use platform::error::{Field, Term};

/// The words of this contract.
pub const VOCABULARY: Vocabulary = Vocabulary { field, term };

fn field(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Name => "name",
        Field::Email => "email",
        Field::Status => "status",
        Field::Metadata => "metadata",
        Field::SuccessUrl => "success_redirect_url",
        Field::FailureUrl => "failure_redirect_url",
        Field::Cursor => "cursor",
        Field::Url => "url",
        // Of other contracts and commands.
        Field::Organization
        | Field::OrganizationEmail
        | Field::Contract
        | Field::Scope
        | Field::RatePlan
        | Field::Expires
        | Field::Network
        | Field::TaxNumber
        | Field::BankDetails
        | Field::Phone
        | Field::Logo
        | Field::Address
        | Field::City
        | Field::State
        | Field::Zip
        | Field::Latitude
        | Field::Longitude
        | Field::VendorProvisioner
        | Field::Monthly
        | Field::Activation
        | Field::Download
        | Field::Upload
        | Field::Code
        | Field::Discount
        | Field::Percent
        | Field::Plan
        | Field::NewPlan
        | Field::StartDate
        | Field::EffectiveDate
        | Field::ResumeDate
        | Field::Promotion
        | Field::Subscription
        | Field::RequestType
        | Field::ScheduledDate
        | Field::ProvisionRequestId
        | Field::ProvisionDetailId
        | Field::ProvisionAttemptId
        | Field::MinimumAmount
        | Field::EventType
        | Field::CustomEventTypes
        | Field::Secret
        | Field::SecretHeader
        | Field::Until
        | Field::Amount
        | Field::Method
        | Field::Reference
        | Field::Month
        | Field::Title
        | Field::Description
        | Field::Area
        | Field::Service
        | Field::Started
        | Field::Estimate
        | Field::Message
        | Field::Author
        | Field::Start
        | Field::End
        | Field::Day
        | Field::DownloadBytes
        | Field::UploadBytes
        | Field::Sessions
        | Field::SessionSeconds
        | Field::OutageMinutes
        | Field::PeakDownload
        | Field::PeakUpload
        | Field::AverageDownload
        | Field::AverageUpload => return None,
    })
}

const fn term(_: Term) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_the_document() {
        assert_eq!(VOCABULARY.undocumented(&crate::DOCUMENT), [""; 0]);
    }
}
