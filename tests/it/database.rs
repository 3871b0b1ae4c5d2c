//! Connections to PostgreSQL that are kept between statements.

use crate::app::{PATIENCE, Pairing, TestApp};
use anyhow::{Context, Result};
use futures::future::try_join_all;
use harness::until;
use platform::{
    Db,
    db::{GenericPlanConnection, GenericPlanStatement},
};
use sea_orm::ConnectionTrait;

/// The server's process on the other side of a connection.
async fn server(db: &Db) -> Result<i32> {
    let pool = db.generic_plans();
    let statement = GenericPlanStatement::new(pool.backend(), "select pg_backend_pid() as pid", []);
    let rows = pool.rows(statement).await?;
    Ok(rows.first().context("no row")?.try_get("", "pid")?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_is_idle_and_leaves_others_their_place() -> Result<()> {
    let app = TestApp::new(Pairing::Scaled, |_| {}).await?;
    let db = &app.kernel.db;
    try_join_all((0..64).map(|_| server(db))).await?;
    // Those that are not kept are on their way to the pool.
    let all_idle = || async { Ok((db.connections().used == 0).then_some(())) };
    until("all connections are idle", PATIENCE, all_idle).await?;
    // Four are kept of eight; transactions have the others.
    let transactions = try_join_all((0..4).map(|_| db.begin_generic_plans())).await?;
    server(db).await?;
    for transaction in transactions {
        transaction.rollback().await?;
    }
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_that_has_ended_is_not_used_again() -> Result<()> {
    let app = TestApp::new(Pairing::Scaled, |_| {}).await?;
    let db = &app.kernel.db;
    let ended = server(db).await?;
    let sql = format!("select pg_terminate_backend({ended})");
    db.writer().execute_unprepared(&sql).await?;
    let other = until("the statement is made", PATIENCE, async || Ok(server(db).await.ok())).await?;
    assert_ne!(other, ended);
    app.drain().await
}
