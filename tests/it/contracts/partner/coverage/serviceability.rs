//! `GET /api/v1/serviceability`.

use super::{super::network::operator, asked, covered, imported};
use crate::{
    app::{Answer, Pairing, both},
    contracts::partner::customer,
};
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use entities::{olt, organization};
use isp::{
    coverage,
    plans::{self, Changes, NewPlan},
};
use kernel::organizations;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

both!(
    an_address_is_served_by_its_area,
    a_point_is_served_by_an_olt_that_reaches_it,
    an_address_and_a_point_have_both_to_be_served,
    a_city_is_served_without_its_zip_code,
    why_a_place_is_not_served_is_said,
    the_most_specific_area_decides,
    bad_questions_are_refused,
    strangers_are_served_by_nobody,
    the_status_counts_the_equipment,
    only_plans_of_the_contract_make_a_place_serviceable,
    what_an_area_does_not_offer_is_not_ordered_there,
);

const LINE: &str = "address=123%20Main%20St,%20Escondido,%20CA%2092025";
const OUTSIDE: &str = "Address is outside current service area";

async fn an_address_is_served_by_its_area(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let found = asked(&caller, LINE).await?;
    let address = json!({ "street": "123 Main St", "city": "Escondido", "state": "CA", "zip": "92025" });
    assert_eq!((&found["serviceable"], &found["address"]), (&json!(true), &address));
    assert_eq!(found["nearestOLT"], json!({ "id": "olt_esc_001", "distance": 0.69 }));
    assert_eq!(found["reason"], Value::Null);
    let plans = found["availablePlans"].as_array().unwrap();
    assert_eq!(plans.len(), 5, "all that are sold");
    assert_eq!((&plans[1]["tier"], &plans[1]["monthlyPrice"]), (&json!("RESIDENTIAL_500"), &json!(79.99)));
    for query in ["city=ESCONDIDO&state=ca&zip=92025", "zip=92026-1234", "street=1%20A%20St&zip=92025"] {
        assert_eq!(asked(&caller, query).await?["serviceable"], true, "{query}");
    }
    let west = asked(&caller, &format!("{LINE}&zip=92029")).await?;
    let tiers: Vec<_> = west["availablePlans"].as_array().unwrap().iter().map(|plan| &plan["tier"]).collect();
    assert_eq!(tiers, ["RESIDENTIAL_100", "RESIDENTIAL_500"], "what the area offers");
    assert_eq!(west["nearestOLT"], Value::Null, "nobody knows how far it is");
    // Days begin by the organization's clock.
    let work = operator(&app).await?;
    let acme = organization::Entity::named("acme").one(app.kernel.db.reader()).await?.unwrap();
    organizations::set_time_zone(&work, &acme, &"Asia/Kathmandu".parse()?).await?;
    work.commit().await?;
    let found = asked(&caller, LINE).await?;
    let at: DateTime<Utc> = found["estimatedInstallDate"].as_str().unwrap().parse()?;
    assert_eq!(at.time().to_string(), "18:15:00");
    let ahead = at - app.clock.now();
    assert!(ahead > TimeDelta::days(4) && ahead <= TimeDelta::days(5), "{ahead}");
    app.drain().await
}

async fn a_point_is_served_by_an_olt_that_reaches_it(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let near = asked(&caller, "lat=33.15&lng=-117.0864").await?;
    assert_eq!(near["serviceable"], true, "{near}");
    assert_eq!(near["nearestOLT"], json!({ "id": "olt_esc_001", "distance": 2.13 }));
    assert_eq!(near["availablePlans"].as_array().unwrap().len(), 5, "of the nearest area");
    assert!(near.get("address").is_none(), "none was given");
    let far = asked(&caller, "lat=34.05&lng=-118.24").await?;
    assert_eq!((&far["serviceable"], &far["availablePlans"]), (&json!(false), &json!([])));
    assert_eq!(far["reason"], "Location is outside current service area");
    assert_eq!(far["estimatedInstallDate"], Value::Null);
    assert_eq!(far["nearestOLT"]["id"], "olt_esc_001", "however far");
    let planned = asked(&caller, "lat=33.2184&lng=-117.0342").await?;
    assert_eq!(planned["reason"], "Service is planned here, but not available yet");
    app.drain().await
}

async fn an_address_and_a_point_have_both_to_be_served(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let (near, far) = ("lat=33.12&lng=-117.09", "lat=34.05&lng=-118.24");
    for (query, served) in [
        (format!("{LINE}&{near}"), true),
        (format!("{LINE}&{far}"), false),
        (format!("zip=10001&{near}"), false),
        (format!("street=1%20A%20St&{near}"), true),
        (format!("{LINE}&lat=null&lng=null"), true),
    ] {
        assert_eq!(asked(&caller, &query).await?["serviceable"], served, "{query}");
    }
    let both = asked(&caller, &format!("{LINE}&lat=33.15&lng=-117.0864")).await?;
    assert_eq!(both["nearestOLT"]["distance"], 2.13, "from the point");
    app.drain().await
}

