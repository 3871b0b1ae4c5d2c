//! The wire objects and their conversions. A field's rule is stated here and nowhere else.

mod envelope;
mod history;
mod id;
mod keys;
mod page;
mod provisioner;
mod request;
mod result;
mod token;

pub use envelope::{ErrorDetail, ErrorResponse};
pub use history::{ProvisionAttempt, ProvisionDetail, ProvisionTestingOrderEvent};
pub use id::{Id, Path};
pub use keys::{Key, KeySet};
pub use page::{
    PageDTOProvisionAttempt, PageDTOProvisionDetail, PageDTOProvisionRequest, PageDTOProvisionResult,
    PageDTOProvisioner, PageDTOWebhook, PageQuery,
};
pub use provisioner::{CreatedWebhook, Provisioner, Webhook, WebhookCreate};
pub use request::ProvisionRequest;
pub use result::ProvisionResult;
pub use token::{TokenError, TokenErrorCode, TokenRequest, TokenResponse, TokenType};
