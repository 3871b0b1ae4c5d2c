//! The rows of steps.

use entities::{
    ids::ProvisioningId,
    provisioning_request::{Model as Request, RequestType},
    provisioning_step::{self as step, StepName, StepState},
};
use kernel::UnitOfWork;
use platform::{
    error::Result,
    rows::{self, Type},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

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
    work: &UnitOfWork,
    request: &Request,
    done: &[(StepName, serde_json::Value)],
) -> Result<()> {
    insert(work, &rows(work, request, done)).await
}

/// Writes the steps of requests that have just been given addresses and a box.
pub(super) async fn lay_out_supplied(work: &UnitOfWork, requests: &[&Request]) -> Result<()> {
    let all: Vec<_> = requests.iter().flat_map(|request| rows(work, request, &supplied(request))).collect();
    insert(work, &all).await
}

/// The steps that are done when the request has addresses and a box.
pub(super) fn supplied(request: &Request) -> [(StepName, serde_json::Value); 2] {
    let addresses = json!({ "ipv4": request.ipv4, "ipv6": request.ipv6 });
    [(StepName::Addresses, addresses), (StepName::Ont, json!({ "ont": request.ont_id }))]
}

fn rows(work: &UnitOfWork, request: &Request, done: &[(StepName, serde_json::Value)]) -> Vec<step::Model> {
    let row = |(place, name): (i32, &StepName)| {
        let detail = done.iter().find(|(done, _)| done == name).map(|(_, detail)| detail.clone());
        let state = if detail.is_some() { StepState::Done } else { StepState::Pending };
        step::Model { request_id: request.id, place, name: *name, state, detail, at: work.now() }
    };
    (0..).zip(of_type(request.kind)).map(row).collect()
}

async fn insert(work: &UnitOfWork, steps: &[step::Model]) -> Result<()> {
    const FIELDS: &rows::Fields = &[
        ("request_id", Type::Uuid),
        ("place", Type::Int),
        ("name", Type::Text),
        ("state", Type::Text),
        ("detail", Type::Json),
        ("at", Type::Time),
    ];
    let sql = "insert into provisioning_steps ({columns}) select {columns} from {rows}";
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, sql, FIELDS, &steps, [])?).await?;
    Ok(())
}

/// Says of all steps of these requests in one state that they now stand so.
pub(super) async fn set_each(
    work: &UnitOfWork,
    requests: impl Iterator<Item = ProvisioningId>,
    from: StepState,
    to: StepState,
) -> Result<()> {
    let sql = "update provisioning_steps set state = $2, at = $3
      where request_id {among} and state = $4";
    let (rows, values) = (rows::ids(requests.map(|id| id.0)), [to.into(), work.now().into(), from.into()]);
    let transaction = work.transaction().await?;
    transaction.execute_raw(rows::statement(&transaction, sql, rows::ID, &rows, values)?).await?;
    Ok(())
}

/// Says of all steps in one of these states that they now stand so.
pub(super) async fn set(
    work: &UnitOfWork,
    id: ProvisioningId,
    from: &[StepState],
    to: StepState,
) -> Result<()> {
    step::Entity::update_many()
        .col_expr(step::Column::State, Expr::value(to))
        .col_expr(step::Column::At, Expr::value(work.now()))
        .filter(step::Column::RequestId.eq(id))
        .filter(step::Column::State.is_in(from.iter().copied()))
        .exec(&work.transaction().await?)
        .await?;
    Ok(())
}
