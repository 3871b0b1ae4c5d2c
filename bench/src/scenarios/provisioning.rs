//! Provisioning: requests posted over HTTP until each is COMPLETED: saga, addresses, ONT, simulated network without a
//! delay, events.

use crate::{
    customers,
    http::load,
    platform::Ground,
    report::{Figure, Goal},
    yardsticks::rate,
};
use anyhow::{Context, Result, ensure};
use entities::provisioning_request::{Column, Entity, RequestStatus};
use isp::addresses::{self, Block};
use kernel::{Kernel, UnitOfWork, events::Actor};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, Statement};
use std::time::{Duration, Instant};

const CALLERS: usize = 32;
const REGION: &str = "escondido";

/// Measures from the first request to the last completion; load generator, api, worker and servers share the cores.
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let key = ground.key().await?;
    let kernel = ground.kernel().await?;
    let wanted = populate(&kernel, count).await?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let _processes = [
        ground.process(&["serve", "--listen", &address], "http://").await?,
        ground.process(&["work"], "working").await?,
    ];
    let request = move |number: usize| {
        let (customer, subscription) = &wanted[number];
        let body = format!(
            r#"{{"customerId":"{customer}","subscriptionId":"{subscription}","requestType":"NEW_INSTALL"}}"#
        );
        format!(
            "POST /partner/api/v1/provisioning HTTP/1.1\r\nhost: bench\r\nx-api-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let begin = Instant::now();
    let posted = load(&address, CALLERS, count, request).await?;
    completed(&kernel, count).await?;
    let whole = rate(count, begin);
    check(&kernel, count).await?;
    Ok(vec![
        Figure::new("provisioning: requests posted", posted.per_second, "/s", Goal::None),
        Figure::new("provisioning: post to COMPLETED, whole", whole, "/s", Goal::AtLeast(1_500.0)),
    ])
}

/// Polled rarely until nearly all are completed, because counting takes CPU time from what is measured.
async fn completed(kernel: &Kernel, count: usize) -> Result<()> {
    loop {
        let done = Entity::find().filter(Column::Status.eq(RequestStatus::Completed));
        let left = count as u64 - done.count(kernel.db.reader()).await?;
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(if left > 1000 { 500 } else { 25 })).await;
    }
}

/// Checks that all requests succeeded, and that no resource was assigned twice.
async fn check(kernel: &Kernel, count: usize) -> Result<()> {
    for (what, sql) in [
        ("completed", "select count(*) as n from provisioning_requests where status = 'COMPLETED'"),
        ("active", "select count(*) as n from subscriptions where status = 'ACTIVE'"),
        (
            "IPv4 addresses",
            "select count(distinct address) as n from ip_allocations where family = 'IPv4' and status = 'ACTIVE'",
        ),
        (
            "IPv6 networks",
            "select count(distinct address) as n from ip_allocations where family = 'IPv6' and status = 'ACTIVE'",
        ),
        ("boxes", "select count(distinct owner_id) as n from onts where status = 'ASSIGNED'"),
        ("events", "select count(*) as n from events where type = 'provisioning.completed'"),
    ] {
        let row = kernel.db.reader().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        let found: i64 = row.context("no count")?.try_get("", "n")?;
        ensure!(found == i64::try_from(count)?, "{found} of {count} {what}");
    }
    Ok(())
}

/// Creates customers with pending subscriptions, and the resources to provision. Returns the ids of customers and
/// subscriptions.
async fn populate(kernel: &Kernel, count: usize) -> Result<Vec<(String, String)>> {
    let organization = customers::organization(kernel).await?;
    let work = UnitOfWork::new(kernel.clone(), Actor::system(organization));
    for (name, network) in [("v4", "10.0.0.0/12"), ("v6", "2001:db8::/40")] {
        let block = Block::new(network, None).map_err(anyhow::Error::msg)?;
        addresses::add(&work, name, REGION, network, block).await?;
    }
    work.commit().await?;
    for sql in [OLT, AREA, ONTS] {
        customers::execute(kernel, sql, [organization.into(), i64::try_from(count)?.into()]).await?;
    }
    customers::subscribers(kernel, organization, count, ("PENDING", None)).await?;
    let made = entities::subscription::Entity::find().all(kernel.db.reader()).await?;
    Ok(made.into_iter().map(|it| (it.customer_id.to_string(), it.id.to_string())).collect())
}

const OLT: &str = "
insert into olts (id, organization_id, code, name, region, latitude, longitude, radius_miles, status, created_at, updated_at)
select '00000000-0000-7000-8000-0000000000aa', $1, 'olt_1', 'One', 'escondido', 33.1, -117.1, 10, 'ACTIVE', now(), now()
where $2 > 0";

const AREA: &str = "
insert into service_areas (id, organization_id, name, city, city_key, state, zip, region, olt_id, plans, install_days,
  status, created_at, updated_at)
select '00000000-0000-7000-8000-0000000000bb', $1, 'Escondido', '', '', 'CA', '92025', 'escondido',
  '00000000-0000-7000-8000-0000000000aa', '[]', 3, 'ACTIVE', now(), now() where $2 > 0";

const ONTS: &str = "
insert into onts (id, organization_id, olt_id, code, serial, status, created_at, updated_at)
select ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, $1, '00000000-0000-7000-8000-0000000000aa',
  'ont_' || n, 'SN' || n, 'AVAILABLE', now(), now() from generate_series(1, $2) n";
