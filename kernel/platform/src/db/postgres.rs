//! Connections to PostgreSQL: TLS parameters of the URL, and the server's identity.

use crate::{Error, Result, config::Settings, tls};
use reqwest::Url;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement,
    sqlx::postgres::{PgConnectOptions, PgSslMode},
};
use std::{path::Path, time::Duration};

/// Whether it is a PostgreSQL URL.
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A plan per execution: one created while a table was small must not be reused when it has grown.
pub const CUSTOM_PLANS: &[(&str, &str)] = &[("plan_cache_mode", "force_custom_plan")];

/// A generic plan per connection, by index whatever the size of a table.
pub const GENERIC_PLANS: &[(&str, &str)] = &[
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// The options of a pool; `plans` are server settings that decide whether plans are cached.
pub fn options(settings: &Settings, connections: u32, plans: &'static [(&str, &str)]) -> ConnectOptions {
    let lease = format!("{}ms", settings.worker.lease.as_millis());
    let url = settings.database.url.clone();
    let mut options = ConnectOptions::new(&url);
    options
        .max_connections(connections)
        .acquire_timeout(settings.database.acquire_timeout)
        .connect_timeout(settings.database.acquire_timeout)
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .set_application_name("switchyard")
        .map_sqlx_postgres_opts(move |options| {
            secured(options, &url).options(plans.iter().copied()).options([
                // Rows are looked up by key, in memory or on an SSD: scanning a table, even a small one, costs more
                // than the planner's defaults assume.
                ("random_page_cost", "1.1"),
                // A process that hangs in a transaction must not hold its locks for longer than its leases.
                ("idle_in_transaction_session_timeout", &lease),
                // JIT compilation takes longer than any of our statements.
                ("jit", "off"),
            ])
        })
        .connect_lazy(true)
        .sqlx_logging(false);
    options
}

/// As in libpq: `require` with an authority verifies the certificate like `verify-ca`.
pub fn secured(options: PgConnectOptions, url: &str) -> PgConnectOptions {
    let has_authority = file(url, &AUTHORITY).is_some();
    match options.get_ssl_mode() {
        PgSslMode::Require if has_authority => options.ssl_mode(PgSslMode::VerifyCa),
        _ => options,
    }
}

/// sqlx's names of each parameter.
const AUTHORITY: [&str; 3] = ["sslrootcert", "ssl-root-cert", "ssl-ca"];
const CERTIFICATE: [&str; 2] = ["sslcert", "ssl-cert"];
const KEY: [&str; 2] = ["sslkey", "ssl-key"];

/// Checks the files named by a URL, since the driver only reports that a file does not exist. `setting` is the URL's.
pub fn check_files(setting: &str, url: &str) -> Result<()> {
    check(setting, url).map_err(Error::Internal)
}

fn check(setting: &str, url: &str) -> Result<(), String> {
    if !is_postgres(url) {
        return Ok(());
    }
    if let Some(unknown) = unknown_parameter(url) {
        return Err(format!("{setting}: there is no parameter {unknown} of a PostgreSQL URL here"));
    }
    let [authority, certificate, key] = [&AUTHORITY[..], &CERTIFICATE, &KEY].map(|names| file(url, names));
    if certificate.is_some() != key.is_some() {
        return Err(format!("{setting}: sslcert and sslkey need each other"));
    }
    for (name, file) in [("sslrootcert", authority), ("sslcert", certificate)] {
        file.map(|file| tls::certificates(&format!("{setting}: {name}"), Path::new(&file))).transpose()?;
    }
    key.map(|file| tls::key(&format!("{setting}: sslkey"), Path::new(&file))).transpose()?;
    Ok(())
}

/// The parameters of sqlx, except for TLS.
const OTHERS: [&str; 11] = [
    "sslmode",
    "ssl-mode",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// A parameter that would be ignored: a misspelt `sslmode` would leave the connection unencrypted.
fn unknown_parameter(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let known = |name: &str| {
        let tls = [&AUTHORITY[..], &CERTIFICATE, &KEY].concat();
        name.starts_with("options[") || OTHERS.contains(&name) || tls.contains(&name)
    };
    url.query_pairs().find(|(name, _)| !known(name)).map(|(name, _)| name.into_owned())
}

/// The file named by a parameter; `None` for PEM in the URL, or an invalid URL.
fn file(url: &str, names: &[&str]) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let (_, value) = url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last()?;
    (!value.trim_start().starts_with("-----BEGIN")).then(|| value.into_owned())
}

/// Host, port and `sslmode` of a URL, for error messages.
pub fn place(url: &str) -> String {
    let Ok(options) = url.parse::<PgConnectOptions>() else { return String::new() };
    if let Some(socket) = options.get_socket() {
        return socket.display().to_string();
    }
    let mode = match secured(options.clone(), url).get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    format!("{}:{}, sslmode {mode}", options.get_host(), options.get_port())
}

/// The server's version, and whether the connection uses TLS.
pub(super) async fn version(db: &DatabaseConnection) -> Result<String, DbErr> {
    let sql = "select current_setting('server_version') || \
               case when ssl then ' with ' || version else ' without TLS' end as it \
               from pg_stat_ssl where pid = pg_backend_pid()";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let it: String = row.ok_or_else(|| DbErr::RecordNotFound("pg_stat_ssl".into()))?.try_get("", "it")?;
    Ok(format!("PostgreSQL {it}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        place(&format!("postgres://me:pw@db:5433/x{url}"))
    }

    #[test]
    fn an_authority_makes_require_check_the_certificate() {
        assert_eq!(mode("?sslmode=require"), "db:5433, sslmode require");
        assert_eq!(mode("?sslmode=require&sslrootcert=ca.pem"), "db:5433, sslmode verify-ca");
        assert_eq!(mode("?sslmode=verify-full&sslrootcert=ca.pem"), "db:5433, sslmode verify-full");
        assert_eq!(mode("?sslmode=disable&sslrootcert=ca.pem"), "db:5433, sslmode disable");
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let fault = |query| check("database.url", &format!("postgres://me:pw@db/x?{query}")).unwrap_err();
        let missing = fault("sslmode=verify-full&sslrootcert=/nowhere/ca.pem");
        assert!(missing.starts_with("database.url: sslrootcert /nowhere/ca.pem: "), "{missing}");
        assert_eq!(fault("sslcert=cert.pem"), "database.url: sslcert and sslkey need each other");
        assert!(check("database.url", "sqlite://x?sslcert=cert.pem").is_ok());
    }

    #[test]
    fn a_misspelt_parameter_is_not_passed_over() {
        for name in ["sslmod", "sslMode", "ssl", "sslrootcrt"] {
            let refused = check("database.url", &format!("postgres://db/x?{name}=require")).unwrap_err();
            assert!(refused.contains(name), "{refused}");
        }
        for known in ["sslmode=require", "options[search_path]=a", "application_name=b&port=5433"] {
            assert!(check("database.url", &format!("postgres://db/x?{known}")).is_ok(), "{known}");
        }
    }
}
