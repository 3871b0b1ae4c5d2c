//! Headers for browsers.

use crate::app::{Caller, Pairing, TestApp};
use anyhow::Result;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;

const PORTAL: &str = "https://portal.example.com";
const CUSTOMERS: &str = "/api/v1/customers";

async fn serving(origins: &[&str]) -> Result<(TestApp, Caller)> {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    let mut app = TestApp::new(Pairing::Embedded, |settings| settings.http.cors_origins = origins).await?;
    let caller = app.serve().await?;
    Ok((app, caller))
}

async fn preflight(caller: &Caller, origin: &str) -> Result<Response> {
    let ask = caller.with_key(None).request(Method::OPTIONS, CUSTOMERS).header("origin", origin);
    let ask = ask.header("access-control-request-method", "PATCH");
    Ok(ask.header("access-control-request-headers", "content-type,x-api-key").send().await?)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_listed_origins_may_call() -> Result<()> {
    let (app, caller) = serving(&[PORTAL, "https://other.example.com"]).await?;
    let may = preflight(&caller, PORTAL).await?;
    assert_eq!((may.status(), header(&may, "access-control-allow-origin")), (StatusCode::NO_CONTENT, PORTAL));
    assert!(header(&may, "access-control-allow-methods").contains("PATCH"));
    for name in ["X-API-Key", "Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "Prefer"] {
        assert!(header(&may, "access-control-allow-headers").contains(name), "{name}");
    }
    let answer = caller.request(Method::GET, CUSTOMERS).header("origin", PORTAL).send().await?;
    assert_eq!((answer.status(), header(&answer, "access-control-allow-origin")), (StatusCode::OK, PORTAL));
    assert!(header(&answer, "access-control-expose-headers").contains("X-Request-Id"));
    assert_eq!(header(&answer, "vary"), "Origin");
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_may_not() -> Result<()> {
    for origins in [&[PORTAL][..], &[]] {
        let (app, caller) = serving(origins).await?;
        let may = preflight(&caller, "https://evil.example.com").await?;
        assert_eq!(may.status(), StatusCode::METHOD_NOT_ALLOWED, "as without a question");
        assert_eq!(header(&may, "access-control-allow-origin"), "");
        let created = caller.request(Method::POST, CUSTOMERS).header("origin", "https://evil.example.com");
        let created = created.json(&json!({})).send().await?;
        assert_eq!(created.status(), 400, "answered, but the browser keeps it from the page");
        assert_eq!(header(&created, "access-control-allow-origin"), "");
        app.drain().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_origin_is_a_setting() -> Result<()> {
    let (app, caller) = serving(&["*"]).await?;
    assert_eq!(header(&preflight(&caller, PORTAL).await?, "access-control-allow-origin"), "*");
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_guarded() -> Result<()> {
    let (app, caller) = serving(&[]).await?;
    let site = format!("http://{}", caller.address());
    for (path, cached) in [
        ("/partner/api/v1/customers", "no-store"),
        ("/partner/api/v1/nowhere", "no-store"),
        ("/nowhere", "no-store"),
        ("/healthz", "no-store"),
        ("/partner/docs", "no-cache"),
    ] {
        let answer = reqwest::get(format!("{site}{path}")).await?;
        let of = |name| header(&answer, name);
        assert_eq!(of("x-content-type-options"), "nosniff", "{path}");
        assert_eq!((of("x-frame-options"), of("referrer-policy")), ("DENY", "no-referrer"), "{path}");
        assert!(of("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(of("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!((of("cache-control"), of("strict-transport-security")), (cached, ""), "{path}");
    }
    app.drain().await
}
