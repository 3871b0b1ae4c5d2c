//! Bodies and headers of all contracts, compared with values computed by other programs (Python's `hmac` and
//! `standardwebhooks`), with the official library, and with receivers written from the contracts.

use super::*;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use kernel::contracts::{self, messaging, partner, vendor};
use platform::hex::hex;
use proptest::prelude::*;
use serde_json::json;
use sha2::Sha256;
use standardwebhooks::Webhook;
use uuid::Uuid;

const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD: &str = "a secret of the partner's own";
const EVENT: EventId = EventId(Uuid::from_u128(0x0193_4e2a_7b00_7abc_8def_0123_4567_89ab));
const DELIVERY: Delivery<'static> = Delivery {
    id: DeliveryId(Uuid::from_u128(0x0193_4e2a_7b00_7abc_8def_0123_4567_89ac)),
    attempt: 2,
    event: EVENT,
    kind: "customer.created",
    sequence: 7,
    secret_header: None,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn kept(text: &str) -> Secret {
    Secret::kept(text.into())
}

/// Half-way through a rotation of one day.
fn rotating(at: DateTime<Utc>) -> Secrets {
    Secrets::new((kept(NEW), None), vec![(kept(OLD), Some(at + OVERLAP / 2))])
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// The delivery of one event during a rotation: the body, `webhook-signature`, and the contract's headers.
type Known = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const KNOWN: &[Known] = &[
    (
        "partner",
        r#"{"id":"evt_01JD72MYR0FAY8VVR14D2PF2DB","type":"customer.created","timestamp":"2026-11-22T07:42:40.123Z","data":{"name":"Zoë"}}"#,
        "v1,aXBaVRRao8PQ6y6aKQlMTtDgPv69YeZN+ID1NBbk5ws= v1,2jVcH1bxsvopNLK1tHTRdIw8J4I2/BI5po5aOGJHcKA=",
        &[
            ("x-swell-event", "customer.created"),
            (
                "x-swell-signature",
                "t=1795333365,v1=905c0cce7dab119666cd34eff6ed013a6f9458c8d60567298268fad07b31998b",
            ),
        ],
    ),
    (
        "operator",
        r#"{"event":"customer.created","timestamp":"2026-11-22T07:42:40Z","data":{"name":"Zoë"}}"#,
        "v1,FHNAvj9oA7ci7x7HJTC/r5w7f5AYyjS7Nqdoc1ONKg0= v1,9T5HaOp7e5biIlgQr4K+K1u/x+qtf0lng7AfGd7vHxE=",
        &[
            ("x-isp-event", "customer.created"),
            ("x-isp-signature", "sha256=4c82770b191840b29ba6d8ac68fe05cb5b6ffd9b5a0b60130738defece4668df"),
        ],
    ),
    (
        "vendor",
        r#"{"name":"Zoë"}"#,
        "v1,Cd7y//DnwqfVZo8fjfoZZ+FbLuNcAmBne/RoD4rlMV0= v1,qYKL+r2jPoSkiIDNGavJZdO9tH6itd7SAb/MNnweYSU=",
        &[("x-shared-secret", NEW)],
    ),
    (
        "licensing",
        r#"{"id":"evt_01JD72MYR0FAY8VVR14D2PF2DB","type":"customer.created","timestamp":"2026-11-22T07:42:40.123Z","data":{"name":"Zoë"}}"#,
        "v1,aXBaVRRao8PQ6y6aKQlMTtDgPv69YeZN+ID1NBbk5ws= v1,2jVcH1bxsvopNLK1tHTRdIw8J4I2/BI5po5aOGJHcKA=",
        &[],
    ),
    (
        "messaging",
        r#"{"id":"evt_01JD72MYR0FAY8VVR14D2PF2DB","type":"customer.created","created_at":"2026-11-22T07:42:40.123Z","data":{"name":"Zoë"}}"#,
        "v1,MnNLspdd2KGMh33MpkoPp9TLaQem3/PycyRzUPC9I9E= v1,fz/5y+4rH4mAI2CU9RtfWD9TP3j3izDj8GzenxQrAXM=",
        &[
            ("x-kirim-source", "kirim"),
            ("x-kirim-event", "customer.created"),
            ("x-kirim-event-id", "evt_01JD72MYR0FAY8VVR14D2PF2DB"),
            ("x-kirim-delivery-id", "wbd_01JD72MYR0FAY8VVR14D2PF2DC"),
            ("x-kirim-attempt", "2"),
            (
                "x-kirim-signature",
                "t=1795333365,v1=fdae0886d675b01b845d6ef19f00c2cf19693896f13d78ff09457c8c3048d5a4,v1=0d8d4f743375d26b8484d7490deb32390cd0ad7154c97ae1e81dceafe87b3ee7",
            ),
        ],
    ),
];

#[test]
fn all_is_as_other_programs_compute_it() {
    let payload = RawJson::new(&json!({ "name": "Zoë" })).unwrap();
    let event = Event {
        id: EVENT,
        kind: DELIVERY.kind,
        resource: "",
        payload: &payload,
        at: at("2026-11-22T07:42:40.123456Z"),
    };
    for (contract, body, signature, own) in KNOWN {
        let form = format_of(contracts::find(contract).unwrap()).unwrap();
        let bytes = form.body(&event).unwrap();
        assert_eq!(str::from_utf8(&bytes).unwrap(), *body, "{contract}");
        let at = at("2026-11-22T07:42:45.9Z");
        let headers = form.headers(&DELIVERY, &bytes, at, &rotating(at)).unwrap();
        let all = [
            ("content-type", "application/json"),
            ("webhook-id", "evt_01JD72MYR0FAY8VVR14D2PF2DB"),
            ("webhook-timestamp", "1795333365"),
            ("webhook-signature", signature),
            ("webhook-sequence", "7"),
        ];
        for (name, expected) in all.iter().chain(*own) {
            assert_eq!(text(&headers, name), *expected, "{contract}: {name}");
        }
        assert_eq!(headers.len(), all.len() + own.len(), "{contract}: nothing else is told");
    }
    assert_eq!(KNOWN.len(), contracts::ALL.len());
}

/// What Meta has sent is passed on as recorded; the values are Python's.
#[test]
fn events_of_meta_have_no_envelope() {
    let messaging = format_of(&messaging::CONTRACT).unwrap();
    let body = r#"{"object":"whatsapp_business_account","entry":[{"id":"1"}],"kirim":{"message_id":"Zoë"}}"#;
    let payload: RawJson = serde_json::from_str(body).unwrap();
    let at = at("2026-11-22T07:42:45.9Z");
    for kind in ["message.received", "message.status"] {
        let event = Event { id: EVENT, kind, resource: "message", payload: &payload, at };
        let bytes = messaging.body(&event).unwrap();
        assert_eq!(str::from_utf8(&bytes).unwrap(), body);
        let headers = messaging.headers(&Delivery { kind, ..DELIVERY }, &bytes, at, &rotating(at)).unwrap();
        for (name, expected) in [
            ("x-kirim-source", "meta"),
            ("x-kirim-event", kind),
            (
                "webhook-signature",
                "v1,Lxqi6w/bAkVdJKew8dLAA6+0f6Ji8MseHk+m5YPmnvk= v1,XJRUNkk/A5Jye3ssjlTcV4s3/EnitygOuJjr+jkyHuc=",
            ),
            (
                "x-kirim-signature",
                "t=1795333365,v1=09a1eea9ee988714dcceda44bffd6d6084b145bc2565370ed3d0a04df838449a,v1=9ceb95cfa8fb00f934938249353ba53cf5e29c5425e1b438520517cf48423e42",
            ),
        ] {
            assert_eq!(text(&headers, name), expected, "{kind}: {name}");
        }
    }
    let sent = Event { id: EVENT, kind: "message.sent", resource: "message", payload: &payload, at };
    let body = messaging.body(&sent).unwrap();
    assert!(body.starts_with(br#"{"id":"evt_01JD72MYR0FAY8VVR14D2PF2DB","type":"message.sent","#));
}

#[test]
fn the_example_of_the_standards_libraries_comes_out() {
    let body = br#"{"test": 2432232314}"#;
    let signature = signing::v1(
        &kept("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        body,
    );
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_secret_is_made_where_none_is_given() {
    for contract in contracts::ALL {
        let (name, webhooks) = (contract.name, format_of(contract).unwrap());
        assert!(webhooks.secret(None).unwrap().reveal().starts_with("whsec_"), "{name}");
        let given = webhooks.secret(Some("sixteen letters!"));
        assert_eq!(given.is_ok(), webhooks.minimum.is_some(), "{name}");
        assert!(webhooks.secret(Some("fifteen letters")).is_err(), "{name}");
    }
}

#[test]
fn the_vendors_header_is_the_webhooks_and_marked_as_secret() {
    let header = "Authorization".parse().unwrap();
    let delivery = Delivery { secret_header: Some(&header), ..DELIVERY };
    let now = Utc::now();
    let headers =
        format_of(&vendor::CONTRACT).unwrap().headers(&delivery, b"{}", now, &rotating(now)).unwrap();
    assert_eq!(text(&headers, "authorization"), NEW);
    assert!(!headers.contains_key("x-shared-secret"));
    let secret = headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.as_str());
    assert_eq!(secret.collect::<Vec<_>>(), ["authorization"]);
    assert!(!format!("{headers:?}").contains(NEW));
}

#[test]
fn no_type_of_event_breaks_a_header() {
    let delivery = Delivery { kind: "é\r\nX: 1 100%", ..DELIVERY };
    for (contract, name) in
        [("partner", "x-swell-event"), ("operator", "x-isp-event"), ("messaging", "x-kirim-event")]
    {
        let format = format_of(contracts::find(contract).unwrap()).unwrap();
        let headers = format.headers(&delivery, b"{}", Utc::now(), &kept(NEW).into()).unwrap();
        assert_eq!(text(&headers, name), "%C3%A9%0D%0AX:%201%20100%25");
    }
}

/// Verifies with the official library; a secret that is not in the standard's form is passed as raw bytes.
fn standard_accepts(headers: &HeaderMap, body: &[u8], secret: &str) -> bool {
    let standard = secret.starts_with("whsec_");
    let receiver = if standard { Webhook::new(secret) } else { Webhook::from_bytes(secret.into()) };
    receiver.unwrap().verify(body, headers).is_ok()
}

fn hex_of(secret: &str, parts: &[&[u8]]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex(&parts.iter().fold(mac, Mac::chain_update).finalize().into_bytes())
}

/// Verifies by `t=…,v1=…[,v1=…]`.
fn timed_accepts(header: &str, body: &[u8], secret: &str) -> bool {
    let mut parts = header.split(',').map(|part| part.split_once('=').unwrap());
    let Some(("t", at)) = parts.next() else { return false };
    let expected = hex_of(secret, &[at.as_bytes(), b".", body]);
    parts.any(|(version, signature)| version == "v1" && signature == expected)
}

/// Verifies by the contract's own header; `None` if it has none.
fn own_accepts(contract: &str, headers: &HeaderMap, body: &[u8], secret: &str) -> Option<bool> {
    match contract {
        "partner" => Some(timed_accepts(text(headers, "x-swell-signature"), body, secret)),
        "messaging" => Some(timed_accepts(text(headers, "x-kirim-signature"), body, secret)),
        "operator" => {
            let expected = format!("sha256={}", hex_of(secret, &[body]));
            Some(text(headers, "x-isp-signature") == expected)
        }
        _ => None,
    }
}

fn secrets() -> impl Strategy<Value = String> {
    let made = any::<[u8; 32]>().prop_map(|bytes| format!("whsec_{}", BASE64_STANDARD.encode(bytes)));
    prop_oneof![made, "\\PC{16,80}"]
}

/// The text with one character changed.
fn changed(text: &str, place: prop::sample::Index) -> String {
    let mut letters: Vec<_> = text.chars().collect();
    let place = place.index(letters.len());
    letters[place] = if letters[place] == 'x' { 'y' } else { 'x' };
    letters.into_iter().collect()
}

proptest! {
    /// A receiver with the secret accepts the delivery and nothing else; without it, it accepts nothing.
    #[test]
    fn what_was_sent_verifies_and_nothing_else(
        body in ".{1,300}", secret in secrets(), other in secrets(), place in any::<prop::sample::Index>(),
    ) {
        prop_assume!(secret != other);
        let (another, now) = (changed(&body, place), Utc::now());
        for contract in contracts::ALL {
            let (name, webhooks) = (contract.name, format_of(contract).unwrap());
            let headers = webhooks.headers(&DELIVERY, body.as_bytes(), now, &kept(&secret).into()).unwrap();
            for (body, with, expected) in
                [(&body, &secret, true), (&another, &secret, false), (&body, &other, false)]
            {
                let body = body.as_bytes();
                let own = own_accepts(name, &headers, body, with);
                prop_assert_eq!(standard_accepts(&headers, body, with), expected, "{}", name);
                prop_assert_eq!(own.unwrap_or(expected), expected, "{}", name);
            }
        }
    }

    /// The id and time of another delivery are rejected.
    #[test]
    fn id_and_time_are_signed(secret in secrets(), later in 1..200_i64) {
        let now = Utc::now();
        let format = format_of(&partner::CONTRACT).unwrap();
        let signed = format.headers(&DELIVERY, b"{}", now, &kept(&secret).into()).unwrap();
        let then = (now + TimeDelta::seconds(later)).timestamp();
        let others = [("webhook-id", EventId::new().to_string()), ("webhook-timestamp", then.to_string())];
        for (name, other) in others {
            let mut headers = signed.clone();
            headers.insert(name, HeaderValue::try_from(other).unwrap());
            let accepted = standard_accepts(&headers, b"{}", &secret);
            prop_assert!(!accepted, "{}", name);
        }
        let (now, then) = (now.timestamp().to_string(), then.to_string());
        let own = text(&signed, "x-swell-signature").replacen(&now, &then, 1);
        let accepted = timed_accepts(&own, b"{}", &secret);
        prop_assert!(!accepted);
    }

    /// During a rotation a receiver may have either secret; afterwards only the new one.
    #[test]
    fn either_secret_verifies_while_they_change(new in secrets(), old in secrets(), body in ".{0,300}") {
        prop_assume!(new != old);
        let (now, body) = (Utc::now(), body.as_bytes());
        for contract in contracts::ALL {
            let (name, webhooks) = (contract.name, format_of(contract).unwrap());
            for (until, both) in [(now + TimeDelta::seconds(1), true), (now, false)] {
                let secrets = Secrets::new((kept(&new), None), vec![(kept(&old), Some(until))]);
                let headers = webhooks.headers(&DELIVERY, body, now, &secrets).unwrap();
                prop_assert!(standard_accepts(&headers, body, &new));
                prop_assert_eq!(standard_accepts(&headers, body, &old), both);
                prop_assert_ne!(own_accepts(name, &headers, body, &new), Some(false));
                // A header with room for one signature has that of the newest secret.
                let own = own_accepts(name, &headers, body, &old).unwrap_or_default();
                prop_assert_eq!(own, both && name == "messaging", "{}", name);
            }
        }
    }

    /// Several secrets without an end: a receiver may have any of them, and one that was revoked or has ended no more.
    #[test]
    fn each_live_secret_verifies(all in prop::collection::hash_set(secrets(), 2..=MOST_SECRETS), ended in any::<bool>()) {
        let (all, now): (Vec<_>, _) = (all.into_iter().collect(), Utc::now());
        let end = |place: usize| (ended && place == 0).then_some(now);
        let mut kept: Vec<_> = all.iter().enumerate().map(|(place, one)| (kept(one), end(place))).collect();
        let secrets = Secrets::new(kept.remove(0), kept);
        let headers = format_of(&messaging::CONTRACT).unwrap().headers(&DELIVERY, b"{}", now, &secrets).unwrap();
        for (place, secret) in all.iter().enumerate() {
            let expected = !(ended && place == 0);
            prop_assert_eq!(standard_accepts(&headers, b"{}", secret), expected);
            prop_assert_eq!(own_accepts("messaging", &headers, b"{}", secret), Some(expected));
        }
    }
}
