//! Invoices, with their sellers, numbers and runs; payments and tax rates.

use crate::step::Step;

pub(crate) const STEP: Step = Step {
    name: "m20261130_000011_invoices",
    sql: |_| [SELLERS, INVOICES, NUMBERS, RUNS, PAYMENTS, RATES].join(";"),
};

// The seller details on an organization's invoices. A table of its own, so that reading an organization does not read
// the logo.
const SELLERS: &str = "
create table sellers (
  organization_id {uuid} primary key not null references organizations (id) on delete cascade,
  name text,
  address text,
  tax_number text,
  bank_details text,
  email text,
  phone text,
  logo {bytes},
  updated_at {time} not null
)";

// A customer has one invoice per month, with the lines of all subscriptions: since a subscription has one customer,
// none is billed twice for a month. Void invoices are not counted. `seller`: the details when the number was assigned.
// Amounts are whole cents. The foreign key is also a lock: no invoice is inserted for a customer while a payment is
// being applied.
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
  seller {json},
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
create index invoices_overdue on invoices (customer_id) where status = 'OVERDUE'";

// The last number of a year. A transaction that assigns numbers locks the row until it ends.
const NUMBERS: &str = "
create table invoice_numbers (
  organization_id {uuid} not null references organizations (id),
  year integer not null,
  last bigint not null,
  primary key (organization_id, year)
)";

// The months with a scheduled run. `job_id`: null if there was nothing to bill.
const RUNS: &str = "
create table invoice_runs (
  organization_id {uuid} not null references organizations (id),
  month text not null,
  job_id {uuid},
  created_at {time} not null,
  primary key (organization_id, month)
)";

// `unapplied_cents`: the amount left for later invoices. `applied`: the amounts by invoice.
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
