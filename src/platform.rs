//! The platform in one process: the api and the worker, side by side.

use crate::{open, schema, settings::Refused};
use anyhow::Context;
use kernel::{
    Kernel,
    config::Settings,
    domain::invoices::InvoiceRenderer,
    jobs::JobKind,
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

/// Listens where the settings say, if what they say of TLS can be used.
pub async fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    api::check(settings).context("cannot serve")?;
    listen(settings.http.listen).await
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// The kernel on a database that is up to date, with the key that its secrets are sealed with.
pub async fn prepare(settings: Settings) -> anyhow::Result<Kernel> {
    let kernel = open::kernel(settings).await?;
    schema::migrate(&kernel.db).await.context("cannot migrate the database schema")?;
    vault::confirm(&kernel).await?;
    Ok(kernel)
}

/// How long a start waits for the database to say which key the secrets are sealed with. It goes on without.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the key of the vault was found to be wrong after the start.
#[derive(Clone, Default)]
pub struct Sealed(Arc<OnceLock<String>>);

impl Sealed {
    /// Fails where it was.
    pub fn outcome(&self) -> anyhow::Result<()> {
        self.0.get().map_or(Ok(()), |why| Err(anyhow::anyhow!("{why}")))
    }
}

/// Refuses to start with another key than the one that the database's secrets are sealed with, or with none. While the
/// database is away, nothing is sealed or opened; once it is back, a wrong key stops the process.
pub async fn unseal(kernel: &Kernel, shutdown: &CancellationToken) -> anyhow::Result<Sealed> {
    let sealed = Sealed::default();
    // Before the database is asked, so that nobody gets ahead.
    kernel.vault.wait();
    match tokio::time::timeout(PATIENCE, vault::confirm(kernel)).await {
        Ok(Ok(())) => kernel.vault.unlock(),
        Ok(Err(Unconfirmed::Unknown(error))) if error.is_transient() => go_on(kernel, &sealed, shutdown),
        Err(_) => go_on(kernel, &sealed, shutdown),
        Ok(Err(refused)) => anyhow::bail!("{refused}"),
    }
    Ok(sealed)
}

/// Asks again until there is an answer.
fn go_on(kernel: &Kernel, sealed: &Sealed, shutdown: &CancellationToken) {
    let (kernel, sealed, shutdown) = (kernel.clone(), sealed.clone(), shutdown.clone());
    tokio::spawn(async move {
        let mut outage = OutageBackoff::new();
        loop {
            match vault::confirm(&kernel).await {
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

/// The kinds of jobs that the settings name; all of them if they name none.
pub fn kinds(settings: &Settings) -> anyhow::Result<Vec<JobKind>> {
    let named = &settings.worker.kinds;
    if named.is_empty() {
        return Ok(JobKind::ALL.to_vec());
    }
    named.iter().map(|name| Ok(name.parse()?)).collect()
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

/// A process that serves and delivers wants as many files as this, at least: connections are files.
const FILES: u64 = 4096;

/// How many files this process may have open; an error where that is few.
pub fn files(limit: u64) -> Result<String, String> {
    match limit {
        few if few < FILES => Err(format!(
            "only {few} files may be open at once, and connections are files: raise the hard limit (`ulimit -Hn`, \
             LimitNOFILE= of systemd, --ulimit of a container) to {FILES} or more"
        )),
        u64::MAX => Ok("unlimited open files".into()),
        many => Ok(format!("up to {many} open files")),
    }
}

/// Serves what a monitoring system asks for at `metrics.listen`, if the settings have one, until the process
/// ends. Warns where the process may have few files open.
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
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

/// How addresses of the listener begin.
pub fn scheme(settings: &Settings) -> &'static str {
    if settings.http.tls_certificate.as_os_str().is_empty() { "http" } else { "https" }
}

/// The address at which this machine reaches a listener.
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

    #[test]
    fn no_kinds_are_all_kinds() {
        let mut settings = Settings::default();
        assert_eq!(kinds(&settings).unwrap(), JobKind::ALL);
        settings.worker.kinds = vec!["probe".into()];
        assert_eq!(kinds(&settings).unwrap(), [JobKind::Probe]);
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
