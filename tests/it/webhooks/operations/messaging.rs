//! Deliveries of the messaging contract, verified as two of its public clients do.

use super::{CREATED, Fixture};
use crate::app::{Arrival, Pairing, Receiver, Reply, SmtpServer, both};
use anyhow::{Context, Result, ensure};
use harness::python;
use kernel::{auth::keys::NewKey, contracts::messaging::CONTRACT};
use serde_json::{Map, Value, json};
use std::{
    io::Write,
    process::{Command, Stdio},
};

both!(both_clients_accept_deliveries_and_nothing_else, the_mail_names_the_webhook_as_the_contract_does);

const ACCEPTED: &str = "accepted accepted";
const REJECTED: &str = "rejected rejected";

/// A delivery, as a receiver with these secrets hands it to a client `later` seconds afterwards.
fn delivery(arrival: &Arrival, secrets: &[&str], later: i64) -> Value {
    let headers = arrival.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone().into()));
    let body = String::from_utf8_lossy(&arrival.body);
    let at: i64 = arrival.header("webhook-timestamp").parse().unwrap();
    let headers = Value::Object(headers.collect::<Map<_, _>>());
    json!({ "secrets": secrets, "headers": headers, "body": body, "now": at + later })
}

/// What both clients say of each.
fn verify(deliveries: &[Value]) -> Result<Vec<String>> {
    let mut program = Command::new(python::venv(&["standardwebhooks==1.1.0"])?)
        .args(["-c", include_str!("messaging.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = program.stdin.take().context("an input")?;
    for delivery in deliveries {
        writeln!(input, "{delivery}")?;
    }
    drop(input);
    let output = program.wait_with_output()?;
    ensure!(output.status.success(), "{}", output.status);
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// A status as Meta sends it, and what is known of its message.
fn status() -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
            "statuses": [{ "id": "wamid.HBgL", "status": "delivered", "timestamp": "1764536400" }],
        } }] }],
        "kirim": { "message_id": "msg_1", "phone_number_id": "106540352242922", "note": "Ärger \u{1f4a1}" },
    })
}

async fn both_clients_accept_deliveries_and_nothing_else(pairing: Pairing) -> Result<()> {
    let fixture = Fixture::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::replying([Reply::status(500)]).await?;
    let made = fixture.register(&receiver.url(), &[CREATED, "message.status"]).await?;
    let work = fixture.work();
    let second = webhooks::add_secret(&work, "messaging", made.record.id, None).await?;
    work.commit().await?;
    let event = fixture.event("message.status", &status())?;
    let id = event.id.to_string();
    fixture.app.kernel.enqueuer.record(event).await?;
    let sent = receiver.arrived(2).await?;
    for (attempt, sent) in ["1", "2"].into_iter().zip(&sent) {
        assert_eq!(sent.json(), status());
        assert_eq!(sent.header("x-kirim-attempt"), attempt);
        let of = ["x-kirim-source", "x-kirim-event", "x-kirim-event-id"].map(|name| sent.header(name));
        assert_eq!(of, ["meta", "message.status", &id]);
    }
    let ids = [0, 1].map(|place: usize| sent[place].header("x-kirim-delivery-id"));
    assert!(ids.iter().all(|id| id.starts_with("wbd_") && id.len() == 30) && ids[0] != ids[1], "{ids:?}");
    fixture.record(CREATED).await?;
    let own = receiver.arrived(3).await?.pop().context("none")?;
    let names: Vec<_> = own.json().as_object().context("no object")?.keys().cloned().collect();
    assert_eq!((own.header("x-kirim-source"), names.join(" ")), ("kirim", "created_at data id type".into()));
    let (first, second) = (made.secret.reveal(), second.secret.reveal());
    let mut changed = delivery(&own, &[first], 0);
    changed["body"] = own.json().to_string().replace("\"n\":0", "\"n\":1").into();
    let mut without = delivery(&own, &[first], 0);
    without["headers"]["x-kirim-signature"] = "".into();
    let cases = [
        (delivery(&sent[0], &[first], 0), ACCEPTED),
        (delivery(&sent[1], &[second], 0), ACCEPTED),
        (delivery(&own, &[second], 300), ACCEPTED),
        (delivery(&own, &["whsec_other", first], -300), ACCEPTED),
        (delivery(&own, &["whsec_other"], 0), REJECTED),
        (delivery(&own, &[first.strip_prefix("whsec_").context("no prefix")?], 0), REJECTED),
        (delivery(&own, &[first], 301), REJECTED),
        (delivery(&own, &[first], -301), REJECTED),
        (changed, REJECTED),
        (without, REJECTED),
    ];
    let (deliveries, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    assert_eq!(verify(&deliveries)?, expected);
    fixture.app.drain().await
}

async fn the_mail_names_the_webhook_as_the_contract_does(pairing: Pairing) -> Result<()> {
    let mail = SmtpServer::start(&[]).await?;
    let fixture = Fixture::delivering(pairing, |settings| {
        settings.mail.url = format!("smtp://{}", mail.address());
    })
    .await?;
    let ops = Some("ops@acme.example".to_owned());
    let key = NewKey { organization_email: ops, ..NewKey::plain("acme", "partner", "test") };
    fixture.app.key_with(key).await?;
    let receiver = Receiver::answering(|_| Reply::status(410)).await?;
    let id = fixture.hook(&receiver).await?.record.id;
    fixture.record(CREATED).await?;
    receiver.arrived(1).await?;
    fixture.app.drain().await?;
    let mails = mail.mails();
    let [sent] = &mails[..] else { panic!("{mails:?}") };
    let id = CONTRACT.webhooks.endpoint.show(id.0);
    assert!(id.starts_with("wbs_"));
    assert_eq!(sent.header("Subject"), format!("Webhook {id} has been disabled"));
    let text = sent.text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let resume = format!(r#"(PATCH /v1/webhook_subscriptions/{id} with {{"status": "active"}})"#);
    assert!(text.contains(&resume) && !text.contains("wh_"), "{text}");
    Ok(())
}
