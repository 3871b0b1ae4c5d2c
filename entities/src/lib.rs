//! The tables, one file per table: columns, relations, and the finders that take the organization.
//!
//! Finders that serve a request always take the organization, so that the shortest query to write is also the one that
//! cannot show another organization's rows.

pub mod api_key;
pub mod customer;
pub mod delivery;
mod document;
pub mod endpoint;
pub mod endpoint_health;
pub mod endpoint_secret;
pub mod event;
pub mod idempotent_answer;
pub mod ids;
pub mod import_chunk;
pub mod invoice;
pub mod ip_allocation;
pub mod ip_pool;
pub mod job;
pub mod job_error;
pub mod maintenance;
pub mod messaging_customer;
pub mod network_service;
pub mod olt;
pub mod ont;
pub mod organization;
pub mod outage;
pub mod payment;
pub mod plan;
pub mod promotion;
pub mod provisioning_request;
pub mod provisioning_step;
pub mod seller;
pub mod service_area;
pub mod setup_link;
pub mod signing_key;
pub mod simulated_service;
pub mod subscription;
pub mod subscription_change;
pub mod tax_rate;
pub mod ticket;
pub mod ticket_attachment;
pub mod ticket_comment;
pub mod vendor_attempt;
pub mod vendor_detail;
pub mod vendor_provisioner;
pub mod vendor_request;
pub mod vendor_result;
pub mod whatsapp_account;
pub mod whatsapp_business_account;

pub use document::RawJson;
