//! Row-addressed errors of a bulk job.

use crate::ids::JobId;
use sea_orm::{QueryOrder, entity::prelude::*};
use serde::Serialize;

/// Why one row of a bulk job was refused.
#[derive(Clone, Debug, PartialEq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "job_errors")]
pub struct Model {
    /// The bulk job (the parent, when chunks did the work).
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    /// Zero-based place in the request or file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub row_index: i64,
    /// For a person.
    pub message: String,
    /// For a program: the field, the value.
    pub details: Option<Json>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// The job's errors after row `after` (-1 for all), in row order. The caller has looked the job up
    /// in its organization.
    pub fn page(job: JobId, after: i64) -> Select<Self> {
        Self::find()
            .filter(Column::JobId.eq(job))
            .filter(Column::RowIndex.gt(after))
            .order_by_asc(Column::RowIndex)
    }
}
