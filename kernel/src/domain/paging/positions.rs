//! Pages of long lists, as cheap deep inside as at the beginning.
//!
//! To get to a page by `offset`, the database walks through all rows before it, and to tell how many there are it
//! walks through all. Rows of the lists here are never removed and new ones come at the end, so a row's place never
//! changes: this process remembers the id at every so many-th place, and counts only what came after the last one.

use super::{
    Page,
    marks::{Marks, Pace},
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

/// A table whose rows, once made, are there for good, with the columns `id` (of the time, ascending) and
/// `organization_id`, and an index on both.
pub trait Lasting: EntityTrait {}

impl Lasting for entities::customer::Entity {}
impl Lasting for entities::ticket::Entity {}
impl Lasting for entities::subscription::Entity {}
impl Lasting for entities::provisioning_request::Entity {}

/// How many lists' places are cached.
const LISTS: usize = 256;

type Key = (String, OrganizationId);
type List = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone, Default)]
struct Known {
    marks: Arc<Marks>,
    /// Held by who looks for more marks.
    looking: List,
}

/// The places that this process knows. Cheap to clone. Others know theirs; what each says is the same.
#[derive(Clone)]
pub struct Positions {
    lists: Arc<Cache<Key, Known>>,
    pace: Pace,
}

impl Default for Positions {
    fn default() -> Self {
        Self::new(Pace::default())
    }
}

impl Positions {
    /// Nothing is known yet.
    pub fn new(pace: Pace) -> Self {
        Self { lists: Arc::new(Cache::new(LISTS)), pace }
    }

    /// A page of all of the organization's rows, the oldest first. `page` counts from 1. Two statements; one more
    /// when there are so many new rows that their places are looked for.
    pub async fn page<E: Lasting>(
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
        let tail = all::<E>(organization).filter(past::<E>(known.marks.last)).count(db).await?;
        let total = known.marks.settled + tail;
        let marks = if known.marks.are_behind(tail, self.pace) {
            self.look::<E>(db, key, &known).await?
        } else {
            known.marks
        };
        let (offset, mut rows) = (offset(page, limit), all::<E>(organization));
        if offset >= total {
            return Ok(Page { items: vec![], total });
        }
        let (mark, skipped) = marks.before(offset, self.pace.step);
        if let Some(mark) = mark {
            rows = rows.filter(id::<E>().gte(mark));
        }
        let items = rows.order_by_asc(id::<E>()).offset(skipped).limit(limit).all(db).await?;
        Ok(Page { items, total })
    }

    /// Looks for more marks; who comes meanwhile waits and takes what was found.
    async fn look<E: Lasting>(&self, db: &DatabaseConnection, key: Key, seen: &Known) -> Result<Arc<Marks>> {
        let Ok(Known { looking, .. }) =
            self.lists.get_or_insert_with(&key, || Ok::<_, Infallible>(seen.clone()));
        let _alone = looking.lock().await;
        let now = self.lists.get(&key).unwrap_or_default().marks;
        if now.looked > seen.marks.looked {
            return Ok(now);
        }
        let mut marks = (*now).clone().still(self.pace);
        marks.looked = Some(Instant::now());
        let statement = search::<E>(db, key.1, &marks, self.pace)?;
        for Found { id, place } in Found::find_by_statement(statement).all(db).await? {
            let place = u64::try_from(place).map_err(Error::internal)?;
            if place % self.pace.step == 0 {
                marks.ids.push(id);
            }
            (marks.settled, marks.last) = (place + 1, Some(id));
        }
        let marks = Arc::new(marks);
        self.lists.insert(key, Known { marks: marks.clone(), looking: looking.clone() });
        Ok(marks)
    }
}

fn column<E: Lasting>(name: &'static str) -> Expr {
    Expr::col((Alias::new(E::default().table_name()), Alias::new(name)))
}

fn id<E: Lasting>() -> Expr {
    column::<E>("id")
}

fn all<E: Lasting>(organization: OrganizationId) -> Select<E> {
    E::find().filter(column::<E>("organization_id").eq(organization))
}

fn past<E: Lasting>(last: Option<Uuid>) -> Expr {
    last.map_or_else(|| Expr::val(1).eq(1), |last| id::<E>().gt(last))
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
    place: i64,
}

/// The rows that settled since: those at marked places, and the last one. Reads the index alone.
fn search<E: Lasting>(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    marks: &Marks,
    pace: Pace,
) -> Result<Statement> {
    let (table, step) = (E::default().table_name().to_owned(), pace.step);
    let sql = format!(
        "select id, place from (
           select id, $2 + row_number() over (order by id) - 1 as place, lead(id) over (order by id) as after
           from {table} where organization_id = $1 and id > $3 and id <= $4
         ) as numbered where place % {step} = 0 or after is null order by id"
    );
    let settled = i64::try_from(marks.settled).map_err(Error::internal)?;
    let last = marks.last.unwrap_or(Uuid::nil());
    let values = [organization.into(), settled.into(), last.into(), youngest(pace).into()];
    Ok(Statement::from_sql_and_values(db.get_database_backend(), sql, values))
}

/// The last id that was made when rows that have settled now were made: ids begin with the time in milliseconds.
fn youngest(pace: Pace) -> Uuid {
    let now = Uuid::now_v7().as_u128() >> 80;
    let settled = now.saturating_sub(pace.settled.as_millis());
    Uuid::from_u128((settled << 80) | ((1 << 80) - 1))
}
