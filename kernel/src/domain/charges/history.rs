//! A subscription as the list of what was done to it, and when. Which changes are legal is decided here.

use super::{Promotion, Refused, money, month::YEARS};
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is paid for, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// As it stands on the invoice.
    pub name: String,
    /// Dollars for a month, before promotions and tax.
    pub price: Decimal,
}

/// The beginning of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The first plan.
    pub plan: Plan,
    /// Dollars, asked once; 0 for none.
    pub fee: Decimal,
    /// The code that the customer gave.
    pub promotion: Option<Promotion>,
}

/// What can be done to a subscription. Its JSON form is kept, so fields are only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It begins to be delivered and to cost.
    Activated(Activation),
    /// Another plan, or the same at another price. Also while it is suspended: then for when it resumes.
    Changed {
        /// The new plan.
        plan: Plan,
        /// Whether the new price counts from this very second. If not, the old plan is charged until the
        /// month is over.
        prorate: bool,
    },
    /// It costs nothing from now on.
    Suspended,
    /// It costs again.
    Resumed,
    /// It is over, for good.
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

/// Something that was done to a subscription, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it takes effect; what is below a second is dropped.
    pub at: DateTime<Utc>,
    /// What it is.
    pub kind: Kind,
}

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not activated yet.
    Pending,
    /// Delivered, and charged.
    Active,
    /// Neither delivered nor charged.
    Suspended,
    /// Over.
    Ended,
}

impl State {
    /// The state after a change, or that there is none: a table of all that is legal.
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

/// The changes of a subscription in the order of their times; each was legal when its turn came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(Vec<Change>);

impl History {
    /// Checks changes, which have to be in their order. Of those at the same second the earlier in the list
    /// comes first.
    pub fn new(changes: Vec<Change>) -> Result<Self, Refused> {
        let changes = changes.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        if let Some(pair) = changes.windows(2).find(|pair| pair[1].at < pair[0].at) {
            return Err(Refused::Order(pair[1].at));
        }
        changes.iter().try_fold(State::Pending, |state, change| {
            let refused = || Refused::State { state, change: change.kind.as_str() };
            state.after(&change.kind).ok_or_else(refused)
        })?;
        Ok(Self(changes))
    }

    /// This history with another change: after those at the same second, and before those that are to
    /// follow. Refused if it, or any of those, is not legal then.
    pub fn with(&self, change: Change) -> Result<Self, Refused> {
        let change = checked(change)?;
        let mut changes = self.0.clone();
        changes.insert(changes.partition_point(|earlier| earlier.at <= change.at), change);
        Self::new(changes)
    }

    /// All changes, in their order.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// How the subscription stands at an instant.
    pub fn state(&self, at: DateTime<Utc>) -> State {
        let past = self.0.iter().take_while(|change| change.at <= at);
        past.fold(State::Pending, |state, change| state.after(&change.kind).unwrap_or(state))
    }

    /// When it was activated, and on what terms.
    pub(super) fn activation(&self) -> Option<(DateTime<Utc>, &Activation)> {
        // Only a pending subscription can be activated, so nothing legal comes before it.
        match self.0.first()? {
            Change { at, kind: Kind::Activated(activation) } => Some((*at, activation)),
            _ => None,
        }
    }
}

/// The change at a whole second, if its time and its amounts can be billed.
fn checked(Change { at, kind }: Change) -> Result<Change, Refused> {
    let at = at.trunc_subsecs(0);
    // A year is left on both sides, as the zones' years begin earlier or later than UTC's.
    if !(i32::from(*YEARS.start()) + 1..i32::from(*YEARS.end())).contains(&at.year()) {
        return Err(Refused::Time(at));
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
