//! The rows of steps.

use crate::{
    Work,
    error::Result,
    rows::{self, Type},
};
use entities::{
    ids::ProvisioningId,
    provisioning_request::{Model as Request, RequestType},
    provisioning_step::{self as step, StepName, StepState},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};

/// The steps of a request of this type, in their order.
const fn of_type(kind: RequestType) -> &'static [StepName] {
    use StepName::{Addresses, Network, Ont, Release, Subscription, Verify};
    match kind {
        RequestType::NewInstall => &[Addresses, Ont, Network, Verify, Subscription],
        RequestType::Upgrade | RequestType::Downgrade => &[Network, Verify],
        RequestType::Disconnect => &[Network, Verify, Release, Subscription],
    }
}

/// Writes the steps of a request of which nothing was done yet; those that `done` names are done with that.
pub(super) async fn lay_out(
    work: &Work,
    request: &Request,
    done: &[(StepName, serde_json::Value)],
) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("request_id", Type::Uuid),
        ("place", Type::Int),
        ("name", Type::Text),
        ("state", Type::Text),
        ("detail", Type::Json),
        ("at", Type::Time),
    ];
    let row = |(place, name): (i32, &StepName)| {
        let detail = done.iter().find(|(done, _)| done == name).map(|(_, detail)| detail.clone());
        let state = if detail.is_some() { StepState::Done } else { StepState::Pending };
        step::Model { request_id: request.id, place, name: *name, state, detail, at: work.now() }
    };
    let rows: Vec<_> = (0..).zip(of_type(request.kind)).map(row).collect();
    let sql = "insert into provisioning_steps ({columns}) select {columns} from {rows}";
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&*transaction, sql, FIELDS, &rows, [])?).await?;
    Ok(())
}

/// Says of all steps in one of these states that they now stand so.
pub(super) async fn set(work: &Work, id: ProvisioningId, from: &[StepState], to: StepState) -> Result<()> {
    step::Entity::update_many()
        .col_expr(step::Column::State, Expr::value(to))
        .col_expr(step::Column::At, Expr::value(work.now()))
        .filter(step::Column::RequestId.eq(id))
        .filter(step::Column::State.is_in(from.iter().copied()))
        .exec(&*work.transaction().await?)
        .await?;
    Ok(())
}
