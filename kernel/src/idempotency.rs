//! Requests sent again: the answer to a request that came with an `Idempotency-Key` is kept in the
//! transaction of its effect, so that there is never one without the other.
//!
//! A key belongs to the caller that sent it, and to the method and path of its request ([`Scope`]): the same text sent
//! by another credential, or to another path, is another key.
//!
//! Whoever claims a key holds it until the end of the transaction: within a process by a guard, between
//! processes by a lock of PostgreSQL's that ends with the transaction, also when the process is killed. Only
//! answers of requests that did something are kept: a refused request may be sent again, corrected or not.
//!
//! A request that calls outside may hold no transaction meanwhile. It makes its claim a row ([`open`]), which stands
//! where its answer will, and commits it; the answer replaces it in a second transaction. The claim of a process that
//! was killed ends with its time, and the request may be sent again.

use crate::{
    Kernel, UnitOfWork,
    error::{Error, Result},
    limits::Guard,
};
use chrono::{DateTime, Utc};
use entities::idempotent_answer;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::runtime::Handle;

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
    /// None for an open claim.
    #[serde(flatten)]
    answer: Option<Answer>,
}

/// A claim that is a row. Each is sealed anew, so that what is in the row says whose it is. Dropped before it is
/// settled or released (a caller has gone away), it is released by a task of its own.
pub struct Open {
    kernel: Kernel,
    scope: Scope,
    /// None once it is settled.
    sealed: Option<Vec<u8>>,
}

/// How long an open claim holds beyond the time that a request may take.
const GRACE: Duration = Duration::from_secs(15);

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
pub async fn claim(work: &UnitOfWork, scope: Scope, fingerprint: Fingerprint) -> Result<Claimed> {
    let Some(guard) = work.kernel.claims.enter(scope) else {
        return Ok(Claimed::InUse);
    };
    let transaction = work.transaction().await?;
    if !lock(&transaction, &scope).await? {
        return Ok(Claimed::InUse);
    }
    let kept = idempotent_answer::Entity::find_by_id(scope.to_vec()).one(&transaction).await?;
    let Some(kept) = kept.filter(|kept| kept.expires_at > work.now()) else {
        return Ok(Claimed::First(guard));
    };
    let Head { fingerprint: first, answer } = unpack(&work.kernel.vault.open(CONTEXT, &kept.answer)?)?;
    Ok(match answer {
        _ if first != fingerprint => Claimed::Reused,
        Some(answer) => Claimed::Before(answer),
        None => Claimed::InUse,
    })
}

/// Makes a claim a row, and commits it with what the request has changed so far: from here on no transaction is open,
/// and others find the key in use, until the answer is kept, or the claim is released, or, where this process is
/// killed, until the longest time that a request may take is over.
pub async fn open(work: &UnitOfWork, scope: Scope, fingerprint: Fingerprint) -> Result<Open> {
    let http = &work.kernel.settings.http;
    let until = work.now() + http.request_timeout + http.max_wait + GRACE;
    let sealed = work.kernel.vault.seal(CONTEXT, &pack(&Head { fingerprint, answer: None }, &[])?)?;
    put(work, scope, sealed.clone(), until).await?;
    // Before the commit: nobody waits for a claim that may have come about.
    let open = Open { kernel: work.kernel.clone(), scope, sealed: Some(sealed) };
    work.commit().await?;
    Ok(open)
}

impl Open {
    /// Gives the claim up: the request was refused, or has failed. One that is somebody else's by now stays.
    pub async fn release(mut self) -> Result<()> {
        // Still there while it is under way: given up half-way, it is released by a task.
        if let Some(sealed) = self.sealed.clone() {
            release(&self.kernel, self.scope, sealed).await?;
        }
        self.sealed = None;
        Ok(())
    }

