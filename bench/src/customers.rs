//! Hundreds of thousands of customers and subscriptions, as if created one per second: inserted by SQL, because their
//! creation is not measured.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use entities::{ids::OrganizationId, organization};
use kernel::Kernel;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// Returns the organization that all customers belong to.
pub async fn organization(kernel: &Kernel) -> Result<OrganizationId> {
    let found = organization::Entity::named("bench").one(kernel.db.reader()).await?;
    Ok(found.context("no organization")?.id)
}

/// Creates this number of customers, each with a subscription of this status and start.
pub async fn subscribers(
    kernel: &Kernel,
    organization: OrganizationId,
    count: usize,
    (status, started): (&str, Option<DateTime<Utc>>),
) -> Result<()> {
    execute(kernel, CUSTOMERS, [organization.into(), i64::try_from(count)?.into()]).await?;
    execute(kernel, SUBSCRIPTIONS, [organization.into(), status.into(), started.into()]).await?;
    // A database in use has done this before, and would otherwise do it during the measurement.
    for table in ["customers", "subscriptions"] {
        execute(kernel, &format!("vacuum analyze {table}"), []).await?;
    }
    execute(kernel, "checkpoint", []).await
}

/// Runs a PostgreSQL statement.
pub async fn execute(kernel: &Kernel, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    kernel.db.writer().execute_raw(statement).await?;
    Ok(())
}

// Version 7 ids with the millisecond of `created_at`; the lower half of a subscription's id is its customer's.
const CUSTOMERS: &str = "
insert into customers (id, organization_id, email, email_key, first_name, last_name, type, status, service_address,
  created_at, updated_at)
select (lpad(to_hex(extract(epoch from t)::bigint * 1000), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
  $1, 'c' || n || '@example.com', 'c' || n || '@example.com', 'John', 'Doe ' || n, 'INDIVIDUAL', 'ACTIVE',
  json_build_object('street1', n || ' Main Street', 'city', 'Escondido', 'state', 'CA', 'zip', '92025', 'country', 'US')::jsonb,
  t, t
from (select n, now() - ($2 - n) * interval '1 second' as t from generate_series(1, $2) n) numbered";

const SUBSCRIPTIONS: &str = "
insert into subscriptions (id, organization_id, customer_id, plan_id, status, monthly_cents, activation_cents, provisioner,
  started_at, created_at, updated_at)
select (substr(c.id::text, 1, 14) || '7001' || substr(c.id::text, 19))::uuid, c.organization_id, c.id,
  '00000000-0000-7000-8000-000000000002'::uuid,
  $2, 7999, 4900, 'simulator', $3, c.created_at, c.created_at
from customers c where c.organization_id = $1";
