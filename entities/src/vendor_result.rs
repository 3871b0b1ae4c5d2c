//! Results that vendors have told of.

use crate::{
    RawJson,
    ids::{OrganizationId, VendorAttemptId, VendorRequestId, VendorResultId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One result. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_results")]
pub struct Model {
    /// The result's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorResultId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// Of which request it is.
    pub request_id: VendorRequestId,
    /// Its place among those of the request; from 1, without gaps.
    pub number: i32,
    /// Of which attempt it is.
    pub attempt_id: VendorAttemptId,
    /// Whether the vendor has done it.
    pub status: ResultStatus,
    /// Why it has not, for a person.
    pub error_message: Option<String>,
    /// The vendor's own notes.
    pub metadata: Option<RawJson>,
    /// What the vendor calls the subscription.
    pub external_subscription_id: Option<String>,
    /// What it calls the partner.
    pub external_partner_id: Option<String>,
    /// What it calls the customer.
    pub external_company_id: Option<String>,
    /// What it calls the partner's enrolment.
    pub external_enrollment_id: Option<String>,
    /// When it was told.
    pub created_at: DateTimeUtc,
}

/// Whether the vendor has done it, in the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "PascalCase")]
pub enum ResultStatus {
    /// It has.
    Success,
    /// It has not.
    Fail,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Those of the request.
    pub fn of(request: VendorRequestId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request))
    }
}