async fn a_city_is_served_without_its_zip_code(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    for query in ["city=Escondido&state=CA", "address=123%20Main%20St,%20Escondido,%20CA"] {
        let found = asked(&caller, query).await?;
        assert_eq!((&found["serviceable"], &found["reason"]), (&json!(true), &Value::Null), "{query}");
        let plans = found["availablePlans"].as_array().unwrap();
        let tiers: Vec<_> = plans.iter().map(|plan| &plan["tier"]).collect();
        assert_eq!(tiers, ["RESIDENTIAL_100", "RESIDENTIAL_500"], "what all of its ZIP codes are offered");
    }
    let planned = asked(&caller, "city=Valley%20Center&state=CA").await?;
    assert_eq!(planned["reason"], "Service in Valley Center begins in 2027");
    // One ZIP code is not served yet: which one it is has to be said, unless a point says it.
    let file = "kind,name,olt,city,state,zip,status\narea,North,olt_esc_001,Escondido,CA,92030,planned";
    imported(&app, file).await??;
    let answer = caller.get("/api/v1/serviceability?city=Escondido&state=CA").await?;
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    assert_eq!(details["errors"][0]["field"], "zip", "{details}");
    assert_eq!(asked(&caller, "city=Escondido&state=CA&zip=92025").await?["serviceable"], true);
    let near = "city=Escondido&state=CA&lat=33.12&lng=-117.09";
    assert_eq!(asked(&caller, near).await?["serviceable"], true);
    app.drain().await
}

async fn why_a_place_is_not_served_is_said(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    assert_eq!(asked(&caller, "zip=10001").await?["reason"], OUTSIDE);
    assert_eq!(asked(&caller, "city=Vista&state=CA").await?["reason"], OUTSIDE);
    assert_eq!(asked(&caller, "zip=92082").await?["reason"], "Service in Valley Center begins in 2027");
    let work = operator(&app).await?;
    let olts = olt::Entity::of(work.actor.organization).all(app.kernel.db.reader()).await?;
    for taken in [true, true, false] {
        let ont = coverage::take_ont(&work, olts[0].id, Uuid::now_v7()).await?;
        assert_eq!(ont.is_some(), taken, "one is faulty");
    }
    work.commit().await?;
    let reason = "No equipment is available for this location at the moment";
    for query in [LINE, "lat=33.15&lng=-117.0864"] {
        assert_eq!(asked(&caller, query).await?["reason"], reason, "{query}");
    }
    app.drain().await
}

async fn the_most_specific_area_decides(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let file = "kind,name,olt,city,state,zip,status,reason,plans
area,All of Vista,olt_esc_001,Vista,CA,,,,RESIDENTIAL_100
area,Harbor,olt_esc_001,Vista,CA,92083,planned,Soon,
area,Any city,olt_esc_001,,CA,92084,,,BUSINESS_1G
area,Gone,olt_esc_001,Vista,CA,92085,retired,Never,";
    imported(&app, file).await??;
    for (query, tier, reason) in [
        ("city=vista&state=CA", json!("RESIDENTIAL_100"), Value::Null),
        ("city=%20Vista%20&state=CA&zip=92081", json!("RESIDENTIAL_100"), Value::Null),
        ("city=Vista&state=CA&zip=92083", Value::Null, json!("Soon")),
        ("city=Vista&state=CA&zip=92084", json!("BUSINESS_1G"), Value::Null),
        ("city=Elsewhere&state=CA&zip=92084", json!("BUSINESS_1G"), Value::Null),
        ("city=Vista&state=CA&zip=92085", json!("RESIDENTIAL_100"), Value::Null),
        ("city=Vista&state=NV", Value::Null, json!(OUTSIDE)),
        ("city=Elsewhere&state=CA&zip=92083", Value::Null, json!(OUTSIDE)),
    ] {
        let found = asked(&caller, query).await?;
        assert_eq!((&found["availablePlans"][0]["tier"], &found["reason"]), (&tier, &reason), "{query}");
    }
    app.drain().await
}