    /// The answer is there in its place, and committed.
    pub fn settle(mut self) {
        self.sealed = None;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let (Some(sealed), Ok(runtime)) = (self.sealed.take(), Handle::try_current()) else { return };
        let (kernel, scope) = (self.kernel.clone(), self.scope);
        runtime.spawn(async move {
            if let Err(error) = release(&kernel, scope, sealed).await {
                tracing::debug!(%error, "an open claim is not released, and ends with its time");
            }
        });
    }
}

async fn release(kernel: &Kernel, scope: Scope, sealed: Vec<u8>) -> Result<()> {
    let sql = "delete from idempotent_answers where scope = $1 and answer = $2";
    let values = [scope.to_vec().into(), sealed.into()];
    let db = kernel.db.writer();
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
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

/// Keeps the answer, in the transaction of what it answers; in place of the claim, if that is open. False where such a
/// claim is not this request's any more, since its time was over: then nothing of the transaction may be committed.
pub async fn keep(
    work: &UnitOfWork,
    scope: Scope,
    fingerprint: Fingerprint,
    open: Option<&Open>,
    mut answer: Answer,
) -> Result<bool> {
    let expires_at = work.now() + work.kernel.settings.idempotency.keep;
    let body = std::mem::take(&mut answer.body);
    let packed = pack(&Head { fingerprint, answer: Some(answer) }, &body)?;
    let sealed = work.kernel.vault.seal(CONTEXT, &packed)?;
    match open {
        None => put(work, scope, sealed, expires_at).await.map(|()| true),
        Some(open) => replace(work, open, sealed, expires_at).await,
    }
}

/// A row that is there has expired, else the claim had found it.
async fn put(work: &UnitOfWork, scope: Scope, sealed: Vec<u8>, expires_at: DateTime<Utc>) -> Result<()> {
    let sql = "insert into idempotent_answers (scope, answer, expires_at) values ($1, $2, $3)
      on conflict (scope) do update set answer = excluded.answer, expires_at = excluded.expires_at";
    let values = [scope.to_vec().into(), sealed.into(), expires_at.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}

async fn replace(work: &UnitOfWork, open: &Open, sealed: Vec<u8>, expires_at: DateTime<Utc>) -> Result<bool> {
    let sql = "update idempotent_answers set answer = $3, expires_at = $4 where scope = $1 and answer = $2";
    let Open { scope, sealed: claim, .. } = open;
    let values = [scope.to_vec().into(), claim.clone().into(), sealed.into(), expires_at.into()];
    let transaction = work.transaction().await?;
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() > 0)
}

fn pack(head: &Head, body: &[u8]) -> Result<Vec<u8>> {
    let mut packed = serde_json::to_vec(head)?;
    packed.push(b'\n');
    packed.extend(body);
    Ok(packed)
}

fn unpack(packed: &[u8]) -> Result<Head> {
    let mut parts = packed.splitn(2, |byte| *byte == b'\n');
    let mut head: Head = serde_json::from_slice(parts.next().unwrap_or_default())?;
    if let Some(answer) = &mut head.answer {
        answer.body = parts.next().unwrap_or_default().to_vec();
    }
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
            let head = Head { fingerprint: [7; 32], answer: Some(answer.clone()) };
            let Head { fingerprint, answer: kept } = unpack(&pack(&head, body).unwrap()).unwrap();
            assert_eq!((fingerprint, kept), ([7; 32], Some(answer)));
        }
    }

    #[test]
    fn what_was_kept_by_earlier_versions_is_read_and_an_open_claim_has_no_answer() {
        let fingerprint = [7_u8; 32];
        let before = serde_json::json!({
            "fingerprint": fingerprint, "status": 201, "headers": [["location", "/x"]], "request_id": "r",
        });
        let kept = unpack(format!("{before}\nbody").as_bytes()).unwrap().answer.unwrap();
        assert_eq!((kept.status, &*kept.request_id, &*kept.body), (201, "r", &b"body"[..]));
        let open = unpack(&pack(&Head { fingerprint, answer: None }, &[]).unwrap()).unwrap();
        assert_eq!((open.fingerprint, open.answer), (fingerprint, None));
    }
}
