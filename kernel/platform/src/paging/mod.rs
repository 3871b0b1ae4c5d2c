//! Pages of lists, by number, and parts of lists, by cursor.
//!
//! Lists with numbered pages are in order of creation, oldest first: new rows are added at the end, so paging through a
//! list returns every row once (decision 11). A cursor names the last row that was returned, so its lists may begin with
//! the newest.

mod checkpoints;
mod cursor;
mod offset_index;

pub use checkpoints::IndexPolicy;
pub use cursor::{Cursor, Slice};
pub use offset_index::{AppendOnly, Positions};

use crate::error::Result;
use sea_orm::{DatabaseConnection, EntityTrait, FromQueryResult, PaginatorTrait, QuerySelect, Select};

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// The number of items on all pages.
    pub total: u64,
}

impl<T: Send + Sync> Page<T> {
    /// A page of a query's results, which are counted: for short or filtered lists. `page` counts from 1.
    pub async fn of<E>(db: &DatabaseConnection, all: Select<E>, page: u64, limit: u64) -> Result<Self>
    where
        E: EntityTrait<Model = T>,
        T: FromQueryResult,
    {
        let total = all.clone().count(db).await?;
        let offset = offset(page, limit);
        // Past the end there is nothing; the database's offset is limited to 2^63.
        let items = if offset >= total { vec![] } else { all.offset(offset).limit(limit).all(db).await? };
        Ok(Self { items, total })
    }
}

/// The number of rows before a page.
const fn offset(page: u64, limit: u64) -> u64 {
    page.saturating_sub(1).saturating_mul(limit)
}
