//! Certificates of a certificate authority for tests.

use std::path::PathBuf;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tempfile::TempDir;

/// A certificate authority that only the test trusts. Its files are removed when it is dropped.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

/// The PEM files of a certificate and its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Authority {
    /// Creates an authority.
    pub fn new() -> Result<Self> {
        let mut params = named("authority of a test", vec![])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let (key, folder) = (KeyPair::generate()?, tempfile::tempdir()?);
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key)?.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), folder })
    }

    /// The file of the authority's certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Issues a certificate for a server on the loopback interface.
    pub fn server(&self) -> Result<Certificate> {
        self.issue("server", &["127.0.0.1", "localhost"])
    }

    /// Issues a certificate for a server with this name.
    pub fn server_named(&self, host: &str) -> Result<Certificate> {
        self.issue(host, &[host])
    }

    /// Issues a certificate for a client, such as a PostgreSQL user.
    pub fn client(&self, name: &str) -> Result<Certificate> {
        self.issue(name, &[])
    }

    fn issue(&self, name: &str, hosts: &[&str]) -> Result<Certificate> {
        let params = named(name, hosts.iter().map(ToString::to_string).collect())?;
        let key = KeyPair::generate()?;
        let at = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        let issued = Certificate { certificate: at("pem"), key: at("key") };
        std::fs::write(&issued.certificate, params.signed_by(&key, &self.issuer)?.pem())?;
        std::fs::write(&issued.key, key.serialize_pem())?;
        Ok(issued)
    }
}

fn named(name: &str, hosts: Vec<String>) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
