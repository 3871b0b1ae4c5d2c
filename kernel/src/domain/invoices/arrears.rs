//! Months that a subscription was not billed for since it was entered when they had been billed already: they are on the
//! next invoice. Months that the organization has billed to nobody are left to a run of their own.

use super::{Month, Zone};
use crate::{
    error::{Error, Result},
    jobs::{InvoiceRun, Job},
    rows,
};
use chrono::{DateTime, Utc};
use entities::{
    ids::{CustomerId, OrganizationId, SubscriptionId},
    invoice::Lines,
};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use std::collections::BTreeSet;

/// When the beginning of the subscription `s` was entered, as a column.
pub(super) const ENTERED_AT: &str = "(select h.applied_at from subscription_changes h
   where h.subscription_id = s.id order by h.effective_at, h.id limit 1) as entered_at";

/// A month that is charged on a later invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrears {
    /// Whose it is.
    pub customer: CustomerId,
    /// For which subscription.
    pub subscription: SubscriptionId,
    /// Which month.
    pub month: Month,
    /// Dollars, before tax.
    pub amount: Decimal,
}

/// When a subscription began, and when that was entered.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct Entry {
    pub subscription_id: SubscriptionId,
    pub customer_id: CustomerId,
    pub started_at: Option<DateTime<Utc>>,
    pub entered_at: Option<DateTime<Utc>>,
}

impl Entry {
    /// The months that were over when it was entered, the oldest first.
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

/// What has been billed of subscriptions that were entered late.
#[derive(Debug, Clone, Default)]
pub(super) struct Billed {
    customers: BTreeSet<CustomerId>,
    /// Subscriptions with a line for a month.
    lines: BTreeSet<(SubscriptionId, Month)>,
    /// The months that the organization has billed.
    months: BTreeSet<Month>,
}

impl Billed {
    /// Before that month, of those of the subscriptions that were entered late.
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

    /// Whether nothing more has been billed of them since.
    pub(super) async fn is_still_so(&self, db: &impl ConnectionTrait) -> Result<bool> {
        Ok(self.customers.is_empty() || lines(db, &self.customers).await? == self.lines)
    }

    /// The months that are to be charged on an invoice of that month: this one, unless a later invoice has it, and those
    /// before it that were billed without the subscription.
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
    let sql = "select month, lines from invoices where customer_id {among} and status <> 'VOID'";
    let ids = rows::ids(customers.iter().map(|id| id.0));
    let found = Row::find_by_statement(rows::statement(db, sql, rows::ID, &ids, [])?).all(db).await?;
    let lines = found.iter().flat_map(|row| row.lines.0.iter().map(move |line| (row, line)));
    lines
        .map(|(row, line)| Ok((line.subscription_id, read(line.month.as_ref().unwrap_or(&row.month))?)))
        .collect()
}

/// The months before that one that the organization has billed to anybody, but for those of which a run goes on.
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
