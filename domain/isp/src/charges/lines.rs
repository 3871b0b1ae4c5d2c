//! The lines of a month's invoice.

use super::{
    History, Month, Period, TimeRange, Zone, line_descriptions,
    money::{Parts, from_cents, in_full, to_the_cent},
};
use rust_decimal::Decimal;

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The activation fee.
    Activation,
    /// Active time.
    Service,
    /// A promotion's discount on active time; negative.
    Promotion,
}

/// A line of an invoice, with everything needed to recompute it: `unit_price` times the seconds of `span`, divided by
/// those of `month`, rounded so that the lines of its kind add up (docs/billing.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its kind.
    pub kind: LineKind,
    /// The plan's name.
    pub plan: String,
    /// The charged time; for an activation fee, the instant.
    pub span: TimeRange,
    /// The month.
    pub month: TimeRange,
    /// The fraction of the month, to eight decimals, or 1.
    pub quantity: Decimal,
    /// Dollars per unit.
    pub unit_price: Decimal,
    /// Dollars, whole cents.
    pub amount: Decimal,
    /// The description, in local time.
    pub words: String,
}

/// The charges of a subscription for a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charges {
    /// The month.
    pub month: Month,
    /// The lines, in order; empty if it was not active.
    pub lines: Vec<Line>,
}

impl Charges {
    /// The sum, before tax.
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(|line| line.amount).fold(from_cents(0), |sum, amount| sum + amount)
    }
}

/// The charges of a subscription for a month: the activation fee if it was activated in it, its active time, and the
/// promotion's discount.
pub fn charges(history: &History, month: Month, zone: &Zone) -> Charges {
    let sheet = Sheet { month, span: month.span(zone), zone };
    let periods: Vec<_> = history
        .periods(zone, sheet.span.to)
        .into_iter()
        .filter_map(|Period { span, plan }| Some(Period { span: span.common(sheet.span)?, plan }))
        .collect();
    let mut lines: Vec<_> = sheet.activation(history).into_iter().collect();
    lines.extend(sheet.service(&periods));
    lines.extend(sheet.promotion(history, &periods));
    Charges { month, lines }
}

/// The context of a month's lines.
struct Sheet<'a> {
    month: Month,
    span: TimeRange,
    zone: &'a Zone,
}

impl Sheet<'_> {
    fn activation(&self, history: &History) -> Option<Line> {
        let (at, activation) = history.activation()?;
        if activation.fee.is_zero() || !self.span.contains(at) {
            return None;
        }
        let fee = to_the_cent(activation.fee);
        Some(Line {
            kind: LineKind::Activation,
            plan: activation.plan.name.clone(),
            span: TimeRange { from: at, to: at },
            month: self.span,
            quantity: Decimal::ONE,
            unit_price: fee,
            amount: fee,
            words: line_descriptions::activation(&activation.plan.name, at, self.zone),
        })
    }

    fn service(&self, periods: &[Period]) -> Vec<Line> {
        let mut parts = Parts::of(self.span.seconds());
        let line = |period: &Period| {
            let amount = parts.take(period.plan.price, period.span.seconds());
            self.part(LineKind::Service, period, period.plan.price, amount, self.words(period))
        };
        periods.iter().map(line).collect()
    }

    fn promotion(&self, history: &History, periods: &[Period]) -> Vec<Line> {
        let activation = history.activation();
        let Some((at, promotion)) = activation.and_then(|(at, it)| Some((at, it.promotion.as_ref()?))) else {
            return vec![];
        };
        let (runs, mut parts) = (promotion.span(at, self.zone), Parts::of(self.span.seconds()));
        let line = |Period { span, plan }: &Period| {
            let period = Period { span: span.common(runs)?, plan: plan.clone() };
            let off = promotion.off(plan.price);
            // Not negated: a decimal knows a negative zero.
            let amount = from_cents(0) - parts.take(off, period.span.seconds());
            let words = line_descriptions::promotion(promotion, &self.words(&period));
            Some(self.part(LineKind::Promotion, &period, Decimal::ZERO - off, amount, words))
        };
        periods.iter().filter_map(line).collect()
    }

    fn words(&self, Period { span, plan }: &Period) -> String {
        line_descriptions::service(&plan.name, *span, self.month, self.zone)
    }

    fn part(&self, kind: LineKind, period: &Period, unit: Decimal, amount: Decimal, words: String) -> Line {
        let Period { span, plan } = period;
        let quantity = Decimal::from(span.seconds()) / Decimal::from(self.span.seconds());
        Line {
            kind,
            plan: plan.name.clone(),
            span: *span,
            month: self.span,
            quantity: quantity.round_dp(8).normalize(),
            unit_price: in_full(unit),
            amount,
            words,
        }
    }
}
