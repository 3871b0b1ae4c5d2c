//! A simulated network for sandboxes, demonstrations and tests. It is stored in a table, so that it survives processes
//! and can be read back. Its behaviour and failures are settings.

use super::{Failure, JobRef, Observed, Progress, Provisioner};
use async_trait::async_trait;
use entities::{
    ids::SubscriptionId,
    simulated_service::{self, ActiveModel, Column, Entity},
};
use isp::provisioning::{Service, simulated};
use kernel::Kernel;
use platform::{
    Db,
    batcher::{Batcher, Options},
    config::{self, Stop},
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
    /// Starts the tasks that write and read services in batches.
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

    /// Makes one change, unless it fails by configuration.
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
        self.written.submit(made).await.ok_or_else(unavailable)
    }

    /// The configured number of first changes to each service fail.
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
        Err(Failure::Transient(format!("change {number} fails by configuration")))
    }

    /// Hangs until the process is killed.
    async fn stop_at(&self, place: Stop) {
        if self.settings().stops == place {
            tracing::info!(?place, "the simulator hangs by configuration");
            std::future::pending::<()>().await;
        }
    }
}

/// Services that are written or read at once.
const OPTIONS: Options = Options::new(128);

/// The cause is in the log.
fn unavailable() -> Failure {
    Failure::Transient("the simulated network did not answer".into())
}

/// The last of several changes to a service wins. Rows are in a global order, to avoid deadlocks between processes.
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

fn unanswered<T>(error: &platform::Error) -> Vec<T> {
    tracing::warn!(%error, "the simulated network could not be reached");
    vec![]
}

#[async_trait]
impl Provisioner for Simulator {
    async fn apply(&self, _: &JobRef, service: &Service) -> Result<Progress, Failure> {
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

    async fn remove(&self, _: &JobRef, service: &Service) -> Result<Progress, Failure> {
        self.change(nothing(service.subscription), [Stop::Removing, Stop::Removed]).await
    }

    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        self.stop_at(Stop::Read).await;
        let found = self.read.submit(service.subscription).await.ok_or_else(unavailable)?;
        Ok(found.filter(|row| row.present).map(|row| Observed {
            download_mbps: row.download_mbps,
            upload_mbps: row.upload_mbps,
            ipv4: row.ipv4,
            ipv6: row.ipv6,
            suspended: row.suspended,
        }))
    }
}

/// The row of a removed service.
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
