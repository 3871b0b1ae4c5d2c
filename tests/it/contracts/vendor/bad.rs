//! Rejections: the contract's envelope, the field, and nothing is written.

use super::{Ground, SIMULATE, below, refused};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use serde_json::{Value, json};

both!(
    bad_orders_are_refused,
    misspelt_details_are_refused,
    bad_results_are_refused,
    bad_webhooks_are_refused,
    bad_ids_and_pages_are_refused
);

async fn bad_orders_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let volume = |least: Value, most: Value| json!({ "commitment": { "volume": { "minAmount": least, "maxAmount": most } } });
    for (request, field, message) in [
        (json!({ "type": "Nonsense" }), "type", "must be one of NetNew"),
        (json!({ "billingTerm": "Weekly" }), "billingTerm", "must be one of 2 Year"),
        (json!({ "companyId": "nonsense" }), "companyId", "must be a UUID"),
        (json!({ "quantity": "many" }), "quantity", "must be a whole number"),
        (json!({ "quantity": "" }), "quantity", "must be a whole number"),
        (json!({ "trialEndDate": "soon" }), "trialEndDate", "must be a date or date-time"),
        (volume(json!(5), json!(4)), "commitment.volume.minAmount", "must be less than maxAmount"),
        (volume(json!(5), json!(5)), "commitment.volume.minAmount", "must be less than maxAmount"),
        (volume(json!("a"), json!(5)), "commitment.volume.minAmount", "must be a number"),
        (
            json!({ "commitment": { "term": { "months": 0 } } }),
            "commitment.term.months",
            "must be at least 1",
        ),
        (
            json!({ "commitment": { "volume": { "unitOfMeasure": "Parsecs" } } }),
            "commitment.volume.unitOfMeasure",
            "must be one of Agents",
        ),
    ] {
        let answer = ground.play.post(SIMULATE, &json!({ "provisionRequest": request })).await?;
        let faults = refused(&answer, 400);
        let field = format!("provisionRequest.{field}");
        assert!(
            faults.len() == 1 && faults[0].0 == field && faults[0].1.starts_with(message),
            "{request}: {faults:?}"
        );
    }
    let nul = json!({ "provisionDetail": { "details": { "a": { "b": "\0" } } } });
    assert_eq!(refused(&ground.play.post(SIMULATE, &nul).await?, 400)[0].0, "provisionDetail.details.a.b");
    let text =
        ground.play.request(reqwest::Method::POST, SIMULATE).header("content-type", "text/plain").body("{}");
    refused(&ground.play.caller.send(text).await?, 415);
    nothing_is_written(&ground.app).await?;
    ground.app.drain().await
}

async fn nothing_is_written(app: &TestApp) -> Result<()> {
    for table in
        ["vendor_requests", "vendor_details", "vendor_attempts", "vendor_results", "endpoints", "jobs"]
    {
        assert_eq!(app.count(table).await?, 0, "{table}");
    }
    Ok(())
}

async fn misspelt_details_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = below(&ground.order(None).await?, "/details");
    let details = json!({ "domain": { "value": "other.example" } });
    let faults = refused(&ground.live.post(&path, &json!({ "detials": details })).await?, 400);
    assert_eq!(faults, [("detials".to_owned(), "is unknown; it may be misspelt".to_owned())]);
    assert_eq!(ground.live.read(&path).await?["page"]["totalElements"], 1, "no version is added");
    let made = ground.live.make(&path, &json!({ "details": details, "note": "more may be said" })).await?;
    assert_eq!(made["details"], details);
    ground.app.drain().await
}

