//! The secrets that sign the deliveries to endpoints, sealed.

use crate::ids::{EndpointId, WebhookSecretId};
use sea_orm::{QueryOrder, entity::prelude::*};

/// A secret of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endpoint_secrets")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookSecretId,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The secret, sealed by the vault.
    pub sealed: Vec<u8>,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// When it stops signing; `None`: when it is replaced or revoked.
    pub until: Option<DateTimeUtc>,
}

/// No relations are followed from here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// All secrets of the endpoint, newest first.
    pub fn of(endpoint: EndpointId) -> Select<Self> {
        Self::find()
            .filter(Column::EndpointId.eq(endpoint))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
    }
}
