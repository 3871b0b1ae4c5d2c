//! Values from responses can be sent back, and null means not given.

use super::{Ground, SIMULATE, of};
use crate::app::{Pairing, Receiver, both};
use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

both!(null_is_not_given, what_is_read_can_be_written, details_and_notes_stay_as_they_were_written);

async fn null_is_not_given(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let play = &ground.play;
    let order = json!({ "provisionRequest": { "type": null, "quantity": null, "partnerAddress": { "city": null } },
                        "provisionDetail": null, "provisionAttempt": null });
    let made = play.make(SIMULATE, &order).await?;
    let request = &made["provisionRequest"];
    assert_eq!((&request["type"], &request["quantity"]), (&json!("NetNew"), &json!(1)));
    play.make(&of(request, "/details"), &json!({ "details": null, "id": null })).await?;
    let result = json!({
        "status": "Success", "errorMessage": null, "metadata": null, "provisionAttemptId": null, "id": null,
        "externalProvisionerSubscriptionId": null,
    });
    let taken = play.make(&of(request, "/results"), &result).await?;
    assert_eq!((&taken["status"], taken.get("errorMessage")), (&json!("Success"), None));
    let webhook = format!("/provisioners/{}/webhooks", ground.twin.id.0);
    play.make(&webhook, &json!({ "url": "http://127.0.0.1:9/", "sharedSecret": null })).await?;
    ground.app.drain().await
}

async fn what_is_read_can_be_written(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let play = &ground.play;
    let made = play.make(SIMULATE, &json!({})).await?;
    let mut another = made.clone();
    // Of an order with the same ids there is one.
    for part in ["provisionRequest", "provisionDetail", "provisionAttempt"] {
        another[part].as_object_mut().unwrap().remove("id");
    }
    let again = play.make(SIMULATE, &another).await?;
    let fixed = |object: &Value| {
        let mut fields = object.as_object().unwrap().clone();
        for name in ["id", "createdDate", "provisionRequestId", "provisionDetailId"] {
            fields.remove(name);
        }
        fields
    };
    for part in ["provisionRequest", "provisionDetail"] {
        assert_eq!(fixed(&made[part]), fixed(&again[part]), "{part}");
    }
    let request = &made["provisionRequest"];
    let detail = play.read(&of(request, "/details/latest")).await?;
    assert_eq!(fixed(&play.make(&of(request, "/details"), &detail).await?), fixed(&detail));
    let webhooks = format!("/provisioners/{}/webhooks", ground.twin.id.0);
    let secret = json!({ "header": "X-Vendor-Secret" });
    play.make(&webhooks, &json!({ "url": "http://127.0.0.1:9/", "sharedSecret": secret })).await?;
    let webhook = play.read(&webhooks).await?["content"][0].take();
    let another = play.make(&webhooks, &webhook).await?;
    assert_eq!(another["url"], webhook["url"]);
    assert_eq!(another["sharedSecret"]["header"], webhook["sharedSecret"]["header"]);
    let failed = json!({ "status": "Fail", "errorMessage": "no" });
    let result = play.make(&of(request, "/results"), &failed).await?;
    assert_eq!(fixed(&play.make(&of(request, "/results"), &result).await?), fixed(&result));
    ground.app.drain().await
}

async fn details_and_notes_stay_as_they_were_written(pairing: Pairing) -> Result<()> {
    const TEXT: &str =
        r#"{"z":12345678901234567890123,"a":12345678901234567.89,"m":1.50,"e":{"b":1e2,"a":-0.0}}"#;
    let ground = Ground::new(pairing).await?;
    let (play, receiver) = (&ground.play, Receiver::start().await?);
    play.hook(&ground.twin, &receiver).await?;
    let written = async |path: &str, body: String| {
        let request = play.request(Method::POST, path).header("content-type", "application/json").body(body);
        let answer = play.caller.send(request).await?;
        ensure!(answer.status == 200 && answer.text.contains(TEXT), "{answer:?}");
        anyhow::Ok(answer.json())
    };
    let made = written(SIMULATE, format!(r#"{{ "provisionDetail": {{ "details": {TEXT} }} }}"#)).await?;
    let request = &made["provisionRequest"];
    let arrived = &receiver.arrived(1).await?[0];
    assert!(String::from_utf8_lossy(&arrived.body).contains(TEXT), "{arrived:?}");
    written(&of(request, "/details"), format!(r#"{{ "details": {TEXT} }}"#)).await?;
    written(&of(request, "/results"), format!(r#"{{ "status": "Success", "metadata": {TEXT} }}"#)).await?;
    for path in ["/details", "/details/latest", "/results", "/results/latest"] {
        let shown = play.get(&of(request, path)).await?;
        assert!(shown.text.contains(TEXT), "{path}: {shown:?}");
    }
    let told = ground.app.events_of("provision_result.created").await?;
    assert!(told[0].payload.text().contains(TEXT), "{told:?}");
    ground.app.drain().await
}
