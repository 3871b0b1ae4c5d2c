//! Customers and their tickets, with comments and attached files.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000004_customers", sql: |_| [CUSTOMERS, TICKETS, BELONGINGS].join(";") };

// `email_key`: the address as it is compared, in lower case and with the domain in its DNS form.
const CUSTOMERS: &str = "
create table customers (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  email text not null,
  email_key text not null,
  first_name text not null,
  last_name text not null,
  phone text,
  type text not null,
  company_name text,
  status text not null,
  service_address {json} not null,
  billing_address {json},
  metadata {json},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index customers_email on customers (organization_id, email_key);
create index customers_newest on customers (organization_id, id)";

// One index per filter, in the order of the lists.
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
