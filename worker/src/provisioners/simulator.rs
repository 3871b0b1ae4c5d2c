//! The simulator: a network that is none, for sandboxes, demonstrations and tests. It is kept in a table of its own,
//! so that what is read back is what was made, in whatever process and after whatever end of one. How it behaves,
//! and misbehaves, is in the settings.

use super::{Failure, Observed, Progress, Provisioner};
use async_trait::async_trait;
use entities::{
    ids::SubscriptionId,
    simulated_service::{self, ActiveModel, Column, Entity},
};
use kernel::{
    Kernel,
    config::{self, Stop},
    domain::provisioning::Service,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

/// See the module.
pub(super) struct Simulator {
    kernel: Kernel,
}

impl Simulator {
    pub(super) const fn new(kernel: Kernel) -> Self {
        Self { kernel }
    }

    fn settings(&self) -> &config::Simulator {
        &self.kernel.settings.provisioners.simulator
    }

    /// Makes one change, unless the settings say that it goes wrong.
    async fn change(&self, made: simulated_service::Model) -> Result<Progress, Failure> {
        self.stop_at(Stop::Before).await;
        tokio::time::sleep(self.settings().delay).await;
        self.fail(made.subscription_id).await?;
        if !self.settings().lies {
            self.write(made).await?;
        }
        self.stop_at(Stop::After).await;
        Ok(Progress::Done)
    }

    async fn write(&self, made: simulated_service::Model) -> Result<(), Failure> {
        use Column::{DownloadMbps, Ipv4, Ipv6, Present, SubscriptionId, Suspended, UploadMbps};
        let update = [Present, DownloadMbps, UploadMbps, Ipv4, Ipv6, Suspended];
        let replaces = OnConflict::column(SubscriptionId).update_columns(update).to_owned();
        let row = Entity::insert(made.into_active_model()).on_conflict(replaces);
        row.exec_without_returning(self.kernel.db.writer()).await?;
        Ok(())
    }

    /// The first changes to each service fail, as many as the settings say.
    async fn fail(&self, subscription: SubscriptionId) -> Result<(), Failure> {
        let failures = self.settings().failures;
        if failures == 0 {
            return Ok(());
        }
        let counted = Entity::update_many()
            .col_expr(Column::Changes, Expr::col(Column::Changes).add(1))
            .filter(Column::SubscriptionId.eq(subscription));
        let mut counted = counted.exec_with_returning(self.kernel.db.writer()).await?;
        if counted.is_empty() {
            let first = ActiveModel { changes: Set(1), ..nothing(subscription).into_active_model() };
            counted.push(Entity::insert(first).exec_with_returning(self.kernel.db.writer()).await?);
        }
        let number = counted.first().map_or(0, |row| row.changes.unsigned_abs() as usize);
        if number > failures {
            return Ok(());
        }
        Err(Failure::Passing(format!("change {number} was told to fail")))
    }

    /// For good: whoever set this ends the process.
    async fn stop_at(&self, place: Stop) {
        if self.settings().stops == place {
            tracing::info!(?place, "the simulator stands still");
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Provisioner for Simulator {
    async fn apply(&self, service: &Service) -> Result<Progress, Failure> {
        let Service { subscription, download_mbps, upload_mbps, suspended, .. } = *service;
        let (ipv4, ipv6) = (service.ipv4.clone(), service.ipv6.clone());
        self.change(simulated_service::Model {
            subscription_id: subscription,
            present: true,
            download_mbps,
            upload_mbps,
            ipv4,
            ipv6,
            suspended,
            changes: 0,
        })
        .await
    }

    async fn remove(&self, service: &Service) -> Result<Progress, Failure> {
        self.change(nothing(service.subscription)).await
    }

    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        self.stop_at(Stop::Read).await;
        let found = Entity::find_by_id(service.subscription).one(self.kernel.db.writer()).await?;
        Ok(found.filter(|row| row.present).map(|row| Observed {
            download_mbps: row.download_mbps,
            upload_mbps: row.upload_mbps,
            ipv4: row.ipv4,
            ipv6: row.ipv6,
            suspended: row.suspended,
        }))
    }
}

/// A service that the network does not do.
const fn nothing(subscription: SubscriptionId) -> simulated_service::Model {
    simulated_service::Model {
        subscription_id: subscription,
        present: false,
        download_mbps: 0,
        upload_mbps: 0,
        ipv4: None,
        ipv6: None,
        suspended: false,
        changes: 0,
    }
}
