//! Customers of an organization: the people and businesses that buy its services.

use crate::ids::{CustomerId, OrganizationId};
use sea_orm::{FromJsonQueryResult, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    /// The customer's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    /// The tenant that owns the record.
    pub organization_id: OrganizationId,
    /// As it was given.
    pub email: String,
    /// The form that is unique within the organization: lower case, the domain as DNS knows it.
    pub email_key: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// As it was given; no format is imposed.
    pub phone: Option<String>,
    /// A person or a business.
    #[sea_orm(column_name = "type")]
    #[serde(rename = "type")]
    pub kind: CustomerType,
    /// The business's name.
    pub company_name: Option<String>,
    /// Where the customer stands.
    pub status: CustomerStatus,
    /// Where the service is delivered.
    pub service_address: Address,
    /// Where invoices go, when it is another place.
    pub billing_address: Option<Address>,
    /// The partner's own notes.
    pub metadata: Option<Metadata>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// A person or a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerType {
    /// A private person.
    #[sea_orm(string_value = "INDIVIDUAL")]
    Individual,
    /// A company.
    #[sea_orm(string_value = "BUSINESS")]
    Business,
}

/// Where a customer stands.
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
    /// Barred for the time being.
    #[sea_orm(string_value = "SUSPENDED")]
    Suspended,
    /// Not yet taken up.
    #[sea_orm(string_value = "PENDING")]
    Pending,
}

/// A postal address in the United States' form, which all contracts so far use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Address {
    /// Number and street.
    pub street1: String,
    /// Flat, floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    /// Town.
    pub city: String,
    /// Two letters.
    pub state: String,
    /// `12345` or `12345-6789`.
    pub zip: String,
    /// Two letters, `US` unless given.
    pub country: String,
}

/// Free key-value notes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, String>);

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All customers of the organization, the oldest first.
    pub fn of(organization: OrganizationId) -> Select<Self> {
        Self::find().filter(Column::OrganizationId.eq(organization)).order_by_asc(Column::Id)
    }

    /// One customer of the organization.
    pub fn one_of(organization: OrganizationId, id: CustomerId) -> Select<Self> {
        Self::of(organization).filter(Column::Id.eq(id))
    }
}
