//! Enqueue: `POST /api/v1/bulk/customers` with one customer: the durable enqueue over HTTP of a job the size of a
//! customer, by 64 callers that wait for each response.

use crate::{
    platform::Ground,
    report::{Figure, Goal},
    yardsticks::rate,
};
use anyhow::{Result, ensure};
use entities::job;
use futures::future::try_join_all;
use hdrhistogram::Histogram;
use sea_orm::{EntityTrait, PaginatorTrait};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const CALLERS: usize = 64;

/// Measures the scenario; the load generator uses a part of the same two cores. No worker runs: only the enqueue is
/// measured.
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let _api = ground.process(&["serve", "--listen", &address], "http://").await?;
    let (url, key) = (format!("http://{address}/partner/api/v1/bulk/customers"), ground.key().await?);
    let caller = Arc::new(Caller { client: reqwest::Client::new(), url, key });
    call_many(&caller, 2_000 / CALLERS).await?;
    let begin = Instant::now();
    let histogram = call_many(&caller, count / CALLERS).await?;
    let (made, per_second) = (histogram.len(), rate(usize::try_from(histogram.len())?, begin));
    let kept = job::Entity::find().count(ground.kernel().await?.db.reader()).await?;
    ensure!(kept >= made, "{made} were acknowledged, {kept} are in the ledger");
    let p99 = Duration::from_micros(histogram.value_at_quantile(0.99)).as_secs_f64() * 1e3;
    Ok(vec![
        Figure::new("enqueue: over HTTP, 64 callers", per_second, "jobs/s", Goal::AtLeast(5_000.0)),
        Figure::new("enqueue: over HTTP, 64 callers, p99", p99, "ms", Goal::AtMost(40.0)),
    ])
}

struct Caller {
    client: reqwest::Client,
    url: String,
    key: String,
}

async fn call_many(caller: &Arc<Caller>, each: usize) -> Result<Histogram<u64>> {
    let callers = (0..CALLERS).map(|number| {
        let caller = caller.clone();
        tokio::spawn(async move { call_in_turn(&caller, number, each).await })
    });
    let mut all = Histogram::new(3)?;
    for histogram in try_join_all(callers).await? {
        all.add(histogram?)?;
    }
    Ok(all)
}

async fn call_in_turn(caller: &Caller, number: usize, count: usize) -> Result<Histogram<u64>> {
    let mut histogram = Histogram::new(3)?;
    for turn in 0..count {
        let body = body(number, turn);
        let begin = Instant::now();
        let request = caller.client.post(&caller.url).header("x-api-key", &caller.key);
        let answer = request.header("content-type", "application/json").body(body).send().await?;
        ensure!(answer.status() == 202, "{}: {}", answer.status(), answer.text().await?);
        answer.bytes().await?;
        histogram.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    Ok(histogram)
}

fn body(number: usize, turn: usize) -> String {
    format!(
        r#"{{"customers":[{{"email":"caller{number}.{turn}@example.com","firstName":"John","lastName":"Doe","phone":"+1-555-123-4567","type":"INDIVIDUAL","serviceAddress":{{"street1":"123 Main Street","city":"Escondido","state":"CA","zip":"92025","country":"US"}},"metadata":{{"source":"partner_signup"}}}}]}}"#
    )
}
