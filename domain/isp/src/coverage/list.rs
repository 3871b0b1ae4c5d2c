//! Lists the coverage.

use entities::{
    ids::{OltId, OrganizationId},
    olt::{self, Stage},
    ont::{self, OntStatus},
    service_area,
};
use kernel::Kernel;
use platform::error::Result;
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, FromQueryResult, PaginatorTrait, QueryFilter, Statement,
};
use std::collections::HashMap;

/// Totals of an organization's network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// OLTs in service.
    pub olts: u64,
    /// All ONTs: available, assigned and faulty.
    pub onts: u64,
}

/// Counts the organization's network.
pub async fn totals(db: &impl ConnectionTrait, organization: OrganizationId) -> Result<Totals> {
    let olts = olt::Entity::of(organization).filter(olt::Column::Status.eq(Stage::Active));
    Ok(Totals { olts: olts.count(db).await?, onts: ont::Entity::of(organization).count(db).await? })
}

/// An OLT with counts of its ONTs.
#[derive(Debug)]
pub struct Olt {
    /// The OLT.
    pub record: olt::Model,
    /// Its working ONTs.
    pub onts: i64,
    /// Those available.
    pub free: i64,
}

/// The coverage of an organization.
#[derive(Debug)]
pub struct Coverage {
    /// Its OLTs, by code.
    pub olts: Vec<Olt>,
    /// Its areas, by name.
    pub areas: Vec<service_area::Model>,
}

#[derive(FromQueryResult)]
struct Count {
    olt_id: OltId,
    onts: i64,
    free: i64,
}

/// The organization's coverage.
pub async fn list(kernel: &Kernel, organization: OrganizationId) -> Result<Coverage> {
    let db = kernel.db.reader();
    let olts = olt::Entity::of(organization).all(db).await?;
    let areas = service_area::Entity::of(organization).all(db).await?;
    let sql = "select olt_id, count(*) as onts, count(case when status = $2 then 1 end) as free
      from onts where organization_id = $1 group by olt_id";
    let values = [organization.into(), OntStatus::Available.to_value().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let counts = Count::find_by_statement(statement).all(db).await?;
    let counts: HashMap<_, _> =
        counts.into_iter().map(|count| (count.olt_id, (count.onts, count.free))).collect();
    let olt = |record: olt::Model| {
        let (all, free) = counts.get(&record.id).copied().unwrap_or_default();
        Olt { record, onts: all, free }
    };
    Ok(Coverage { olts: olts.into_iter().map(olt).collect(), areas })
}
