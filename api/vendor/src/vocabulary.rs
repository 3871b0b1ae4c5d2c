//! What this contract calls the fields and terms that errors of the domain name.

use edge::Vocabulary;
use platform::error::{Field, Term};

/// The words of this contract.
pub const VOCABULARY: Vocabulary = Vocabulary { field, term };

fn field(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::ProvisionRequestId => "provisionRequest.id",
        Field::ProvisionDetailId => "provisionDetail.id",
        Field::ProvisionAttemptId => "provisionAttempt.id",
        Field::MinimumAmount => "provisionRequest.commitment.volume.minAmount",
        Field::Url => "url",
        Field::SecretHeader => "sharedSecret.header",
        // Of commands and the partner contract.
        Field::Organization
        | Field::OrganizationEmail
        | Field::Contract
        | Field::Scope
        | Field::RatePlan
        | Field::Expires
        | Field::Network
        | Field::Name
        | Field::TaxNumber
        | Field::BankDetails
        | Field::Phone
        | Field::Logo
        | Field::Email
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
        | Field::Status
        | Field::Subscription
        | Field::RequestType
        | Field::ScheduledDate
        | Field::EventType
        | Field::CustomEventTypes
        | Field::Secret
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
        | Field::Metadata
        | Field::SuccessUrl
        | Field::FailureUrl
        | Field::Cursor
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

fn term(term: Term) -> Option<&'static str> {
    Some(match term {
        Term::MaximumAmount => "maxAmount",
        Term::Latitude | Term::Longitude | Term::NewInstall | Term::Disconnect | Term::Cancelled => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_the_document() {
        assert_eq!(VOCABULARY.undocumented(&crate::DOCUMENT), [""; 0]);
    }
}
