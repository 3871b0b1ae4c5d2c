//! Pages of lists, by time of creation.

use platform::{error::Result, paging::Page};
use sea_orm::{
    DatabaseConnection, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryOrder, QuerySelect, Select,
};

/// A page request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The page, from 0.
    pub page: u64,
    /// The page size.
    pub size: u64,
    /// Whether the newest rows come first.
    pub newest_first: bool,
}

impl PageRequest {
    /// A page of the query's results, ordered by these columns. The total is counted only if it does not follow from
    /// the page.
    pub(super) async fn of<E>(
        self,
        db: &DatabaseConnection,
        all: Select<E>,
        columns: impl IntoIterator<Item = E::Column>,
    ) -> Result<Page<E::Model>>
    where
        E: EntityTrait,
        E::Model: FromQueryResult + Send + Sync,
    {
        let order = if self.newest_first { Order::Desc } else { Order::Asc };
        let offset = self.page.saturating_mul(self.size);
        let rows = columns.into_iter().fold(all.clone(), |rows, column| rows.order_by(column, order.clone()));
        let rows = rows.offset(offset).limit(self.size);
        let items = rows.all(db).await?;
        let found = items.len() as u64;
        let is_last = found < self.size && (found > 0 || offset == 0);
        let total = if is_last { offset + found } else { all.count(db).await? };
        Ok(Page { items, total })
    }
}
