//! Plan changes that do not apply to a month because their provisioning had not completed in it.

use super::{LeftOut, Month, Zone, left_out::became};
use crate::charges::Kind;
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, OrganizationId, SubscriptionId},
    provisioning_request::RequestStatus,
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{FromQueryResult, Statement};
use serde_json::Value;

/// The latest change of a subscription's plan, and the latest request to provision one.
#[derive(FromQueryResult)]
struct Change {
    subscription_id: SubscriptionId,
    customer_id: CustomerId,
    kind: Value,
    billed_at: Option<DateTime<Utc>>,
    status: Option<RequestStatus>,
    requested_at: Option<DateTime<Utc>>,
    effective_at: DateTime<Utc>,
    last_failure: Option<String>,
}

/// Subscriptions charged for the month at the previous plan.
pub(super) async fn unchanged(
    kernel: &Kernel,
    organization: OrganizationId,
    month: Month,
    zone: &Zone,
) -> Result<Vec<LeftOut>> {
    let db = kernel.db.reader();
    let sql = "select c.subscription_id, s.customer_id, c.kind, c.billed_at, c.effective_at, p.status,
        p.created_at as requested_at, p.last_failure
      from subscription_changes c
      join subscriptions s on s.id = c.subscription_id
      join organizations o on o.id = s.organization_id
      left join provisioning_requests p on p.id = (
        select q.id from provisioning_requests q where q.customer_id = s.customer_id
          and q.subscription_id = s.id and q.type in ('UPGRADE', 'DOWNGRADE') order by q.id desc limit 1)
      where c.organization_id = $1 and c.plan_id is not null and c.applied_at is not null
        and c.effective_at < $2 and (c.billed_at is null or c.billed_at >= $2)
        and s.started_at < $2 and (s.ended_at is null or s.ended_at > $3)
        and (s.sandbox = false or o.sandbox)
        and not exists (select 1 from subscription_changes later where later.subscription_id = s.id
          and later.plan_id is not null and later.applied_at is not null and later.effective_at < $2
          and (later.effective_at > c.effective_at
            or later.effective_at = c.effective_at and later.id > c.id))
      order by s.customer_id, s.id";
    let span = month.span(zone);
    let values = [organization.into(), span.to.into(), span.from.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let found = Change::find_by_statement(statement).all(db).await?;
    found.into_iter().map(Change::left_out).collect()
}

impl Change {
    fn left_out(self) -> Result<LeftOut> {
        let plan = match serde_json::from_value(self.kind.clone())? {
            Kind::Changed { plan, .. } => plan.name,
            _ => "another plan".to_owned(),
        };
        let reason = format!("the change to {plan} {}", self.became());
        Ok(LeftOut { customer: self.customer_id, subscription: self.subscription_id, reason })
    }

    fn became(&self) -> String {
        // A request older than the change was for another one; times of changes are whole seconds.
        let is_of_it = self.requested_at.is_some_and(|at| at >= self.effective_at);
        match self.billed_at {
            Some(_) => "was provisioned later".to_owned(),
            None if !is_of_it && self.status.is_some_and(RequestStatus::is_open) => {
                "waits until the change before it has ended".to_owned()
            }
            None => became(self.status.filter(|_| is_of_it), self.last_failure.as_deref()),
        }
    }
}
