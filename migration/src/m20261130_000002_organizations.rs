//! Organizations and the edge: API keys, signing keys, the fingerprint of the vault's key, idempotent responses.

use crate::step::Step;

pub(crate) const STEP: Step = Step {
    name: "m20261130_000002_organizations",
    sql: |_| [ORGANIZATIONS, API_KEYS, SIGNING_KEYS, VAULT_KEYS, IDEMPOTENCY].join(";"),
};

// `time_zone`: an IANA name; the organization's months begin and end in it. `email`: the address for mail about the
// organization.
const ORGANIZATIONS: &str = "
create table organizations (
  id {uuid} primary key not null,
  name text not null unique,
  email text,
  time_zone text not null default 'UTC',
  sandbox boolean not null default false,
  created_at {time} not null
)";

const API_KEYS: &str = r#"
create table api_keys (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  contract text not null,
  name text not null,
  prefix text not null,
  hash text not null unique,
  scopes {json} not null default '["*"]',
  networks {json} not null default '[]',
  plan text not null default '',
  sandbox boolean not null default false,
  created_at {time} not null,
  expires_at {time},
  revoked_at {time},
  last_used_at {time},
  last_used_from text
)"#;

const SIGNING_KEYS: &str = "
create table signing_keys (
  id {uuid} primary key not null,
  algorithm text not null,
  public_key text not null,
  private_key {bytes} not null,
  created_at {time} not null,
  retired_at {time}
);
create unique index signing_keys_active on signing_keys (algorithm) where retired_at is null";

// At most one row: the fingerprint of the key that encrypts the database's secrets.
const VAULT_KEYS: &str = "
create table vault_keys (
  id smallint primary key not null check (id = 1),
  fingerprint text not null,
  created_at {time} not null
)";

// `scope`: a hash of the caller, the method, the path and the key.
const IDEMPOTENCY: &str = "
create table idempotent_answers (
  scope {bytes} primary key not null,
  answer {bytes} not null,
  expires_at {time} not null
);
create index idempotent_answers_expired on idempotent_answers (expires_at)";
