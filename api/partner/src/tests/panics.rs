//! A handler that panics.

use crate::Partner;
use edge::{Edge, state::App};
use kernel::{Kernel, enqueuer::Outbox};
use platform::{Clock, config::Settings};
use poem::{Endpoint, Request, endpoint::make_sync};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_but_the_request() {
    let mut settings = Settings::default();
    settings.database.url = "sqlite::memory:".into();
    let kernel = Kernel::open(settings, Clock::system(), &Outbox).await.unwrap();
    let app = Arc::new(App::new(kernel, CancellationToken::new()).unwrap());
    let edge = Edge::new(app, &Partner, make_sync(|_| -> String { panic!("a secret") }));
    let uri = "/api/v1/health".parse().unwrap();
    let request = Request::builder().uri(uri).header("x-request-id", "request-0001").finish();
    let answer = edge.call(request).await.unwrap();
    assert_eq!(answer.status(), 500);
    let body = answer.into_body().into_string().await.unwrap();
    assert!(body.contains("request-0001") && !body.contains("secret"), "{body}");
}
