//! Runs API and worker in one process.

use crate::{context, migrations};
use anyhow::Context;
use engine::jobs::JobKind;
use isp::invoices::InvoiceRenderer;
use kernel::Kernel;
use platform::{
    config::Settings,
    open_files,
    retry::OutageBackoff,
    vault::{self, Unconfirmed},
};
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Listens on the configured address, after checking the TLS settings.
pub async fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    api::check(settings).context("cannot serve")?;
    listen(settings.http.listen).await
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Opens the kernel, migrates the database and checks the encryption key.
pub async fn prepare(settings: Settings) -> anyhow::Result<Kernel> {
    let kernel = context::kernel(settings).await?;
    migrations::migrate(&kernel.db).await.context("cannot migrate the database schema")?;
    vault::confirm(&kernel.vault, &kernel.db, &kernel.clock).await?;
    Ok(kernel)
}

/// How long a start waits for the database to confirm the encryption key.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the encryption key turned out to be wrong after the start.
#[derive(Clone, Default)]
pub struct Sealed(Arc<OnceLock<String>>);

impl Sealed {
    /// Fails if it did.
    pub fn outcome(&self) -> anyhow::Result<()> {
        self.0.get().map_or(Ok(()), |why| Err(anyhow::anyhow!("{why}")))
    }
}

/// Refuses to start with a key that does not match the database, or without one. While the database is unavailable,
/// nothing is encrypted or decrypted; once it is back, a wrong key stops the process.
pub async fn unseal(kernel: &Kernel, shutdown: &CancellationToken) -> anyhow::Result<Sealed> {
    let sealed = Sealed::default();
    // Before the database is queried, so that no secret is used before.
    kernel.vault.wait();
    match tokio::time::timeout(PATIENCE, vault::confirm(&kernel.vault, &kernel.db, &kernel.clock)).await {
        Ok(Ok(())) => kernel.vault.unlock(),
        Ok(Err(Unconfirmed::Unknown(error))) if error.is_transient() => {
            check_until_answered(kernel, &sealed, shutdown);
        }
        Err(_) => check_until_answered(kernel, &sealed, shutdown),
        Ok(Err(refused)) => anyhow::bail!("{refused}"),
    }
    Ok(sealed)
}

/// Retries the check until the database responds.
fn check_until_answered(kernel: &Kernel, sealed: &Sealed, shutdown: &CancellationToken) {
    let (kernel, sealed, shutdown) = (kernel.clone(), sealed.clone(), shutdown.clone());
    tokio::spawn(async move {
        let mut outage = OutageBackoff::new();
        loop {
            match vault::confirm(&kernel.vault, &kernel.db, &kernel.clock).await {
                Ok(()) => {
                    outage.over();
                    return kernel.vault.unlock();
                }
                Err(Unconfirmed::Unknown(error)) => outage.wait(&error).await,
                Err(refused) => {
                    let why = sealed.0.get_or_init(|| refused.to_string());
                    tracing::error!(%why, "stopping");
                    kernel.vault.close(why);
                    return shutdown.cancel();
                }
            }
        }
    });
}

/// The configured job kinds; all if none are configured.
pub fn kinds(settings: &Settings) -> anyhow::Result<Vec<JobKind>> {
    let named = &settings.worker.kinds;
    if named.is_empty() {
        return Ok(worker::KINDS.to_vec());
    }
    named.iter().map(|name| worker::find_kind(name).map_err(anyhow::Error::msg)).collect()
}

/// Runs until it is told to stop, or one of the two ends, which stops the other.
pub async fn run(
    kernel: Kernel,
    renderer: Arc<dyn InvoiceRenderer>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let kinds = kinds(&kernel.settings)?;
    let serve = async {
        let _stops_both = shutdown.clone().drop_guard();
        api::serve(kernel.clone(), listener, shutdown.clone()).await
    };
    let work = async {
        let _stops_both = shutdown.clone().drop_guard();
        worker::run(kernel.clone(), renderer, kinds, shutdown.clone()).await;
    };
    let (served, ()) = tokio::join!(serve, work);
    Ok(served.map_err(|error| io::Error::new(error.kind(), format!("cannot serve: {error}")))?)
}

/// The number of open files that a process should have at least: connections are files.
const MIN_OPEN_FILES: u64 = 4096;

/// The limit of open files, as text; an error if it is low.
pub fn files(limit: u64) -> Result<String, String> {
    match limit {
        few if few < MIN_OPEN_FILES => Err(format!(
            "only {few} files may be open at once, and connections are files: raise the hard limit (`ulimit -Hn`, \
             LimitNOFILE= of systemd, --ulimit of a container) to {MIN_OPEN_FILES} or more"
        )),
        u64::MAX => Ok("unlimited open files".into()),
        many => Ok(format!("up to {many} open files")),
    }
}

/// Serves metrics and health at `metrics.listen`, if configured, until the process ends. Warns about a low limit of
/// open files.
pub async fn monitor(kernel: &Kernel, shutdown: &CancellationToken) -> anyhow::Result<()> {
    if let Err(few) = files(open_files::limit()) {
        tracing::warn!("{few}");
    }
    let Some(address) = kernel.settings.metrics.listen else { return Ok(()) };
    let listener = listen(address).await?;
    tracing::info!(address = %listener.local_addr()?, "serving metrics");
    let serving = api::monitor(kernel.clone(), listener, shutdown.clone());
    tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "stopped serving metrics");
        }
    });
    Ok(())
}

/// The listener's URL scheme.
pub fn scheme(settings: &Settings) -> &'static str {
    if settings.http.tls_certificate.as_os_str().is_empty() { "http" } else { "https" }
}

/// The address for local requests to a listener.
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback =
            if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::jobs::{Job, Probe};

    #[test]
    fn no_kinds_are_all_kinds() {
        let mut settings = Settings::default();
        assert_eq!(kinds(&settings).unwrap(), worker::KINDS);
        settings.worker.kinds = vec!["probe".into()];
        assert_eq!(kinds(&settings).unwrap(), [Probe::KIND]);
    }

    #[test]
    fn few_files_are_told_of() {
        assert!(files(1024).unwrap_err().contains("only 1024"));
        assert!(files(4096).unwrap().contains("4096"));
        assert!(files(u64::MAX).is_ok());
    }

    #[test]
    fn every_address_is_reached_at_loopback() {
        for (bound, reached) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1")]
        {
            assert_eq!(reachable(bound.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
