//! Invoice drafts: the lines of all subscriptions of a customer, and the tax on their sum.

use super::Arrears;
use crate::charges::{History, Line, Month, Rates, Tax, Zone, charges, from_cents};
use entities::{
    ids::{CustomerId, SubscriptionId},
    invoice,
};
use platform::error::{Error, Result};
use rust_decimal::Decimal;

/// The terms of a run.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub month: Month,
    pub zone: Zone,
    pub rates: Rates,
}

/// A customer with the subscriptions that may have been active in the month.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub customer: CustomerId,
    /// The state of the service address, two letters.
    pub state: String,
    pub subscriptions: Vec<Subscription>,
}

/// A subscription with the months to charge: the invoice's, and those in arrears.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub id: SubscriptionId,
    pub history: History,
    pub months: Vec<Month>,
}

/// The draft of an invoice.
#[derive(Debug, Clone)]
pub(super) struct InvoiceDraft {
    pub customer: CustomerId,
    pub lines: Vec<invoice::Line>,
    pub subtotal: Decimal,
    pub tax: Tax,
    /// The arrears among the lines.
    pub arrears: Vec<Arrears>,
}

/// Why a customer with charges gets no invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbilled {
    /// The customer.
    pub customer: CustomerId,
    /// The reason, for people.
    pub reason: String,
}

impl Terms {
    /// The draft for an account; `None` without lines.
    pub(super) fn draft(&self, account: &Account) -> Result<Option<Result<InvoiceDraft, Unbilled>>> {
        let (mut lines, mut subtotal, mut arrears) = (vec![], from_cents(0), vec![]);
        let months =
            account.subscriptions.iter().flat_map(|it| it.months.iter().map(move |month| (it, *month)));
        for (Subscription { id, history, .. }, month) in months {
            let (charged, is_late) = (charges(history, month, &self.zone), month != self.month);
            subtotal += charged.total();
            if is_late && !charged.lines.is_empty() {
                let (customer, amount) = (account.customer, charged.total());
                arrears.push(Arrears { customer, subscription: *id, month, amount });
            }
            for line in charged.lines {
                lines.push(kept(*id, line, is_late.then_some(month))?);
            }
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let Account { customer, state, .. } = account;
        let tax = self.rates.on(state, subtotal).ok_or_else(|| Unbilled {
            customer: *customer,
            reason: format!("There is no tax rate for the state {state}; set one, or 0 for no tax"),
        });
        Ok(Some(tax.map(|tax| InvoiceDraft { customer: *customer, lines, subtotal, tax, arrears })))
    }
}

fn kept(subscription_id: SubscriptionId, line: Line, month: Option<Month>) -> Result<invoice::Line> {
    Ok(invoice::Line {
        subscription_id,
        description: line.words,
        quantity: line.quantity.to_string(),
        unit_price: line.unit_price.to_string(),
        amount_cents: cents(line.amount)?,
        month: month.map(|month| month.to_string()),
    })
}

/// Converts rounded dollars to cents.
pub(super) fn cents(dollars: Decimal) -> Result<i64> {
    let cents = crate::charges::to_cents(dollars);
    cents.ok_or_else(|| Error::internal(format!("{dollars} is not an amount in whole cents")))
}
