//! Import: a CSV file over HTTP, until every row is a customer with its event; with one api process and one worker
//! process.

use crate::{
    platform::{Ground, resident_mb},
    report::{Figure, Goal},
};
use anyhow::{Context, Result, ensure};
use entities::{customer, event};
use harness::Process;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;
use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

/// Measures the scenario.
pub async fn run(rows: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let processes = Arc::new([
        ground.process(&["serve", "--listen", &address], "http://").await?,
        ground.process(&["work"], "working").await?,
    ]);
    let (base, key) = (format!("http://{address}/partner/api/v1/bulk"), ground.key().await?);
    // A small file first warms up what is created once: connections, prepared statements, schemas.
    import(&base, &key, csv("warm", 2_000)?).await?;
    let before = memory(&processes)?;
    let watch = tokio::spawn(peak(processes.clone()));
    let file = csv("row", rows)?;
    let begin = Instant::now();
    import(&base, &key, file).await?;
    let took = begin.elapsed().as_secs_f64();
    watch.abort();
    let grown = PEAK.load(std::sync::atomic::Ordering::Relaxed);
    let kernel = ground.kernel().await?;
    let (customers, events) = (
        customer::Entity::find().count(kernel.db.reader()).await?,
        event::Entity::find()
            .filter(event::Column::Resource.eq("customer"))
            .count(kernel.db.reader())
            .await?,
    );
    let wanted = u64::try_from(rows + 2_000)?;
    ensure!(customers == wanted && events == wanted, "{customers} customers, {events} events");
    #[allow(clippy::cast_precision_loss, reason = "kilobytes are far below 2^52")]
    let grown = grown as f64 / 1024.0 - before;
    let goal = if rows == 100_000 { Goal::AtMost(6.0) } else { Goal::None };
    Ok(vec![
        Figure::new(format!("import: {rows} rows from a file, with events"), took, "s", goal),
        Figure::new("import: growth of api and worker together", grown, "MB", Goal::AtMost(64.0)),
    ])
}

static PEAK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

fn memory(processes: &[Process; 2]) -> Result<f64> {
    Ok(resident_mb(processes[0].pid())? + resident_mb(processes[1].pid())?)
}

/// Records the highest sum, in kilobytes, until it is aborted.
async fn peak(processes: Arc<[Process; 2]>) {
    loop {
        if let Ok(mb) = memory(&processes) {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small positive number"
            )]
            PEAK.fetch_max((mb * 1024.0) as u64, std::sync::atomic::Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn csv(name: &str, rows: usize) -> Result<String> {
    let mut text = String::with_capacity(rows * 160);
    text += "email,firstName,lastName,phone,type,serviceAddress.street1,serviceAddress.city,serviceAddress.state,serviceAddress.zip,metadata.source\n";
    for row in 0..rows {
        writeln!(
            text,
            "{name}{row}@example.com,John,Doe{row},+1-555-123-4567,INDIVIDUAL,{row} Main Street,Escondido,CA,92025,bench"
        )?;
    }
    Ok(text)
}

async fn import(base: &str, key: &str, file: String) -> Result<()> {
    let client = reqwest::Client::new();
    let upload = client.post(format!("{base}/customers/file")).header("x-api-key", key);
    let answer = upload.header("content-type", "text/csv").body(file).send().await?;
    ensure!(answer.status() == 202, "{}: {}", answer.status(), answer.text().await?);
    let mut job: Value = answer.json().await?;
    let id = job["data"]["id"].as_str().context("no id")?.to_owned();
    while job["data"]["completedAt"].is_null() {
        let poll =
            client.get(format!("{base}/jobs/{id}")).header("x-api-key", key).header("prefer", "wait=20");
        job = poll.send().await?.json().await?;
    }
    ensure!(job["data"]["status"] == "COMPLETED", "{job}");
    Ok(())
}
