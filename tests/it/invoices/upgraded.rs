//! What an upgrade makes of the billing that is there.

use super::{Ground, activated, changed};
use crate::app::{Pairing, both};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, JobId, ProvisioningId, SubscriptionChangeId, SubscriptionId},
    network_service,
    plan::{Provisioner, standard},
    provisioning_request::{self, RequestStatus, RequestType},
    subscription::{self, SubscriptionStatus},
    subscription_change,
};
use kernel::domain::{
    invoices::{self, Bounds},
    organizations::{self, SellerChange},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
    QueryFilter, sea_query::Expr,
};

both!(
    who_is_billed_goes_on_being_billed_and_who_was_never_installed_is_not,
    invoices_keep_the_seller_and_plans_that_were_never_provisioned_are_not_billed,
);

/// Undoes a step of the schema, and all that came after it.
async fn back_to_before(db: &DatabaseConnection, name: &str) -> Result<()> {
    let is_undone = async || -> Result<bool> {
        let pending = Migrator::get_pending_migrations(db).await?;
        Ok(pending.iter().any(|step| step.name() == name))
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
        plan_id: None,
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
    back_to_before(db, "m20261130_installed_before_charged").await?;
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

/// A change of the plan that took effect then.
async fn plan_changed(ground: &Ground, id: SubscriptionId, when: &str) -> Result<SubscriptionChangeId> {
    let at = when.parse()?;
    let change = subscription_change::Model {
        id: SubscriptionChangeId::new(),
        organization_id: ground.organization,
        subscription_id: id,
        effective_at: at,
        kind: serde_json::to_value(changed("Fiber 1G", "120"))?,
        plan_id: Some(standard::RESIDENTIAL_1G),
        applied_at: Some(at),
        billed_at: None,
        failed_at: None,
    };
    Ok(change.into_active_model().insert(ground.app.kernel.db.writer()).await?.id)
}

/// Has the subscription's service on the network since that request.
async fn installed(ground: &Ground, customer: CustomerId, id: SubscriptionId, when: &str) -> Result<()> {
    begun_by_date(ground, customer, id, RequestStatus::Completed).await?;
    let (db, at) = (ground.app.kernel.db.writer(), when.parse::<DateTime<Utc>>()?);
    let all = provisioning_request::Entity::update_many();
    let all = all.col_expr(provisioning_request::Column::CompletedAt, Expr::value(at));
    all.filter(provisioning_request::Column::SubscriptionId.eq(id)).exec(db).await?;
    let service = network_service::Model {
        subscription_id: id,
        organization_id: ground.organization,
        customer_id: customer,
        provisioner: Provisioner::Simulator,
        vendor_provisioner_id: None,
        plan_id: standard::RESIDENTIAL_500,
        username: id.to_string(),
        download_mbps: 500,
        upload_mbps: 500,
        ipv4: None,
        ipv6: None,
        ont_id: None,
        suspended: false,
        installed_at: at,
        removed_at: None,
        updated_at: at,
    };
    service.into_active_model().insert(db).await?;
    Ok(())
}

async fn invoices_keep_the_seller_and_plans_that_were_never_provisioned_are_not_billed(
    pairing: Pairing,
) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let db = ground.app.kernel.db.writer();
    let customers = ground.many(2).await?;
    let mut ids = vec![];
    for customer in &customers {
        let found = subscription::Entity::find().filter(subscription::Column::CustomerId.eq(*customer));
        ids.push(found.one(db).await?.context("a subscription")?.id);
    }
    ground.bill(Bounds::default()).await?;
    let work = ground.work();
    let address = Some(vec!["500 Congress Avenue".to_owned(), "Austin, TX 78701".to_owned()]);
    let seller = SellerChange { name: Some("Northwind".into()), address, ..SellerChange::default() };
    organizations::set_seller(&work, seller).await?;
    work.commit().await?;
    installed(&ground, customers[0], ids[0], "2026-11-10T00:00:00Z").await?;
    let mut changes = vec![];
    for (id, when) in
        [(ids[0], "2026-11-05T00:00:00Z"), (ids[0], "2026-11-20T00:00:00Z"), (ids[1], "2026-11-20T00:00:00Z")]
    {
        changes.push(plan_changed(&ground, id, when).await?);
    }
    back_to_before(db, "m20261130_billed_changes").await?;
    Migrator::up(db, None).await?;
    let mut billed = vec![];
    for id in changes {
        let change = subscription_change::Entity::find_by_id(id).one(db).await?.context("a change")?;
        billed.push(change.billed_at == Some(change.effective_at));
    }
    assert_eq!(billed, [true, false, true], "the network was not given the second");
    let invoice = &ground.invoices().await?[0];
    let printed = invoices::printed(db, ground.organization, invoice.id).await?.seller;
    assert_eq!((printed.name.as_str(), printed.address.len()), ("Northwind", 2));
    assert!(invoice.seller.is_some());
    Ok(())
}
