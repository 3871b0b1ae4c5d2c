//! With a mail server.

use super::email;
use crate::app::{Mail, PATIENCE, Pairing, SmtpServer, TestApp, Turn, both};
use anyhow::Result;
use entities::job::{self, JobState};
use harness::Process;
use std::{fs, time::Duration};

both!(
    a_message_is_delivered,
    a_message_that_is_put_off_is_delivered_later,
    a_message_that_is_refused_is_given_up,
    a_message_whose_receipt_is_lost_is_sent_again_as_the_same,
    a_wrong_password_does_not_lose_messages,
    a_server_that_is_away_is_tried_by_the_schedule,
);

/// A platform that hands its mail to this address, with two retries that come at once.
async fn sending(pairing: Pairing, address: &str) -> Result<TestApp> {
    let mut app = TestApp::new(pairing, |settings| {
        settings.mail.url = format!("smtp://{address}");
        settings.mail.from = "Acme <noreply@acme.example>".parse().unwrap();
        settings.jobs.get_mut("email").unwrap().retry = vec![Duration::from_millis(10); 2];
    })
    .await?;
    app.work();
    Ok(app)
}

/// What becomes of one message.
async fn sent(pairing: Pairing, server: &SmtpServer) -> Result<(job::Model, Vec<Mail>)> {
    let app = sending(pairing, &server.address()).await?;
    let id = app.enqueue(email("the-message")).await?;
    let job = app.ended(id).await?;
    assert!(!app.kernel.settings.data.join("outbox").exists());
    app.drain().await?;
    Ok((job, server.mails()))
}

async fn a_message_is_delivered(pairing: Pairing) -> Result<()> {
    let (job, mails) = sent(pairing, &SmtpServer::start(&[]).await?).await?;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 1), "{job:?}");
    assert_eq!(job.result.unwrap()["accepted"], "250 2.0.0 kept as 1", "the evidence");
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(mail.to, ["ops@acme.example"]);
    for (name, value) in [
        ("From", "Acme <noreply@acme.example>"),
        ("Message-ID", "<the-message@example.com>"),
        ("X-Request-Id", "the-request"),
    ] {
        assert_eq!(mail.header(name), value, "{mail:?}");
    }
    assert!(mail.text.trim_end().ends_with("\n\nHello.\n.\nThat was a dot."), "{mail:?}");
    Ok(())
}

async fn a_message_that_is_put_off_is_delivered_later(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[Turn::Refuse("451 4.7.1 come back later")]).await?;
    let (job, mails) = sent(pairing, &server).await?;
    assert_eq!((job.state, job.attempt, job.failures), (JobState::Succeeded, 2, 1), "{job:?}");
    assert_eq!(mails.len(), 1, "{mails:?}");
    Ok(())
}

async fn a_message_that_is_refused_is_given_up(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[Turn::Refuse("550 5.1.1 nobody of that name")]).await?;
    let (job, mails) = sent(pairing, &server).await?;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 1), "{job:?}");
    let error = job.last_error.unwrap();
    assert!(error.contains("550") && error.contains("nobody of that name"), "{error}");
    assert!(mails.is_empty(), "{mails:?}");
    Ok(())
}

async fn a_message_whose_receipt_is_lost_is_sent_again_as_the_same(pairing: Pairing) -> Result<()> {
    let (job, mails) = sent(pairing, &SmtpServer::start(&[Turn::TakeAndHangUp]).await?).await?;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 2), "{job:?}");
    let ids: Vec<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids, ["<the-message@example.com>"; 2]);
    Ok(())
}

async fn a_wrong_password_does_not_lose_messages(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[]).await?;
    server.expect_login("acme", "another");
    let app = sending(pairing, &format!("acme:p%40ss%2Fword@{}", server.address())).await?;
    let id = app.enqueue(email("the-message")).await?;
    let refused = app.ended(id).await?;
    assert_eq!((refused.state, refused.attempt), (JobState::Failed, 3), "{refused:?}");
    let error = refused.last_error.unwrap();
    assert!(error.contains("535") && !error.contains("ss/word") && !error.contains("ss%2F"), "{error}");
    server.expect_login("acme", "p@ss/word");
    app.retry_manually(id).await?;
    assert_eq!(app.ended(id).await?.state, JobState::Succeeded);
    assert_eq!(server.mails().len(), 1);
    app.drain().await
}

async fn a_server_that_is_away_is_tried_by_the_schedule(pairing: Pairing) -> Result<()> {
    // Nothing listens at the port of a service that nobody has.
    let app = sending(pairing, "127.0.0.1:1").await?;
    let id = app.enqueue(email("the-message")).await?;
    let job = app.ended(id).await?;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 3), "{job:?}");
    app.drain().await
}

#[tokio::test]
async fn doctor_tries_the_server_and_trusts_it_only_by_its_certificate() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, certificate) = SmtpServer::start_tls().await?;
    server.expect_login("acme", "hunter2");
    let (trusted, other) = (folder.path().join("trusted.pem"), folder.path().join("other.pem"));
    fs::write(&trusted, certificate)?;
    fs::write(&other, SmtpServer::start_tls().await?.1)?;
    let run = async |args: &[&str], password: &str, authority: &std::path::Path| {
        let process = Process::builder(env!("CARGO_BIN_EXE_switchyard"))
            .args(args)
            .env("SWITCHYARD_MAIL_URL", format!("smtps://acme:{password}@{}", server.address()))
            .env("SSL_CERT_FILE", authority)
            .current_dir(folder.path())
            .start()?;
        let status = process.wait_exit(PATIENCE).await?;
        anyhow::Ok((status.code(), process.log()))
    };
    let new = ["key", "new", "--contract", "partner", "--name", "test"];
    assert_eq!(run(&new, "hunter2", &trusted).await?.0, Some(0));
    let (code, log) = run(&["doctor"], "hunter2", &trusted).await?;
    assert!(code == Some(0) && log.contains("SMTP answers") && !log.contains("hunter2"), "{code:?}: {log}");
    for (password, authority, why) in [("hunter3", &trusted, "535"), ("hunter2", &other, "certificate")] {
        let (code, log) = run(&["doctor"], password, authority).await?;
        assert!(code == Some(1) && log.contains("FAILED") && log.contains(why), "{code:?}: {log}");
    }
    assert!(server.mails().is_empty());
    Ok(())
}
