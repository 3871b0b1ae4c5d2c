//! The fields that errors of domain operations name, in the domain's terms. Each contract maps them to its own names.

use serde::{Serialize, Serializer};
use std::{fmt, ops::Deref};

macro_rules! fields {
    ($($name:ident = $text:literal, $meaning:literal;)+) => {
        /// A field of the input of a domain operation. Commands show its name; each contract maps it to its own path
        /// (`vocabulary.rs` in the contract's folder).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = $meaning] $name,)+
        }

        impl Field {
            /// All fields.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the name; dots separate nested objects.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

fields! {
    // Organizations, keys and the objects that commands set up.
    Organization = "organization", "An organization's name.";
    OrganizationEmail = "organization_email", "The e-mail address of an organization.";
    Contract = "contract", "The contract of a key.";
    Scope = "scope", "A scope of a key.";
    RatePlan = "rate_plan", "The rate-limit plan of a key.";
    Expires = "expires", "When a key expires.";
    Network = "network", "A block of addresses.";
    Name = "name", "A name.";
    TaxNumber = "tax_number", "A seller's tax number.";
    BankDetails = "bank_details", "A seller's bank details.";
    Phone = "phone", "A telephone number.";
    Logo = "logo", "A seller's logo.";
    // Customers and addresses.
    Email = "email", "An e-mail address.";
    Address = "address", "An address.";
    City = "city", "A city.";
    State = "state", "A state of the United States.";
    Zip = "zip", "A ZIP code.";
    Latitude = "latitude", "The latitude, in degrees north.";
    Longitude = "longitude", "The longitude, in degrees east.";
    // Plans, promotions and taxes.
    VendorProvisioner = "vendor_provisioner", "The vendor's provisioner of a plan.";
    Monthly = "monthly", "A monthly price.";
    Activation = "activation", "An activation price.";
    Download = "download", "The download speed of a plan.";
    Upload = "upload", "The upload speed of a plan.";
    Code = "code", "The code of a new promotion.";
    Discount = "discount", "The discount of a promotion.";
    Percent = "percent", "The rate of a tax.";
    // Subscriptions and provisioning.
    Plan = "plan", "The plan of a subscription.";
    NewPlan = "new_plan", "The plan that a subscription changes to.";
    StartDate = "start_date", "When a subscription starts.";
    EffectiveDate = "effective_date", "When a change takes effect.";
    ResumeDate = "resume_date", "When a suspended subscription resumes.";
    Promotion = "promotion", "The promotion code of an order.";
    Status = "status", "The status of an object.";
    Subscription = "subscription", "The subscription of a request.";
    RequestType = "request_type", "The type of a provisioning request.";
    ScheduledDate = "scheduled_date", "When a provisioning request is scheduled.";
    // Vendors.
    ProvisionRequestId = "provision_request.id", "The id of a provision request.";
    ProvisionDetailId = "provision_detail.id", "The id of details of a provision request.";
    ProvisionAttemptId = "provision_attempt.id", "The id of an attempt of a provision request.";
    MinimumAmount = "provision_request.commitment.volume.minimum_amount", "The minimum amount of a committed volume.";
    // Events and webhooks.
    EventType = "event_type", "The type of a published event.";
    CustomEventTypes = "custom_event_types", "The custom event types that a webhook receives.";
    Url = "url", "The URL of a webhook.";
    Secret = "secret", "The secret of a webhook.";
    SecretHeader = "secret_header", "The header with the secret in deliveries.";
    Until = "until", "The end of a time range.";
    // Payments and invoices.
    Amount = "amount", "The amount of a payment.";
    Method = "method", "The method of a payment.";
    Reference = "reference", "The payer's reference of a payment.";
    Month = "month", "The month of invoices.";
    // Outages and maintenance.
    Title = "title", "A title.";
    Description = "description", "A description.";
    Area = "area", "The affected areas.";
    Service = "service", "The affected services.";
    Started = "started", "When an outage started.";
    Estimate = "estimate", "The estimated end of an outage.";
    Message = "message", "The text of an update.";
    Author = "author", "The author of an update.";
    Start = "start", "When a maintenance window starts.";
    End = "end", "When a maintenance window ends.";
    // Messaging customers and their setup links.
    Metadata = "metadata", "Custom metadata.";
    SuccessUrl = "success_url", "The URL that the browser is sent to after success.";
    FailureUrl = "failure_url", "The URL that the browser is sent to after a failure.";
    Cursor = "cursor", "The start of the next page of a list.";
    // Usage of a day.
    Day = "day", "The day.";
    DownloadBytes = "download_bytes", "Number of bytes downloaded.";
    UploadBytes = "upload_bytes", "Number of bytes uploaded.";
    Sessions = "sessions", "Number of sessions.";
    SessionSeconds = "session_seconds", "Total duration of the sessions, in seconds.";
    OutageMinutes = "outage_minutes", "How long the service was unavailable, in minutes.";
    PeakDownload = "peak_download", "The peak download speed.";
    PeakUpload = "peak_upload", "The peak upload speed.";
    AverageDownload = "average_download", "The average download speed.";
    AverageUpload = "average_upload", "The average upload speed.";
}

/// The field that a [`Fault`](super::Fault) is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldPath {
    /// A field of the domain.
    Domain(Field),
    /// A path in a request or a column of a file, as the caller wrote it; empty for the whole.
    Given(String),
}

impl FieldPath {
    /// Returns the domain's name, or the given path.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Domain(field) => field.as_str(),
            Self::Given(path) => path,
        }
    }
}

impl Deref for FieldPath {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl PartialEq<str> for FieldPath {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for FieldPath {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl From<Field> for FieldPath {
    fn from(field: Field) -> Self {
        Self::Domain(field)
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        Self::Given(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_field_has_a_name_of_its_own_in_snake_case() {
        let names: HashSet<_> = Field::ALL.iter().map(|field| field.as_str()).collect();
        assert_eq!(names.len(), Field::ALL.len());
        let is_plain =
            |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.".contains(&byte));
        assert_eq!(names.iter().find(|name| !is_plain(name)), None);
    }
}
