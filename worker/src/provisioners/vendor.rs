//! `vendor`: another company provides the service. Changes are ordered, the vendor answers in hours or days, and the
//! state of the service is that of its answers, because there is nothing else to read.

use super::{Failure, JobRef, Observed, Progress, Provisioner};
use async_trait::async_trait;
use isp::provisioning::{
    Service,
    vendor::{self, Ordered},
};
use kernel::{Kernel, UnitOfWork};

/// See the module.
pub(super) struct Vendor {
    kernel: Kernel,
}

impl Vendor {
    /// Nothing is begun yet.
    pub(super) const fn new(kernel: Kernel) -> Self {
        Self { kernel }
    }

    async fn ensure_ordered(
        &self,
        by: &JobRef,
        service: &Service,
        wanted: bool,
    ) -> Result<Progress, Failure> {
        let work = UnitOfWork::new(self.kernel.clone(), by.actor.clone());
        let ordered = vendor::ensure_ordered(&work, by.lease, service, wanted).await?;
        work.commit().await?;
        match ordered {
            Ordered::Done => Ok(Progress::Done),
            Ordered::Waits(until) => Ok(Progress::WaitUntil(until)),
            Ordered::HandledElsewhere => Ok(Progress::HandledElsewhere),
            Ordered::Refused(why) => Err(Failure::Permanent(why)),
        }
    }
}

#[async_trait]
impl Provisioner for Vendor {
    async fn apply(&self, by: &JobRef, service: &Service) -> Result<Progress, Failure> {
        self.ensure_ordered(by, service, true).await
    }

    async fn remove(&self, by: &JobRef, service: &Service) -> Result<Progress, Failure> {
        self.ensure_ordered(by, service, false).await
    }

    async fn read(&self, service: &Service) -> Result<Option<Observed>, Failure> {
        let done = vendor::done(self.kernel.db.writer(), service).await?;
        Ok(done.map(|done| Observed {
            download_mbps: done.download_mbps,
            upload_mbps: done.upload_mbps,
            ipv4: done.ipv4,
            ipv6: done.ipv6,
            suspended: done.suspended,
        }))
    }
}
