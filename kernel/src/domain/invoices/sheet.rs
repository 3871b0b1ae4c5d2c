//! What a customer is charged for a month: the lines of all his subscriptions, and the tax on their sum.

use super::Arrears;
use crate::{
    domain::charges::{History, Line, Month, Rates, Tax, Zone, charges, from_cents},
    error::{Error, Result},
};
use entities::{
    ids::{CustomerId, SubscriptionId},
    invoice,
};
use rust_decimal::Decimal;

/// By what all invoices of a run are made.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub month: Month,
    pub zone: Zone,
    pub rates: Rates,
}

/// A customer, and the subscriptions that may have been active in the month.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub customer: CustomerId,
    /// Two letters: where the service is delivered.
    pub state: String,
    pub subscriptions: Vec<Subscription>,
}

/// A subscription, and the months that are to be charged: the invoice's, and those that were missed.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub id: SubscriptionId,
    pub history: History,
    pub months: Vec<Month>,
}

/// What a customer is charged.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub customer: CustomerId,
    pub lines: Vec<invoice::Line>,
    pub subtotal: Decimal,
    pub tax: Tax,
    /// What of the lines is for months before.
    pub arrears: Vec<Arrears>,
}

/// Why a customer gets no invoice though there is something to charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbilled {
    /// Who.
    pub customer: CustomerId,
    /// For a person.
    pub reason: String,
}

impl Terms {
    /// What an account is charged; none without a line.
    pub(super) fn sheet(&self, account: &Account) -> Result<Option<Result<Sheet, Unbilled>>> {
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
            reason: format!(
                "There is no tax rate for the state {state}; set one, 0 if no tax is asked there"
            ),
        });
        Ok(Some(tax.map(|tax| Sheet { customer: *customer, lines, subtotal, tax, arrears })))
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

/// Whole cents of what was rounded to them.
pub(super) fn cents(dollars: Decimal) -> Result<i64> {
    let cents = crate::domain::charges::to_cents(dollars);
    cents.ok_or_else(|| Error::internal(format!("{dollars} is no amount of whole cents")))
}
