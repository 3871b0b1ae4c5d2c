//! The table of the simulated network, many services at once.

use entities::{ids::SubscriptionId, simulated_service::Model};
use platform::{
    Db,
    db::GenericPlanConnection,
    error::Result,
    rows::{self, Type},
};
use std::collections::HashMap;

/// Has the network do these services as they are described; of each there is one.
pub async fn write(db: &Db, made: &[&Model]) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("subscription_id", Type::Uuid),
        ("present", Type::Bool),
        ("download_mbps", Type::Int),
        ("upload_mbps", Type::Int),
        ("ipv4", Type::Text),
        ("ipv6", Type::Text),
        ("suspended", Type::Bool),
        ("changes", Type::Int),
    ];
    let sql = "insert into simulated_services ({columns}) select {columns} from {rows} where true
      on conflict (subscription_id) do update set present = excluded.present,
        download_mbps = excluded.download_mbps, upload_mbps = excluded.upload_mbps, ipv4 = excluded.ipv4,
        ipv6 = excluded.ipv6, suspended = excluded.suspended";
    let db = db.generic_plans();
    db.rows(rows::generic_plan_statement(db.backend(), sql, FIELDS, &made, [])?).await?;
    Ok(())
}

/// What the network does for these subscriptions, as far as it has heard of them. It is read where it is written.
pub async fn read(db: &Db, all: &[SubscriptionId]) -> Result<HashMap<SubscriptionId, Model>> {
    let rows = rows::ids(all.iter().map(|id| id.0));
    let sql = "select * from simulated_services where subscription_id {among}";
    let db = db.generic_plans();
    let statement = rows::generic_plan_statement(db.backend(), sql, rows::ID, &rows, [])?;
    let found = db.find::<Model>(statement).await?;
    Ok(found.into_iter().map(|row| (row.subscription_id, row)).collect())
}
