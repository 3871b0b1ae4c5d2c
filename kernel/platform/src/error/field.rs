//! The fields that errors of the domain name, in the domain's words. What a contract calls them is the contract's.

use serde::{Serialize, Serializer};
use std::{fmt, ops::Deref};

macro_rules! fields {
    ($($name:ident = $text:literal, $meaning:literal;)+) => {
        /// A field of what a domain operation is given. Commands show its name; each contract maps it to a path of its
        /// own (`vocabulary.rs` in its folder).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = $meaning] $name,)+
        }

        impl Field {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name; dots lead into nested objects.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

fields! {
    // Organizations, keys and what commands set up.
    Organization = "organization", "An organization's name.";
    OrganizationEmail = "organization_email", "Where an organization gets mail.";
    Contract = "contract", "The contract of a key.";
    Scope = "scope", "A scope of a key.";
    RatePlan = "rate_plan", "The plan that limits the requests of a key.";
    Expires = "expires", "When a key expires.";
    Network = "network", "A block of addresses.";
    Name = "name", "A name.";
    TaxNumber = "tax_number", "A seller's tax number.";
    BankDetails = "bank_details", "A seller's bank details.";
    Phone = "phone", "A telephone number.";
    Logo = "logo", "A seller's logo.";
    // Customers and places.
    Email = "email", "An e-mail address.";
    Address = "address", "An address.";
    City = "city", "A city.";
    State = "state", "A state of the United States.";
    Zip = "zip", "A ZIP code.";
    Latitude = "latitude", "Degrees north.";
    Longitude = "longitude", "Degrees east.";
    // Plans, promotions and taxes.
    VendorProvisioner = "vendor_provisioner", "The provisioner of a vendor that serves a plan.";
    Monthly = "monthly", "A price per month.";
    Activation = "activation", "A price of the activation.";
    Download = "download", "A plan's speed to the customer.";
    Upload = "upload", "A plan's speed from the customer.";
    Code = "code", "The code of a promotion that is made.";
    Discount = "discount", "What a promotion takes off.";
    Percent = "percent", "The rate of a tax.";
    // Subscriptions and provisioning.
    Plan = "plan", "The plan of a subscription.";
    NewPlan = "new_plan", "The plan that a subscription changes to.";
    StartDate = "start_date", "When a subscription begins.";
    EffectiveDate = "effective_date", "When a change takes effect.";
    ResumeDate = "resume_date", "When a suspended subscription is resumed.";
    Promotion = "promotion", "The code of the promotion that is used.";
    Status = "status", "The state that an object is in.";
    Subscription = "subscription", "The subscription that a request is about.";
    RequestType = "request_type", "What a provisioning request is to do.";
    ScheduledDate = "scheduled_date", "When a provisioning request is to be carried out.";
    // Vendors.
    ProvisionRequestId = "provision_request.id", "The id of a provision request.";
    ProvisionDetailId = "provision_detail.id", "The id of details of a provision request.";
    ProvisionAttemptId = "provision_attempt.id", "The id of an attempt of a provision request.";
    MinimumAmount = "provision_request.commitment.volume.minimum_amount", "The least amount of a committed volume.";
    // Events and webhooks.
    EventType = "event_type", "The type of a published event.";
    CustomEventTypes = "custom_event_types", "The organization's own event types that a webhook gets.";
    Url = "url", "Where a webhook's deliveries go.";
    Secret = "secret", "The secret of a webhook.";
    SecretHeader = "secret_header", "The header that deliveries carry the secret in.";
    Until = "until", "The end of a range of times.";
    // Payments and invoices.
    Amount = "amount", "The amount of a payment.";
    Method = "method", "How a payment was made.";
    Reference = "reference", "The payer's reference of a payment.";
    Month = "month", "The month of invoices.";
    // Outages and maintenance.
    Title = "title", "A title.";
    Description = "description", "A description.";
    Area = "area", "The areas that are affected.";
    Service = "service", "The services that are affected.";
    Started = "started", "When an outage began.";
    Estimate = "estimate", "When an outage will be over.";
    Message = "message", "The text of an update.";
    Author = "author", "Who wrote an update.";
    Start = "start", "When a maintenance window begins.";
    End = "end", "When a maintenance window ends.";
    // Customers of messaging, and their setup links.
    Metadata = "metadata", "Custom metadata.";
    SuccessUrl = "success_url", "Where a browser goes after success.";
    FailureUrl = "failure_url", "Where a browser goes after a failure.";
    Cursor = "cursor", "Where the next part of a list begins.";
    // A day of usage.
    Day = "day", "The day.";
    DownloadBytes = "download_bytes", "Bytes to the customer.";
    UploadBytes = "upload_bytes", "Bytes from the customer.";
    Sessions = "sessions", "How many sessions there were.";
    SessionSeconds = "session_seconds", "How long they were, together.";
    OutageMinutes = "outage_minutes", "How long the service was away.";
    PeakDownload = "peak_download", "The highest speed to the customer.";
    PeakUpload = "peak_upload", "The highest speed from the customer.";
    AverageDownload = "average_download", "The average speed to the customer.";
    AverageUpload = "average_upload", "The average speed from the customer.";
}

/// What a [`Fault`](super::Fault) is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldPath {
    /// A field of the domain.
    Domain(Field),
    /// A path in a request or a column of a file, as the caller writes it; empty for the whole.
    Given(String),
}

impl FieldPath {
    /// As text: the domain's name, or the path that was given.
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
