//! Seeds invoices of the last two months, and payments.

use super::Seeding;
use crate::{
    charges::{self, Month},
    invoices::{self, Billed, CustomerRange, NewPayment},
};
use entities::invoice::{self, InvoiceStatus};
use kernel::organizations;
use platform::error::Result;
use std::ops::Range;

/// Customers that do not pay.
const LATE: Range<usize> = 4..8;
/// From this customer on, the last month was billed just now.
const LAST_BILLED: usize = 59;

impl Seeding {
    /// Bills the last two months and pays their invoices, except for the customers billed now. Unpaid invoices become
    /// overdue.
    pub(super) async fn seed_invoices(&self) -> Result<()> {
        let zone = organizations::zone(&self.work.transaction().await?, self.work.actor.organization).await?;
        let this = Month::of(self.now, &zone);
        let (first, last) = (this.previous().previous(), this.previous());
        let until = self.customers.get(LAST_BILLED).map(|customer| customer.id);
        self.at(last.instant(1, 7, &zone));
        let billed = invoices::bill_within(&self.work, first, CustomerRange::default()).await?;
        self.at(last.instant(5, 12, &zone));
        self.pay(&billed).await?;
        self.at(this.instant(1, 7, &zone).min(self.now));
        let billed = invoices::bill_within(&self.work, last, CustomerRange { after: None, until }).await?;
        self.at(this.instant(5, 12, &zone).min(self.now));
        self.pay(&billed).await?;
        self.at(self.now);
        invoices::bill_within(&self.work, last, CustomerRange { after: until, until: None }).await?;
        // The scheduler must not bill it again.
        invoices::mark_billed(&self.work, last).await?;
        while invoices::mark_overdue_batch(&self.work).await? {}
        Ok(())
    }

    async fn pay(&self, billed: &Billed) -> Result<()> {
        for invoice in billed.invoices.iter().filter(|invoice| self.pays(invoice)) {
            let number = invoice.number.clone().unwrap_or_default();
            let new = NewPayment {
                customer: invoice.customer_id,
                amount: charges::from_cents(invoice.total_cents),
                method: "card".into(),
                reference: format!("sandbox-{number}"),
                invoice: Some(number),
            };
            invoices::pay(&self.work, new).await?;
        }
        Ok(())
    }

    fn pays(&self, invoice: &invoice::Model) -> bool {
        let late = self.customers.get(LATE).into_iter().flatten();
        invoice.status == InvoiceStatus::Pending && !late.into_iter().any(|it| it.id == invoice.customer_id)
    }
}
