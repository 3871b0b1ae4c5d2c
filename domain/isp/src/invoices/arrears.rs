//! Arrears: months that had been billed before a subscription was entered. They are charged on the next invoice. Months
//! that the organization has billed to no customer need a run of their own.

use super::{Month, Zone};
use crate::payloads::InvoiceRun;
use chrono::{DateTime, Utc};
use engine::jobs::Job;
use entities::{
    ids::{CustomerId, OrganizationId, SubscriptionId},
    invoice::Lines,
};
use platform::{
    bulk,
    error::{Error, Result},
};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::BTreeSet;

/// SQL for the time when the start of the subscription `s` was entered.
pub(super) const ENTERED_AT: &str = "(select h.applied_at from subscription_changes h
   where h.subscription_id = s.id order by h.effective_at, h.id limit 1) as entered_at";

/// A month charged on a later invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrears {
    /// The customer.
    pub customer: CustomerId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The month.
    pub month: Month,
    /// Dollars, before tax.
    pub amount: Decimal,
}

/// The start of a subscription, and the time it was entered.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Entry {
    pub subscription_id: SubscriptionId,
    pub customer_id: CustomerId,
    pub started_at: Option<DateTime<Utc>>,
    pub entered_at: Option<DateTime<Utc>>,
}

impl Entry {
    /// The months that had ended when it was entered, oldest first.
    fn months_over(&self, zone: &Zone) -> impl Iterator<Item = Month> {
        let dates = self.started_at.zip(self.entered_at);
        let range = dates.map(|(start, entered)| (Month::of(start, zone), Month::of(entered, zone)));
        let next = |month: &Month| Some(month.next());
        let months = range.map(|(first, end)| {
            std::iter::successors(Some(first), next).take_while(move |month| *month < end)
        });
        months.into_iter().flatten()
    }
}

/// What was billed for subscriptions entered late.
#[derive(Debug, Clone, Default)]
pub(super) struct Billed {
    customers: BTreeSet<CustomerId>,
    /// The subscriptions and months of existing lines.
    lines: BTreeSet<(SubscriptionId, Month)>,
    /// The months billed by the organization.
    months: BTreeSet<Month>,
}

impl Billed {
    /// Loads what was billed before that month, for those of the subscriptions that were entered late.
    pub(super) async fn of(
        db: &impl ConnectionTrait,
        organization: OrganizationId,
        (entries, zone): (&[Entry], &Zone),
        month: Month,
    ) -> Result<Self> {
        let is_late = |entry: &&Entry| entry.months_over(zone).next().is_some();
        let customers: BTreeSet<_> = entries.iter().filter(is_late).map(|entry| entry.customer_id).collect();
        if customers.is_empty() {
            return Ok(Self::default());
        }
        let lines = lines(db, &customers).await?;
        Ok(Self { customers, lines, months: months(db, organization, month).await? })
    }

    /// Whether nothing was billed for them since.
    pub(super) async fn is_unchanged(&self, db: &impl ConnectionTrait) -> Result<bool> {
        Ok(self.customers.is_empty() || lines(db, &self.customers).await? == self.lines)
    }

    /// The months to charge on an invoice of that month: the month itself, unless a later invoice has it, and earlier
    /// ones billed without the subscription.
    pub(super) fn to_charge(&self, entry: &Entry, month: Month, zone: &Zone) -> Vec<Month> {
        let missed = entry.months_over(zone).take_while(|it| *it < month);
        let missed = missed.filter(|month| self.months.contains(month));
        let all = missed.chain([month]);
        all.filter(|month| !self.lines.contains(&(entry.subscription_id, *month))).collect()
    }
}

async fn lines(
    db: &impl ConnectionTrait,
    customers: &BTreeSet<CustomerId>,
) -> Result<BTreeSet<(SubscriptionId, Month)>> {
    #[derive(FromQueryResult)]
    struct Row {
        month: String,
        lines: Lines,
    }
    let sql = "select month, lines from invoices where customer_id {in_ids} and status <> 'VOID'";
    let ids = bulk::ids(customers.iter().map(|id| id.0));
    let found = Row::find_by_statement(bulk::statement(db, sql, bulk::ID, &ids, [])?).all(db).await?;
    let lines = found.iter().flat_map(|row| row.lines.0.iter().map(move |line| (row, line)));
    lines
        .map(|(row, line)| Ok((line.subscription_id, read(line.month.as_ref().unwrap_or(&row.month))?)))
        .collect()
}

/// The earlier months billed by the organization, except those with an open run.
async fn months(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    before: Month,
) -> Result<BTreeSet<Month>> {
    #[derive(FromQueryResult)]
    struct Row {
        month: String,
    }
    let sql = "select distinct i.month from invoices i
      where i.organization_id = $1 and i.month < $2 and i.status <> 'VOID' and not exists (select 1 from jobs j
        where j.kind = $3 and j.unique_key = $4 || i.month and j.finished_at is null)";
    let values = [
        organization.into(),
        before.to_string().into(),
        InvoiceRun::KIND.as_str().into(),
        format!("{organization}:").into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Row::find_by_statement(statement).all(db).await?.iter().map(|row| read(&row.month)).collect()
}

fn read(month: &str) -> Result<Month> {
    month.parse().map_err(Error::internal)
}
