//! The table of the simulated network, in batches.

use entities::{ids::SubscriptionId, simulated_service::Model};
use platform::{
    Db,
    bulk::{self, SqlType},
    db::GenericPlanConnection,
    error::Result,
};
use std::collections::HashMap;

/// Applies these services; there must be at most one per subscription.
pub async fn write(db: &Db, made: &[&Model]) -> Result<()> {
    const FIELDS: &bulk::Fields = &[
        ("subscription_id", SqlType::Uuid),
        ("present", SqlType::Bool),
        ("download_mbps", SqlType::Int),
        ("upload_mbps", SqlType::Int),
        ("ipv4", SqlType::Text),
        ("ipv6", SqlType::Text),
        ("suspended", SqlType::Bool),
        ("changes", SqlType::Int),
    ];
    let sql = "insert into simulated_services ({columns}) select {columns} from {rows} where true
      on conflict (subscription_id) do update set present = excluded.present,
        download_mbps = excluded.download_mbps, upload_mbps = excluded.upload_mbps, ipv4 = excluded.ipv4,
        ipv6 = excluded.ipv6, suspended = excluded.suspended";
    let db = db.generic_plans();
    db.rows(bulk::generic_plan_statement(db.backend(), sql, FIELDS, &made, [])?).await?;
    Ok(())
}

/// The services of these subscriptions; from the primary, not a replica.
pub async fn read(db: &Db, all: &[SubscriptionId]) -> Result<HashMap<SubscriptionId, Model>> {
    let rows = bulk::ids(all.iter().map(|id| id.0));
    let sql = "select * from simulated_services where subscription_id {in_ids}";
    let db = db.generic_plans();
    let statement = bulk::generic_plan_statement(db.backend(), sql, bulk::ID, &rows, [])?;
    let found = db.find::<Model>(statement).await?;
    Ok(found.into_iter().map(|row| (row.subscription_id, row)).collect())
}
