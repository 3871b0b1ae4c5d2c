//! What sessions used, read from `radacct`. Every worker process does it, regularly. Of two at once the second finds
//! that it read what the first has counted, and counts nothing; what was read counts with the commit of its mark, so
//! that a process that is killed has counted nothing either.

use super::people::statement;
use kernel::{
    Kernel, Result, UnitOfWork,
    domain::usage::{self, Mark, Session},
    error::{Dependency, Error},
    events::Actor,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult};

/// Sessions that are counted in one transaction.
const BATCH: usize = 1000;

/// Changes are read again for so many seconds: they are written at other times than they tell, and not in their order.
const OVERLAP: i64 = 3600;

/// The place after which a page of changes begins: time and row.
type Place = (i64, i64);

/// Counts what has changed since the mark.
pub(super) async fn round(kernel: &Kernel, db: &DatabaseConnection) -> Result<()> {
    let mut mark = usage::mark(kernel.db.writer()).await?;
    let mut place = (mark.read_to - OVERLAP, 0);
    loop {
        let read = read(db, place).await.map_err(away)?;
        let (Some(last), count) = (read.last().map(Read::place), read.len()) else { break };
        let Some(moved) = counted(kernel, mark, read).await? else { return Ok(()) };
        (mark, place) = (moved, last);
        if count < BATCH {
            break;
        }
    }
    usage::forget(kernel.db.writer(), mark).await.map(drop)
}

async fn counted(kernel: &Kernel, mark: Mark, read: Vec<Read>) -> Result<Option<Mark>> {
    let sessions: Vec<_> = read.into_iter().map(Session::from).collect();
    let mut work = UnitOfWork::new(kernel.clone(), Actor::platform());
    let moved = usage::account(&mut work, mark, &sessions).await?;
    if moved.is_some() {
        work.commit().await?;
    } else {
        work.rollback().await?;
    }
    Ok(moved)
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn away(error: DbErr) -> Error {
    Error::unavailable(Dependency::Radius, error)
}

/// A row of `radacct`. Its input comes from the customer.
#[derive(FromQueryResult)]
struct Read {
    row: i64,
    id: String,
    user: String,
    input: i64,
    output: i64,
    seconds: i64,
    changed: i64,
    ended: bool,
}

impl Read {
    fn place(&self) -> Place {
        (self.changed, self.row)
    }
}

impl From<Read> for Session {
    fn from(read: Read) -> Self {
        Self {
            id: read.id,
            user: read.user,
            download_bytes: read.output,
            upload_bytes: read.input,
            seconds: read.seconds,
            changed_at: read.changed,
            ended: read.ended,
        }
    }
}

async fn read(db: &impl ConnectionTrait, after: Place) -> Result<Vec<Read>, DbErr> {
    let (changed, recent) = changed(db.get_database_backend());
    let sql = format!(
        r#"select radacctid as "row", acctuniqueid as id, coalesce(username, '') as "user",
          coalesce(acctinputoctets, 0) as input, coalesce(acctoutputoctets, 0) as output,
          coalesce(acctsessiontime, 0) as seconds, changed, acctstoptime is not null as ended
        from (select radacct.*, {changed} as changed from radacct where {recent}) a
        where changed > $1 or changed = $1 and radacctid > $2
        order by changed, radacctid limit {BATCH}"#
    );
    Read::find_by_statement(statement(db, &sql, [after.0.into(), after.1.into()])).all(db).await
}

/// When the server last heard of a session, in seconds since 1970, and what an index can find of those that are
/// wanted. FreeRADIUS tells SQLite times as such numbers, or as text.
fn changed(backend: DbBackend) -> (String, String) {
    let column = "coalesce(acctupdatetime, acctstoptime, acctstarttime)";
    match backend {
        DbBackend::Postgres => (
            format!("cast(floor(extract(epoch from {column})) as bigint)"),
            format!("{column} >= to_timestamp($1)"),
        ),
        _ => (
            format!("case typeof({column}) when 'text' then unixepoch({column}) else {column} end"),
            "true".into(),
        ),
    }
}
