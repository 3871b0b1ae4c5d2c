//! Units of work: what keeps the transaction open, and what is recorded.

use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use engine::{jobs::Probe, ledger::NewJob};
use entities::{event, job};
use kernel::{
    UnitOfWork,
    events::{self, Actor},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;

both!(
    what_is_recorded_while_the_transaction_is_held_is_committed_with_it,
    a_transaction_that_is_held_is_not_committed,
);

fn recorded(work: &UnitOfWork) -> Result<event::Model> {
    let object = ("job", uuid::Uuid::now_v7());
    Ok(events::event(&work.actor, "job.cancelled", object, &json!({}), work.now())?)
}

async fn count(app: &TestApp) -> Result<(u64, u64)> {
    let db = app.kernel.db.reader();
    let events = event::Entity::find().filter(event::Column::Kind.eq("job.cancelled"));
    Ok((events.count(db).await?, job::Entity::find().count(db).await?))
}

async fn what_is_recorded_while_the_transaction_is_held_is_committed_with_it(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let work = UnitOfWork::new(app.kernel.clone(), Actor::platform());
    let steps = async {
        let held = work.transaction().await?;
        work.record([recorded(&work)?]);
        work.enqueue(NewJob::new(None, &Probe::default())?, vec![recorded(&work)?]).await?;
        work.flush().await?;
        assert_eq!(
            event::Entity::find().filter(event::Column::Kind.eq("job.cancelled")).count(&held).await?,
            2
        );
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_mins(1), steps).await??;
    assert_eq!(count(&app).await?, (0, 0));
    work.commit().await?;
    assert_eq!(count(&app).await?, (2, 1));
    Ok(())
}

async fn a_transaction_that_is_held_is_not_committed(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    let work = UnitOfWork::new(app.kernel.clone(), Actor::platform());
    let held = work.transaction().await?;
    work.record([recorded(&work)?]);
    assert!(work.commit().await.is_err(), "what is still held might be added to");
    drop(held);
    work.commit().await?;
    assert_eq!(count(&app).await?, (0, 0), "it was taken back");
    Ok(())
}
