//! Customers on the wire.

use super::envelope::{envelope, object_type};
use edge::{
    schema::wire,
    types::{Free, Nullable, Optional, Success, Text, Time, text},
};
use entities::{messaging_customer as row, whatsapp_account};
use messaging::customers::{Changes, NewCustomer};
use poem_openapi::{Enum, Object};

text!(
    /// An e-mail address.
    Email, { format: Some("email"), example: Some("ops@example.com".into()) }, platform::mail::is_address
);

object_type!(CustomerObject, "customer");

/// Status of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase", remote = "row::MessagingCustomerStatus")]
pub enum CustomerStatus {
    /// Has no account yet.
    Pending,
    /// Can send.
    Active,
    /// Sends nothing until it is active again.
    Suspended,
    /// Sends nothing any more; its history is kept.
    Archived,
}

/// Status that a customer can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub enum SettableStatus {
    /// Has no account yet.
    Pending,
    /// Can send.
    Active,
    /// Sends nothing until it is active again.
    Suspended,
}

/// A customer to create.
#[derive(Debug, Object)]
pub struct CreateCustomer {
    /// Your own ID of a team (default `default`).
    #[oai(validator(min_length = 1, max_length = 64))]
    pub team_id: Optional<Text>,
    /// Name. Repeated spaces are collapsed; line breaks are not allowed.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub name: Text,
    /// E-mail address.
    #[oai(validator(max_length = 255))]
    pub email: Optional<Email>,
    /// Custom metadata: at most 64 properties and 16 KiB.
    pub metadata: Optional<Free>,
}

wire!(CreateCustomer);

/// Changes to a customer. Omitted properties stay unchanged.
#[derive(Debug, Object)]
pub struct UpdateCustomer {
    /// Name. Repeated spaces are collapsed; line breaks are not allowed.
    #[oai(validator(min_length = 1, max_length = 200))]
    pub name: Optional<Text>,
    /// E-mail address; null clears it.
    #[oai(validator(max_length = 255))]
    pub email: Optional<Nullable<Email>>,
    /// Custom metadata, replaced as a whole; null clears it.
    pub metadata: Optional<Nullable<Free>>,
    /// Status.
    pub status: Optional<SettableStatus>,
}

wire!(UpdateCustomer, is update true);

/// A customer.
#[derive(Debug, Object)]
pub struct Customer {
    /// Customer ID: `cus_` and 26 characters.
    pub id: String,
    /// Always `customer`.
    pub object: CustomerObject,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Nullable<String>,
    /// Current status.
    pub status: CustomerStatus,
    /// Custom metadata.
    pub metadata: Nullable<Free>,
    /// When it was archived.
    pub archived_at: Nullable<Time>,
    /// Your own ID of its team.
    pub team_id: String,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

/// A customer with its WhatsApp accounts.
#[derive(Debug, Object)]
pub struct CustomerWithAccounts {
    /// The customer.
    #[oai(flatten)]
    pub customer: Customer,
    /// Its WhatsApp accounts, oldest first.
    pub whatsapp_accounts: Vec<CustomerAccount>,
}

/// A WhatsApp account of a customer.
#[derive(Debug, Object)]
pub struct CustomerAccount {
    /// Meta's ID of the number.
    pub phone_number_id: Nullable<String>,
    /// The number.
    pub phone_number: Nullable<String>,
    /// Verified name.
    pub name: Nullable<String>,
    /// Current status.
    pub status: String,
    /// When it was connected.
    pub onboarded_at: Nullable<Time>,
}

/// An archived customer.
#[derive(Debug, Object)]
pub struct ArchivedCustomer {
    /// Customer ID.
    pub id: String,
    /// Always `customer`.
    pub object: CustomerObject,
    /// Always true.
    pub archived: Success<true>,
}

envelope!(
    /// A created customer.
    CreateCustomerResponse,
    /// The customer.
    Customer
);

envelope!(
    /// An updated customer.
    UpdateCustomerResponse,
    /// The customer.
    Customer
);

envelope!(
    /// One customer.
    GetCustomerResponse,
    /// The customer.
    CustomerWithAccounts
);

envelope!(
    /// An archived customer.
    ArchiveCustomerResponse,
    /// The customer.
    ArchivedCustomer
);

envelope!(
    /// A page of customers.
    ListCustomersResponse,
    /// The customers, newest first.
    list of Customer
);

impl From<SettableStatus> for row::MessagingCustomerStatus {
    fn from(status: SettableStatus) -> Self {
        match status {
            SettableStatus::Pending => Self::Pending,
            SettableStatus::Active => Self::Active,
            SettableStatus::Suspended => Self::Suspended,
        }
    }
}

impl From<CreateCustomer> for NewCustomer {
    fn from(new: CreateCustomer) -> Self {
        Self {
            team: new.team_id.into(),
            name: new.name.0,
            email: new.email.into(),
            metadata: new.metadata.0.map(|metadata| metadata.0),
        }
    }
}

impl From<UpdateCustomer> for Changes {
    fn from(update: UpdateCustomer) -> Self {
        Self {
            name: update.name.into(),
            email: update.email.update(),
            metadata: update.metadata.update::<Free>().map(|metadata| metadata.0),
            status: update.status.into(),
        }
    }
}

impl From<row::Model> for Customer {
    fn from(customer: row::Model) -> Self {
        Self {
            id: customer.id.to_string(),
            object: CustomerObject::Word,
            name: customer.name,
            email: Nullable(customer.email),
            status: customer.status.into(),
            metadata: Nullable(customer.metadata.map(Free)),
            archived_at: Nullable(customer.archived_at.map(Time)),
            team_id: customer.team,
            created_at: Time(customer.created_at),
            updated_at: Time(customer.updated_at),
        }
    }
}

impl From<whatsapp_account::Model> for CustomerAccount {
    fn from(account: whatsapp_account::Model) -> Self {
        Self {
            phone_number_id: Nullable(Some(account.provider_id)),
            phone_number: Nullable(account.phone_number),
            name: Nullable(account.name),
            status: account.status.as_str().into(),
            onboarded_at: Nullable(account.onboarded_at.map(Time)),
        }
    }
}

impl From<(row::Model, Vec<whatsapp_account::Model>)> for CustomerWithAccounts {
    fn from((customer, accounts): (row::Model, Vec<whatsapp_account::Model>)) -> Self {
        let whatsapp_accounts = accounts.into_iter().map(Into::into).collect();
        Self { customer: customer.into(), whatsapp_accounts }
    }
}

impl From<row::Model> for ArchivedCustomer {
    fn from(customer: row::Model) -> Self {
        Self { id: customer.id.to_string(), object: CustomerObject::Word, archived: Success }
    }
}
