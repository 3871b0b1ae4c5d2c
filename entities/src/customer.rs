//! Customers of an organization: the people and businesses that buy its services.

use crate::ids::{CustomerId, OrganizationId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// The e-mail address, as it was given.
    pub email: String,
    /// The e-mail address as it is compared, unique within the organization: lower case, the domain in its DNS form.
    pub email_key: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The telephone number, as it was given; no format is imposed.
    pub phone: Option<String>,
    /// The type: a person or a business.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: CustomerType,
    /// The name of the business.
    pub company_name: Option<String>,
    /// The status.
    pub status: CustomerStatus,
    /// The address where the service is delivered.
    pub service_address: Address,
    /// The address for invoices; `None` if it is the service address.
    pub billing_address: Option<Address>,
    /// Custom metadata.
    pub metadata: Option<Metadata>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The type of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerType {
    /// A person.
    #[sea_orm(string_value = "INDIVIDUAL")]
    Individual,
    /// A business.
    #[sea_orm(string_value = "BUSINESS")]
    Business,
}

/// The status of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerStatus {
    /// May buy and use services.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Closed.
    #[sea_orm(string_value = "INACTIVE")]
    Inactive,
    /// Blocked temporarily.
    #[sea_orm(string_value = "SUSPENDED")]
    Suspended,
    /// Not accepted yet.
    #[sea_orm(string_value = "PENDING")]
    Pending,
}

/// A postal address in the format of the United States, which all contracts so far use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Address {
    /// Number and street.
    pub street1: String,
    /// Apartment, floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    /// City.
    pub city: String,
    /// State: two letters.
    pub state: String,
    /// ZIP code: `12345` or `12345-6789`.
    pub zip: String,
    /// Country: two letters, `US` by default.
    pub country: String,
}

/// Custom metadata: strings by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, String>);

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All customers of the organization, oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// A customer of the organization.
    pub fn one_of(organization: OrganizationId, id: CustomerId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