async fn bad_results_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let path = below(&ground.order(None).await?, "/results");
    for (body, field, message) in [
        (json!({}), "status", "is required"),
        (json!({ "status": "Perhaps" }), "status", "must be one of Success, Fail"),
        (
            json!({ "status": "Success", "externalProvisionerCompanyId": "a b" }),
            "externalProvisionerCompanyId",
            "must be letters, digits, hyphens and underscores",
        ),
        (
            json!({ "status": "Success", "externalProvisionerPartnerId": "" }),
            "externalProvisionerPartnerId",
            "must be letters",
        ),
        (json!({ "status": "Fail", "provisionAttemptId": "x" }), "provisionAttemptId", "must be a UUID"),
        (json!({ "status": "Success", "metadata": [] }), "metadata", "must be an object"),
        (json!({ "status": "Success", "metadata": { "a": "\0" } }), "metadata.a", "must not contain"),
    ] {
        let faults = refused(&ground.live.post(&path, &body).await?, 400);
        assert!(faults.iter().any(|(at, why)| at == field && why.starts_with(message)), "{body}: {faults:?}");
    }
    assert_eq!(ground.app.count("vendor_results").await?, 0);
    // A message that is too long is cut, between characters.
    let long = json!({ "status": "Fail", "errorMessage": "é".repeat(600) });
    let told = ground.live.make(&path, &long).await?;
    assert_eq!(told["errorMessage"], "é".repeat(500));
    ground.app.drain().await
}

async fn bad_webhooks_are_refused(pairing: Pairing) -> Result<()> {
    // Loopback may be called on this platform, other networks of one's own may not.
    let ground = Ground::new(pairing).await?;
    let path = format!("/provisioners/{}/webhooks", ground.provisioner.id.0);
    let url = |url: &str| json!({ "url": url });
    let header =
        |name: &str| json!({ "url": "https://vendor.example/in", "sharedSecret": { "header": name } });
    for (body, field) in [
        (json!({}), "url"),
        (url("nonsense"), "url"),
        (url("ftp://vendor.example/in"), "url"),
        (url("https://10.0.0.1/in"), "url"),
        (url("https://169.254.169.254/latest"), "url"),
        (header("X Y"), "sharedSecret.header"),
        (header(""), "sharedSecret.header"),
        (header("Content-Length"), "sharedSecret.header"),
    ] {
        let faults = refused(&ground.live.post(&path, &body).await?, 400);
        assert!(faults.iter().any(|(at, _)| at == field), "{body}: {faults:?}");
    }
    let unknown = format!("/provisioners/{}/webhooks", uuid::Uuid::now_v7());
    refused(&ground.live.post(&unknown, &url("https://vendor.example/in")).await?, 404);
    nothing_is_written(&ground.app).await?;
    ground.app.drain().await
}

async fn bad_ids_and_pages_are_refused(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    for (path, field) in [
        ("/provisioners/x", "provisionerId"),
        ("/provisioners/x/webhooks/y", "provisionerId"),
        ("/provision-requests/x", "provisionRequestId"),
        ("/provision-requests/x/results/y", "provisionRequestId"),
        ("/provision-requests?page=-1", "page"),
        ("/provision-requests?page=x", "page"),
        ("/provision-requests?size=1.5", "size"),
        ("/provision-requests?sort=name", "sort"),
    ] {
        let faults = refused(&ground.live.get(path).await?, 400);
        assert!(faults.iter().any(|(at, _)| at == field), "{path}: {faults:?}");
    }
    let request = ground.order(None).await?;
    let path = below(&request, "/results?provisionAttemptId=x");
    assert_eq!(refused(&ground.live.get(&path).await?, 400)[0].0, "provisionAttemptId");
    for rest in ["/results/latest", &format!("/results/{}", uuid::Uuid::now_v7()), "/nonsense"] {
        refused(&ground.live.get(&below(&request, rest)).await?, 404);
    }
    let anonymous = ground.live.caller.get("/v2/provisioners").await?;
    refused(&anonymous, 401);
    assert_eq!(anonymous.header("www-authenticate"), "Bearer");
    let method = ground.live.request(reqwest::Method::DELETE, "/provisioners");
    refused(&ground.live.caller.send(method).await?, 405);
    ground.app.drain().await
}
