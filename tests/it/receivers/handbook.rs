//! The examples of docs/webhooks.md are executed: the receiver, with the official library and with a signature computed
//! manually, and the shell commands.

use crate::{
    app::{Caller, PATIENCE, Pairing, TestApp},
    contracts::partner::customer,
};
use anyhow::{Context, Result, ensure};
use entities::event;
use harness::{Process, python, until};
use kernel::contracts::partner;
use reqwest::header::HeaderMap;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};
use tempfile::TempDir;
use tokio::net::TcpStream;
use webhooks::wire::format_of;

const HANDBOOK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhooks.md"));

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let parts = HANDBOOK.split("\n```").skip(1).step_by(2);
    parts.filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n')).collect()
}

/// A receiver of the handbook's, in a process of its own.
struct Receiver {
    folder: TempDir,
    webhook: String,
    url: String,
    _process: Process,
}

impl Receiver {
    /// Registered, and running with this `verify.py`.
    async fn start(caller: &Caller, python: &PathBuf, verify: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("verify.py"), verify)?;
        fs::write(folder.path().join("receiver.py"), blocks("python")[2])?;
        let port = harness::free_port().to_string();
        let url = format!("http://127.0.0.1:{port}/webhooks");
        let body = json!({ "url": url, "events": ["customer.created"] });
        let made = caller.post("/api/v1/webhooks", &body).await?;
        let text = |name: &str| made.json()["data"][name].as_str().unwrap_or_default().to_owned();
        ensure!(made.status == 201, "{}", made.text);
        let process = Process::builder(python)
            .args(["receiver.py", &port])
            .env("WEBHOOK_SECRET", text("secret"))
            .current_dir(folder.path())
            .start()?;
        let address = format!("127.0.0.1:{port}");
        until("it listens", PATIENCE, async || Ok(TcpStream::connect(&address).await.ok())).await?;
        Ok(Self { folder, webhook: text("id"), url, _process: process })
    }

    /// The ids that it has taken.
    fn received(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("received.txt")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn post(&self, headers: &HeaderMap, body: &[u8]) -> Result<u16> {
        let request = reqwest::Client::new().post(&self.url).headers(headers.clone()).body(body.to_vec());
        Ok(request.send().await?.status().as_u16())
    }

    /// Runs a shell line in its folder.
    fn shell(&self, line: &str, environment: &[(&str, &str)]) -> Result<String> {
        let mut command = Command::new("sh");
        let output = command.args(["-c", line]).current_dir(&self.folder).envs(environment.iter().copied());
        let output = output.output()?;
        ensure!(output.status.success(), "{line}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_receivers_verify_real_deliveries_and_its_lines_work() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |settings| {
        settings.outbound.allow_http = true;
        settings.outbound.allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await?;
    app.work();
    let (caller, since) = (app.serve().await?, app.clock.now());
    let python = python::venv(&["standardwebhooks==1.1.0"])?;
    let [library, by_hand, _] = blocks("python")[..] else { panic!("three pieces of Python") };
    let mut receivers = vec![];
    for verify in [library, by_hand] {
        receivers.push(Receiver::start(&caller, &python, verify).await?);
    }
    for number in 0..5 {
        let made = caller.post("/api/v1/customers", &customer(&format!("{number}@example.com"))).await?;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let since = since.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    for receiver in &receivers {
        until("all have arrived", PATIENCE, async || Ok((receiver.received().len() == 5).then_some(())))
            .await?;
        tampered(&app, &caller, receiver).await?;
        reconciled(&caller, receiver, &since).await?;
        lines(&caller, receiver, &since).await?;
    }
    drop(receivers);
    app.stop_workers().await
}

/// A delivery that is posted again is taken and not noted twice; with a letter changed, or without its
/// signatures, it is refused.
async fn tampered(app: &TestApp, caller: &Caller, receiver: &Receiver) -> Result<()> {
    let entry = delivery(caller, receiver).await?;
    let events = event::Entity::find().order_by_asc(event::Column::Id).all(app.kernel.db.reader()).await?;
    let event = events.iter().find(|event| entry["eventId"] == event.id.to_string()).context("no event")?;
    let body = format_of(&partner::CONTRACT)?.body(&event.into())?;
    let mut headers = HeaderMap::new();
    for (name, value) in entry["requestHeaders"].as_object().context("no headers")? {
        headers.insert(
            name.parse::<reqwest::header::HeaderName>()?,
            value.as_str().unwrap_or_default().parse()?,
        );
    }
    assert_eq!(receiver.post(&headers, &body).await?, 204);
    let other = String::from_utf8(body.clone())?.replace("John", "Jane");
    assert_ne!(other.as_bytes(), body);
    assert_eq!(receiver.post(&headers, other.as_bytes()).await?, 400);
    headers.remove("webhook-signature");
    headers.remove("x-swell-signature");
    assert_eq!(receiver.post(&headers, &body).await?, 400);
    assert_eq!(receiver.received().len(), 5);
    Ok(())
}

async fn delivery(caller: &Caller, receiver: &Receiver) -> Result<Value> {
    let path = format!("/api/v1/webhooks/{}/deliveries", receiver.webhook);
    until("a delivery is in the log", PATIENCE, async || {
        let log = caller.get(&format!("{path}?status=success&limit=1")).await?.json();
        Ok(log["data"].get(0).cloned())
    })
    .await
}

/// What the receiver has is what the platform says it should have, by the line of the handbook.
async fn reconciled(caller: &Caller, receiver: &Receiver, since: &str) -> Result<()> {
    let line = blocks("sh").into_iter().find(|block| block.contains("sha256sum")).context("no such line")?;
    let digest = receiver.shell(line, &[])?;
    let path = format!("/api/v1/webhooks/{}/reconcile?since={since}", receiver.webhook);
    let told = caller.get(&path).await?.json();
    assert_eq!(told["data"]["count"], 5, "{told}");
    assert_eq!(digest.split_whitespace().next(), told["data"]["digest"].as_str());
    Ok(())
}

/// Every curl line is answered with a success.
async fn lines(caller: &Caller, receiver: &Receiver, since: &str) -> Result<()> {
    let (entry, url) = (delivery(caller, receiver).await?, format!("http://{}/partner", caller.address()));
    let environment = [
        ("URL", &*url),
        ("KEY", caller.key().context("no key")?),
        ("WEBHOOK", &receiver.webhook),
        ("DELIVERY", entry["id"].as_str().context("no id")?),
        ("SINCE", since),
    ];
    let lines: Vec<_> =
        blocks("sh").into_iter().flat_map(str::lines).filter(|it| it.starts_with("curl")).collect();
    assert!(lines.len() > 8, "{lines:?}");
    for line in lines {
        let answer = receiver.shell(line, &environment)?;
        let answer: Value = serde_json::from_str(&answer).context(line)?;
        assert_eq!(answer["success"], true, "{line}: {answer}");
    }
    Ok(())
}
