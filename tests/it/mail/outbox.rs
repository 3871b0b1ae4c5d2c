//! Without a mail server.

use super::email;
use crate::app::{PATIENCE, Pairing, TestApp, both, header};
use anyhow::Result;
use entities::job::JobState;
use harness::Process;
use kernel::Kernel;
use platform::{Clock, Db};
use std::{fs, path::Path};

both!(a_message_becomes_one_file_however_often_it_is_sent);

fn files(data: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(data.join("outbox"))?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

async fn a_message_becomes_one_file_however_often_it_is_sent(pairing: Pairing) -> Result<()> {
    let app = TestApp::working(pairing).await?;
    let data = app.kernel.settings.data.clone();
    for _ in 0..2 {
        let id = app.enqueue(email("the-message")).await?;
        let job = app.ended(id).await?;
        assert_eq!((job.state, job.attempt), (JobState::Succeeded, 1), "{job:?}");
        assert_eq!(files(&data)?, ["the-message@example.com.eml"]);
        let file = data.join("outbox/the-message@example.com.eml");
        assert_eq!(job.result.unwrap()["written"], file.to_str().unwrap());
        let message = fs::read_to_string(file)?;
        for (name, value) in [
            ("From", "Switchyard <switchyard@localhost>"),
            ("To", "ops@acme.example"),
            ("Subject", "=?utf-8?b?R3LDvMOfZQ==?="),
            ("Message-ID", "<the-message@example.com>"),
            ("X-Request-Id", "the-request"),
            ("Content-Type", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(header(&message, name), value, "{name} in {message}");
        }
        assert!(message.ends_with("\r\n\r\nHello.\r\n.\r\nThat was a dot.\r\n"), "{message}");
    }
    app.drain().await
}

#[tokio::test]
async fn the_log_says_once_that_nobody_gets_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = platform::config::Settings { data: folder.path().to_owned(), ..Default::default() };
    let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
    kernel.db.migrate().await?;
    assert!(Db::file(&kernel.settings).is_some_and(|file| file.exists()));
    for number in 0..3 {
        kernel.enqueuer.enqueue(email(&format!("message-{number}"))).await?;
    }
    let process = Process::builder(env!("CARGO_BIN_EXE_switchyard"))
        .args(["up", "--no-seed", "--listen", "127.0.0.1:0", "--data"])
        .args([folder.path()])
        .env("SWITCHYARD_RECONCILER_GRACE", "0ms")
        .start()?;
    harness::until("three messages", PATIENCE, async || {
        let written = files(folder.path()).unwrap_or_default();
        Ok((written.iter().filter(|name| name.starts_with("message-")).count() == 3).then_some(()))
    })
    .await?;
    process.sigterm()?;
    process.wait_exit(PATIENCE).await?;
    assert_eq!(process.log().matches("mail.url is empty").count(), 1, "{}", process.log());
    Ok(())
}
