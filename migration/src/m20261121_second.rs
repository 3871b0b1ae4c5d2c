//! The edge: what credentials may do, signing keys, kept answers, who changed what from where.

use crate::dialect::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, CREDENTIALS).await?;
        execute(manager, ANSWERS).await?;
        execute(manager, AUDIT).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(
            manager,
            "drop index jobs_request; drop index events_request;
             alter table jobs drop column traceparent;
             alter table events drop column changes; alter table events drop column address;
             alter table events drop column operation;
             drop table idempotent_answers; drop table signing_keys;
             alter table api_keys drop column scopes; alter table api_keys drop column networks;
             alter table api_keys drop column plan; alter table api_keys drop column sandbox;
             alter table api_keys drop column expires_at; alter table api_keys drop column last_used_at;
             alter table api_keys drop column last_used_from",
        )
        .await
    }
}

// Keys made before there were scopes go on opening everything of their contract.
const CREDENTIALS: &str = r#"
alter table api_keys add column scopes {json} not null default '["*"]';
alter table api_keys add column networks {json} not null default '[]';
alter table api_keys add column plan text not null default '';
alter table api_keys add column sandbox boolean not null default false;
alter table api_keys add column expires_at {time};
alter table api_keys add column last_used_at {time};
alter table api_keys add column last_used_from text;
create table signing_keys (
  id {uuid} primary key not null,
  algorithm text not null,
  public_key text not null,
  private_key {bytes} not null,
  created_at {time} not null,
  retired_at {time}
);
create unique index signing_keys_active on signing_keys (algorithm) where retired_at is null"#;

const ANSWERS: &str = "
create table idempotent_answers (
  organization_id {uuid} not null,
  key text not null,
  answer {bytes} not null,
  expires_at {time} not null,
  primary key (organization_id, key)
);
create index idempotent_answers_expired on idempotent_answers (expires_at)";

// What nobody asked for by request has none, and is not in the indexes.
const AUDIT: &str = "
alter table events add column changes {json};
alter table events add column address text;
alter table events add column operation text;
create index events_request on events (request_id) where request_id is not null;
alter table jobs add column traceparent text;
create index jobs_request on jobs (request_id) where request_id is not null";
