//! The simulator: a simulated network for sandboxes, demonstrations and tests. It is kept in a table of its own,
//! so that what is read back is what was made, in whatever process and after whatever end of one. How it behaves,
//! and misbehaves, is in the settings.

use super::{Asking, Failure, Observed, Progress, Provisioner};
use async_trait::async_trait;
use entities::{
    ids::SubscriptionId,
    simulated_service::{self, ActiveModel, Column, Entity},
};
use kernel::{
    Db, Kernel,
    batcher::{Batcher, Options},
    config::{self, Stop},
    domain::provisioning::{Service, simulated},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use std::{collections::BTreeMap, sync::Arc};

/// See the module.
pub(super) struct Simulator {
    kernel: Kernel,
    written: Batcher<simulated_service::Model, ()>,
    read: Batcher<SubscriptionId, Option<simulated_service::Model>>,
}

impl Simulator {
    /// Starts the tasks that write and read many services at once.
    pub(super) fn new(kernel: Kernel) -> Self {
        let (writes, reads) = (kernel.db.clone(), kernel.db.clone());
        Self {
            kernel,
            written: Batcher::start(OPTIONS, move |made| write_all(writes.clone(), made)).0,
            read: Batcher::start(OPTIONS, move |ids| read_all(reads.clone(), ids)).0,
        }
    }

    fn settings(&self) -> &config::Simulator {
        &self.kernel.settings.provisioners.simulator
    }

    /// Makes one change, unless the settings say that it goes wrong.
    async fn change(
        &self,
        made: simulated_service::Model,
        [before, after]: [Stop; 2],
    ) -> Result<Progress, Failure> {
        self.stop_at(before).await;
        tokio::time::sleep(self.settings().delay).await;
        self.fail(made.subscription_id).await?;
        if !self.settings().lies {
            self.write(made).await?;
        }
        self.stop_at(after).await;
        Ok(Progress::Done)
    }

    async fn write(&self, made: simulated_service::Model) -> Result<(), Failure> {
        self.written.submit(made).await.ok_or_else(away)
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

/// Services that are written or read at once.
const OPTIONS: Options = Options::new(128);

/// What went wrong is in the log.
fn away() -> Failure {
    Failure::Passing("the simulated network did not answer".into())
}

/// Of several changes to a service the last one holds. One order for all processes, so that they do not wait for each
/// other in a circle.
async fn write_all(db: Db, made: Arc<[simulated_service::Model]>) -> Vec<Option<()>> {
    let last: BTreeMap<_, _> = made.iter().map(|made| (made.subscription_id, made)).collect();
    let rows: Vec<_> = last.into_values().collect();
    match simulated::write(&db, &rows).await {
        Ok(()) => vec![Some(()); made.len()],
        Err(error) => unanswered(&error),
    }
}

async fn read_all(db: Db, ids: Arc<[SubscriptionId]>) -> Vec<Option<Option<simulated_service::Model>>> {
    match simulated::read(&db, &ids).await {
        Ok(found) => ids.iter().map(|id| Some(found.get(id).cloned())).collect(),
        Err(error) => unanswered(&error),
    }
}

fn unanswered<T>(error: &kernel::Error) -> Vec<T> {
    tracing::warn!(%error, "the simulated network could not be reached");
    vec![]
}

#[async_trait]
impl Provisioner for Simulator {
    async fn apply(&self, _: &Asking, service: &Service) -> Result<Progress, Failure> {
        let Service { subscription, download_mbps, upload_mbps, suspended, .. } = *service;
        let (ipv4, ipv6) = (service.ipv4.clone(), service.ipv6.clone());
        let made = simulated_service::Model {
            subscription_id: subscription,
            present: true,
            download_mbps,
            upload_mbps,
            ipv4,
            ipv6,
            suspended,
            changes: 0,
        };
        self.change(made, [Stop::Before, Stop::After]).await
    }

    async fn remove(&self, _: &Asking, service: &Service) -> Result<Progress, Failure> {
        self.change(nothing(service.subscription), [Stop::Removing, Stop::Removed]).await
    }

    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        self.stop_at(Stop::Read).await;
        let found = self.read.submit(service.subscription).await.ok_or_else(away)?;
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
