//! Requests sent again: the answer to a request that came with an `Idempotency-Key` is kept in the
//! transaction of its effect, so that there is never one without the other.
//!
//! A key belongs to the caller that sent it, and to the method and path of its request ([`Scope`]): the same text sent
//! by another credential, or to another path, is another key.
//!
//! Whoever claims a key holds it until the end of the transaction: within a process by a guard, between
//! processes by a lock of PostgreSQL's that ends with the transaction, also when the process is killed. Only
//! answers of requests that did something are kept: a refused request may be sent again, corrected or not.

use crate::{
    Work,
    error::{Error, Result},
    limits::Guard,
};
use chrono::{DateTime, Utc};
use entities::idempotent_answer;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde::{Deserialize, Serialize};

/// Characters of a key at most.
pub const LONGEST_KEY: usize = 255;
/// What kept answers are sealed for.
const CONTEXT: &str = "idempotent_answer";

/// SHA-256 of all that makes a request the same request.
pub type Fingerprint = [u8; 32];

/// SHA-256 of whose key it is, for what, and of the key itself.
pub type Scope = [u8; 32];

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that the operation gave it.
    pub headers: Vec<(String, String)>,
    /// The id of the request that it was given to.
    pub request_id: String,
    /// The body.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// The first line of what is kept; the body follows.
#[derive(Serialize, Deserialize)]
struct Head {
    fingerprint: Fingerprint,
    #[serde(flatten)]
    answer: Answer,
}

/// What became of a claim.
pub enum Claimed {
    /// It is the first request with the key; the guard is to be kept until it is answered.
    First(Guard<Scope>),
    /// The request was answered before.
    Before(Answer),
    /// The key came with another request before.
    Reused,
    /// The first request is still being worked on.
    InUse,
}

/// Claims the key for the request, within its unit of work.
pub async fn claim(work: &Work, scope: Scope, fingerprint: Fingerprint) -> Result<Claimed> {
    let Some(guard) = work.kernel.claims.enter(scope) else {
        return Ok(Claimed::InUse);
    };
    let transaction = work.transaction().await?;
    if !lock(&*transaction, &scope).await? {
        return Ok(Claimed::InUse);
    }
    let kept = idempotent_answer::Entity::find_by_id(scope.to_vec()).one(&*transaction).await?;
    let Some(kept) = kept.filter(|kept| kept.expires_at > work.now()) else {
        return Ok(Claimed::First(guard));
    };
    let Head { fingerprint: first, answer } = unpack(&work.kernel.vault.open(CONTEXT, &kept.answer)?)?;
    Ok(if first == fingerprint { Claimed::Before(answer) } else { Claimed::Reused })
}

/// Takes PostgreSQL's lock for the key, which ends with the transaction; false if another has it. SQLite
/// belongs to one process, whose guard says enough.
async fn lock(transaction: &impl ConnectionTrait, scope: &Scope) -> Result<bool> {
    let backend = transaction.get_database_backend();
    if backend != DbBackend::Postgres {
        return Ok(true);
    }
    let number = scope.iter().take(8).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    let sql = "select pg_try_advisory_xact_lock($1) as taken";
    let statement = Statement::from_sql_and_values(backend, sql, [number.into()]);
    let row = transaction.query_one_raw(statement).await?.ok_or_else(|| Error::internal("no row"))?;
    Ok(row.try_get("", "taken")?)
}

/// Keeps the answer, in the transaction of what it answers.
pub async fn keep(work: &Work, scope: Scope, fingerprint: Fingerprint, answer: Answer) -> Result<()> {
    let expires_at = work.now() + work.kernel.settings.idempotency.keep;
    let sealed = work.kernel.vault.seal(CONTEXT, &pack(fingerprint, answer)?)?;
    // A row that is there has expired, else the claim had found it.
    let sql = "insert into idempotent_answers (scope, answer, expires_at) values ($1, $2, $3)
      on conflict (scope) do update set answer = excluded.answer, expires_at = excluded.expires_at";
    let values = [scope.to_vec().into(), sealed.into(), expires_at.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}

fn pack(fingerprint: Fingerprint, mut answer: Answer) -> Result<Vec<u8>> {
    let body = std::mem::take(&mut answer.body);
    let mut packed = serde_json::to_vec(&Head { fingerprint, answer })?;
    packed.push(b'\n');
    packed.extend(body);
    Ok(packed)
}

fn unpack(packed: &[u8]) -> Result<Head> {
    let mut parts = packed.splitn(2, |byte| *byte == b'\n');
    let mut head: Head = serde_json::from_slice(parts.next().unwrap_or_default())?;
    head.answer.body = parts.next().unwrap_or_default().to_vec();
    Ok(head)
}

/// Removes at most `batch` answers whose time is over; returns how many.
pub async fn sweep(db: &impl ConnectionTrait, batch: u64, now: DateTime<Utc>) -> Result<u64> {
    let sql = "delete from idempotent_answers where scope in (
        select scope from idempotent_answers where expires_at <= $1 limit $2)";
    let values = [now.into(), i64::try_from(batch).unwrap_or(i64::MAX).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_body_is_kept_as_it_is() {
        for body in [&b""[..], b"{\"a\":\n1}", b"\n\n", &[0, 255, b'\n']] {
            let answer = Answer {
                status: 201,
                headers: vec![("location".into(), "/x".into())],
                request_id: "r".into(),
                body: body.to_vec(),
            };
            let Head { fingerprint, answer: kept } = unpack(&pack([7; 32], answer.clone()).unwrap()).unwrap();
            assert_eq!((fingerprint, kept), ([7; 32], answer));
        }
    }
}
