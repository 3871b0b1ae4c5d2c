//! Pages of lists, by number.
//!
//! Lists are in the order in which their rows were made, the oldest first: a row that comes while somebody walks
//! through the pages comes behind all others, so that the walk meets every row once (decision 11).

mod marks;
mod positions;

pub use marks::Pace;
pub use positions::{Lasting, Positions};

use crate::error::Result;
use sea_orm::{DatabaseConnection, EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Select};

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
}

impl<T: Send + Sync> Page<T> {
    /// A page of all that the query finds, which are counted: for lists that are short, or filtered. `page` counts
    /// from 1.
    pub(in crate::domain) async fn of<E>(
        db: &DatabaseConnection,
        all: Select<E>,
        page: u64,
        limit: u64,
    ) -> Result<Self>
    where
        E: EntityTrait<Model = T>,
        T: FromQueryResult,
    {
        let total = all.clone().count(db).await?;
        let offset = offset(page, limit);
        // Past the end there is nothing; the database's offset ends at 2^63.
        let items = if offset >= total { vec![] } else { all.offset(offset).limit(limit).all(db).await? };
        Ok(Self { items, total })
    }
}

/// How many rows are before a page.
const fn offset(page: u64, limit: u64) -> u64 {
    page.saturating_sub(1).saturating_mul(limit)
}
