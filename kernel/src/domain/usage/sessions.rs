//! Sessions, as the accounting of a RADIUS server tells of them: what each has grown by since it was last seen is
//! added to its customer's day.

use super::{
    add::add,
    day::{Day, Flow, LARGEST_FLOW, MOST_MBPS, MOST_SECONDS, MOST_SESSIONS},
    ingest::Source,
};
use crate::{
    Work,
    domain::charges::Zone,
    error::{Error, Result},
    events::Actor,
    rows::{self, Type},
};
use chrono::{DateTime, NaiveDate};
use entities::ids::{CustomerId, OrganizationId, SubscriptionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// For how many seconds of the accounting's time an ended session is kept, so that a late repetition of its end is
/// nothing new.
const KEPT: i64 = 30 * 86_400;
/// The first second of which days can be kept in any time zone.
const EARLIEST: i64 = 946_771_200;

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
pub async fn account(work: &mut Work, mark: Mark, sessions: &[Session]) -> Result<Option<Mark>> {
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
async fn take_turn(work: &Work, from: Mark, to: Mark) -> Result<bool> {
    let sql = "update radius_marks set turn = $1, read_to = $2 where id = 1 and turn = $3";
    let transaction = work.transaction().await?;
    let values = [to.turn.into(), to.read_to.into(), from.turn.into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected() == 1)
}

/// A session's owner, and what was counted of it.
#[derive(FromQueryResult)]
struct Known {
    id: String,
    subscription_id: SubscriptionId,
    customer_id: CustomerId,
    organization_id: OrganizationId,
    time_zone: String,
    download_bytes: Option<i64>,
    upload_bytes: Option<i64>,
    seconds: Option<i64>,
    ended: Option<bool>,
}

/// What a session has used since it was last seen.
struct Growth {
    download: i64,
    upload: i64,
    seconds: i64,
}

impl Known {
    /// What is less than before was told late, or by a counter that began anew: nothing is counted twice.
    fn growth(&self, session: &Session) -> Growth {
        let more = |is: i64, was: Option<i64>| is.saturating_sub(was.unwrap_or_default()).max(0);
        Growth {
            download: more(session.download_bytes, self.download_bytes),
            upload: more(session.upload_bytes, self.upload_bytes),
            seconds: more(session.seconds, self.seconds),
        }
    }

    fn is_news(&self, session: &Session) -> bool {
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

/// The sessions of our subscriptions, by their ids.
async fn known(work: &Work, sessions: &[Session]) -> Result<HashMap<String, Known>> {
    let wanted = sessions
        .iter()
        .filter_map(|session| Some(Wanted { id: &session.id, subscription_id: session.user.parse().ok()? }));
    let wanted: Vec<_> = wanted.collect();
    let transaction = work.transaction().await?;
    let fields = &[("id", Type::Text), ("subscription_id", Type::Uuid)];
    let statement = rows::statement(&*transaction, KNOWN, fields, &wanted, [])?;
    let known = Known::find_by_statement(statement).all(&*transaction).await?;
    Ok(known.into_iter().map(|known| (known.id.clone(), known)).collect())
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
    fn new(session: &'a Session, known: &Known) -> Self {
        Self {
            id: &session.id,
            subscription_id: known.subscription_id,
            download_bytes: session.download_bytes.max(known.download_bytes.unwrap_or_default()),
            upload_bytes: session.upload_bytes.max(known.upload_bytes.unwrap_or_default()),
            seconds: session.seconds.max(known.seconds.unwrap_or_default()),
            changed_at: session.changed_at,
            ended: session.ended,
        }
    }
}

async fn write(work: &Work, grown: &[(&Session, &Known)]) -> Result<()> {
    let rows: Vec<_> = grown.iter().map(|(session, known)| Row::new(session, known)).collect();
    let fields = &[
        ("id", Type::Text),
        ("subscription_id", Type::Uuid),
        ("download_bytes", Type::Int),
        ("upload_bytes", Type::Int),
        ("seconds", Type::Int),
        ("changed_at", Type::Int),
        ("ended", Type::Bool),
    ];
    let transaction = work.transaction().await?;
    let statement = rows::statement(&*transaction, WRITE, fields, &rows, [work.now().into()])?;
    transaction.execute_raw(statement).await?;
    Ok(())
}

const WRITE: &str = "
insert into radius_sessions ({columns}, seen_at) select {columns}, $2 from {rows} where true
on conflict (id) do update set download_bytes = excluded.download_bytes, upload_bytes = excluded.upload_bytes,
  seconds = excluded.seconds, changed_at = excluded.changed_at, ended = excluded.ended, seen_at = excluded.seen_at";

type Days = BTreeMap<(CustomerId, NaiveDate), Day>;

/// What was used, by organization, customer and day.
fn days(grown: &[(&Session, &Known)], now: i64) -> Result<BTreeMap<OrganizationId, Days>> {
    let mut all: BTreeMap<OrganizationId, Days> = BTreeMap::new();
    for (session, known) in grown {
        let zone: Zone = known.time_zone.parse().map_err(Error::internal)?;
        let at = session.changed_at.clamp(EARLIEST, now.max(EARLIEST));
        let date = zone.date(DateTime::from_timestamp(at, 0).unwrap_or_default());
        let days = all.entry(known.organization_id).or_default();
        let day = days.entry((known.customer_id, date)).or_insert_with(|| nothing(known.customer_id, date));
        count(day, &known.growth(session), known.ended.is_none());
    }
    Ok(all)
}

fn nothing(customer: CustomerId, day: NaiveDate) -> Day {
    let flow = Flow { peak_kbps: Some(0), ..Flow::default() };
    Day { customer, day, download: flow, upload: flow, sessions: 0, session_seconds: 0, outage_minutes: 0 }
}

/// Counters of a NAS that is mad must not keep those of the others from being counted.
fn count(day: &mut Day, growth: &Growth, is_new: bool) {
    let flow = |flow: &mut Flow, bytes: i64| {
        flow.bytes = flow.bytes.saturating_add(bytes).min(LARGEST_FLOW);
        let rate = (bytes / 125).checked_div(growth.seconds).unwrap_or_default();
        flow.peak_kbps = flow.peak_kbps.max(Some(rate.min(MOST_MBPS * 1000)));
    };
    flow(&mut day.download, growth.download);
    flow(&mut day.upload, growth.upload);
    day.session_seconds = day.session_seconds.saturating_add(growth.seconds).min(MOST_SECONDS);
    day.sessions = (day.sessions + i64::from(is_new)).min(MOST_SESSIONS);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(bytes: i64, seconds: i64, ended: bool) -> Session {
        Session {
            id: "s".into(),
            user: String::new(),
            download_bytes: bytes,
            upload_bytes: bytes / 2,
            seconds,
            changed_at: 1_790_000_000,
            ended,
        }
    }

    fn seen(before: Option<&Session>) -> Known {
        Known {
            id: "s".into(),
            subscription_id: SubscriptionId::new(),
            customer_id: CustomerId::new(),
            organization_id: OrganizationId::new(),
            time_zone: "UTC".into(),
            download_bytes: before.map(|it| it.download_bytes),
            upload_bytes: before.map(|it| it.upload_bytes),
            seconds: before.map(|it| it.seconds),
            ended: before.map(|it| it.ended),
        }
    }

    /// The one day that comes of a session.
    fn day(session: &Session, known: &Known, now: i64) -> Day {
        let days = days(&[(session, known)], now).unwrap();
        *days.values().next().unwrap().values().next().unwrap()
    }

    #[test]
    fn only_growth_counts() {
        let (before, after) = (session(1_000_000, 60, false), session(9_000_000, 124, false));
        let first = day(&before, &seen(None), i64::MAX);
        assert_eq!((first.sessions, first.download.bytes, first.session_seconds), (1, 1_000_000, 60));
        let more = day(&after, &seen(Some(&before)), i64::MAX);
        assert_eq!((more.sessions, more.download.bytes, more.session_seconds), (0, 8_000_000, 64));
        assert_eq!((more.download.peak_kbps, more.upload.peak_kbps), (Some(1000), Some(500)));
    }

    #[test]
    fn what_was_seen_or_comes_late_is_no_news() {
        let (before, after) = (session(1_000_000, 60, false), session(9_000_000, 124, false));
        assert!(!seen(Some(&after)).is_news(&after) && !seen(Some(&after)).is_news(&before));
        assert!(seen(None).is_news(&session(0, 0, false)), "one that has begun");
        let over = session(9_000_000, 124, true);
        assert!(seen(Some(&after)).is_news(&over) && !seen(Some(&over)).is_news(&over));
    }

    #[test]
    fn a_mad_nas_cannot_make_a_day_that_is_refused() {
        for (bytes, seconds, changed_at, now) in [
            (i64::MAX, i64::MAX, i64::MAX, 1_790_000_000),
            (i64::MIN, i64::MIN, i64::MIN, 0),
            (i64::MAX, 0, 0, 0),
        ] {
            let mad = Session { changed_at, ..session(bytes, seconds, false) };
            assert_eq!(day(&mad, &seen(None), now).faults(), []);
        }
    }
}
