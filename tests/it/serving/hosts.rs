//! Contracts at the root of their own host.

use crate::app::{Caller, Pairing, TestApp, both};
use anyhow::{Context, Result};
use kernel::auth::keys::NewKey;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;

both!(the_partner_contract_is_at_the_root_of_its_host, the_vendor_contract_is_at_the_root_of_its_host);

const PARTNER: &str = "partner.example.com";
const VENDOR: &str = "vendor.example.com";

/// Somebody who finds both hosts, and any other, where the front end is.
struct Site {
    app: TestApp,
    caller: Caller,
    client: Client,
    port: u16,
}

impl Site {
    async fn new(pairing: Pairing) -> Result<Self> {
        let mut app = TestApp::new(pairing, |settings| {
            for (contract, host) in [("partner", PARTNER), ("vendor", VENDOR)] {
                host.clone_into(settings.http.hosts.get_mut(contract).unwrap());
            }
        })
        .await?;
        let caller = app.serve().await?;
        let address: SocketAddr = caller.address().parse()?;
        let named = |builder: reqwest::ClientBuilder, name| builder.resolve(name, address);
        let client = [PARTNER, VENDOR, "PARTNER.example.com.", "other.example.com"].into_iter();
        let client = client.fold(Client::builder(), named).build()?;
        Ok(Self { app, caller, client, port: address.port() })
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    async fn get(&self, host: &str, path: &str) -> Result<Response> {
        Ok(self.client.get(self.url(host, path)).send().await?)
    }

    /// A caller of the partner contract at its own host.
    fn partner(&self) -> Result<Caller> {
        let key = self.caller.key().context("no key")?;
        Ok(Caller::with_client(self.client.clone(), &self.url(PARTNER, ""), key))
    }

    /// What both hosts have besides their contract.
    async fn has_health_and_document(&self, host: &str, contract: &str) -> Result<Value> {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(self.get(host, path).await?.status(), StatusCode::OK, "{path}");
        }
        let page = self.get(host, "/docs").await?.text().await?;
        assert!(page.contains("data-document=\"/openapi.json\""), "{page}");
        let asset =
            page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).context("no program")?;
        assert_eq!(self.get(host, asset).await?.status(), StatusCode::OK);
        let document = self.get(host, "/openapi.json").await?.text().await?;
        assert!(!document.contains(&format!("/{contract}/")), "a link below the mount");
        let ordinary =
            self.get("other.example.com", &format!("/{contract}/openapi.json")).await?.text().await?;
        assert_eq!(Some(ordinary), api::openapi(contract));
        Ok(serde_json::from_str(&document)?)
    }
}

fn customer(email: &str) -> Value {
    json!({
        "email": email, "firstName": "John", "lastName": "Doe",
        "serviceAddress": { "street1": "1 Main", "city": "Escondido", "state": "CA", "zip": "92025" },
    })
}

async fn the_partner_contract_is_at_the_root_of_its_host(pairing: Pairing) -> Result<()> {
    let site = Site::new(pairing).await?;
    let own = site.partner()?;
    let made = own.post("/api/v1/customers", &customer("own@example.com")).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["data"]["id"].as_str().context("no id")?.to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/customers/{id}"));
    assert_eq!(own.get(made.header("location")).await?.status, 200);
    let below = site.caller.get(&format!("/api/v1/customers/{id}")).await?;
    assert_eq!(
        (below.status, below.json()["data"]["id"].as_str()),
        (200, Some(&*id)),
        "on other hosts as ever"
    );
    // Given again elsewhere, an answer says where things are there.
    let post = |caller: &Caller| {
        let request =
            caller.request(reqwest::Method::POST, "/api/v1/customers").header("idempotency-key", "one");
        request.json(&customer("again@example.com"))
    };
    let first = site.caller.send(post(&site.caller)).await?;
    let again = own.send(post(&own)).await?;
    assert_eq!((first.status, again.status, again.header("idempotent-replayed")), (201, 201, "true"));
    assert_eq!(first.header("location"), format!("/partner{}", again.header("location")));
    own.get("/partner/api/v1/customers").await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    own.get("/").await?.refused(StatusCode::NOT_FOUND, "NOT_FOUND");
    let written = site.get("PARTNER.example.com.", "/api/v1/customers").await?;
    assert_eq!(written.status(), StatusCode::UNAUTHORIZED, "however the name is written");
    for host in ["other.example.com", VENDOR] {
        assert_eq!(site.get(host, "/api/v1/customers").await?.status(), StatusCode::NOT_FOUND, "{host}");
    }
    let forwarded = site.client.get(site.url("other.example.com", "/api/v1/customers"));
    let forwarded = forwarded.header("x-forwarded-host", PARTNER).send().await?;
    assert_eq!(forwarded.status(), StatusCode::NOT_FOUND, "what a proxy says of it is not looked at");
    assert_eq!(site.get(PARTNER, "/metrics").await?.status(), StatusCode::NOT_FOUND);
    let document = site.has_health_and_document(PARTNER, "partner").await?;
    assert_eq!(document["servers"][0]["url"], "/");
    site.app.drain().await
}

async fn the_vendor_contract_is_at_the_root_of_its_host(pairing: Pairing) -> Result<()> {
    let site = Site::new(pairing).await?;
    let made = site.app.key_with(NewKey::plain("fiber", "vendor", "test")).await?;
    let wanted = json!({
        "grant_type": "client_credentials", "audience": "api://provisioning",
        "client_id": made.record.id.to_string(), "client_secret": made.secret,
    });
    let document = site.has_health_and_document(VENDOR, "vendor").await?;
    assert_eq!(document["servers"][0]["url"], "/v2");
    let token_url = document.pointer("/components/securitySchemes/OAuth2/flows/clientCredentials/tokenUrl");
    let token_url = token_url.and_then(Value::as_str).context("no tokenUrl")?;
    let keys = site.get(VENDOR, "/.well-known/jwks.json").await?;
    assert_eq!(keys.status(), StatusCode::OK);
    let token = site.client.post(site.url(VENDOR, token_url)).json(&wanted).send().await?;
    let token: Value = token.error_for_status()?.json().await?;
    let token = token["access_token"].as_str().context("no token")?;
    let hosts = [(VENDOR, "/v2/provisioners"), ("other.example.com", "/vendor/v2/provisioners")];
    for (host, path) in hosts {
        let listed = site.client.get(site.url(host, path)).bearer_auth(token).send().await?;
        assert_eq!(listed.status(), StatusCode::OK, "{host}{path}");
    }
    let unknown = site.get(VENDOR, "/v2/nowhere").await?;
    let (status, body) = (unknown.status(), unknown.json::<Value>().await?);
    assert_eq!((status, &body["status"]), (StatusCode::NOT_FOUND, &json!(404)), "in the contract's envelope");
    site.app.drain().await
}
