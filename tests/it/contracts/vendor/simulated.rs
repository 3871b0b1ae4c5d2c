//! An order is simulated, delivered, and answered.

use super::{Desk, Ground, SIMULATE, of};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::Result;
use serde_json::json;

both!(
    an_order_travels_to_the_vendor_and_back,
    what_is_given_is_what_is_ordered,
    a_failed_one_can_be_tried_again_with_corrected_details,
    there_has_to_be_a_provisioner,
);

async fn an_order_travels_to_the_vendor_and_back(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (play, receiver) = (&ground.play, Receiver::start().await?);
    let hook = play.hook(&ground.twin, &receiver).await?;
    let made = play.make(SIMULATE, &json!({})).await?;
    let request = &made["provisionRequest"];
    assert_eq!((&request["type"], &request["billingTerm"]), (&json!("NetNew"), &json!("Monthly")));
    let arrived = &receiver.arrived(1).await?[0];
    assert_eq!(arrived.header("X-Vendor-Secret"), hook["sharedSecret"]["credential"]);
    let told = arrived.json();
    // What arrives is what the operations show.
    for (part, path) in
        [("provisionRequest", of(request, "")), ("provisionDetail", of(request, "/details/latest"))]
    {
        let shown = play.read(&path).await?;
        assert_eq!(without_time(told[part].clone()), without_time(shown.clone()), "{part}");
        assert_eq!(made[part], shown, "{part}");
    }
    assert_eq!(told["provisionAttempt"]["id"], made["provisionAttempt"]["id"]);
    assert_eq!(told["provisionAttempt"]["webhookId"], hook["id"]);
    let latest = of(request, "/attempts/latest");
    let attempt = play.when(&latest, |attempt| attempt["status"] == "Delivered").await?;
    assert_eq!((&attempt["id"], &attempt["webhookId"]), (&made["provisionAttempt"]["id"], &hook["id"]));
    let result = json!({
        "status": "Success", "provisionAttemptId": attempt["id"], "externalProvisionerSubscriptionId": "sub-1_A",
        "metadata": { "note": { "text": "done" }, "count": 7 },
    });
    assert_eq!(play.read("/provision-requests/unfulfilled").await?["content"][0], *request);
    let taken = play.make(&of(request, "/results"), &result).await?;
    for (name, value) in result.as_object().unwrap() {
        assert_eq!(&taken[name], value, "{name}");
    }
    assert_eq!(play.read(&of(request, "/results/latest")).await?, taken);
    let one = format!("/results/{}", taken["id"].as_str().unwrap());
    assert_eq!(play.read(&of(request, &one)).await?, taken);
    assert_eq!(play.read("/provision-requests/unfulfilled").await?["content"], json!([]));
    ground.app.drain().await
}

/// Times are told to the microsecond in one place, and to the millisecond in the other.
fn without_time(mut object: serde_json::Value) -> serde_json::Value {
    object.as_object_mut().unwrap().remove("createdDate").unwrap();
    object
}

async fn what_is_given_is_what_is_ordered(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let id = uuid::Uuid::now_v7();
    let given = json!({
        "partnerId": id, "partnerName": "Partner", "partnerDomain": "p.example", "partnerEnrollmentId": id,
        "partnerAddress": { "street": "s", "street2": "t", "city": "c", "postcode": "p", "country": "US",
                            "stateOrProvince": "CA" },
        "companyId": id, "companyName": "Company", "companyDomain": "c.example",
        "companyAddress": { "city": "c" }, "productId": id, "oldProductId": id, "productName": "Product",
        "quantity": 7, "subscriptionId": id, "type": "Renewal", "trialEndDate": "2027-01-01T00:00:00.000Z",
        "trialAutoConverts": true, "commitmentTermMonths": 12,
        "commitmentTermEndDate": "2027-11-21T00:00:00.000Z", "billingTerm": "2 Year",
        "commitment": {
            "term": { "months": 12, "endDate": "2027-11-21T00:00:00.000Z" },
            "volume": { "minAmount": 1.5, "maxAmount": 20.0, "unitOfMeasure": "EUR", "months": 6 },
        },
    });
    let details = json!({ "seats": { "value": 7 } });
    let event = json!({ "provisionRequest": given, "provisionDetail": { "details": details } });
    let made = ground.play.make(SIMULATE, &event).await?;
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(&made["provisionRequest"][name], value, "{name}");
    }
    assert_eq!(made["provisionDetail"]["details"], details);
    assert_eq!(ground.play.read(&of(&made["provisionRequest"], "")).await?, made["provisionRequest"]);
    ground.app.drain().await
}

async fn a_failed_one_can_be_tried_again_with_corrected_details(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (play, receiver) = (&ground.play, Receiver::start().await?);
    play.hook(&ground.twin, &receiver).await?;
    let made = play.make(SIMULATE, &json!({})).await?;
    let request = &made["provisionRequest"];
    play.make(&of(request, "/results"), &json!({ "status": "Fail", "errorMessage": "no such domain" }))
        .await?;
    let corrected = json!({ "domain": { "value": "other.example" } });
    let detail = play.make(&of(request, "/details"), &json!({ "details": corrected })).await?;
    assert_eq!(play.read(&of(request, "/details/latest")).await?, detail);
    let attempt = play.make(&of(request, "/attempts"), &json!({})).await?;
    assert_eq!(attempt["provisionDetailId"], detail["id"]);
    let second = receiver.arrived(2).await?[1].json();
    assert_eq!(second["provisionDetail"]["details"], corrected);
    assert_eq!(second["provisionAttempt"]["id"], attempt["id"]);
    // Of the two attempts, one was made with the new details.
    let with = format!("/attempts?provisionDetailId={}", detail["id"].as_str().unwrap());
    assert_eq!(play.read(&of(request, &with)).await?["page"]["totalElements"], 1);
    assert_eq!(play.read(&of(request, "/attempts")).await?["page"]["totalElements"], 2);
    play.make(&of(request, "/results"), &json!({ "status": "Success" })).await?;
    assert_eq!(play.post(&of(request, "/attempts"), &json!({})).await?.status, 409);
    assert_eq!(play.post(&of(request, "/details"), &json!({})).await?.status, 409);
    ground.app.drain().await
}

async fn there_has_to_be_a_provisioner(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let other = Desk::new(&ground.app, &ground.caller, "other", true).await?;
    let answer = other.post(SIMULATE, &json!({})).await?;
    super::refused(&answer, 409);
    assert!(answer.text.contains("operator"), "{answer:?}");
    // Without a webhook the order waits; what the receiver refuses is told.
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    let made = ground.play.make(SIMULATE, &json!({})).await?;
    let latest = of(&made["provisionRequest"], "/attempts/latest");
    let waits = ground.play.read(&latest).await?;
    assert_eq!((&waits["status"], &waits["webhookId"]), (&json!("Pending"), &json!(null)));
    assert!(waits["errorDetail"].as_str().is_some_and(|text| text.contains("no active webhook")), "{waits}");
    ground.play.hook(&ground.twin, &receiver).await?;
    let failed = ground.play.when(&latest, |attempt| attempt["status"] == "Failed").await?;
    assert!(failed["errorDetail"].as_str().is_some_and(|text| text.contains("500")), "{failed}");
    ground.app.drain().await
}
