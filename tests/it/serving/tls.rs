//! TLS from the settings.

use super::{Raw, SOON};
use crate::app::{PATIENCE, Pairing, TestApp};
use anyhow::Result;
use harness::{Process, until};
use rcgen::CertifiedKey;
use reqwest::{Certificate, Client, Version};
use std::{fs, path::Path, time::Duration};

/// Writes a new certificate to the folder; a client that trusts nothing else.
fn renew(folder: &Path) -> Result<Client> {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    fs::write(folder.join("key.pem"), signing_key.serialize_pem())?;
    fs::write(folder.join("cert.pem"), cert.pem())?;
    let trusted = Certificate::from_pem(cert.pem().as_bytes())?;
    // Each request shakes hands anew.
    Ok(Client::builder().tls_certs_only([trusted]).pool_max_idle_per_host(0).build()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_versions_of_http_are_encrypted_and_the_certificate_can_be_renewed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let old = renew(folder.path())?;
    let mut app = TestApp::new(Pairing::Embedded, |settings| {
        settings.http.tls_certificate = folder.path().join("cert.pem");
        settings.http.tls_key = folder.path().join("key.pem");
        settings.http.read_timeout = SOON;
    })
    .await?;
    let caller = app.serve().await?;
    let url = format!("https://{}/healthz", caller.address());

    let mut silent = Raw::connect(caller.address()).await?;
    let answer = old.get(&url).send().await?;
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert!(answer.headers().contains_key("strict-transport-security"));
    assert_eq!(silent.read_to_end().await?, "", "who does not shake hands is cut off");

    fs::write(folder.path().join("cert.pem"), "nonsense")?;
    let looked_again = tokio::time::Instant::now() + Duration::from_millis(1500);
    while tokio::time::Instant::now() < looked_again {
        assert_eq!(old.get(&url).send().await?.status(), 200, "the old one stays until there is a new one");
    }
    let new = renew(folder.path())?;
    until("the new certificate", PATIENCE, async || Ok(Some(new.get(&url).send().await?))).await?;
    assert!(old.get(&url).send().await.is_err(), "the old one is gone");
    app.drain().await
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start() -> Result<()> {
    let folder = tempfile::tempdir()?;
    renew(folder.path())?;
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let start = async |variables: &[(&str, &Path)]| {
        let process = Process::builder(env!("CARGO_BIN_EXE_switchyard")).args([
            "up",
            "--no-seed",
            "--listen",
            "127.0.0.1:0",
        ]);
        let process = process.envs(variables.iter().copied()).current_dir(folder.path()).start()?;
        let status = process.wait_exit(PATIENCE).await?;
        anyhow::Ok((status.success(), process.log()))
    };
    let (started, log) = start(&[("SWITCHYARD_HTTP_TLS_CERTIFICATE", &certificate)]).await?;
    assert!(!started && log.contains("http.tls_key"), "{log}");
    renew_key_only(folder.path())?;
    let both = [("SWITCHYARD_HTTP_TLS_CERTIFICATE", &*certificate), ("SWITCHYARD_HTTP_TLS_KEY", &*key)];
    let (started, log) = start(&both).await?;
    assert!(!started && log.contains("http.tls_key") && log.contains("key.pem"), "{log}");
    Ok(())
}

/// A key that does not belong to the certificate.
fn renew_key_only(folder: &Path) -> Result<()> {
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    Ok(fs::write(folder.join("key.pem"), other.signing_key.serialize_pem())?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_spoken_without_tls_too() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    let client = Client::builder().http2_prior_knowledge().build()?;
    let url = format!("http://{}/healthz", caller.address());
    let (whole, head) = (client.get(&url).send().await?, client.head(&url).send().await?);
    assert_eq!((whole.version(), head.version()), (Version::HTTP_2, Version::HTTP_2));
    assert_eq!(whole.headers()["content-length"], head.headers()["content-length"]);
    assert_eq!((whole.text().await?.is_empty(), head.text().await?.is_empty()), (false, true));
    app.drain().await
}
