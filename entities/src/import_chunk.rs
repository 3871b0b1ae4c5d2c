//! The rows of an uploaded file, stored in chunks until they are processed.

use crate::ids::JobId;
use sea_orm::entity::prelude::*;

/// Consecutive rows of an import.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_chunks")]
pub struct Model {
    /// The import (a bulk job).
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    /// The position of the chunk in the file, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The rows as JSON text, in a format of the import.
    pub rows: String,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
