//! Simulation and production are separate, at every operation.

use super::{Desk, Ground, SIMULATE, below, refused};
use crate::{
    api::{DOCUMENTS, Document, Operation},
    app::{Pairing, Receiver, both},
};
use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

both!(neither_side_touches_the_other, lists_show_one_side, only_simulation_credentials_simulate);

/// Ids by the names of the parameters in paths.
type Ids = Value;

/// One of everything: of the live side, and simulated.
async fn everything(ground: &Ground) -> Result<[Ids; 2]> {
    let receiver = Receiver::start().await?;
    let live = ground.order(None).await?;
    let play = ground.play.make(SIMULATE, &json!({})).await?;
    let play = format!("/provision-requests/{}", play["provisionRequest"]["id"].as_str().context("an id")?);
    let mut all = vec![];
    for (desk, request, provisioner) in
        [(&ground.live, below(&live, ""), &ground.provisioner), (&ground.play, play, &ground.twin)]
    {
        let hook = desk.hook(provisioner, &receiver).await?;
        let result = desk.make(&format!("{request}/results"), &json!({ "status": "Fail" })).await?;
        let detail = desk.read(&format!("{request}/details/latest")).await?;
        all.push(json!({
            "provisionerId": provisioner.id.0, "webhookId": hook["id"],
            "provisionRequestId": request.rsplit('/').next(), "provisionResultId": result["id"],
            "provisionAttemptId": result["provisionAttemptId"], "provisionDetailId": detail["id"],
        }));
    }
    Ok([all.remove(0), all.remove(0)])
}

fn operations() -> Vec<Operation> {
    let vendor = DOCUMENTS.iter().filter(|document| document.contract == "vendor");
    vendor.flat_map(Document::operations).filter(|it| it.is_secured() && it.has_id()).collect()
}

/// The operation's path with these ids.
fn filled(operation: &Operation, ids: &Ids) -> String {
    let fill = |segment: &str| match segment.strip_prefix('{') {
        Some(name) => ids[name.trim_end_matches('}')].as_str().unwrap().to_owned(),
        None => segment.to_owned(),
    };
    operation.path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

async fn ask(desk: &Desk, operation: &Operation, ids: &Ids) -> Result<crate::app::Answer> {
    let request = desk.request(operation.method.clone(), &filled(operation, ids));
    let request = match operation.method {
        // As much as all of them need.
        Method::POST => request.json(&json!({ "status": "Success", "url": "https://vendor.example/in" })),
        _ => request,
    };
    desk.caller.send(request).await
}

async fn neither_side_touches_the_other(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let [live, play] = everything(&ground).await?;
    let strangers = [
        Desk::new(&ground.app, &ground.caller, "stranger", false).await?,
        Desk::new(&ground.app, &ground.caller, "stranger", true).await?,
    ];
    let operations = operations();
    ensure!(operations.len() >= 19, "{}", operations.len());
    let before = counts(&ground).await?;
    for operation in &operations {
        for (desk, ids) in [(&ground.play, &live), (&ground.live, &play)] {
            let answer = ask(desk, operation, ids).await?;
            ensure!(answer.status == 403, "{operation}: {answer:?}");
            refused(&answer, 403);
        }
        for (stranger, ids) in strangers.iter().flat_map(|one| [(one, &live), (one, &play)]) {
            let answer = ask(stranger, operation, ids).await?;
            ensure!(answer.status == 404, "{operation}: {answer:?}");
        }
    }
    assert_eq!(counts(&ground).await?, before, "a try has left traces");
    // On its own side each is let in; deletions come last.
    let (last, first): (Vec<_>, Vec<_>) = operations.iter().partition(|it| it.method == Method::DELETE);
    for operation in first.into_iter().chain(last) {
        for (desk, ids) in [(&ground.live, &live), (&ground.play, &play)] {
            let answer = ask(desk, operation, ids).await?;
            ensure!(matches!(answer.status, 200 | 204 | 409), "{operation}: {answer:?}");
        }
    }
    ground.app.drain().await
}

async fn counts(ground: &Ground) -> Result<Vec<i64>> {
    let mut counts = vec![];
    for table in ["endpoints", "vendor_requests", "vendor_details", "vendor_attempts", "vendor_results"] {
        counts.push(ground.app.count(table).await?);
    }
    Ok(counts)
}

async fn lists_show_one_side(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let [live, play] = everything(&ground).await?;
    let stranger = Desk::new(&ground.app, &ground.caller, "stranger", true).await?;
    for (path, name) in [
        ("/provisioners", "provisionerId"),
        ("/provision-requests", "provisionRequestId"),
        ("/provision-requests/unfulfilled", "provisionRequestId"),
    ] {
        for (desk, ids) in [(&ground.live, &live), (&ground.play, &play)] {
            let page = desk.read(path).await?;
            assert_eq!(
                (&page["content"][0]["id"], &page["page"]["totalElements"]),
                (&ids[name], &json!(1)),
                "{path}"
            );
        }
        assert_eq!(stranger.read(path).await?["content"], json!([]), "{path}");
    }
    ground.app.drain().await
}

async fn only_simulation_credentials_simulate(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    refused(&ground.live.post(SIMULATE, &json!({})).await?, 403);
    assert_eq!(ground.app.count("vendor_requests").await?, 0);
    ground.app.drain().await
}
