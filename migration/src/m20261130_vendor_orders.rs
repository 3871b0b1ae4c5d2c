//! Requests to vendors stay open until a success, a cancellation or their deadline: `unfulfilled` are those that are open.
//! Lists are by the time that requests were made, which whoever simulates one may give. Provisioners say whether they
//! take suspensions, and provisioning requests why the latest try failed.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop index vendor_requests_all;
             create index vendor_requests_all on vendor_requests (organization_id, sandbox, created_at, id);
             drop index vendor_requests_unfulfilled;
             create index vendor_requests_unfulfilled on vendor_requests (organization_id, sandbox, created_at, id)
               where state = 'open';
             create index vendor_requests_open on vendor_requests (provisioner_id, id) where state = 'open';
             alter table vendor_provisioners add column suspensions boolean not null default false;
             alter table provisioning_requests add column last_failure text",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "alter table provisioning_requests drop column last_failure;
             alter table vendor_provisioners drop column suspensions;
             drop index vendor_requests_open;
             drop index vendor_requests_unfulfilled;
             create index vendor_requests_unfulfilled on vendor_requests (organization_id, sandbox, id)
               where state <> 'succeeded';
             drop index vendor_requests_all;
             create index vendor_requests_all on vendor_requests (organization_id, sandbox, id)",
        )
        .await
    }
}
