//! TLS to PostgreSQL.

use super::{all_have_run_once, doctor, enqueue_slowly};
use crate::app::{Pairing, TestApp};
use anyhow::Result;
use harness::{Authority, Certificate, Postgres};
use platform::{Db, config::Settings};

/// The parameters of a URL that name a client's certificate.
fn with(client: &Certificate) -> String {
    format!("&sslcert={}&sslkey={}", client.certificate.display(), client.key.display())
}

/// Why a database cannot be used.
async fn refusal(url: &str) -> String {
    let mut settings = Settings::default();
    settings.database.url = url.to_owned();
    let opened = match Db::open(&settings).await {
        Ok(db) => db.ping().await,
        Err(error) => Err(error),
    };
    opened.expect_err("it can be used").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_encrypted_and_both_sides_are_checked() -> Result<()> {
    let authority = Authority::new()?;
    let postgres = Postgres::start_with_tls(&authority)?;
    let name = postgres.create_database()?.rsplit('/').next().unwrap_or_default().to_owned();
    let (port, ca) = (postgres.port(), authority.file().display().to_string());
    let client = with(&authority.client("mutual")?);
    let url =
        format!("postgres://mutual@localhost:{port}/{name}?sslmode=verify-full&sslrootcert={ca}{client}");
    let mut app = TestApp::new(Pairing::Scaled, |settings| settings.database.url.clone_from(&url)).await?;
    let status = app.kernel.db.status().await?;
    assert!(
        status.contains(" with TLSv1.3 at localhost:") && status.ends_with("sslmode verify-full"),
        "{status}"
    );
    app.work();
    let jobs = enqueue_slowly(&app, 20).await?;
    all_have_run_once(&app, &jobs).await?;
    let encrypted = "select count(*) filter (where ssl) || ' of ' || count(*), bool_or(query like 'LISTEN%') \
                     from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'switchyard'";
    let encrypted = postgres.sql(&name, encrypted)?;
    let (counts, listens) = encrypted.split_once('|').unwrap_or_default();
    let (with_tls, all) = counts.split_once(" of ").unwrap_or_default();
    assert!(with_tls == all && all != "0" && listens == "t", "{encrypted}");
    app.drain().await?;

    let (is_well, said) = doctor(&[("DATABASE_URL", &url)]).await?;
    assert!(is_well && said.contains(" with TLSv1.3 at localhost:"), "{said}");
    let doubted = url.replace(&format!("&sslrootcert={ca}"), "").replace("mutual@", "mutual:hunter2@");
    let (is_well, said) = doctor(&[("DATABASE_URL", &doubted)]).await?;
    assert!(!is_well && !said.contains("hunter2"), "{said}");
    assert!(said.contains("sslmode verify-full: ") && said.contains("UnknownIssuer"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_handshake_says_what_was_refused_and_which_setting_is_about_it() -> Result<()> {
    let (authority, other) = (Authority::new()?, Authority::new()?);
    let postgres = Postgres::start_with_tls(&authority)?;
    let (port, ca, wrong) = (postgres.port(), authority.file(), other.file());
    let (ca, wrong) = (ca.display(), wrong.display());
    let url = |user: &str, rest: &str| format!("postgres://{user}@127.0.0.1:{port}/postgres?sslmode={rest}");
    let stranger = with(&other.client("mutual")?);
    for (url, why) in [
        (url("me:pw", "verify-full"), "named by sslrootcert of the database's URL"),
        (url("me:pw", &format!("verify-ca&sslrootcert={wrong}")), "named by sslrootcert"),
        (url("me:pw", &format!("require&sslrootcert={wrong}")), "named by sslrootcert"),
        (url("me:pw", &format!("verify-full&sslrootcert={ca}")), "not for the host of the database's URL"),
        (url("mutual:pw", "require"), "requires a valid client certificate"),
        (url("mutual:pw", &format!("require{stranger}")), "sslcert and sslkey of the database's URL"),
        (url("me:pw", "verify-full&sslrootcert=/nowhere/ca.pem"), "sslrootcert /nowhere/ca.pem"),
        (format!("{}?sslmode=require", harness::shared().postgres.url("postgres")), "does not support TLS"),
    ] {
        let refusal = refusal(&url).await;
        assert!(refusal.contains(why) && !refusal.contains(":pw"), "{url}: {refusal}");
        assert!(refusal.contains("/nowhere") || refusal.contains("127.0.0.1:"), "{refusal}");
    }
    // Encrypted, but nobody is checked: libpq's default.
    let mut settings = Settings::default();
    settings.database.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let status = Db::open(&settings).await?.status().await?;
    assert!(status.contains(" with TLSv1.3 at ") && status.ends_with("sslmode prefer"), "{status}");
    Ok(())
}
