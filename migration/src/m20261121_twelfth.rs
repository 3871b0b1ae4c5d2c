//! Invoices, their numbers and runs, payments, rates of tax.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [INVOICES, NUMBERS, RUNS, PAYMENTS, RATES] {
            execute(manager, sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop table tax_rates; drop table payments; drop table invoice_runs; drop table invoice_numbers;
             drop table invoices; drop index subscriptions_past_due",
        )
        .await
    }
}

// A customer has one invoice a month, with the lines of all subscriptions: a subscription has one customer, so no
// month of one is billed twice. One that was taken back is in nobody's way. Money is whole cents.
// The foreign key is also a lock: an invoice cannot come to a customer while a payment of his is shared out.
const INVOICES: &str = "
create table invoices (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  month text not null,
  period_start {time} not null,
  period_end {time} not null,
  number text,
  status text not null,
  lines {json} not null,
  subtotal_cents bigint not null,
  tax_cents bigint not null,
  total_cents bigint not null,
  paid_cents bigint not null,
  tax_rate text not null,
  currency text not null,
  due_at {time} not null,
  paid_at {time},
  payment_method text,
  finalised_at {time},
  mailed_at {time},
  mail_answer {json},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index invoices_month on invoices (customer_id, month) where status <> 'VOID';
create unique index invoices_number on invoices (organization_id, number) where number is not null;
create index invoices_newest on invoices (organization_id, id);
create index invoices_of_customer on invoices (customer_id, id);
create index invoices_due on invoices (due_at) where status = 'PENDING';
create index invoices_overdue on invoices (customer_id) where status = 'OVERDUE';
create index subscriptions_past_due on subscriptions (customer_id) where status = 'PAST_DUE'";

// The last number that was given in a year. Whoever takes numbers holds the row until they are given.
const NUMBERS: &str = "
create table invoice_numbers (
  organization_id {uuid} not null references organizations (id),
  year integer not null,
  last bigint not null,
  primary key (organization_id, year)
)";

// The months for which the calendar has begun a run. `job_id`: none where nothing was to be charged.
const RUNS: &str = "
create table invoice_runs (
  organization_id {uuid} not null references organizations (id),
  month text not null,
  job_id {uuid},
  created_at {time} not null,
  primary key (organization_id, month)
)";

// `unapplied_cents`: what is left of it for invoices to come. `applied`: which invoices got how much.
const PAYMENTS: &str = "
create table payments (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  invoice_id {uuid},
  amount_cents bigint not null,
  unapplied_cents bigint not null,
  applied {json} not null,
  method text not null,
  reference text not null,
  received_at {time} not null
);
create unique index payments_reference on payments (organization_id, reference);
create index payments_of_customer on payments (customer_id, id);
create index payments_unapplied on payments (customer_id) where unapplied_cents > 0";

// In percent, as decimal text: SQLite has no decimals.
const RATES: &str = "
create table tax_rates (
  organization_id {uuid} not null references organizations (id),
  state text not null,
  percent text not null,
  updated_at {time} not null,
  primary key (organization_id, state)
)";
