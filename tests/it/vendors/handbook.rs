//! The shell commands of docs/vendors.md are executed in order, as by a vendor's developer.

use super::Vendor;
use crate::{
    app::{PATIENCE, Pairing, Receiver},
    contracts::vendor::Ground,
};
use anyhow::{Context, Result, bail, ensure};
use harness::Process;
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

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
    let mut script = Command::new("sh")
        .args(["-euc", &script()])
        .current_dir(folder)
        .env("URL", format!("{}/vendor", vendor.address()))
        .env("RECEIVER", format!("http://{listen}/orders"))
        .envs([("CLIENT_ID", &vendor.client_id), ("CLIENT_SECRET", &vendor.client_secret)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Err(missing) = arrived(&kit).await {
        script.kill()?;
        bail!("{missing:#}: {:?}", script.wait_with_output()?);
    }
    script.stdin.take().context("a pipe")?.write_all(b"\n")?;
    let output = script.wait_with_output()?;
    ensure!(output.status.success(), "{output:?}");
    told(&String::from_utf8(output.stdout)?)
}

/// The shell lines. Before the result it waits for a line: a result withdraws what has not been delivered.
fn script() -> String {
    let wait =
        |block: &str| if block.contains("Success") { format!("read -r _\n{block}") } else { block.into() };
    lines().into_iter().map(wait).collect::<Vec<_>>().join("\n")
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

/// The verification, of its own example and of a notification as it is sent; of another body it fails.
#[tokio::test]
async fn its_verification_takes_what_is_sent_and_nothing_else() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let blocks: Vec<_> =
        HANDBOOK.split("\n```python\n").skip(1).filter_map(|part| part.split("\n```").next()).collect();
    let [verify, example] = &blocks[..] else { panic!("{blocks:?}") };
    fs::write(folder.path().join("verify.py"), verify)?;
    let python = |script: &str, input: &str| {
        let output =
            Command::new("python3").args(["-c", script, input]).current_dir(folder.path()).output()?;
        anyhow::Ok((output.status.success(), String::from_utf8(output.stdout)?))
    };
    assert_eq!(python(example, "")?, (true, "True\n".into()));
    let ground = Ground::new(Pairing::Embedded).await?;
    let receiver = Receiver::start().await?;
    let hook = ground.live.hook(&ground.provisioner, &receiver).await?;
    let order = ground.order(None).await?;
    let sent = receiver.arrived(1).await?.remove(0);
    let names = ["x-vendor-secret", "webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Value = names.iter().map(|name| ((*name).to_owned(), json!(sent.header(name)))).collect();
    let script = "import json, sys\nfrom verify import verify\nit = json.loads(sys.argv[1])
print(verify(it['secret'], 'X-Vendor-Secret', it['headers'], it['body'].encode())['provisionRequest']['id'])";
    let body = String::from_utf8(sent.body.clone())?;
    for (body, taken) in [(body.clone(), true), (format!("{body} "), false)] {
        let input = json!({ "secret": hook["sharedSecret"]["credential"], "headers": headers, "body": body });
        let printed = if taken { format!("{}\n", order.id.0) } else { String::new() };
        assert_eq!(python(script, &input.to_string())?, (taken, printed));
    }
    ground.app.drain().await
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
