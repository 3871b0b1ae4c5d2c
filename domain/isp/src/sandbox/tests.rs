//! Tests of the seeding.

use super::seed;
use chrono::TimeDelta;
use entities::{
    invoice::{self, InvoiceStatus},
    ip_allocation,
    job::{self, JobState},
    provisioning_request::{self, RequestStatus},
    subscription::{self, SubscriptionStatus},
    ticket::{self, TicketStatus},
};
use kernel::Kernel;
use platform::{Clock, error::Result};
use sea_orm::{EntityTrait, Iterable};
use std::collections::BTreeMap;

async fn kernel(clock: Clock) -> Result<Kernel> {
    let settings = crate::testing::settings();
    let kernel = Kernel::open(settings, clock, &webhooks::DirectPublish).await?;
    kernel.db.migrate().await?;
    Ok(kernel)
}

fn counted<T: Ord>(states: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    states.fold(BTreeMap::new(), |mut counts, state| {
        *counts.entry(state).or_default() += 1;
        counts
    })
}

#[tokio::test]
async fn there_is_something_in_every_state_whatever_the_day() {
    // The first and the last of a month, the shortest month, and the year's first.
    for day in
        ["2027-03-01T00:00:30Z", "2027-03-31T23:59:00Z", "2027-01-01T12:00:00Z", "2027-05-16T08:00:00Z"]
    {
        let clock = Clock::system();
        let day: chrono::DateTime<chrono::Utc> = day.parse().unwrap();
        clock.advance(day - clock.now());
        let kernel = kernel(clock).await.unwrap();
        assert!(seed(&kernel, "sandbox").await.unwrap());
        let db = kernel.db.writer();
        let all = subscription::Entity::find().all(db).await.unwrap();
        let states = counted(all.iter().map(|row| format!("{:?}", row.status)));
        assert_eq!(states.len(), SubscriptionStatus::iter().len(), "{day}: {states:?}");
        let all = invoice::Entity::find().all(db).await.unwrap();
        let states = counted(all.iter().map(|row| format!("{:?}", row.status)));
        for state in [InvoiceStatus::Paid, InvoiceStatus::Pending, InvoiceStatus::Overdue] {
            assert!(states.contains_key(&format!("{state:?}")), "{day}: {states:?}");
        }
        let all = provisioning_request::Entity::find().all(db).await.unwrap();
        let states = counted(all.iter().map(|row| format!("{:?}", row.status)));
        // All states except in progress.
        assert_eq!(states.len(), RequestStatus::iter().len() - 1, "{day}: {states:?}");
        let all = ticket::Entity::find().all(db).await.unwrap();
        let states = counted(all.iter().map(|row| format!("{:?}", row.status)));
        assert_eq!(states.len(), TicketStatus::iter().len(), "{day}: {states:?}");
        let future = kernel.clock.now() + TimeDelta::minutes(1);
        assert!(all.iter().all(|row| row.updated_at < future), "{day}: nothing is from the future");
        assert!(ip_allocation::Entity::find().all(db).await.unwrap().len() > 100);
    }
}

#[tokio::test]
async fn what_it_leaves_to_do_lies_ahead_or_in_the_simulator() {
    let kernel = kernel(Clock::system()).await.unwrap();
    seed(&kernel, "sandbox").await.unwrap();
    let (jobs, now) = (job::Entity::find().all(kernel.db.writer()).await.unwrap(), kernel.clock.now());
    let open: Vec<_> = jobs.iter().filter(|job| job.state == JobState::Queued).collect();
    assert!(jobs.iter().all(|job| job.state.is_final() || job.state == JobState::Queued));
    let due = counted(open.iter().filter(|job| job.run_at <= now).map(|job| job.kind.as_str()));
    assert_eq!(due.keys().copied().collect::<Vec<_>>(), ["network_sync"], "{due:?}");
    let ahead = counted(open.iter().filter(|job| job.run_at > now).map(|job| job.kind.as_str()));
    assert_eq!(ahead.keys().copied().collect::<Vec<_>>(), ["provisioning", "subscription_change"]);
}
