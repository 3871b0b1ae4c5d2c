//! What docs/vendors.md tells: its shell lines are run as they stand there, one after the other, as a vendor's
//! developer runs them.

use super::Vendor;
use crate::app::PATIENCE;
use anyhow::{Context, Result, ensure};
use harness::Process;
use serde_json::Value;
use std::process::Command;

const HANDBOOK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/vendors.md"));

/// The shell lines that call the platform, in their order.
fn lines() -> Vec<&'static str> {
    let blocks = HANDBOOK.split("\n```").skip(1).step_by(2);
    let lines = blocks.filter_map(|block| block.strip_prefix("sh\n"));
    lines.filter(|block| block.contains("curl")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_lines_take_an_order_to_its_result() -> Result<()> {
    let vendor = Vendor::new().await?;
    let folder = vendor.sandbox.folder.path();
    let listen = format!("127.0.0.1:{}", harness::free_port());
    let kit = crate::cli::switchyard(&["vendor-kit", "--listen", &listen]).start()?;
    kit.wait_for_line("Listening at", PATIENCE).await?;
    let output = Command::new("sh")
        .args(["-euc", &lines().join("\n")])
        .current_dir(folder)
        .env("URL", format!("{}/vendor", vendor.address()))
        .env("RECEIVER", format!("http://{listen}/orders"))
        .envs([("CLIENT_ID", &vendor.client_id), ("CLIENT_SECRET", &vendor.client_secret)])
        .output()?;
    ensure!(output.status.success(), "{output:?}");
    told(&String::from_utf8(output.stdout)?)?;
    arrived(&kit).await
}

/// What the lines print, in their order: the credential, and then what the platform answers.
fn told(printed: &str) -> Result<()> {
    let (credential, answers) = printed.split_once('\n').context("a line")?;
    ensure!(credential.starts_with("whsec_"), "{printed}");
    let answers = serde_json::Deserializer::from_str(answers).into_iter();
    let answers: Vec<Value> = answers.collect::<Result<_, _>>()?;
    let [attempt, failed, detail, again, done, latest, unfulfilled] = &answers[..] else {
        panic!("{printed}")
    };
    ensure!(attempt["webhookId"].is_string() || attempt["status"] == "Issued", "{attempt}");
    assert_eq!((&failed["status"], &failed["provisionAttemptId"]), (&"Fail".into(), &attempt["id"]));
    assert_eq!(again["provisionDetailId"], detail["id"]);
    assert_eq!((&done["status"], &done["provisionAttemptId"]), (&"Success".into(), &again["id"]));
    assert_eq!((latest, &unfulfilled["page"]["totalElements"]), (done, &0.into()));
    Ok(())
}

/// The order came twice, with its details as they were and as they were corrected.
async fn arrived(kit: &Process) -> Result<()> {
    for domain in ["doe.example", "other.example"] {
        let line = kit.wait_for_line(&format!(r#"{{"value":"{domain}"}}"#), PATIENCE).await?;
        ensure!(line.starts_with("  details.domain"), "{line}");
    }
    ensure!(kit.log().contains("NetNew  7 × "), "{}", kit.log());
    Ok(())
}
