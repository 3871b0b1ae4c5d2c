//! A process killed at any point of a request: after a retry, the request was executed once.

use super::{Api, CUSTOMERS, customer};
use crate::app::{Answer, Caller, PATIENCE, Pairing, both};
use anyhow::Result;
use harness::until;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

both!(an_answer_that_was_lost_is_given_again, wherever_it_is_killed_it_happens_once);

async fn create(caller: &Caller, key: &str) -> Result<Answer> {
    let request = caller.request(Method::POST, CUSTOMERS).header("idempotency-key", key);
    caller.send(request.json(&customer(&format!("{key}@example.com")))).await
}

/// Sends it until there is an answer.
async fn insist(caller: &Caller, key: &str) -> Result<Answer> {
    until("the request is answered", PATIENCE, async || {
        Ok(create(caller, key).await.ok().filter(|answer| answer.status == 201))
    })
    .await
}

async fn count(api: &Api, table: &str) -> Result<i64> {
    use sea_orm::{ConnectionTrait, Statement};
    let db = api.kernel.db.reader();
    let sql = Statement::from_string(db.get_database_backend(), format!("select count(*) as n from {table}"));
    Ok(db.query_one_raw(sql).await?.unwrap().try_get("", "n")?)
}

/// Passes a request on, and swallows the answer.
async fn swallow(listener: TcpListener, server: String) -> Result<()> {
    let (mut client, _) = listener.accept().await?;
    let mut server = TcpStream::connect(server).await?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        server.write_all(&buffer[..read]).await?;
    }
}

/// Between the effect and the answer's arrival: the effect is there, the caller knows nothing of it.
async fn an_answer_that_was_lost_is_given_again(pairing: Pairing) -> Result<()> {
    let mut api = Api::start(pairing, 1, &[]).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let lossy = Caller::new(&format!("http://{}/partner", listener.local_addr()?), &api.key)?;
    let proxy = tokio::spawn(swallow(listener, api.address(0).to_owned()));
    let lost = tokio::spawn(async move { create(&lossy, "lost").await });
    until("the effect is there", PATIENCE, async || Ok((count(&api, "customers").await? == 1).then_some(())))
        .await?;
    api.kill(0);
    proxy.abort();
    assert!(lost.await?.is_err(), "the caller has no answer");
    api.restart(0).await?;
    let caller = &api.callers()?[0];
    let again = insist(caller, "lost").await?;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert!(again.json()["data"]["id"].as_str().is_some_and(|id| id.starts_with("cust_")));
    assert_eq!(
        (count(&api, "customers").await?, count(&api, "events where resource = 'customer'").await?),
        (1, 1)
    );
    Ok(())
}

/// At moments spread over the whole request, from before it arrives to after its answer.
async fn wherever_it_is_killed_it_happens_once(pairing: Pairing) -> Result<()> {
    const ROUNDS: u32 = 20;
    let mut api = Api::start(pairing, 1, &[]).await?;
    let (mut lost, mut replayed) = (0, 0);
    for round in 0..ROUNDS {
        let (caller, key) = (api.callers()?.remove(0), format!("round-{round}"));
        let asked = tokio::spawn({
            let (caller, key) = (caller.clone(), key.clone());
            async move { create(&caller, &key).await }
        });
        // Where in the request this is, is the point's to vary, not the test's to know.
        tokio::time::sleep(Duration::from_micros(700) * round).await;
        api.kill(0);
        let before = asked.await?.ok().filter(|answer| answer.status == 201);
        api.restart(0).await?;
        let after = insist(&caller, &key).await?;
        lost += u32::from(before.is_none());
        replayed += u32::from(after.header("idempotent-replayed") == "true");
        if let Some(before) = before {
            assert_eq!(before.text, after.text);
        }
        let path = format!("{CUSTOMERS}/{}", after.json()["data"]["id"].as_str().unwrap());
        assert_eq!(caller.get(&path).await?.status, 200);
    }
    println!("{lost} of {ROUNDS} answers were lost, {replayed} requests had been done before");
    let rounds = i64::from(ROUNDS);
    assert_eq!(count(&api, "customers").await?, rounds);
    assert_eq!(count(&api, "events where resource = 'customer'").await?, rounds);
    let patched = api.callers()?[0].patch("/api/v1/customers/cust_none", &json!({})).await?;
    assert_eq!(patched.status, 404, "nothing is held any more");
    Ok(())
}
