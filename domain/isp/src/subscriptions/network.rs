//! The effects of a subscription on the network.

use async_trait::async_trait;
use entities::subscription::Model;
use kernel::UnitOfWork;
use platform::error::Result;

/// Applies changes of subscriptions to the network. Called in the transaction of the change, under the subscription's
/// lock.
#[async_trait]
pub trait Network: Send + Sync {
    /// Installs the subscription, whose start date has come.
    async fn install(&self, work: &UnitOfWork, subscription: &Model) -> Result<()>;

    /// `Conflict` if the subscription is being disconnected, or will be: another plan would not reach the network.
    async fn check_plan_change(&self, work: &UnitOfWork, subscription: &Model) -> Result<()>;

    /// Applies a change of the subscription that has taken effect.
    async fn on_subscription_changed(&self, work: &UnitOfWork, before: &Model, after: &Model) -> Result<()>;
}
