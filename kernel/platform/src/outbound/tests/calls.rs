//! Calls that are answered, and those that never begin.

use super::{
    super::resolver::allowed,
    receiver::{LONG, Receiver, call, client, post},
    *,
};
use bytes::Bytes;
use chrono::{TimeZone, Utc};
use futures::future;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt, sync::Barrier};

/// The error for a name that resolves to a forbidden address: without the address or what it is.
const NOT_ALLOWED: &str = "refused: the host resolves to an address that is not allowed";

const EMPTY: &str = "HTTP/1.1 204 No Content\r\n\r\n";

#[tokio::test]
async fn an_allowed_receiver_gets_the_request_as_it_is_given() {
    let receiver =
        Receiver::always("HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 5\r\n\r\nlater").await;
    let headers =
        HeaderMap::from_iter([(HeaderName::from_static("webhook-id"), HeaderValue::from_static("msg_1"))]);
    let answer = post(&client(), &receiver.url(), headers, LONG).await.unwrap();
    assert_eq!((answer.status, answer.is_success(), &*answer.first), (503, false, &b"later"[..]));
    assert_eq!(answer.retry_after.as_deref(), Some("7"));
    assert!(answer.took < LONG.total);
    let request = receiver.requests.lock().unwrap()[0][0].clone();
    assert!(request.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{request}");
    for header in ["webhook-id: msg_1", "content-length: 2", "user-agent: Switchyard/"] {
        assert!(request.contains(header), "{request}");
    }
    assert!(request.ends_with("\r\n\r\n{}"), "{request}");
}

/// The connector itself refuses: the check of the URL, which knows this name, is passed by.
#[tokio::test]
async fn a_name_that_leads_to_loopback_is_refused_by_the_connector() {
    let receiver = Receiver::always(EMPTY).await;
    let url = format!("http://localhost:{}/", receiver.port).parse().unwrap();
    let client = Client::new(&settings(&["10.0.0.0/8"]));
    let failure = client.exchange(&url, HeaderMap::new(), Bytes::new(), LONG).await.unwrap_err();
    assert_eq!(failure.to_string(), NOT_ALLOWED);
    let detail = failure.detail().unwrap();
    assert!(detail.contains(" is loopback (RFC "), "{detail}");
    assert_eq!(receiver.counts(), [0; 0], "a connection was made");
}

/// Where `localhost` has an address of each family, the connector is left with the allowed one.
#[tokio::test]
async fn a_name_that_leads_to_an_allowed_address_is_called() {
    let receiver = Receiver::always(EMPTY).await;
    let url = client().rules().check_url(&format!("http://localhost:{}/", receiver.port)).unwrap();
    assert_eq!(call(&client(), &url, LONG).await.unwrap().status, 204);
    assert_eq!(receiver.counts(), [1]);
}

#[tokio::test]
async fn each_call_checks_its_url_again() {
    let receiver = Receiver::always(EMPTY).await;
    let client = Client::new(&config::Settings::default().outbound);
    for (url, name) in [
        (receiver.url(), "refused: the scheme must be https"),
        ("https://0x7f.1/".parse().unwrap(), "refused: the address 127.0.0.1 is loopback (RFC 1122)"),
        ("https://[::1]/".parse().unwrap(), "refused: the address ::1 is loopback (RFC 4291)"),
        (
            "https://localhost/".parse().unwrap(),
            "refused: the host localhost is a name of this machine (RFC 6761)",
        ),
    ] {
        let failure = call(&client, &url, LONG).await.unwrap_err();
        assert_eq!((failure.class(), failure.to_string()), ("refused", name.to_owned()));
    }
    assert_eq!(receiver.counts(), [0; 0], "a connection was made");
}

#[test]
fn of_several_addresses_the_refused_are_left_out() {
    let allowed = |found: &[&str]| {
        let found = found.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
        let addresses = allowed(strict(), found).map_err(|failure| failure.to_string())?;
        Ok::<_, String>(addresses.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>())
    };
    assert_eq!(
        allowed(&["10.0.0.1", "8.8.8.8", "::1", "2600::1"]),
        Ok(vec!["8.8.8.8".into(), "2600::1".into()])
    );
    assert_eq!(allowed(&["10.0.0.1", "::1"]), Err(NOT_ALLOWED.into()));
    assert_eq!(allowed(&[]), Err("the host has no address: none was found".into()));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let target = Receiver::always(EMPTY).await;
    for location in [target.url().as_str(), "http://169.254.169.254/latest/meta-data/", "//10.1.2.3/"] {
        for status in [301, 302, 303, 307, 308] {
            let head = format!("HTTP/1.1 {status} Go\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
            let receiver = Receiver::always(head).await;
            assert_eq!(call(&client(), &receiver.url(), LONG).await.unwrap().status, status);
            assert_eq!(receiver.counts(), [1]);
        }
    }
    assert_eq!(target.counts(), [0; 0], "a redirect was followed");
}

#[tokio::test]
async fn a_connection_is_used_again_unless_its_answer_was_too_long() {
    const ALL: usize = 1 << 20;
    let body = "x".repeat(ALL);
    let receiver = Receiver::always(format!("HTTP/1.1 200 OK\r\ncontent-length: {ALL}\r\n\r\n{body}")).await;
    let client = client();
    for keep in [ALL + 1, ALL, 99, 0, ALL, ALL] {
        let answer = call(&client, &receiver.url(), Limits { keep, ..LONG }).await.unwrap();
        assert_eq!(answer.first.len(), keep.min(ALL));
    }
    assert_eq!(receiver.counts(), [3, 1, 2]);
}

/// Each round is answered when all of its calls have come, so that they need a connection each.
#[tokio::test]
async fn sixty_four_calls_at_once_find_their_connections_again() {
    let together = Arc::new(Barrier::new(64));
    let receiver = Receiver::start(move |mut connection| {
        let together = together.clone();
        async move {
            loop {
                connection.request().await?;
                together.wait().await;
                connection.stream.write_all(EMPTY.as_bytes()).await?;
            }
        }
    })
    .await;
    let (client, url) = (client(), receiver.url());
    let round = async || {
        let answers = future::join_all((0..64).map(|_| call(&client, &url, LONG))).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Answer::is_success)), "{answers:?}");
        receiver.counts().len()
    };
    // A connection is kept a moment after its answer is given out: now and then, one more is made.
    let mut connections = 0;
    while connections != round().await {
        connections = receiver.counts().len();
        assert!(connections <= 256, "connections are not kept");
    }
}

#[test]
fn a_receiver_may_ask_for_a_pause() {
    let now = Utc.with_ymd_and_hms(1994, 11, 6, 8, 49, 7).unwrap();
    let pause = |text: &str| {
        let retry_after = Some(text.to_owned());
        Answer { status: 429, retry_after, first: vec![], took: Duration::ZERO }.pause(now)
    };
    for (text, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("18446744073709551615", Some(u64::MAX)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
        ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
        ("18446744073709551616", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
    ] {
        assert_eq!(pause(text), seconds.map(Duration::from_secs), "{text}");
    }
}
