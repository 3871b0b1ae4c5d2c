//! What an upgrade makes of the billing that is there.

use super::{Ground, activated};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use entities::{
    ids::{CustomerId, JobId, ProvisioningId, SubscriptionId},
    provisioning_request::{self, RequestStatus, RequestType},
    subscription::{self, SubscriptionStatus},
};
use kernel::domain::invoices::{self, Bounds};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
    QueryFilter,
};

both!(who_is_billed_goes_on_being_billed_and_who_was_never_installed_is_not);

/// The step of the schema that is looked at.
const STEP: &str = "m20261130_installed_before_charged";

/// Undoes it, and all that came after it.
async fn back_to_before(db: &DatabaseConnection) -> Result<()> {
    let is_undone = async || -> Result<bool> {
        let pending = Migrator::get_pending_migrations(db).await?;
        Ok(pending.iter().any(|step| step.name() == STEP))
    };
    while !is_undone().await? {
        Migrator::down(db, Some(1)).await?;
    }
    Ok(())
}

/// Has the subscription begun by its start date, with an installation that stands so.
async fn begun_by_date(
    ground: &Ground,
    customer: CustomerId,
    id: SubscriptionId,
    status: RequestStatus,
) -> Result<()> {
    let db = ground.app.kernel.db.writer();
    let row = subscription::Entity::find_by_id(id).one(db).await?.context("a subscription")?;
    let starts_at = row.started_at;
    let row = subscription::ActiveModel { id: Set(id), starts_at: Set(starts_at), ..Default::default() };
    row.update(db).await?;
    let now = ground.app.clock.now();
    let request = provisioning_request::Model {
        id: ProvisioningId::new(),
        organization_id: ground.organization,
        customer_id: customer,
        subscription_id: id,
        kind: RequestType::NewInstall,
        status,
        scheduled_at: None,
        completed_at: None,
        ont_id: None,
        ipv4: None,
        ipv6: None,
        notes: None,
        last_failure: None,
        metadata: None,
        job_id: JobId::new(),
        attempt: 0,
        undoing: None,
        created_at: now,
        updated_at: now,
    };
    request.into_active_model().insert(db).await?;
    Ok(())
}

async fn who_is_billed_goes_on_being_billed_and_who_was_never_installed_is_not(
    pairing: Pairing,
) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let db = ground.app.kernel.db.writer();
    let mut made = vec![];
    for name in ["billed", "failed", "open", "plain"] {
        let since = [("2026-10-01T00:00:00Z", activated("Fiber 500", "100"))];
        let customer = ground.subscriber(&format!("{name}@example.com"), &since).await?;
        let row = subscription::Entity::find().filter(subscription::Column::CustomerId.eq(customer));
        made.push((customer, row.one(db).await?.context("a subscription")?.id));
    }
    let work = ground.work();
    let until = Some(made[0].0);
    invoices::bill(&work, invoices::month("2026-10")?, Bounds { after: None, until }).await?;
    work.commit().await?;
    for (place, status) in
        [(0, RequestStatus::Failed), (1, RequestStatus::Failed), (2, RequestStatus::InProgress)]
    {
        let (customer, id) = made[place];
        begun_by_date(&ground, customer, id, status).await?;
    }
    assert_eq!(ground.app.count("invoice_runs").await?, 0);
    back_to_before(db).await?;
    Migrator::up(db, None).await?;
    assert_eq!(ground.app.count("invoice_runs").await?, 1, "the calendar goes on");
    let next = invoices::next_runs(&ground.app.kernel).await?;
    assert_eq!(next[0].next.map(|(month, _)| month.to_string()).as_deref(), Some("2026-11"));
    for (place, status) in [
        (0, SubscriptionStatus::Active),
        (1, SubscriptionStatus::Pending),
        (2, SubscriptionStatus::Pending),
        (3, SubscriptionStatus::Active),
    ] {
        let row = subscription::Entity::find_by_id(made[place].1).one(db).await?.context("a subscription")?;
        assert_eq!(
            (row.status, row.started_at.is_some()),
            (status, status == SubscriptionStatus::Active),
            "{place}"
        );
    }
    let billed = ground.bill(Bounds::default()).await?;
    let mut customers: Vec<_> = billed.invoices.iter().map(|invoice| invoice.customer_id).collect();
    customers.sort();
    let mut expected = vec![made[0].0, made[3].0];
    expected.sort();
    assert_eq!(customers, expected);
    Ok(())
}
