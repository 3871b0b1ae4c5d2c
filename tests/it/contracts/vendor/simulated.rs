//! An order is simulated, delivered, and answered.

use super::{Desk, Ground, SIMULATE, of};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::Result;
use entities::vendor_request::RequestType;
use futures::future::try_join_all;
use serde_json::json;

both!(
    an_order_travels_to_the_vendor_and_back,
    what_is_given_is_what_is_ordered,
    an_id_that_is_given_many_times_at_once_is_taken_once,
    a_failed_one_can_be_tried_again_with_corrected_details,
    there_has_to_be_a_provisioner,
    a_simulated_order_has_the_fields_of_a_real_one,
    right_after_an_attempt_it_is_issued,
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
    assert!(arrived.body.starts_with(br#"{"isSimulation":true,"#), "{told}");
    assert_eq!(told["provisionAttempt"]["status"], "Issued");
    // What arrives is what the operations show.
    for (part, path) in
        [("provisionRequest", of(request, "")), ("provisionDetail", of(request, "/details/latest"))]
    {
        let shown = play.read(&path).await?;
        assert_eq!(told[part], shown, "{part}");
        assert_eq!(made[part], shown, "{part}");
    }
    assert_eq!(told["provisionAttempt"]["id"], made["provisionAttempt"]["id"]);
    assert_eq!(told["provisionAttempt"]["webhookId"], hook["id"]);
    let latest = of(request, "/attempts/latest");
    let attempt = play.when(&latest, |attempt| attempt["status"] == "Acknowledged").await?;
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

async fn an_id_that_is_given_many_times_at_once_is_taken_once(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    for part in ["provisionRequest", "provisionDetail", "provisionAttempt"] {
        let order = json!({ part: { "id": uuid::Uuid::now_v7() } });
        let answers = try_join_all((0..8).map(|_| ground.play.post(SIMULATE, &order))).await?;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409], "{answers:?}");
    }
    ground.app.drain().await
}

async fn what_is_given_is_what_is_ordered(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let id = uuid::Uuid::now_v7();
    let given = json!({
        "id": uuid::Uuid::now_v7(), "createdDate": "2024-04-08T19:54:03.000Z", "partnerId": id, "partnerName": "Partner", "partnerDomain": "p.example", "partnerEnrollmentId": id,
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
    let of = |id: uuid::Uuid| json!({ "id": id, "createdDate": "2024-04-08T19:54:11.000Z" });
    let mut detail = of(uuid::Uuid::now_v7());
    detail["details"] = details.clone();
    let attempt = of(uuid::Uuid::now_v7());
    let event = json!({ "provisionRequest": given, "provisionDetail": detail, "provisionAttempt": attempt });
    let receiver = Receiver::start().await?;
    ground.play.hook(&ground.twin, &receiver).await?;
    let made = ground.play.make(SIMULATE, &event).await?;
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(&made["provisionRequest"][name], value, "{name}");
    }
    let told = receiver.arrived(1).await?[0].json();
    for (part, given) in [("provisionDetail", &detail), ("provisionAttempt", &attempt)] {
        for (name, value) in given.as_object().unwrap() {
            assert_eq!((&made[part][name], &told[part][name]), (value, value), "{part}.{name}");
        }
    }
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(&told["provisionRequest"][name], value, "{name}");
    }
    let shown = ground.play.read(&super::of(&made["provisionRequest"], "")).await?;
    assert_eq!(shown, made["provisionRequest"]);
    // An id is unique across vendors.
    for part in ["provisionRequest", "provisionDetail", "provisionAttempt"] {
        let again = json!({ (part): { "id": made[part]["id"] } });
        let faults = super::refused(&ground.play.post(SIMULATE, &again).await?, 409);
        assert_eq!(faults[0].0, format!("{part}.id"));
    }
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
    assert_eq!((&waits["status"], &waits["webhookId"]), (&json!("Issued"), &json!(null)));
    assert!(waits["errorDetail"].as_str().is_some_and(|text| text.contains("no active webhook")), "{waits}");
    ground.play.hook(&ground.twin, &receiver).await?;
    let failed = ground.play.when(&latest, |attempt| attempt["status"] == "Failed").await?;
    assert!(failed["errorDetail"].as_str().is_some_and(|text| text.contains("500")), "{failed}");
    ground.app.drain().await
}

/// What a program finds in simulation, it finds in production: the fields, and the answers that the details have.
async fn a_simulated_order_has_the_fields_of_a_real_one(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = crate::provisioning::Vendor::app(pairing).await?;
    let play = Desk::new(&app, &ground.caller, "cables", true).await?;
    let of = ground.installed_by(&vendor, "john@example.com").await?;
    for kind in ["NetNew", "ChangeProduct"] {
        if kind == "ChangeProduct" {
            let path = format!("/api/v1/subscriptions/{}/upgrade", of.id);
            let changed = ground.caller.post(&path, &json!({ "newTier": "RESIDENTIAL_1G" })).await?;
            assert_eq!(changed.status, 200, "{changed:?}");
            vendor.does(of, RequestType::ChangeProduct).await?;
        }
        let live = Desk::new(&app, &ground.caller, "cables", false).await?;
        let real = live.read("/provision-requests?sort=createdDate,desc").await?["content"][0].take();
        let simulated = play.make(SIMULATE, &json!({ "provisionRequest": { "type": kind } })).await?;
        assert_eq!(names(&simulated["provisionRequest"]), names(&real), "{kind}");
        let details = live.read(&super::of(&real, "/details/latest")).await?;
        let (sample, real) = (&simulated["provisionDetail"]["details"], &details["details"]);
        assert_eq!(
            (names(sample), names(&sample["service"])),
            (names(real), names(&real["service"])),
            "{kind}"
        );
    }
    let update =
        play.make(SIMULATE, &json!({ "provisionRequest": { "type": "Update", "quantity": 7 } })).await?;
    assert_eq!(update["provisionDetail"]["details"]["quantity"], json!({ "before": 1, "after": 7 }));
    app.drain().await
}

fn names(object: &serde_json::Value) -> Vec<&String> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().collect();
    names.sort_unstable();
    names
}

/// However soon it is read, nothing is wrong with it while there is a webhook.
async fn right_after_an_attempt_it_is_issued(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let (play, receiver) = (&ground.play, Receiver::start().await?);
    play.hook(&ground.twin, &receiver).await?;
    let made = play.make(SIMULATE, &json!({})).await?;
    for _ in 0..20 {
        let attempt = play.make(&of(&made["provisionRequest"], "/attempts"), &json!({})).await?;
        let read = play.read(&of(&made["provisionRequest"], "/attempts/latest")).await?;
        assert_eq!(read["id"], attempt["id"]);
        assert!(read["errorDetail"].is_null(), "{read}");
        assert!(read["status"] == "Issued" || read["status"] == "Acknowledged", "{read}");
    }
    receiver.arrived(21).await?;
    ground.app.drain().await
}
