//! Tickets, what is said of them, and the files that belong to them.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, TICKETS).await?;
        execute(manager, BELONGINGS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, "drop table ticket_attachments; drop table ticket_comments; drop table tickets")
            .await
    }
}

// An index a filter, each in the order of the lists.
const TICKETS: &str = "
create table tickets (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  customer_id {uuid} not null references customers (id),
  subject text not null,
  description text not null,
  category text not null,
  priority text not null,
  status text not null,
  assigned_to text,
  tags {json} not null,
  metadata {json},
  resolved_at {time},
  created_at {time} not null,
  updated_at {time} not null
);
create index tickets_newest on tickets (organization_id, id);
create index tickets_of_customer on tickets (customer_id, id);
create index tickets_by_status on tickets (organization_id, status, id);
create index tickets_by_priority on tickets (organization_id, priority, id)";

const BELONGINGS: &str = "
create table ticket_comments (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  ticket_id {uuid} not null references tickets (id) on delete cascade,
  author {json} not null,
  content text not null,
  internal boolean not null,
  created_at {time} not null
);
create index ticket_comments_of on ticket_comments (ticket_id, id);
create table ticket_attachments (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  ticket_id {uuid} not null references tickets (id) on delete cascade,
  uploaded_by {json} not null,
  filename text not null,
  url text not null,
  size bigint not null,
  mime_type text not null,
  created_at {time} not null
);
create index ticket_attachments_of on ticket_attachments (ticket_id, id)";
