//! Published payloads are delivered verbatim.

use crate::app::{Pairing, Receiver, TestApp, both};
use anyhow::Result;
use serde_json::json;

both!(a_payload_goes_out_as_it_was_written);

/// Numbers beyond 64 bits, money, an order of properties, and a name that is there twice.
const PAYLOAD: &str = r#"{"z":12345678901234567890123,"amount":12345678901234567.89,"a":1.50,"m":{"b":1e2,"a":[-0.0]},"a":"\u00e9"}"#;

async fn a_payload_goes_out_as_it_was_written(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::delivering(pairing, |_| {}).await?;
    let receiver = Receiver::start().await?;
    let hook = caller.hook(&receiver, json!({})).await?;
    let body =
        format!("{{ \"eventType\": \"meter.read\",\n \"payload\": {} }}", PAYLOAD.replace(',', " ,\t"));
    let is_verbatim = |number: usize, arrived: &[crate::app::Arrival]| {
        let text = String::from_utf8_lossy(&arrived[number].body);
        assert!(text.contains(&format!("\"data\":{PAYLOAD}")), "{text}");
        assert!(arrived[number].is_signed_with(&hook.secret));
    };
    // The first is behind the webhook's registration, the second alone: they go different ways through the database.
    for number in 0..2 {
        let published = caller.post_text("/api/v1/events", "application/json", body.clone()).await?;
        assert_eq!(published.status, 202, "{published:?}");
        is_verbatim(number, &receiver.arrived(number + 1).await?);
    }
    let log = caller.get(&format!("{}/deliveries", hook.path)).await?;
    assert!(log.text.contains(PAYLOAD), "{log:?}");
    let replay = caller.post(&format!("{}/replay", hook.path), &json!({ "fromSequence": 1 })).await?;
    assert_eq!(replay.status, 202, "{replay:?}");
    is_verbatim(3, &receiver.arrived(4).await?);
    let test = body.replace("meter.read", "ticket.created");
    let tested = caller.post_text("/api/v1/webhooks/test", "application/json", test).await?;
    assert_eq!(tested.status, 200, "{tested:?}");
    is_verbatim(4, &receiver.arrived(5).await?);
    let nul = body.replace("\\u00e9", "\\u0000");
    let refused = caller.post_text("/api/v1/events", "application/json", nul).await?;
    assert_eq!((refused.status, refused.text.contains("payload.a")), (400, true), "{refused:?}");
    app.drain().await
}
