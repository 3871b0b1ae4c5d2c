//! The wire objects and their conversions. A field's rule is stated here and nowhere else.

mod address;
mod bulk;
mod customer;
mod envelope;
mod health;
mod id;
mod invoice;
mod network;
mod provisioning;
mod serviceability;
mod subscription;
mod ticket;
mod usage;
mod webhook;

pub use address::{CustomerIPsResponse, IPPoolListResponse, IPPoolUtilizationResponse, customer_ips};
pub use bulk::{BulkCustomerCreate, BulkId, BulkJob, BulkJobResponse};
pub use customer::{CreateCustomer, Customer, UpdateCustomer, Zip};
pub use envelope::{
    CustomerListResponse, CustomerResponse, ErrorCode, ErrorResponse, PageQuery, PaginationResponse, first,
};
pub use health::{Health, HealthResponse, HealthStatus, Services, UpDown, Upstream};
pub use id::{Path, id};
pub use invoice::{
    Balance, BalanceResponse, Invoice, InvoiceDetails, InvoiceDetailsResponse, InvoiceListResponse,
};
pub use network::{
    Maintenance, MaintenanceResponse, MaintenanceStatus, NetworkStatusResponse, OutageListResponse,
    OutageQuery, OutageResponse,
};
pub use provisioning::{
    CreateProvisioningRequest, ProvisioningListResponse, ProvisioningResponse, ProvisioningStatus,
};
pub use serviceability::{ServiceabilityResponse, State};
pub use subscription::{
    CreateSubscription, ServiceTier, Subscription, SubscriptionAction, SubscriptionChange,
    SubscriptionChangeResponse, SubscriptionListResponse, SubscriptionResponse, SubscriptionUpgrade, tier_of,
};
pub use ticket::{
    CreateTicket, CreateTicketAttachment, CreateTicketComment, TicketAttachmentListResponse,
    TicketAttachmentResponse, TicketCommentListResponse, TicketCommentResponse, TicketListResponse,
    TicketPriority, TicketResponse, TicketStatus, UpdateTicket,
};
pub use usage::{Usage, UsageHistory, UsageHistoryResponse, UsageResponse};
pub use webhook::{
    DeliveryListResponse, DeliveryRetryResponse, DeliveryStatus, EventType, PublishEvent,
    PublishEventResponse, ReconciliationResponse, RegisterWebhook, ReplayWebhook, Replayed, ReplayedResponse,
    RetriedDelivery, RotateWebhook, Rotated, RotatedResponse, Said, SaidResponse, TestResult, TestWebhook,
    TestWebhookResponse, WebhookDelivery, WebhookDetails, WebhookListResponse, WebhookRegistrationResponse,
    WebhookResponse,
};
