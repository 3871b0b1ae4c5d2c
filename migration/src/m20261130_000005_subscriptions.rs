//! Products and sales: plans, promotion codes, subscriptions and their changes.

use crate::step::Step;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) const STEP: Step = Step {
    name: "m20261130_000005_subscriptions",
    sql: |backend| [PLANS, PROMOTIONS, SUBSCRIPTIONS, CHANGES, &seed(backend)].join(";"),
};

// Plans without an organization are for all organizations that have no plan of the same code. Amounts are whole cents:
// SQLite has no decimals.
const PLANS: &str = "
create table plans (
  id {uuid} primary key not null,
  organization_id {uuid} references organizations (id),
  code text not null,
  name text not null,
  rank integer not null,
  download_mbps integer not null,
  upload_mbps integer not null,
  monthly_cents bigint not null,
  activation_cents bigint not null,
  provisioner text not null,
  vendor_provisioner_id {uuid}
);
create unique index plans_of_all on plans (code) where organization_id is null;
create unique index plans_own on plans (organization_id, code) where organization_id is not null";

// `discount`: a percentage or an amount. `code_key`: the code in upper case.
const PROMOTIONS: &str = "
create table promotions (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  code text not null,
  code_key text not null,
  discount {json} not null,
  months integer,
  opens_at {time},
  closes_at {time},
  created_at {time} not null
);
create unique index promotions_code on promotions (organization_id, code_key)";

// `plan_id` and `status` are current; their history is in the changes. A customer has at most one open subscription per
// plan, so that a repeated order creates one. `external_ids`: the vendor's ids of the service. `sandbox`: stored here
// because jobs, which have no credential, process the subscription later.
const SUBSCRIPTIONS: &str = "
create table subscriptions (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  plan_id {uuid} not null references plans (id),
  status text not null,
  monthly_cents bigint not null,
  activation_cents bigint not null,
  provisioner text not null,
  vendor_provisioner_id {uuid},
  external_ids {json},
  already_installed boolean not null default false,
  sandbox boolean not null default false,
  promotion {json},
  starts_at {time},
  started_at {time},
  ended_at {time},
  resume_at {time},
  reason text,
  metadata {json},
  created_at {time} not null,
  updated_at {time} not null
);
create index subscriptions_all on subscriptions (organization_id, id);
create index subscriptions_of_customer on subscriptions (customer_id, id);
create unique index subscriptions_open on subscriptions (customer_id, plan_id) where status <> 'CANCELLED';
create index subscriptions_past_due on subscriptions (customer_id) where status = 'PAST_DUE'";

// Applied changes of subscriptions, and scheduled ones (`applied_at` is null). Ids are in the order of creation.
// `billed_at`: when billing of a change of plan starts: the completion of its provisioning. `failed_at`: when the
// provisioning failed.
const CHANGES: &str = "
create table subscription_changes (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  subscription_id {uuid} not null references subscriptions (id) on delete cascade,
  effective_at {time} not null,
  kind {json} not null,
  plan_id {uuid},
  applied_at {time},
  billed_at {time},
  failed_at {time}
);
create index subscription_changes_of on subscription_changes (subscription_id, effective_at, id)";

/// The five plans of a new database. Their ids are the same in every database.
fn seed(backend: DbBackend) -> String {
    let plans = [
        ("RESIDENTIAL_100", "Residential 100 Mbps", 100, 4_999, 4_900),
        ("RESIDENTIAL_500", "Residential 500 Mbps", 500, 7_999, 4_900),
        ("RESIDENTIAL_1G", "Residential 1 Gbps", 1_000, 9_999, 4_900),
        ("BUSINESS_1G", "Business 1 Gbps", 1_000, 19_999, 9_900),
        ("BUSINESS_10G", "Business 10 Gbps", 10_000, 99_999, 9_900),
    ];
    let row = |(place, (code, name, mbps, monthly, activation)): (usize, &(&str, &str, i32, i64, i64))| {
        let id = match backend {
            DbBackend::Postgres => format!("'00000000-0000-7000-8000-{:012}'", place + 1),
            _ => format!("x'00000000000070008000{:012}'", place + 1),
        };
        format!(
            "({id}, null, '{code}', '{name}', {}, {mbps}, {mbps}, {monthly}, {activation}, 'simulator')",
            place + 1
        )
    };
    let rows: Vec<_> = plans.iter().enumerate().map(row).collect();
    format!(
        "insert into plans (id, organization_id, code, name, rank, download_mbps, upload_mbps, monthly_cents,
           activation_cents, provisioner) values {}",
        rows.join(", ")
    )
}
