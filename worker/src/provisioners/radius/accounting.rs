//! Reads the usage of sessions from `radacct`. Every worker process does this periodically. Of two concurrent readers,
//! the second finds its data already counted, and counts nothing; data counts with the commit of the checkpoint, so a
//! killed process has counted nothing either.

use super::accounts::statement;
use isp::usage::{self, Mark, Session};
use kernel::{Kernel, UnitOfWork, events::Actor};
use platform::{
    Result,
    error::{Dependency, Error},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, FromQueryResult};

/// Sessions per transaction.
const BATCH: usize = 1000;

/// Changes are read again for this many seconds, because they are written with a delay and out of order.
const OVERLAP: i64 = 3600;

/// The position after which a page of changes begins: time and row.
type Place = (i64, i64);

/// Counts changes since the checkpoint.
pub(super) async fn round(kernel: &Kernel, db: &DatabaseConnection) -> Result<()> {
    let mut mark = usage::mark(kernel.db.writer()).await?;
    let mut place = (mark.read_to - OVERLAP, 0);
    loop {
        let read = read(db, place).await.map_err(unavailable)?;
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
pub(super) fn unavailable(error: DbErr) -> Error {
    Error::unavailable(Dependency::Radius, error)
}

/// A row of `radacct`. Its input is upload.
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

/// The SQL for the time of a session's last update, in seconds since 1970, and an indexable condition for recent ones.
/// FreeRADIUS writes times to SQLite as such numbers or as text.
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
