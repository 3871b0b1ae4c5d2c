//! The rows of an uploaded file, kept in chunks until they are worked off.

use crate::ids::JobId;
use sea_orm::entity::prelude::*;

/// Some consecutive rows of one import.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_chunks")]
pub struct Model {
    /// The import (a bulk job).
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: JobId,
    /// Place of the chunk in the file, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The rows as JSON text; their shape is the import's business.
    pub rows: String,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
