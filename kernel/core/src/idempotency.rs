//! Idempotency keys: the response to a request with an `Idempotency-Key` is stored in the transaction of its effect, so
//! that there is never one without the other.
//!
//! A key belongs to a caller, method and path ([`Scope`]): the same text from another credential or for another path is
//! another key.
//!
//! A claim of a key is held until the end of the transaction: within a process by a guard, between processes by a
//! PostgreSQL lock that ends with the transaction, also when the process is killed. Only responses of requests with an
//! effect are stored: a rejected request may be repeated, corrected or not.
//!
//! A request with outgoing calls must not hold a transaction meanwhile. Its claim is a committed row ([`open`]), which
//! the response replaces in a second transaction. The claim of a killed process expires, and the request may be
//! repeated.

use crate::{Kernel, UnitOfWork, limits::Guard};
use chrono::{DateTime, Utc};
use entities::idempotent_answer;
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::runtime::Handle;

/// Maximum length of a key.
pub const LONGEST_KEY: usize = 255;
/// The vault context of stored responses.
const CONTEXT: &str = "idempotent_answer";

/// SHA-256 of the request's content.
pub type Fingerprint = [u8; 32];

/// SHA-256 of the caller, the operation, and the key.
pub type Scope = [u8; 32];

/// A stored response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The operation's headers.
    pub headers: Vec<(String, String)>,
    /// The id of the original request.
    pub request_id: String,
    /// The body.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// The first line of the stored text; the body follows.
#[derive(Serialize, Deserialize)]
struct Head {
    fingerprint: Fingerprint,
    /// `None` for an open claim.
    #[serde(flatten)]
    answer: Option<StoredResponse>,
}

/// A claim stored as a row. Each is sealed again, so that the row identifies its claim. Dropped without being settled
/// or released (the client has disconnected), it is released by a task.
pub struct Open {
    kernel: Kernel,
    scope: Scope,
    /// `None` once settled.
    sealed: Option<Vec<u8>>,
}

/// Validity of an open claim beyond the request timeout.
const GRACE: Duration = Duration::from_secs(15);

/// The result of a claim.
pub enum Claimed {
    /// The first request with the key; keep the guard until the response.
    First(Guard<Scope>),
    /// The request has a stored response.
    Replay(StoredResponse),
    /// The key was used with a different request.
    Reused,
    /// The first request is in progress.
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
        Some(answer) => Claimed::Replay(answer),
        None => Claimed::InUse,
    })
}

/// Stores a claim as a row, and commits it with the request's changes so far: after that no transaction is open, and
/// others find the key in use until the response is stored, the claim is released, or (if this process is killed) the
/// maximum time of a request has passed.
pub async fn open(work: &UnitOfWork, scope: Scope, fingerprint: Fingerprint) -> Result<Open> {
    let http = &work.kernel.settings.http;
    let until = work.now() + http.request_timeout + http.max_wait + GRACE;
    let sealed = work.kernel.vault.seal(CONTEXT, &pack(&Head { fingerprint, answer: None }, &[])?)?;
    put(work, scope, sealed.clone(), until).await?;
    // Before the commit: a claim that may exist must be released.
    let open = Open { kernel: work.kernel.clone(), scope, sealed: Some(sealed) };
    work.commit().await?;
    Ok(open)
}

impl Open {
    /// Releases the claim: the request was rejected or has failed. One that belongs to another request by now stays.
    pub async fn release(mut self) -> Result<()> {
        // Still set while releasing: if dropped halfway, a task releases it.
        if let Some(sealed) = self.sealed.clone() {
            release(&self.kernel, self.scope, sealed).await?;
        }
        self.sealed = None;
        Ok(())
    }

    /// The response has replaced it and is committed.
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

/// Takes PostgreSQL's lock for the key, held until the end of the transaction; false if another has it. With SQLite
/// there is one process, whose guard is sufficient.
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

/// Stores the response in the transaction of its effect, replacing an open claim. False if the claim has expired and is
/// no longer this request's: then the transaction must not be committed.
pub async fn store(
    work: &UnitOfWork,
    scope: Scope,
    fingerprint: Fingerprint,
    open: Option<&Open>,
    mut answer: StoredResponse,
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

/// An existing row has expired, otherwise the claim would have found it.
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

/// Removes at most `batch` expired responses; returns their number.
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
            let answer = StoredResponse {
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
