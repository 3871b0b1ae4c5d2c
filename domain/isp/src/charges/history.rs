//! The history of a subscription: its changes and their times. Decides which changes are legal.

use super::{ChargeError, Promotion, money, month::YEARS};
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A plan and its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name on invoices.
    pub name: String,
    /// Dollars per month, before promotions and tax.
    pub price: Decimal,
}

/// The activation of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The first plan.
    pub plan: Plan,
    /// One-time fee in dollars; 0 for none.
    pub fee: Decimal,
    /// The customer's promotion code.
    pub promotion: Option<Promotion>,
}

/// A kind of change. Its JSON form is stored, so fields are only added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Delivery and charges start.
    Activated(Activation),
    /// Another plan, or another price. If suspended, it applies on resumption.
    Changed {
        /// The new plan.
        plan: Plan,
        /// Whether the new price applies from this second. If not, the old plan is charged until the end of the month.
        prorate: bool,
    },
    /// Charges stop.
    Suspended,
    /// Charges resume.
    Resumed,
    /// The subscription ends permanently.
    Ended,
}

impl Kind {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Activated(_) => "activated",
            Self::Changed { .. } => "changed",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Ended => "ended",
        }
    }
}

/// A past or scheduled change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it takes effect; fractions of a second are dropped.
    pub at: DateTime<Utc>,
    /// The kind.
    pub kind: Kind,
}

/// The state of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not activated yet.
    Pending,
    /// Delivered, and charged.
    Active,
    /// Neither delivered nor charged.
    Suspended,
    /// Ended.
    Ended,
}

impl State {
    /// The state after a change; `None` if the change is illegal.
    const fn after(self, change: &Kind) -> Option<Self> {
        match (self, change) {
            (Self::Pending, Kind::Activated(_)) | (Self::Suspended, Kind::Resumed) => Some(Self::Active),
            (Self::Active | Self::Suspended, Kind::Changed { .. }) => Some(self),
            (Self::Active, Kind::Suspended) => Some(Self::Suspended),
            (Self::Pending | Self::Active | Self::Suspended, Kind::Ended) => Some(Self::Ended),
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        })
    }
}

/// The changes of a subscription in order of time, each legal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(Vec<Change>);

impl History {
    /// Checks changes, which must be in order. Changes in the same second apply in the order of the list.
    pub fn new(changes: Vec<Change>) -> Result<Self, ChargeError> {
        let changes = changes.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        if let Some(pair) = changes.windows(2).find(|pair| pair[1].at < pair[0].at) {
            return Err(ChargeError::Order(pair[1].at));
        }
        changes.iter().try_fold(State::Pending, |state, change| {
            let refused = || ChargeError::State { state, change: change.kind.as_str() };
            state.after(&change.kind).ok_or_else(refused)
        })?;
        Ok(Self(changes))
    }

    /// This history with another change, after those in the same second. An error if it, or any later change, would be
    /// illegal.
    pub fn with(&self, change: Change) -> Result<Self, ChargeError> {
        let change = checked(change)?;
        let mut changes = self.0.clone();
        changes.insert(changes.partition_point(|earlier| earlier.at <= change.at), change);
        Self::new(changes)
    }

    /// All changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// The state at a time.
    pub fn state(&self, at: DateTime<Utc>) -> State {
        let past = self.0.iter().take_while(|change| change.at <= at);
        past.fold(State::Pending, |state, change| state.after(&change.kind).unwrap_or(state))
    }

    /// The time and terms of the activation.
    pub(super) fn activation(&self) -> Option<(DateTime<Utc>, &Activation)> {
        // Only a pending subscription can be activated, so nothing precedes it.
        match self.0.first()? {
            Change { at, kind: Kind::Activated(activation) } => Some((*at, activation)),
            _ => None,
        }
    }
}

/// Truncates the change to a whole second, and checks its time and amounts.
fn checked(Change { at, kind }: Change) -> Result<Change, ChargeError> {
    let at = at.trunc_subsecs(0);
    // A margin of a year, because years begin earlier or later in other zones.
    if !(i32::from(*YEARS.start()) + 1..i32::from(*YEARS.end())).contains(&at.year()) {
        return Err(ChargeError::Time(at));
    }
    match &kind {
        Kind::Activated(Activation { plan, fee, promotion }) => {
            money::check(plan.price)?;
            money::check(*fee)?;
            promotion.iter().try_for_each(|promotion| promotion.check(at))?;
        }
        Kind::Changed { plan, .. } => money::check(plan.price)?,
        Kind::Suspended | Kind::Resumed | Kind::Ended => {}
    }
    Ok(Change { at, kind })
}