async fn bad_questions_are_refused(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    for (query, fields) in [
        ("", &["address"][..]),
        ("address=", &["address"]),
        ("address=Escondido", &["address"]),
        ("address=%2C%2C", &["address"]),
        ("street=123%20Main%20St", &["city", "state"]),
        ("city=Escondido", &["state"]),
        ("state=CA", &["city"]),
        ("zip=92025&state=C", &["state"]),
        ("zip=92025&state=C4", &["state"]),
        ("zip=92025&state=California", &["state"]),
        ("zip=9202", &["zip"]),
        ("zip=92025-12", &["zip"]),
        ("zip=92025&city=a%00b", &["city"]),
        ("lat=91&lng=0", &["lat"]),
        ("lat=0&lng=181", &["lng"]),
        ("lat=-90.5&lng=-181", &["lat", "lng"]),
        ("lat=33", &["lng"]),
        ("lng=-117", &["lat"]),
        ("lat=33&lng=null", &["lng"]),
        ("lat=NaN&lng=0", &["lat"]),
        ("lat=0&lng=inf", &["lng"]),
        ("lat=north&lng=0", &["lat"]),
    ] {
        let answer = caller.get(&format!("/api/v1/serviceability?{query}")).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        let named: Vec<_> = details["errors"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
        assert_eq!(named, fields, "{query}: {details}");
    }
    app.drain().await
}

async fn strangers_are_served_by_nobody(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let stranger = caller.with_key(Some(&app.key("other").await?));
    assert_eq!(asked(&stranger, LINE).await?["reason"], OUTSIDE);
    let found = asked(&stranger, "lat=33.15&lng=-117.0864").await?;
    assert_eq!((&found["serviceable"], &found["nearestOLT"]), (&json!(false), &Value::Null));
    app.drain().await
}

async fn the_status_counts_the_equipment(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let metrics = caller.get("/api/v1/network/status").await?.json()["data"]["metrics"].take();
    assert_eq!((&metrics["totalOLTs"], &metrics["totalONTs"]), (&json!(1), &json!(3)), "one OLT is planned");
    let stranger = caller.with_key(Some(&app.key("other").await?));
    let metrics = stranger.get("/api/v1/network/status").await?.json()["data"]["metrics"].take();
    assert_eq!((&metrics["totalOLTs"], &metrics["totalONTs"]), (&json!(0), &json!(0)));
    app.drain().await
}

async fn only_plans_of_the_contract_make_a_place_serviceable(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let work = operator(&app).await?;
    let terms = Changes { monthly: Some("9.90".parse()?), ..Changes::default() };
    plans::create(&work, NewPlan { code: "VOICE_BASIC".into(), rank: 10, terms }).await?;
    work.commit().await?;
    let file =
        "kind,name,olt,city,state,zip,plans\narea,Escondido,olt_esc_001,Escondido,CA,92026,VOICE_BASIC\n";
    imported(&app, file).await??;
    let found = asked(&caller, "zip=92026&city=Escondido&state=CA").await?;
    let parts = (&found["serviceable"], &found["availablePlans"], &found["estimatedInstallDate"]);
    assert_eq!(parts, (&json!(false), &json!([]), &Value::Null), "{found}");
    assert_eq!(found["reason"], "No plan is offered at this location");
    app.drain().await
}

async fn what_an_area_does_not_offer_is_not_ordered_there(pairing: Pairing) -> Result<()> {
    let (app, caller) = covered(pairing).await?;
    let mut west = customer("west@example.com");
    west["serviceAddress"]["zip"] = "92029".into();
    let made = caller.post("/api/v1/customers", &west).await?.json();
    let order = |tier: &str, installed: bool| json!({ "customerId": made["data"]["id"], "serviceTier": tier, "alreadyInstalled": installed });
    let refused = |answer: &Answer, field: &str| {
        let faults = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR")["errors"].take();
        let expected = json!([{ "field": field, "message": "is not offered at the customer's address" }]);
        assert_eq!(faults, expected);
    };
    refused(&caller.post("/api/v1/subscriptions", &order("RESIDENTIAL_1G", false)).await?, "serviceTier");
    let made = caller.post("/api/v1/subscriptions", &order("RESIDENTIAL_100", true)).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/api/v1/subscriptions/{}/upgrade", made.json()["data"]["id"].as_str().unwrap());
    refused(&caller.post(&path, &json!({ "newTier": "BUSINESS_1G" })).await?, "newTier");
    let later = json!({ "newTier": "BUSINESS_1G", "effectiveDate": (app.clock.now() + TimeDelta::days(3)).to_rfc3339() });
    refused(&caller.post(&path, &later).await?, "newTier");
    let upgraded = caller.post(&path, &json!({ "newTier": "RESIDENTIAL_500" })).await?;
    assert_eq!(upgraded.status, 200, "{upgraded:?}");
    let installed = caller.post("/api/v1/subscriptions", &order("RESIDENTIAL_1G", true)).await?;
    assert_eq!(installed.status, 201, "what is there is there: {installed:?}");
    app.drain().await
}
