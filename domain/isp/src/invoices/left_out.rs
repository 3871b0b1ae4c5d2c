//! Subscriptions left out of a month's run, and why, for the operator's dry run.

use super::Month;
use crate::charges::Zone;
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, OrganizationId, SubscriptionId},
    provisioning_request::RequestStatus,
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

/// A subscription without charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The customer.
    pub customer: CustomerId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The reason, for people.
    pub reason: String,
}

impl LeftOut {
    /// A started subscription: it was not active in the month, or the month is already charged.
    pub(super) fn idle((customer, subscription): (CustomerId, SubscriptionId)) -> Self {
        Self { customer, subscription, reason: "nothing to charge for this month".into() }
    }
}

/// A pending subscription, with the latest request to install it.
#[derive(FromQueryResult)]
struct Pending {
    id: SubscriptionId,
    customer_id: CustomerId,
    status: Option<RequestStatus>,
    scheduled_at: Option<DateTime<Utc>>,
    last_failure: Option<String>,
}

/// Subscriptions that should have started before the end of the month and are not installed.
pub(super) async fn not_installed(
    kernel: &Kernel,
    organization: OrganizationId,
    month: Month,
    zone: &Zone,
) -> Result<Vec<LeftOut>> {
    let db = kernel.db.reader();
    let sql = "select s.id, s.customer_id, p.status, p.scheduled_at, p.last_failure
      from subscriptions s left join provisioning_requests p on p.id = (
        select q.id from provisioning_requests q where q.customer_id = s.customer_id
          and q.subscription_id = s.id and q.type = 'NEW_INSTALL' order by q.id desc limit 1)
      join organizations o on o.id = s.organization_id
      where (s.sandbox = false or o.sandbox) and s.organization_id = $1 and s.status = 'PENDING'
        and coalesce(s.starts_at, s.created_at) < $2
      order by s.customer_id, s.id";
    let values = [organization.into(), month.span(zone).to.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let found = Pending::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|pending| pending.left_out(zone)).collect())
}

impl Pending {
    fn left_out(self, zone: &Zone) -> LeftOut {
        let reason = self.reason(zone);
        LeftOut { customer: self.customer_id, subscription: self.id, reason }
    }

    fn reason(&self, zone: &Zone) -> String {
        let why = match (self.status, &self.last_failure, self.scheduled_at) {
            (Some(RequestStatus::Pending | RequestStatus::InProgress), _, Some(at)) => {
                format!("is planned for {}", zone.date(at).format("%-d %B %Y"))
            }
            (status, failure, _) => became(status, failure.as_deref()),
        };
        format!("not installed; its installation {why}")
    }
}

/// The outcome of a request, as text.
pub(super) fn became(status: Option<RequestStatus>, failure: Option<&str>) -> String {
    match (status, failure) {
        (None, _) => "was not requested".to_owned(),
        (Some(RequestStatus::Failed), Some(failure)) => format!("has failed: {failure}"),
        (Some(RequestStatus::Failed), None) => "has failed".to_owned(),
        (Some(RequestStatus::Cancelled), _) => "was cancelled".to_owned(),
        _ => "is under way".to_owned(),
    }
}

/// The number of customers with an invoice for the month.
pub(super) async fn billed_before(
    kernel: &Kernel,
    organization: OrganizationId,
    month: Month,
) -> Result<i64> {
    let db = kernel.db.reader();
    let sql = "select count(*) as billed from invoices
      where organization_id = $1 and month = $2 and status <> 'VOID'";
    let values = [organization.into(), month.to_string().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "billed"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_what_became_of_the_installation() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let pending = |status, failure: Option<&str>| Pending {
            id: SubscriptionId::new(),
            customer_id: CustomerId::new(),
            status,
            scheduled_at: None,
            last_failure: failure.map(str::to_owned),
        };
        for (status, failure, reason) in [
            (None, None, "not installed; its installation was not requested"),
            (
                Some(RequestStatus::Failed),
                Some("no box is left"),
                "not installed; its installation has failed: no box is left",
            ),
            (Some(RequestStatus::Failed), None, "not installed; its installation has failed"),
            (Some(RequestStatus::InProgress), None, "not installed; its installation is under way"),
            (Some(RequestStatus::Cancelled), None, "not installed; its installation was cancelled"),
        ] {
            assert_eq!(pending(status, failure).reason(&zone), reason);
        }
        let planned = Pending {
            scheduled_at: Some(DateTime::UNIX_EPOCH),
            ..pending(Some(RequestStatus::Pending), None)
        };
        // In local time.
        let reason = "not installed; its installation is planned for 31 December 1969";
        assert_eq!(planned.reason(&zone), reason);
    }
}
