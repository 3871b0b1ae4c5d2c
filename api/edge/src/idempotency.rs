//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a repeated request gets the stored response, and
//! has no further effect.

use super::{ApiError, RequestContext, Result, body};
use crate::{
    document::BodyKind,
    idempotency_key::{ClaimedKey, IdempotencyPolicy},
};
use kernel::idempotency::{self, Claimed, StoredResponse};
use platform::Error;
use poem::{
    Request, Response,
    http::{HeaderName, HeaderValue, StatusCode},
};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

/// Marks a replayed response.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The id of the original request.
pub const FIRST: HeaderName = HeaderName::from_static("idempotent-request-id");

/// Time between two looks at a key that is in use.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Claims the key of a request without a body. Otherwise it is claimed after the body was read ([`claim_with`],
/// [`super::Caller::claim`]): claiming opens a transaction, which must not wait for the body.
pub async fn prepare(request: &mut Request, session: &RequestContext) -> Result<()> {
    let has_body = session.operation.is_some_and(|operation| operation.body != BodyKind::None);
    if session.idempotency.is_none() || has_body {
        return Ok(());
    }
    let body = request.take_body();
    claim_with(session, &body::read(request, body).await?).await
}

/// Claims the request's key, if any, after its body was read and validated.
pub async fn claim_with(session: &RequestContext, body: &[u8]) -> Result<()> {
    if session.idempotency.is_none() {
        return Ok(());
    }
    claim(session, Sha256::digest(body).as_ref()).await
}

/// Claims the request's key, if any. `digest` is that of the body. `Answered` if there is a stored response.
pub async fn claim(session: &RequestContext, digest: &[u8]) -> Result<()> {
    let (Some(idempotency), Some(work)) = (&session.idempotency, &session.work) else { return Ok(()) };
    let fingerprint = idempotency.hash.clone().chain_update(digest).finalize().into();
    let until = Instant::now() + idempotency.waits;
    loop {
        match idempotency::claim(work, idempotency.scope, fingerprint).await? {
            Claimed::First(guard) => {
                idempotency.put(ClaimedKey { fingerprint, open: None, guard });
                return Ok(());
            }
            Claimed::Replay(answer) => return Err(ApiError::Answered(Box::new(answer))),
            Claimed::Reused => return Err(ApiError::KeyReused),
            Claimed::InUse if Instant::now() >= until => return Err(ApiError::KeyInUse),
            Claimed::InUse => {
                // No transaction is open while it waits.
                work.rollback().await?;
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

/// Marks the response to the first request with its key, where the contract does.
pub fn mark_first(policy: IdempotencyPolicy, session: &RequestContext, answer: &mut Response) {
    if policy.marks_first && session.idempotency.is_some() {
        answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("false"));
    }
}

/// Commits the request's changes so far, so that no transaction is open during a call to another system. The key stays
/// claimed.
pub async fn end_transaction(session: &RequestContext) -> Result<()> {
    let Some(work) = &session.work else { return Ok(()) };
    let Some((idempotency, held)) = session.idempotency.as_ref().and_then(|it| Some((it, it.take()?))) else {
        return Ok(work.commit().await?);
    };
    if held.open.is_some() {
        idempotency.put(held);
        return Ok(work.commit().await?);
    }
    let open = idempotency::open(work, idempotency.scope, held.fingerprint).await?;
    idempotency.put(ClaimedKey { open: Some(open), ..held });
    Ok(())
}

/// Releases the key of a request that was rejected or has failed.
pub async fn release(session: &RequestContext) -> Result<()> {
    match session.idempotency.as_ref().and_then(|idempotency| idempotency.take()) {
        Some(ClaimedKey { open: Some(open), .. }) => Ok(open.release().await?),
        _ => Ok(()),
    }
}

/// Commits the request's changes, with the response if there is a key.
pub async fn commit(session: &RequestContext, mut answer: Response) -> Result<Response> {
    let Some(work) = &session.work else { return Ok(answer) };
    let Some(idempotency) = &session.idempotency else {
        work.commit().await?;
        return Ok(answer);
    };
    // The key is held until after the commit.
    let Some(ClaimedKey { fingerprint, open, guard: _guard }) = idempotency.take() else {
        return Err(Error::internal("the operation did not claim the Idempotency-Key").into());
    };
    let body = answer.take_body().into_bytes().await.map_err(Error::internal)?;
    let kept = kept(&answer, body.to_vec(), session);
    if !idempotency::store(work, idempotency.scope, fingerprint, open.as_ref(), kept).await? {
        return Err(ApiError::KeyInUse);
    }
    work.commit().await?;
    if let Some(open) = open {
        open.settle();
    }
    answer.set_body(body);
    Ok(answer)
}

fn kept(answer: &Response, body: Vec<u8>, session: &RequestContext) -> StoredResponse {
    let headers = answer.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    StoredResponse {
        status: answer.status().as_u16(),
        headers: headers.collect(),
        request_id: session.id.to_string(),
        body,
    }
}

/// The stored response, marked as a replay.
pub fn replay(answer: StoredResponse) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut again = Response::builder().status(status).body(answer.body);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            again.headers_mut().append(name, value);
        }
    }
    again.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::try_from(answer.request_id) {
        again.headers_mut().insert(FIRST, id);
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::Document, idempotency_key::KEY};
    use kernel::auth::CredentialKind;
    use poem::http::Method;
    use serde_json::json;

    /// The result of preparing a request with a key, for an operation with or without a body. The database has no
    /// tables, so claiming fails.
    async fn prepared(body: &serde_json::Value) -> Result<()> {
        let app = crate::state::tests::app().await;
        let operation = json!({ "security": [{ "Key": [] }], "requestBody": body });
        let document = json!({ "paths": { "/things": { "post": operation } } });
        let document = Box::leak(Box::new(Document::new(&document, "", |_| Some(CredentialKind::Key))));
        let builder = Request::builder().method(Method::POST);
        let mut request = builder.header(KEY.as_str(), "key").finish();
        let mut session = RequestContext::of(&request).with_principal(CredentialKind::Key);
        session.operation = document.operation(&Method::POST, "/things");
        request.extensions_mut().insert(app.clone());
        session.begin_work(&app, "partner", IdempotencyPolicy::default(), &request)?;
        prepare(&mut request, &session).await
    }

    #[tokio::test]
    async fn no_transaction_waits_for_a_body() {
        assert!(prepared(&json!(null)).await.is_err(), "claimed at once");
        for kind in ["application/json", "text/csv"] {
            assert!(prepared(&json!({ "content": { kind: {} } })).await.is_ok(), "{kind}");
        }
    }
}
