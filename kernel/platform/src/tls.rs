//! TLS to PostgreSQL and Redis: the configured files, and explanations of failed handshakes.

use rustls::{
    AlertDescription, CertificateError,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use sea_orm::{RuntimeErr, sqlx};
use std::{error::Error, io, iter::successors, path::Path, sync::Arc};

/// The names of a server's TLS settings.
pub struct Names {
    /// The file of trusted authorities.
    pub authorities: &'static str,
    /// The client certificate and its key.
    pub certificate: &'static str,
    /// The host.
    pub host: &'static str,
    /// How to turn TLS off.
    pub off: &'static str,
}

/// PostgreSQL's, parameters of the URL as in libpq.
pub const POSTGRES: Names = Names {
    authorities: "sslrootcert of the database's URL",
    certificate: "sslcert and sslkey of the database's URL",
    host: "the database's URL",
    off: "sslmode=disable",
};

/// Redis's.
pub const REDIS: Names = Names {
    authorities: "redis.tls_ca",
    certificate: "redis.tls_certificate and redis.tls_key",
    host: "redis.url",
    off: "redis:// instead of rediss://",
};

/// The error; for a TLS failure with an explanation and the setting concerned.
pub fn explain(error: &(dyn Error + 'static), names: &Names) -> String {
    match causes(error).find_map(|cause| meaning(cause, names)) {
        Some(meaning) => format!("{error}; {meaning}"),
        None => error.to_string(),
    }
}

/// The error and its causes. Shared errors, and those wrapped in [`io::Error`], are not among the sources.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let within = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let error = *error;
        if let Some(RuntimeErr::SqlxError(shared)) = error.downcast_ref() {
            return Some(&**shared);
        }
        if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
            return Some(&**shared as _);
        }
        match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    };
    successors(Some(error), within)
}

fn meaning(error: &(dyn Error + 'static), names: &Names) -> Option<String> {
    if let Some(sqlx::Error::Tls(_)) = error.downcast_ref() {
        return Some("sslmode requires TLS".into());
    }
    match error.downcast_ref()? {
        rustls::Error::InvalidCertificate(fault) => Some(distrust(fault, names)),
        rustls::Error::AlertReceived(alert) if is_about_certificate(*alert) => {
            Some(format!("the server refuses the certificate of this process ({})", names.certificate))
        }
        rustls::Error::InvalidMessage(_) => {
            Some(format!("the server does not speak TLS on this port ({} connects without)", names.off))
        }
        _ => None,
    }
}

fn distrust(fault: &CertificateError, names: &Names) -> String {
    match fault {
        // A bad signature: an authority of the same name with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            format!("an authority that is not the system's is to be named by {}", names.authorities)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the server's certificate is not for the host of {}", names.host)
        }
        _ => "the server's certificate is not valid".into(),
    }
}

/// The alerts about client certificates (RFC 8446, 6.2).
fn is_about_certificate(alert: AlertDescription) -> bool {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked,
        CertificateUnknown, DecryptError, HandshakeFailure, UnknownCA, UnsupportedCertificate,
    };
    matches!(
        alert,
        AccessDenied
            | BadCertificate
            | CertificateExpired
            | CertificateRequired
            | CertificateRevoked
            | CertificateUnknown
            | DecryptError
            | HandshakeFailure
            | UnknownCA
            | UnsupportedCertificate
    )
}

/// The content of a PEM file with at least one certificate; errors name the setting and the file.
pub fn certificates(setting: &str, file: &Path) -> Result<Vec<u8>, String> {
    let bytes = read(setting, file)?;
    let fault = match CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => return Ok(bytes),
        Ok(_) => pem::Error::NoItemsFound,
        Err(fault) => fault,
    };
    Err(format!("{setting} {}: no certificate in PEM: {fault}", file.display()))
}

/// The content of a PEM file with a private key; errors name the setting and the file.
pub fn key(setting: &str, file: &Path) -> Result<Vec<u8>, String> {
    let bytes = read(setting, file)?;
    match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(_) => Ok(bytes),
        Err(fault) => Err(format!("{setting} {}: no private key in PEM: {fault}", file.display())),
    }
}

fn read(setting: &str, file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{setting} {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_what_the_setting_needs_are_named() {
        let cargo = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let refused = [certificates("redis.tls_ca", cargo), key("redis.tls_key", cargo)];
        for (refused, setting) in refused.into_iter().zip(["redis.tls_ca", "redis.tls_key"]) {
            let error = refused.unwrap_err();
            assert!(error.starts_with(&format!("{setting} {}: no ", cargo.display())), "{error}");
        }
        let missing = certificates("redis.tls_ca", Path::new("/nowhere/ca.pem")).unwrap_err();
        assert!(missing.starts_with("redis.tls_ca /nowhere/ca.pem: "), "{missing}");
    }

    #[test]
    fn a_failed_handshake_is_explained_however_deep_it_is_wrapped() {
        let fault = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer),
            )
        };
        let sql = sea_orm::DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Io(fault()))));
        assert!(explain(&sql, &POSTGRES).ends_with("named by sslrootcert of the database's URL"));
        assert!(explain(&redis::RedisError::from(fault()), &REDIS).ends_with("named by redis.tls_ca"));
        let other = io::Error::other("away");
        assert_eq!(explain(&other, &REDIS), "away");
    }
}
