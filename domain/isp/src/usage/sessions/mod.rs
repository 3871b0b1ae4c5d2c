//! RADIUS sessions: the growth of each since it was last seen is added to its customer's day.

mod counters;
mod days;

use super::{add::add, ingest::Source};
use counters::{counters, write};
use days::days;
use kernel::{UnitOfWork, events::Actor};
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// Seconds for which an ended session is kept, so that a repeated end is recognized.
const KEPT: i64 = 30 * 86_400;

/// A session with its usage so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, unique on the server.
    pub id: String,
    /// The user name: a subscription's id; other sessions are ignored.
    pub user: String,
    /// To the customer.
    pub download_bytes: i64,
    /// From the customer.
    pub upload_bytes: i64,
    /// Its duration.
    pub seconds: i64,
    /// Its last update, in seconds since 1970.
    pub changed_at: i64,
    /// Whether it has ended.
    pub ended: bool,
}

/// The checkpoint of reading accounting data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Mark {
    /// Incremented with each update.
    pub turn: i64,
    /// The time of the last counted change, in seconds since 1970.
    pub read_to: i64,
}

/// The checkpoint of reading accounting data.
pub async fn mark(db: &impl ConnectionTrait) -> Result<Mark> {
    let sql = "select turn, read_to from radius_marks where id = 1";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Mark::find_by_statement(statement)
        .one(db)
        .await?
        .ok_or_else(|| Error::internal("no accounting checkpoint"))
}

/// Adds the growth of the sessions to the days of their changes, and moves the checkpoint. `None`, without effect, if
/// the checkpoint has moved since it was read, because the data may be old then. The actor is set to each organization
/// in turn. No session may occur twice.
pub async fn account(work: &mut UnitOfWork, mark: Mark, sessions: &[Session]) -> Result<Option<Mark>> {
    let now = work.now().timestamp();
    // A NAS with a fast clock must not make us skip the others.
    let last = sessions.iter().map(|session| session.changed_at.min(now)).max().unwrap_or_default();
    let moved = Mark { turn: mark.turn + 1, read_to: mark.read_to.max(last) };
    if !advance_mark(work, mark, moved).await? {
        return Ok(None);
    }
    let counters = counters(work, sessions).await?;
    let grown: Vec<_> = sessions
        .iter()
        .filter_map(|session| Some((session, counters.get(&session.id)?)))
        .filter(|(session, counters)| counters.is_news(session))
        .collect();
    write(work, &grown).await?;
    for (organization, days) in days(&grown, now)? {
        work.actor = Actor::system(organization);
        add(work, Source::Radius, &days.into_values().collect::<Vec<_>>()).await?;
    }
    Ok(Some(moved))
}

/// Removes sessions that ended long before the checkpoint, and returns their number.
pub async fn forget(db: &impl ConnectionTrait, mark: Mark) -> Result<u64> {
    let sql = "delete from radius_sessions where ended and changed_at < $1";
    let values = [(mark.read_to - KEPT).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// The first to move the checkpoint continues; others wait here and then find it moved.
async fn advance_mark(work: &UnitOfWork, from: Mark, to: Mark) -> Result<bool> {
    let sql = "update radius_marks set turn = $1, read_to = $2 where id = 1 and turn = $3";
    let transaction = work.transaction().await?;
    let values = [to.turn.into(), to.read_to.into(), from.turn.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() == 1)
}
