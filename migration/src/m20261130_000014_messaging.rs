//! Messaging: customers, setup links, and WhatsApp accounts.

use crate::step::Step;

pub(crate) const STEP: Step = Step {
    name: "m20261130_000014_messaging",
    sql: |_| [CUSTOMERS, LINKS, BUSINESS_ACCOUNTS, ACCOUNTS].join(";"),
};

// `name_key`: the name in lower case by the rules of Unicode, for search; SQLite's `lower` supports only ASCII.
// Metadata is stored as the text that was sent: `jsonb` changes numbers and the order of properties.
const CUSTOMERS: &str = "
create table messaging_customers (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  sandbox boolean not null,
  team text not null,
  name text not null,
  name_key text not null,
  email text,
  status text not null,
  metadata text,
  archived_at {time},
  created_at {time} not null,
  updated_at {time} not null
);
create index messaging_customers_all on messaging_customers (organization_id, sandbox, id)";

// A token is shown only once; its SHA-256 and last characters are stored. `expired` is not stored, but computed.
const LINKS: &str = "
create table setup_links (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  customer_id {uuid} not null references messaging_customers (id),
  token_hash {bytes} not null,
  token_last4 text not null,
  status text not null,
  expires_at {time} not null,
  consumed_at {time},
  success_url text,
  failure_url text,
  created_at {time} not null
);
create unique index setup_links_by_token on setup_links (token_hash);
create index setup_links_of on setup_links (customer_id, id)";

// A WhatsApp Business Account, with numbers that share its templates. `token`: the access token, sealed.
const BUSINESS_ACCOUNTS: &str = "
create table whatsapp_business_accounts (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  sandbox boolean not null,
  provider_id text not null,
  name text,
  token {bytes},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index whatsapp_business_accounts_live on whatsapp_business_accounts (provider_id) where not sandbox;
create unique index whatsapp_business_accounts_sandbox on whatsapp_business_accounts (organization_id, provider_id)
  where sandbox";

// A number. The provider's id of a live number identifies one account across organizations, because the provider's
// webhooks have no other id. `customer_id`: null for the organization's own.
const ACCOUNTS: &str = "
create table whatsapp_accounts (
  id {uuid} primary key not null,
  organization_id {uuid} not null references organizations (id),
  sandbox boolean not null,
  business_account_id {uuid} not null references whatsapp_business_accounts (id),
  customer_id {uuid} references messaging_customers (id),
  provider_id text not null,
  phone_number text,
  name text,
  status text not null,
  status_reason text,
  onboarded_at {time},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index whatsapp_accounts_live on whatsapp_accounts (provider_id) where not sandbox;
create unique index whatsapp_accounts_sandbox on whatsapp_accounts (organization_id, provider_id) where sandbox;
create index whatsapp_accounts_all on whatsapp_accounts (organization_id, sandbox, id);
create index whatsapp_accounts_of_business on whatsapp_accounts (business_account_id);
create index whatsapp_accounts_of_customer on whatsapp_accounts (customer_id) where customer_id is not null";
