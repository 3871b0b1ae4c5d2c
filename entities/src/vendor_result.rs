//! Results of requests, reported by vendors.

use crate::{
    RawJson,
    ids::{OrganizationId, VendorAttemptId, VendorRequestId, VendorResultId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// A result. Rows are never changed.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "vendor_results")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VendorResultId,
    /// The vendor.
    pub organization_id: OrganizationId,
    /// The request.
    pub request_id: VendorRequestId,
    /// The number within the request; from 1, without gaps.
    pub number: i32,
    /// The attempt.
    pub attempt_id: VendorAttemptId,
    /// The status.
    pub status: ResultStatus,
    /// The error, for people.
    pub error_message: Option<String>,
    /// Custom metadata of the vendor.
    pub metadata: Option<RawJson>,
    /// The vendor's id of the subscription.
    pub external_subscription_id: Option<String>,
    /// The vendor's id of the partner.
    pub external_partner_id: Option<String>,
    /// The vendor's id of the customer.
    pub external_company_id: Option<String>,
    /// The vendor's id of the partner's enrolment.
    pub external_enrollment_id: Option<String>,
    /// When it was reported.
    pub created_at: DateTimeUtc,
}

/// The status of a result, in the contract's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "PascalCase")]
pub enum ResultStatus {
    /// The vendor fulfilled the request.
    Success,
    /// The vendor did not fulfil the request.
    Fail,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All results of the request.
    pub fn of(request: VendorRequestId) -> Select<Self> {
        Self::find().filter(Column::RequestId.eq(request))
    }
}
