//! `switchyard vendor-kit`, with a sandbox.

use super::Vendor;
use crate::{
    app::PATIENCE,
    cli::{run, switchyard},
};
use anyhow::{Context, Result, ensure};
use harness::{Process, until};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// The kit with a webhook that goes to it.
struct Kit {
    process: Process,
    url: String,
}

impl Kit {
    /// Registers the webhook, in a header of that name, and starts the kit with its secret and these arguments.
    async fn start(vendor: &Vendor, more: &[&str]) -> Result<Self> {
        let listen = format!("127.0.0.1:{}", harness::free_port());
        let url = format!("http://{listen}/orders");
        let secret = vendor.webhook(&url, "X-Kit").await?;
        let common = ["vendor-kit", "--listen", &listen, "--secret", &secret, "--header", "X-Kit"];
        let process = switchyard(&[&common[..], more].concat()).start()?;
        process.wait_for_line(&format!("Listening at http://{listen}/"), PATIENCE).await?;
        Ok(Self { process, url })
    }

    /// Ends it as ctrl-c does, and returns all that it printed.
    async fn end(self) -> Result<String> {
        self.process.sigterm()?;
        let status = self.process.wait_exit(Duration::from_secs(10)).await?;
        ensure!(status.success(), "{status}: {}", self.process.log());
        Ok(self.process.log())
    }
}

/// The result of a simulated order, once there is one.
async fn result(vendor: &Vendor, request: &str) -> Result<Value> {
    let path = format!("/provision-requests/{request}/results/latest");
    until("a result is there", PATIENCE, async || {
        let answer = vendor.get(&path).await?;
        Ok((answer.status == 200).then(|| answer.json()))
    })
    .await
}

#[tokio::test]
async fn orders_are_printed_and_answered_as_told() -> Result<()> {
    let vendor = Vendor::new().await?;
    let url = format!("{}/vendor", vendor.address());
    let client = ["--url", &url, "--client-id", &vendor.client_id, "--client-secret", &vendor.client_secret];
    let fail = ["--answer", "fail", "--message", "No fiber there", "--delay", "50ms"];
    for (more, expected) in [
        (&[][..], json!(["Success", null])),
        (&fail, json!(["Fail", "No fiber there"])),
        (&["--answer", "fail"], json!(["Fail", "The vendor gave no reason"])),
    ] {
        let kit = Kit::start(&vendor, &[&client, more].concat()).await?;
        let made = vendor.simulate(7).await?;
        let [request, attempt] = ["provisionRequest", "provisionAttempt"].map(|part| &made[part]["id"]);
        let request = request.as_str().context("an id")?;
        let got = result(&vendor, request).await?;
        assert_eq!(json!([got["status"], got["errorMessage"]]), expected, "{got}");
        assert_eq!(&got["provisionAttemptId"], attempt);
        let word = expected[0].as_str().context("a word")?;
        kit.process.wait_for_line(&format!("answered: {word}, attempt "), PATIENCE).await?;
        let log = kit.end().await?;
        for part in ["NetNew  7 × Sample Product", request, "Sample Company", r#""downloadMbps":500"#] {
            ensure!(log.contains(part), "{part} is not in: {log}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_credentials_it_only_prints_and_strangers_are_turned_away() -> Result<()> {
    let vendor = Vendor::new().await?;
    let kit = Kit::start(&vendor, &[]).await?;
    vendor.simulate(3).await?;
    kit.process.wait_for_line("NetNew  3 × Sample Product", PATIENCE).await?;
    let post = |secret: Option<&str>, body: &'static str| {
        let request = reqwest::Client::new().post(&kit.url).body(body);
        let request = secret.iter().fold(request, |request, secret| request.header("x-kit", *secret));
        async move { anyhow::Ok(request.send().await?.status()) }
    };
    assert_eq!(post(None, "{}").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(post(Some("whsec_other"), "{}").await?, StatusCode::UNAUTHORIZED);
    assert_eq!(reqwest::get(&kit.url).await?.status(), StatusCode::METHOD_NOT_ALLOWED);
    let log = kit.end().await?;
    for part in
        ["attempts are not answered", "there is no header x-kit", "the secret in x-kit does not match"]
    {
        ensure!(log.contains(part), "{part} is not in: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn what_waits_for_its_answer_is_counted_at_the_end() -> Result<()> {
    let vendor = Vendor::new().await?;
    let url = format!("{}/vendor", vendor.address());
    let client = ["--url", &url, "--client-id", &vendor.client_id, "--client-secret", &vendor.client_secret];
    let kit = Kit::start(&vendor, &[&client[..], &["--delay", "1h"]].concat()).await?;
    vendor.simulate(1).await?;
    kit.process.wait_for_line("NetNew  1 × ", PATIENCE).await?;
    let log = kit.end().await?;
    ensure!(log.contains("Orders without an answer: 1"), "{log}");
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once() -> Result<()> {
    let vendor = Vendor::new().await?;
    let folder = vendor.sandbox.folder.path();
    let url = format!("{}/vendor", vendor.address());
    let listen = vendor.address().replace("http://", "");
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--listen", &listen], 1, "cannot listen at"),
        (&["--answer", "success"], 2, "--client-id"),
        (&["--client-id", "key_1"], 2, "--client-secret"),
        (&["--delay", "soon"], 2, "expected a duration such as"),
        (&["--header", "X Y"], 2, "--header"),
        (
            &["--url", &url, "--client-id", "key_1", "--client-secret", "x", "--listen", "127.0.0.1:0"],
            1,
            "cannot get a token: rejected by the server: The client is unknown",
        ),
    ];
    for (more, expected, part) in cases {
        let (code, log) = run(folder, &[&["vendor-kit"], more].concat()).await?;
        ensure!(code == expected && log.contains(part), "{more:?}: {code}: {log}");
    }
    Ok(())
}
