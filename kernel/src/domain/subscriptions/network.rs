//! The network follows what becomes of subscriptions.

use crate::{Work, error::Result};
use entities::subscription::Model;

/// Has the network follow a change that has taken effect: another plan, a suspension, a resumption, or a beginning
/// by the start date.
#[expect(clippy::unused_async, reason = "nothing is provisioned yet")]
pub(super) async fn follow(_work: &Work, _before: &Model, _after: &Model) -> Result<()> {
    Ok(())
}
