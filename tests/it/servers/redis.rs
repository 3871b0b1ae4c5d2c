//! TLS to one Redis server.

use super::{PATIENCE, all_have_run_once, doctor, enqueue_slowly};
use crate::app::{Pairing, TestApp};
use anyhow::Result;
use engine::transport;
use harness::{Authority, RedisServer};
use kernel::limits::Limiter;
use platform::config::{self, Settings};

/// The settings of a client that this authority vouches for.
fn trusted(redis: &mut config::Redis, authority: &Authority) -> Result<()> {
    let own = authority.client("switchyard")?;
    redis.tls_ca = authority.file();
    (redis.tls_certificate, redis.tls_key) = (own.certificate, own.key);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_and_limits_go_over_tls_with_certificates_on_both_sides() -> Result<()> {
    let authority = Authority::new()?;
    let redis = RedisServer::start_with_tls(&authority, "yes", &[])?;
    let mut settings = Pairing::Scaled.settings()?;
    settings.redis.url = redis.tls_url();
    trusted(&mut settings.redis, &authority)?;
    // Only what is announced starts a job.
    settings.worker.poll = std::time::Duration::from_mins(10);
    // A busy machine is no reason to count without Redis here.
    settings.limits.patience = PATIENCE;
    let limiter = Limiter::open(&settings)?;
    let ours = settings.redis.clone();
    let mut app = TestApp::with(settings).await?;
    app.work();
    let jobs = enqueue_slowly(&app, 20).await?;
    all_have_run_once(&app, &jobs).await?;
    assert_eq!(limiter.take("a", [10, 10]).await.minute.remaining, 9);
    assert!(!limiter.is_alone(), "Redis counts");
    app.drain().await?;

    let port = redis.tls_port();
    let file = |path: &std::path::Path| path.display().to_string();
    let (url, ca, own) =
        (redis.tls_url(), file(&ours.tls_ca), (file(&ours.tls_certificate), file(&ours.tls_key)));
    let known = [
        ("REDIS_URL", url.as_str()),
        ("SWITCHYARD_REDIS_TLS_CA", &ca),
        ("SWITCHYARD_REDIS_TLS_CERTIFICATE", &own.0),
        ("SWITCHYARD_REDIS_TLS_KEY", &own.1),
        ("DATABASE_URL", &harness::shared().postgres.url("postgres")),
    ];
    let (_, said) = doctor(&known).await?;
    assert!(said.contains(&format!(" at 127.0.0.1:{port}, with TLS (")), "{said}");
    let (is_well, said) = doctor(&[known[0], known[4]]).await?;
    assert!(!is_well && said.contains("UnknownIssuer; an authority"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_handshake_names_the_setting() -> Result<()> {
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let redis = RedisServer::start_with_tls(&authority, "yes", &[])?;
    let url = redis.tls_url().replace("//", "//:pw@");
    for (ca, certificate, url, why) in [
        (None, None, &url, "named by redis.tls_ca"),
        (Some(&other), None, &url, "named by redis.tls_ca"),
        (Some(&authority), None, &url, "redis.tls_certificate and redis.tls_key"),
        (Some(&authority), Some(&other), &url, "redis.tls_certificate and redis.tls_key"),
    ] {
        let mut settings = Settings::default();
        settings.redis.url.clone_from(url);
        if let Some(certificate) = certificate {
            trusted(&mut settings.redis, certificate)?;
        }
        settings.redis.tls_ca = ca.map(Authority::file).unwrap_or_default();
        let refusal = transport::open(&settings)?.ping().await.expect_err("it answers").to_string();
        assert!(refusal.contains(why) && refusal.contains("rediss://127.0.0.1:"), "{why}: {refusal}");
        assert!(!refusal.contains("pw"), "{refusal}");
    }
    Ok(())
}
