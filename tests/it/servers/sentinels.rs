//! The master reported by Sentinel.

use super::{PATIENCE, all_have_run_once, enqueue_slowly};
use crate::app::{Pairing, TestApp};
use anyhow::Result;
use harness::{Authority, Sentinels, until};
use kernel::limits::Limiter;

/// The master dies while jobs are enqueued and run; only the sentinels notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_under_load_loses_nothing() -> Result<()> {
    let authority = Authority::new()?;
    let mut sentinels = Sentinels::start(&authority)?;
    let own = authority.client("switchyard")?;
    let mut app = TestApp::new(Pairing::Scaled, |settings| {
        // A busy machine is no reason to count without Redis here.
        settings.limits.patience = PATIENCE;
        let redis = &mut settings.redis;
        redis.url = sentinels.url();
        redis.sentinel_password = Sentinels::PASSWORD.into();
        (redis.tls_ca, redis.tls_certificate, redis.tls_key) = (authority.file(), own.certificate, own.key);
    })
    .await?;
    let status = async || app.kernel.transport.status().await;
    let first = format!("mymaster at 127.0.0.1:{}, with TLS", sentinels.first_master().tls_port());
    assert!(status().await?.ends_with(&first), "{}", status().await?);
    let limiter = Limiter::open(&app.kernel.settings)?;
    limiter.take("a", [1000, 1000]).await;
    assert!(!limiter.is_alone());
    app.work();
    app.work();

    let before = enqueue_slowly(&app, 50).await?;
    let fail = async {
        sentinels.kill_first_sentinel();
        sentinels.first_master().kill();
        anyhow::Ok(())
    };
    let (meanwhile, ()) = futures::future::try_join(enqueue_slowly(&app, 300), fail).await?;
    let next = format!("mymaster at 127.0.0.1:{}, with TLS", sentinels.replica().tls_port());
    until("the replica is followed", PATIENCE, async || {
        Ok(app.kernel.transport.status().await?.ends_with(&next).then_some(()))
    })
    .await?;
    let after = enqueue_slowly(&app, 50).await?;
    for jobs in [before, meanwhile, after] {
        all_have_run_once(&app, &jobs).await?;
    }
    until("the limits are counted together again", PATIENCE, async || {
        limiter.take("a", [1000, 1000]).await;
        Ok((!limiter.is_alone()).then_some(()))
    })
    .await?;
    let calls: String = sentinels.replica().ask(&["INFO", "commandstats"])?;
    assert!(calls.contains("cmdstat_evalsha:"), "jobs go by the new master: {calls}");
    app.drain().await
}
