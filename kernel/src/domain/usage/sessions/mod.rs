//! Sessions, as the accounting of a RADIUS server tells of them: what each has grown by since it was last seen is
//! added to its customer's day.

mod days;
mod known;

use super::{add::add, ingest::Source};
use crate::{
    UnitOfWork,
    error::{Error, Result},
    events::Actor,
};
use days::days;
use known::{known, write};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// For how many seconds of the accounting's time an ended session is kept, so that a late repetition of its end is
/// nothing new.
const KEPT: i64 = 30 * 86_400;

/// A session, with what it has used so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, unique among all of the server.
    pub id: String,
    /// Who logged in: a subscription's id; sessions of others are passed over.
    pub user: String,
    /// To the customer.
    pub download_bytes: i64,
    /// From the customer.
    pub upload_bytes: i64,
    /// How long it is.
    pub seconds: i64,
    /// When the server last heard of it, in seconds since 1970.
    pub changed_at: i64,
    /// Whether it is over.
    pub ended: bool,
}

/// How far accounting was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Mark {
    /// How often something was accounted for.
    pub turn: i64,
    /// The time of the last change that was, in seconds since 1970.
    pub read_to: i64,
}

/// How far accounting was read.
pub async fn mark(db: &impl ConnectionTrait) -> Result<Mark> {
    let sql = "select turn, read_to from radius_marks where id = 1";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    Mark::find_by_statement(statement).one(db).await?.ok_or_else(|| Error::internal("no mark of accounting"))
}

/// Adds what the sessions have grown by to the days on which they changed, and moves the mark. None, and nothing done:
/// the mark has moved since it was read, so that what was read after it may be old. The actor is changed to each
/// organization in turn. No session may be there twice.
pub async fn account(work: &mut UnitOfWork, mark: Mark, sessions: &[Session]) -> Result<Option<Mark>> {
    let now = work.now().timestamp();
    // A NAS whose clock is ahead must not have us pass over the others.
    let last = sessions.iter().map(|session| session.changed_at.min(now)).max().unwrap_or_default();
    let moved = Mark { turn: mark.turn + 1, read_to: mark.read_to.max(last) };
    if !take_turn(work, mark, moved).await? {
        return Ok(None);
    }
    let known = known(work, sessions).await?;
    let grown: Vec<_> = sessions
        .iter()
        .filter_map(|session| Some((session, known.get(&session.id)?)))
        .filter(|(session, known)| known.is_news(session))
        .collect();
    write(work, &grown).await?;
    for (organization, days) in days(&grown, now)? {
        work.actor = Actor::system(organization);
        add(work, Source::Radius, &days.into_values().collect::<Vec<_>>()).await?;
    }
    Ok(Some(moved))
}

/// Forgets sessions that have ended long before the mark, and returns how many.
pub async fn forget(db: &impl ConnectionTrait, mark: Mark) -> Result<u64> {
    let sql = "delete from radius_sessions where ended and changed_at < $1";
    let values = [(mark.read_to - KEPT).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Whoever moves the mark first goes on; others wait here until it has, and then find it moved.
async fn take_turn(work: &UnitOfWork, from: Mark, to: Mark) -> Result<bool> {
    let sql = "update radius_marks set turn = $1, read_to = $2 where id = 1 and turn = $3";
    let transaction = work.transaction().await?;
    let values = [to.turn.into(), to.read_to.into(), from.turn.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() == 1)
}
