//! What this contract calls the fields and terms that errors of the domain name.

use edge::Vocabulary;
use platform::error::{Field, Term};

/// The words of this contract.
pub const VOCABULARY: Vocabulary = Vocabulary { field, term };

fn field(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Email => "email",
        Field::Address => "address",
        Field::City => "city",
        Field::State => "state",
        Field::Zip => "zip",
        Field::Latitude => "lat",
        Field::Longitude => "lng",
        Field::Plan => "serviceTier",
        Field::NewPlan => "newTier",
        Field::StartDate => "startDate",
        Field::EffectiveDate => "effectiveDate",
        Field::ResumeDate => "scheduledResumeDate",
        Field::Promotion => "promotionCode",
        Field::Status => "status",
        Field::Subscription => "subscriptionId",
        Field::RequestType => "requestType",
        Field::ScheduledDate => "scheduledDate",
        Field::EventType => "eventType",
        Field::CustomEventTypes => "customEvents",
        Field::Url => "url",
        Field::Secret => "secret",
        Field::Until => "until",
        // Of commands and the vendors' contract.
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
        | Field::VendorProvisioner
        | Field::Monthly
        | Field::Activation
        | Field::Download
        | Field::Upload
        | Field::Code
        | Field::Discount
        | Field::Percent
        | Field::ProvisionRequestId
        | Field::ProvisionDetailId
        | Field::ProvisionAttemptId
        | Field::MinimumAmount
        | Field::SecretHeader
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
        Term::Latitude => "lat",
        Term::Longitude => "lng",
        Term::NewInstall => "NEW_INSTALL",
        Term::Disconnect => "DISCONNECT",
        Term::Cancelled => "CANCELLED",
        Term::MaximumAmount => return None,
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
