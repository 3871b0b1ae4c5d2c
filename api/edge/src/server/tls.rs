//! TLS with the configured certificate, which is reloaded when its files change.

use platform::config::Http;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The minimum interval between checks of the files. A new certificate is installed well before the old one expires.
const LOOK: Duration = Duration::from_secs(1);

/// Performs handshakes with the current certificate.
pub struct Tls {
    files: Files,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    stamps: Stamps,
    looked: Instant,
}

/// The modification times of the files; `None` for a missing one.
type Stamps = [Option<SystemTime>; 2];

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Loads the configured files; `None` without any. The error names the setting that is missing or invalid.
    pub fn open(settings: &Http) -> io::Result<Option<Self>> {
        let (certificate, key) = (settings.tls_certificate.clone(), settings.tls_key.clone());
        match (certificate.as_os_str().is_empty(), key.as_os_str().is_empty()) {
            (true, true) => return Ok(None),
            (true, false) => {
                return Err(invalid("http.tls_certificate", "is missing, http.tls_key is there"));
            }
            (false, true) => {
                return Err(invalid("http.tls_key", "is missing, http.tls_certificate is there"));
            }
            (false, false) => {}
        }
        let files = Files { certificate, key };
        let current = Current { stamps: files.stamps(), config: files.load()?, looked: Instant::now() };
        Ok(Some(Self { files, current: Mutex::new(current) }))
    }

    /// Wraps a plain stream.
    pub async fn shake_hands(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.config()).accept(stream).await
    }

    /// The configuration, reloaded if the files have changed. Invalid files keep the old one; they are tried again when
    /// they change again.
    /// place; they are tried again when they change again.
    fn config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() < LOOK {
            return current.config.clone();
        }
        current.looked = Instant::now();
        let stamps = self.files.stamps();
        if stamps != current.stamps {
            current.stamps = stamps;
            match self.files.load() {
                Ok(config) => {
                    tracing::info!("the TLS certificate is renewed");
                    current.config = config;
                }
                Err(error) => tracing::warn!(%error, "keeping the TLS certificate that is in use"),
            }
        }
        current.config.clone()
    }
}

impl Files {
    fn stamps(&self) -> Stamps {
        let written = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
        [written(&self.certificate), written(&self.key)]
    }

    fn load(&self) -> io::Result<Arc<ServerConfig>> {
        let file = |setting, path: &Path, error: &dyn fmt::Display| {
            invalid(setting, &format!("{}: {error}", path.display()))
        };
        let certificate = |error: &dyn fmt::Display| file("http.tls_certificate", &self.certificate, error);
        let chain = CertificateDer::pem_file_iter(&self.certificate).map_err(|error| certificate(&error))?;
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| certificate(&error))?;
        if chain.is_empty() {
            return Err(certificate(&"there is no certificate in it"));
        }
        let key = |error: &dyn fmt::Display| file("http.tls_key", &self.key, error);
        let private = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| key(&error))?;
        configure(chain, private).map_err(|error| key(&error))
    }
}

/// Offers HTTP/2.
fn configure(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn invalid(setting: &str, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{setting} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::config::Settings;

    fn refused(certificate: &str, key: &str) -> String {
        let mut http = Settings::default().http;
        (http.tls_certificate, http.tls_key) = (certificate.into(), key.into());
        Tls::open(&http).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn both_files_or_none_are_named() {
        assert!(Tls::open(&Settings::default().http).unwrap().is_none());
        assert!(refused("cert.pem", "").starts_with("http.tls_key "));
        assert!(refused("", "key.pem").starts_with("http.tls_certificate "));
        let missing = refused("/nowhere/cert.pem", "/nowhere/key.pem");
        assert!(missing.starts_with("http.tls_certificate /nowhere/cert.pem: "), "{missing}");
        let no_pem = refused(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "/nowhere/key.pem");
        assert!(no_pem.ends_with("there is no certificate in it"), "{no_pem}");
    }
}
