//! Finds customers by id or e-mail address.

use crate::customers::email_key;
use entities::ids::{CustomerId, OrganizationId};
use kernel::Kernel;
use platform::{
    bulk::{self, SqlType},
    error::Result,
};
use sea_orm::FromQueryResult;
use serde::Serialize;
use std::collections::HashMap;

#[derive(Serialize)]
struct Wanted<'a> {
    name: &'a str,
    id: Option<CustomerId>,
    email: String,
}

#[derive(FromQueryResult)]
struct Found {
    name: String,
    id: CustomerId,
}

/// The organization's customers with these ids or e-mail addresses (case-insensitive), in one statement. Unknown ones
/// are omitted.
pub async fn named<'a>(
    kernel: &Kernel,
    organization: OrganizationId,
    names: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, CustomerId>> {
    let name = |name: &'a str| Wanted { name, id: name.parse().ok(), email: email_key(name) };
    let (names, db) = (names.map(name).collect::<Vec<_>>(), kernel.db.reader());
    let fields = &[("name", SqlType::Text), ("id", SqlType::Uuid), ("email", SqlType::Text)];
    let statement = bulk::statement(db, NAMED, fields, &names, [organization.into()])?;
    let found = Found::find_by_statement(statement).all(db).await?;
    Ok(found.into_iter().map(|Found { name, id }| (name, id)).collect())
}

const NAMED: &str = "
with named as (select * from {rows})
select n.name, c.id from named n join customers c on c.id = n.id and c.organization_id = $2
union all
select n.name, c.id from named n join customers c on c.organization_id = $2 and c.email_key = n.email
where n.id is null";
