//! Customers on the wire.

use edge::{
    schema::wire,
    types::{Key, Nullable, Optional, Text, Time, WithDefault, text},
};
use entities::customer as row;
use isp::customers::{Changes, NewCustomer};
use poem_openapi::{Enum, Object};
use std::collections::BTreeMap;

text!(
    /// An e-mail address.
    Email, { format: Some("email"), example: Some("john@example.com".into()) }, platform::mail::is_address
);
text!(
    /// A ZIP code: `12345` or `12345-6789`.
    Zip,
    {
        pattern: Some(r"^\d{5}(-\d{4})?$".into()),
        title: Some("a ZIP code such as 92025 or 92025-1234".into()),
        example: Some("92025".into())
    },
    is_zip
);
text!(
    /// A country's code.
    Country, { example: Some("US".into()) }, edge::types::check::any
);

impl Default for Country {
    fn default() -> Self {
        Self("US".into())
    }
}

fn is_zip(text: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        Some((zip, more)) => digits(zip, 5) && digits(more, 4),
        None => digits(text, 5),
    }
}

/// Type of customer account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::CustomerType")]
pub enum CustomerType {
    /// A private person.
    #[default]
    Individual,
    /// A company.
    Business,
}

/// Status of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", remote = "row::CustomerStatus")]
pub enum CustomerStatus {
    /// May buy and use services.
    Active,
    /// Closed.
    Inactive,
    /// Barred for the time being.
    Suspended,
    /// Not yet taken up.
    Pending,
}

/// A postal address.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct Address {
    /// Street address.
    #[oai(validator(min_length = 1))]
    pub street1: Text,
    /// Apartment, suite or floor.
    #[oai(skip_serializing_if_is_none)]
    pub street2: Optional<Text>,
    /// City.
    #[oai(validator(min_length = 1))]
    pub city: Text,
    /// Two-letter code.
    #[oai(validator(min_length = 2, max_length = 2))]
    pub state: Text,
    /// ZIP code.
    pub zip: Zip,
    /// Two-letter code.
    pub country: WithDefault<Country>,
}

/// Custom key-value metadata.
pub type Metadata = BTreeMap<Key, Text>;

/// A customer to create.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct CreateCustomer {
    /// E-mail address, unique within the organization regardless of case and of the script of its domain. The part
    /// before the `@` must be ASCII.
    pub email: Email,
    /// First name.
    #[oai(validator(min_length = 1))]
    pub first_name: Text,
    /// Last name.
    #[oai(validator(min_length = 1))]
    pub last_name: Text,
    /// Phone number, in any format.
    pub phone: Optional<Text>,
    /// Type of customer account.
    #[oai(rename = "type")]
    pub kind: WithDefault<CustomerType>,
    /// Company name.
    pub company_name: Optional<Text>,
    /// Service address.
    pub service_address: Address,
    /// Billing address, if different from the service address.
    pub billing_address: Optional<Address>,
    /// Custom key-value metadata.
    pub metadata: Optional<Metadata>,
}

wire!(CreateCustomer);

/// Changes to a customer. Omitted properties stay unchanged.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct UpdateCustomer {
    /// First name.
    #[oai(validator(min_length = 1))]
    pub first_name: Optional<Text>,
    /// Last name.
    #[oai(validator(min_length = 1))]
    pub last_name: Optional<Text>,
    /// Phone number, in any format; null clears it.
    pub phone: Optional<Nullable<Text>>,
    /// Type of customer account.
    #[oai(rename = "type")]
    pub kind: Optional<CustomerType>,
    /// Company name; null clears it.
    pub company_name: Optional<Nullable<Text>>,
    /// Service address.
    pub service_address: Optional<Address>,
    /// Billing address; null: use the service address.
    pub billing_address: Optional<Nullable<Address>>,
    /// Custom key-value metadata, replaced as a whole; null clears it.
    pub metadata: Optional<Nullable<Metadata>>,
}

wire!(UpdateCustomer, is update true);

/// A customer.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct Customer {
    /// Customer ID: `cust_` and 26 characters.
    pub id: String,
    /// E-mail address, as entered.
    pub email: Email,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Phone number, in any format.
    pub phone: Nullable<String>,
    /// Type of customer account.
    #[oai(rename = "type")]
    pub kind: CustomerType,
    /// Company name.
    pub company_name: Nullable<String>,
    /// Current status of the customer.
    pub status: CustomerStatus,
    /// Service address.
    pub service_address: Address,
    /// Billing address, if different from the service address.
    pub billing_address: Nullable<Address>,
    /// Custom key-value metadata.
    pub metadata: Nullable<BTreeMap<String, String>>,
    /// Creation time.
    pub created_at: Time,
    /// Time of the last change.
    pub updated_at: Time,
}

impl From<Address> for row::Address {
    fn from(address: Address) -> Self {
        Self {
            street1: address.street1.0,
            street2: address.street2.into(),
            city: address.city.0,
            state: address.state.0,
            zip: address.zip.0,
            country: address.country.0.0,
        }
    }
}

impl From<row::Address> for Address {
    fn from(address: row::Address) -> Self {
        Self {
            street1: Text(address.street1),
            street2: Optional(address.street2.map(Text)),
            city: Text(address.city),
            state: Text(address.state),
            zip: Zip(address.zip),
            country: WithDefault(Country(address.country)),
        }
    }
}

/// Metadata as stored.
pub(super) fn metadata(given: Metadata) -> row::Metadata {
    row::Metadata(given.into_iter().map(|(key, value)| (key.0, value.0)).collect())
}

impl From<CreateCustomer> for NewCustomer {
    fn from(new: CreateCustomer) -> Self {
        Self {
            email: new.email.0,
            first_name: new.first_name.0,
            last_name: new.last_name.0,
            phone: new.phone.into(),
            kind: new.kind.0.into(),
            company_name: new.company_name.into(),
            service_address: new.service_address.into(),
            billing_address: new.billing_address.into(),
            metadata: new.metadata.0.map(metadata),
        }
    }
}

impl From<UpdateCustomer> for Changes {
    fn from(update: UpdateCustomer) -> Self {
        Self {
            first_name: update.first_name.into(),
            last_name: update.last_name.into(),
            phone: update.phone.update(),
            kind: update.kind.into(),
            company_name: update.company_name.update(),
            service_address: update.service_address.into(),
            billing_address: update.billing_address.update(),
            metadata: update.metadata.update::<Metadata>().map(metadata),
        }
    }
}

impl From<row::Model> for Customer {
    fn from(customer: row::Model) -> Self {
        Self {
            id: customer.id.to_string(),
            email: Email(customer.email),
            first_name: customer.first_name,
            last_name: customer.last_name,
            phone: Nullable(customer.phone),
            kind: customer.kind.into(),
            company_name: Nullable(customer.company_name),
            status: customer.status.into(),
            service_address: customer.service_address.into(),
            billing_address: Nullable(customer.billing_address.map(Address::from)),
            metadata: Nullable(customer.metadata.map(|metadata| metadata.0)),
            created_at: Time(customer.created_at),
            updated_at: Time(customer.updated_at),
        }
    }
}

#[cfg(test)]
mod tests;
