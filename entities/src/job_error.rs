//! Errors of the rows of a bulk job.

use crate::ids::JobId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// The error of one row of a bulk job.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "job_errors")]
pub struct Model {
    /// The bulk job (the parent, if child jobs did the work).
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    /// The position in the request or file, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub row_index: i64,
    /// The message, for people.
    pub message: String,
    /// The details, for programs: the field, the value.
    pub details: Option<Json>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The job's errors after row `after` (-1 for all), in row order. The caller has looked up the job in its
    /// organization.
    pub fn page(job: JobId, after: i64) -> Select<Self> {
        Self::find()
            .filter(Column::JobId.eq(job))
            .filter(Column::RowIndex.gt(after))
            .order_by_asc(Column::RowIndex)
    }
}
