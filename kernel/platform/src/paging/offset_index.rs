//! Pages of long lists, equally cheap at any depth.
//!
//! With `offset`, the database walks through all rows before a page, and through all rows to count them. Rows of these
//! lists are never removed and new ones come at the end, so a row's offset never changes: this process remembers the
//! ids at regular offsets, and counts only the rows after the last one.

use super::{
    Page,
    checkpoints::{Checkpoints, IndexPolicy},
    offset,
};
use crate::error::{Error, Result};
use entities::ids::OrganizationId;
use quick_cache::sync::Cache;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Statement,
    sea_query::{Alias, Expr},
};
use std::{convert::Infallible, sync::Arc, time::Instant};
use uuid::Uuid;

/// A table whose rows are never removed, with the columns `id` (ascending with time) and `organization_id`, and an
/// index on both.
pub trait AppendOnly: EntityTrait {}

impl AppendOnly for entities::customer::Entity {}
impl AppendOnly for entities::ticket::Entity {}
impl AppendOnly for entities::subscription::Entity {}
impl AppendOnly for entities::provisioning_request::Entity {}

/// Maximum number of cached lists.
const LISTS: usize = 256;

type Key = (String, OrganizationId);
type List = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone, Default)]
struct Known {
    checkpoints: Arc<Checkpoints>,
    /// Locked by the task that searches for checkpoints.
    looking: List,
}

/// The checkpoints known to this process. Cheap to clone. Each process has its own; they agree.
#[derive(Clone)]
pub struct Positions {
    lists: Arc<Cache<Key, Known>>,
    policy: IndexPolicy,
}

impl Default for Positions {
    fn default() -> Self {
        Self::new(IndexPolicy::default())
    }
}

impl Positions {
    /// An empty index.
    pub fn new(policy: IndexPolicy) -> Self {
        Self { lists: Arc::new(Cache::new(LISTS)), policy }
    }

    /// A page of all of the organization's rows, oldest first. `page` counts from 1. Two statements, and one more when
    /// there are enough new rows for new checkpoints.
    pub async fn page<E: AppendOnly>(
        &self,
        db: &DatabaseConnection,
        organization: OrganizationId,
        page: u64,
        limit: u64,
    ) -> Result<Page<E::Model>>
    where
        E::Model: Send + Sync,
    {
        let key = (E::default().table_name().to_owned(), organization);
        let known = self.lists.get(&key).unwrap_or_default();
        let tail = all::<E>(organization).filter(past::<E>(known.checkpoints.last)).count(db).await?;
        let total = known.checkpoints.settled + tail;
        let checkpoints = if known.checkpoints.are_behind(tail, self.policy) {
            self.look::<E>(db, key, &known).await?
        } else {
            known.checkpoints
        };
        let (offset, mut rows) = (offset(page, limit), all::<E>(organization));
        if offset >= total {
            return Ok(Page { items: vec![], total });
        }
        let (mark, skipped) = checkpoints.before(offset, self.policy.step);
        if let Some(mark) = mark {
            rows = rows.filter(id::<E>().gte(mark));
        }
        let items = rows.order_by_asc(id::<E>()).offset(skipped).limit(limit).all(db).await?;
        Ok(Page { items, total })
    }

    /// Searches for new checkpoints; concurrent callers wait and use the result.
    async fn look<E: AppendOnly>(
        &self,
        db: &DatabaseConnection,
        key: Key,
        seen: &Known,
    ) -> Result<Arc<Checkpoints>> {
        let Ok(Known { looking, .. }) =
            self.lists.get_or_insert_with(&key, || Ok::<_, Infallible>(seen.clone()));
        let _alone = looking.lock().await;
        let now = self.lists.get(&key).unwrap_or_default().checkpoints;
        if now.looked > seen.checkpoints.looked {
            return Ok(now);
        }
        let mut checkpoints = (*now).clone().still(self.policy);
        checkpoints.looked = Some(Instant::now());
        let statement = search::<E>(db, key.1, &checkpoints, self.policy)?;
        for Found { id, place } in Found::find_by_statement(statement).all(db).await? {
            let place = u64::try_from(place).map_err(Error::internal)?;
            if place % self.policy.step == 0 {
                checkpoints.ids.push(id);
            }
            (checkpoints.settled, checkpoints.last) = (place + 1, Some(id));
        }
        let checkpoints = Arc::new(checkpoints);
        self.lists.insert(key, Known { checkpoints: checkpoints.clone(), looking: looking.clone() });
        Ok(checkpoints)
    }
}

fn column<E: AppendOnly>(name: &'static str) -> Expr {
    Expr::col((Alias::new(E::default().table_name()), Alias::new(name)))
}

fn id<E: AppendOnly>() -> Expr {
    column::<E>("id")
}

fn all<E: AppendOnly>(organization: OrganizationId) -> Select<E> {
    E::find().filter(column::<E>("organization_id").eq(organization))
}

fn past<E: AppendOnly>(last: Option<Uuid>) -> Expr {
    last.map_or_else(|| Expr::val(1).eq(1), |last| id::<E>().gt(last))
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
    place: i64,
}

/// The new rows with final offsets: those at checkpoints, and the last one. Reads only the index.
fn search<E: AppendOnly>(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    checkpoints: &Checkpoints,
    policy: IndexPolicy,
) -> Result<Statement> {
    let (table, step) = (E::default().table_name().to_owned(), policy.step);
    let sql = format!(
        "select id, place from (
           select id, $2 + row_number() over (order by id) - 1 as place, lead(id) over (order by id) as after
           from {table} where organization_id = $1 and id > $3 and id <= $4
         ) as numbered where place % {step} = 0 or after is null order by id"
    );
    let settled = i64::try_from(checkpoints.settled).map_err(Error::internal)?;
    let last = checkpoints.last.unwrap_or(Uuid::nil());
    let values = [organization.into(), settled.into(), last.into(), youngest(policy).into()];
    Ok(Statement::from_sql_and_values(db.get_database_backend(), sql, values))
}

/// The largest id that is old enough: ids begin with the time in milliseconds.
fn youngest(policy: IndexPolicy) -> Uuid {
    let now = Uuid::now_v7().as_u128() >> 80;
    let settled = now.saturating_sub(policy.settled.as_millis());
    Uuid::from_u128((settled << 80) | ((1 << 80) - 1))
}
