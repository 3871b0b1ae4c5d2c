//! The pages of the contracts' documents.

use crate::app::{Pairing, TestApp};
use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::Value;

/// What stands between the quotes of each attribute of this name.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("{name}=\"");
    page.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_contract_has_a_page_that_needs_nothing_from_elsewhere() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    let site = format!("http://{}", caller.address());
    let get = async |path: &str| anyhow::Ok(reqwest::get(format!("{site}{path}")).await?);
    let landing = get("/").await?.text().await?;
    assert_eq!(landing, get("/docs").await?.text().await?);
    let linked = attributes(&landing, "href");
    let pages: Vec<_> = linked.iter().filter(|path| path.ends_with("/docs")).collect();
    assert!(pages.contains(&&"/partner/docs"), "{landing}");
    for path in pages {
        let page = get(path).await?;
        let policy = page.headers()["content-security-policy"].to_str()?.to_owned();
        assert!(policy.contains("script-src 'self';") && policy.contains("connect-src 'self';"), "{policy}");
        let page = page.text().await?;
        let scripts = attributes(&page, "src");
        assert_eq!(scripts.len(), 2, "{page}");
        for asset in
            scripts.into_iter().chain(attributes(&page, "href")).filter(|path| !path.starts_with("data:"))
        {
            let asset = get(asset).await?;
            assert_eq!(asset.status(), StatusCode::OK);
            assert!(asset.headers()["cache-control"].to_str()?.contains("immutable"));
            let kind = asset.headers()["content-type"].to_str()?.to_owned();
            assert!(kind.starts_with("text/javascript") || kind.starts_with("text/css"), "{kind}");
            assert!(!asset.bytes().await?.is_empty());
        }
        let document = attributes(&page, "data-document").first().copied().context("no document")?;
        let document: Value = get(document).await?.json().await?;
        let server = document["servers"][0]["url"].as_str().context("no server")?;
        // Of some contracts, operations lie below a version.
        let mount = path.strip_suffix("/docs").context("no page of a contract")?;
        let below = server.strip_prefix(mount).context("tried operations reach another place")?;
        assert!(below.is_empty() || below.starts_with('/'), "{server} of {path}");
    }
    app.drain().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_of_the_contracts_refusals_are_plain() -> Result<()> {
    let mut app = TestApp::new(Pairing::Embedded, |_| {}).await?;
    let caller = app.serve().await?;
    let site = format!("http://{}", caller.address());
    for path in ["/nowhere", "/partners", "/healthz/x", "/partner/docs/x", "/docs/other.js"] {
        let answer = reqwest::get(format!("{site}{path}")).await?;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json::<Value>().await?["error"], "NOT_FOUND", "{path}");
    }
    // A client whose base address lacks the mount is told what to put there.
    let lost = reqwest::get(format!("{site}/api/v1/customers?limit=1")).await?;
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    let lost: Value = lost.json().await?;
    let message = lost["message"].as_str().context("a message")?;
    assert!(api::contracts().all(|contract| message.contains(&format!("/{contract}"))), "{message}");
    let posted = reqwest::Client::new().post(format!("{site}/healthz")).send().await?;
    assert_eq!(
        (posted.status(), &posted.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD".parse()?)
    );
    app.drain().await
}
