//! The counted values of sessions, and their growth since.

use super::Session;
use entities::ids::{CustomerId, OrganizationId, SubscriptionId};
use kernel::UnitOfWork;
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;
use std::collections::HashMap;

/// A session's owner and counted values.
#[derive(FromQueryResult)]
pub(super) struct SessionCounters {
    pub(super) id: String,
    pub(super) subscription_id: SubscriptionId,
    pub(super) customer_id: CustomerId,
    pub(super) organization_id: OrganizationId,
    pub(super) time_zone: String,
    pub(super) download_bytes: Option<i64>,
    pub(super) upload_bytes: Option<i64>,
    pub(super) seconds: Option<i64>,
    pub(super) ended: Option<bool>,
}

/// The growth of a session since it was last seen.
pub(super) struct Growth {
    pub(super) download: i64,
    pub(super) upload: i64,
    pub(super) seconds: i64,
}

impl SessionCounters {
    /// Lower values were reported late or by a restarted counter: nothing is counted twice.
    pub(super) fn growth(&self, session: &Session) -> Growth {
        let more = |is: i64, was: Option<i64>| is.saturating_sub(was.unwrap_or_default()).max(0);
        Growth {
            download: more(session.download_bytes, self.download_bytes),
            upload: more(session.upload_bytes, self.upload_bytes),
            seconds: more(session.seconds, self.seconds),
        }
    }

    pub(super) fn is_news(&self, session: &Session) -> bool {
        let Growth { download, upload, seconds } = self.growth(session);
        let ends = session.ended && self.ended == Some(false);
        self.ended.is_none() || ends || [download, upload, seconds].iter().any(|grown| *grown > 0)
    }
}

#[derive(Serialize)]
struct Wanted<'a> {
    id: &'a str,
    subscription_id: SubscriptionId,
}

/// The sessions of known subscriptions, by id.
pub(super) async fn counters(
    work: &UnitOfWork,
    sessions: &[Session],
) -> Result<HashMap<String, SessionCounters>> {
    let wanted = sessions
        .iter()
        .filter_map(|session| Some(Wanted { id: &session.id, subscription_id: session.user.parse().ok()? }));
    let wanted: Vec<_> = wanted.collect();
    let transaction = work.transaction().await?;
    let fields = &[("id", SqlType::Text), ("subscription_id", SqlType::Uuid)];
    let statement = bulk::statement(&transaction, KNOWN, fields, &wanted, [])?;
    let counters = SessionCounters::find_by_statement(statement).all(&transaction).await?;
    Ok(counters.into_iter().map(|counters| (counters.id.clone(), counters)).collect())
}

const KNOWN: &str = "
select r.id, s.id as subscription_id, s.customer_id, s.organization_id, o.time_zone,
  k.download_bytes, k.upload_bytes, k.seconds, k.ended
from {rows}
join subscriptions s on s.id = r.subscription_id
join organizations o on o.id = s.organization_id
left join radius_sessions k on k.id = r.id";

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    subscription_id: SubscriptionId,
    download_bytes: i64,
    upload_bytes: i64,
    seconds: i64,
    changed_at: i64,
    ended: bool,
}

impl<'a> Row<'a> {
    fn new(session: &'a Session, counters: &SessionCounters) -> Self {
        Self {
            id: &session.id,
            subscription_id: counters.subscription_id,
            download_bytes: session.download_bytes.max(counters.download_bytes.unwrap_or_default()),
            upload_bytes: session.upload_bytes.max(counters.upload_bytes.unwrap_or_default()),
            seconds: session.seconds.max(counters.seconds.unwrap_or_default()),
            changed_at: session.changed_at,
            ended: session.ended,
        }
    }
}

/// Stores the counted values.
pub(super) async fn write(work: &UnitOfWork, grown: &[(&Session, &SessionCounters)]) -> Result<()> {
    let rows: Vec<_> = grown.iter().map(|(session, counters)| Row::new(session, counters)).collect();
    let fields = &[
        ("id", SqlType::Text),
        ("subscription_id", SqlType::Uuid),
        ("download_bytes", SqlType::Int),
        ("upload_bytes", SqlType::Int),
        ("seconds", SqlType::Int),
        ("changed_at", SqlType::Int),
        ("ended", SqlType::Bool),
    ];
    let transaction = work.transaction().await?;
    let statement = bulk::statement(&transaction, WRITE, fields, &rows, [work.now().into()])?;
    transaction.execute_raw(statement).await?;
    Ok(())
}

const WRITE: &str = "
insert into radius_sessions ({columns}, seen_at) select {columns}, $2 from {rows} where true
on conflict (id) do update set download_bytes = excluded.download_bytes, upload_bytes = excluded.upload_bytes,
  seconds = excluded.seconds, changed_at = excluded.changed_at, ended = excluded.ended, seen_at = excluded.seen_at";
