//! The steps of requests.

use entities::{
    ids::ProvisioningId,
    provisioning_request::{Model as Request, RequestType},
    provisioning_step::{self as step, StepName, StepState},
};
use kernel::UnitOfWork;
use platform::{
    bulk::{self, SqlType},
    error::Result,
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

/// Inserts the steps of a new request; those in `done` are done, with these details.
pub(super) async fn insert_steps(
    work: &UnitOfWork,
    request: &Request,
    done: &[(StepName, serde_json::Value)],
) -> Result<()> {
    insert(work, &rows(work, request, done)).await
}

/// Inserts the steps of requests whose addresses and ONT were just allocated.
pub(super) async fn insert_allocated_steps(work: &UnitOfWork, requests: &[&Request]) -> Result<()> {
    let all: Vec<_> = requests.iter().flat_map(|request| rows(work, request, &allocated(request))).collect();
    insert(work, &all).await
}

/// The steps that are done once addresses and an ONT are allocated.
pub(super) fn allocated(request: &Request) -> [(StepName, serde_json::Value); 2] {
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
    const FIELDS: &bulk::Fields = &[
        ("request_id", SqlType::Uuid),
        ("place", SqlType::Int),
        ("name", SqlType::Text),
        ("state", SqlType::Text),
        ("detail", SqlType::Json),
        ("at", SqlType::Time),
    ];
    let sql = "insert into provisioning_steps ({columns}) select {columns} from {rows}";
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, FIELDS, &steps, [])?).await?;
    Ok(())
}

/// Moves all steps of these requests in one state to another.
pub(super) async fn set_each(
    work: &UnitOfWork,
    requests: impl Iterator<Item = ProvisioningId>,
    from: StepState,
    to: StepState,
) -> Result<()> {
    let sql = "update provisioning_steps set state = $2, at = $3
      where request_id {in_ids} and state = $4";
    let (rows, values) = (bulk::ids(requests.map(|id| id.0)), [to.into(), work.now().into(), from.into()]);
    let transaction = work.transaction().await?;
    transaction.execute_raw(bulk::statement(&transaction, sql, bulk::ID, &rows, values)?).await?;
    Ok(())
}

/// Moves all steps of the request in one of these states to another.
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
