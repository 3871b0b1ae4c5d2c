//! `/api/v1/bulk/customers/file`.

mod forms;

use crate::app::{Caller, HEADER, Pairing, TestApp, both, csv};
use anyhow::Result;
use entities::{
    ids::JobId,
    job::{self, JobState},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::fmt::Write;

both!(
    a_csv_file_is_imported_in_chunks,
    an_ndjson_file_is_imported,
    faulty_rows_are_row_errors_and_can_be_downloaded,
    a_file_stops_at_its_first_error_across_chunks,
    chunks_end_by_their_size_too,
    a_dry_run_of_a_file_creates_nothing,
    a_file_import_is_cancelled_with_its_chunks,
    a_broken_chunk_is_retried_by_hand_through_its_import,
    a_file_without_rows_is_an_import_of_none,
);

const FILE: &str = "/api/v1/bulk/customers/file";

async fn small_chunks(pairing: Pairing) -> Result<TestApp> {
    TestApp::new(pairing, |settings| settings.bulk.rows_per_chunk = 10).await
}

async fn accepted(caller: &Caller, query: &str, kind: &str, file: String) -> Result<String> {
    let answer = caller.post_text(&format!("{FILE}{query}"), kind, file).await?;
    assert_eq!(answer.status, 202, "{answer:?}");
    Ok(answer.json()["data"]["id"].as_str().unwrap().to_owned())
}

fn progress(job: &Value) -> [i64; 4] {
    ["total", "processed", "succeeded", "failed"].map(|field| job["progress"][field].as_i64().unwrap())
}

async fn a_csv_file_is_imported_in_chunks(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    app.work();
    app.work();
    let id = accepted(&caller, "", "text/csv; charset=utf-8", csv(256)).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [256, 256, 256, 0]));
    assert_eq!((app.customers().await?, app.customer_events().await?), (256, 256));
    assert_eq!(app.count("import_chunks").await?, 0, "chunks are removed as they are done");
    let customer = &caller.get("/api/v1/customers?limit=1").await?.json()["data"][0];
    assert!(customer["lastName"].as_str().unwrap().starts_with("Doe, "), "quoted cells are read");
    app.drain().await
}

async fn a_file_without_rows_is_an_import_of_none(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    for (kind, file) in [("text/csv", format!("{HEADER}\n,,,,,,\n")), ("application/x-ndjson", "\n".into())] {
        for query in ["", "?stopOnError=true"] {
            let id = accepted(&caller, query, kind, file.clone()).await?;
            let job = caller.import_ended(&id).await?;
            assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [0, 0, 0, 0]), "{kind}");
        }
    }
    app.drain().await
}

async fn an_ndjson_file_is_imported(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let mut file = String::new();
    for row in 0..30 {
        let mut customer = super::customer(&format!("row{row}@example.com"));
        customer["billingAddress"] = customer["serviceAddress"].clone();
        customer["metadata"] = json!({ "row": row.to_string() });
        writeln!(file, "{customer}")?;
    }
    let id = accepted(&caller, "", "application/x-ndjson", file).await?;
    assert_eq!(caller.import_ended(&id).await?["status"], "COMPLETED");
    assert_eq!(app.customers().await?, 30);
    app.drain().await
}

async fn faulty_rows_are_row_errors_and_can_be_downloaded(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    app.work();
    let mut file = csv(25);
    file += "nobody,John,Doe,1 Main,X,CA,92025\n";
    file += "row3@example.com,John,Doe,1 Main,X,CA,92025\n";
    file += "fine@example.com,,Doe,1 Main,X,California,9\n";
    let id = accepted(&caller, "", "text/csv", file).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [28, 28, 25, 3]));
    let rows: Vec<_> =
        job["errors"].as_array().unwrap().iter().map(|error| error["index"].as_i64()).collect();
    assert_eq!(rows, [Some(25), Some(26), Some(27)]);
    let csv = caller.get(&format!("/api/v1/bulk/jobs/{id}/errors")).await?.text;
    assert_eq!(csv.lines().next(), Some("line,index,field,message"));
    let fields: Vec<_> =
        csv.lines().skip(1).map(|line| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(" ")).collect();
    let mut expected = vec![
        "27 25 email",
        "28 26 email",
        "29 27 firstName",
        "29 27 serviceAddress.state",
        "29 27 serviceAddress.zip",
    ];
    let mut found: Vec<_> = fields.iter().map(String::as_str).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "{csv}");
    app.drain().await
}

async fn a_file_stops_at_its_first_error_across_chunks(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    app.work();
    app.work();
    caller.post("/api/v1/customers", &super::customer("row34@example.com")).await?;
    let id = accepted(&caller, "?stopOnError=true", "text/csv", csv(100)).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [100, 35, 34, 1]));
    assert_eq!(app.customers().await?, 35);
    let whole = accepted(&caller, "?stopOnError=true", "text/csv", csv(25).replace("row", "other")).await?;
    assert_eq!(caller.import_ended(&whole).await?["status"], "COMPLETED");
    app.drain().await
}

async fn chunks_end_by_their_size_too(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.bulk.chunk_bytes = 1500).await?;
    let caller = app.serve().await?;
    let file = |name: &str| {
        let mut file = String::new();
        for row in 0..40 {
            let mut customer = super::customer(&format!("{name}{row}@example.com"));
            customer["companyName"] = "x".repeat(row * 40).into();
            if row == 33 {
                customer["email"] = "nobody".into();
            }
            writeln!(file, "{customer}").unwrap();
        }
        file
    };
    let id = accepted(&caller, "", "application/x-ndjson", file("row")).await?;
    let chunks = app.count("import_chunks").await?;
    assert!((12..40).contains(&chunks), "{chunks} chunks of 40 rows, of which the last fill one each");
    app.work();
    app.work();
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [40, 40, 39, 1]));
    assert_eq!((&job["errors"][0]["index"], app.customers().await?), (&json!(33), 39));
    let id = accepted(&caller, "?stopOnError=true", "application/x-ndjson", file("other")).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [40, 34, 33, 1]));
    assert_eq!((&job["errors"][0]["index"], app.customers().await?), (&json!(33), 72));
    app.drain().await
}

async fn a_dry_run_of_a_file_creates_nothing(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    app.work();
    let id = accepted(&caller, "?dryRun=true", "text/csv", csv(35)).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [35, 35, 35, 0]));
    assert_eq!((app.customers().await?, app.customer_events().await?), (0, 0));
    app.drain().await
}

async fn a_file_import_is_cancelled_with_its_chunks(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    let id = accepted(&caller, "", "text/csv", csv(50)).await?;
    assert_eq!(caller.delete(&format!("/api/v1/bulk/jobs/{id}")).await?.status, 200);
    assert_eq!(app.open_jobs().await?, 0, "its chunks are cancelled with it");
    app.work();
    assert_eq!(app.customers().await?, 0);
    app.drain().await
}

async fn a_broken_chunk_is_retried_by_hand_through_its_import(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    let id = accepted(&caller, "", "text/csv", csv(50)).await?;
    let db = app.kernel.db.writer().clone();
    db.execute_unprepared("update import_chunks set rows = 'x' || rows where number = 3").await?;
    app.work();
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("PARTIAL"), [50, 40, 40, 0]));
    let import: JobId = id.trim_start_matches("bulk_").parse()?;
    assert!(app.job(import).await?.last_error.unwrap().contains("10 rows were not processed"));
    let chunk =
        job::Entity::listing(Some(JobState::Failed), Some("bulk_import_chunk")).one(&db).await?.unwrap();
    let refused = app.retry_manually(chunk.id).await.unwrap_err().to_string();
    assert!(refused.contains(&import.to_string()), "a part is retried through its whole: {refused}");
    db.execute_unprepared("update import_chunks set rows = substr(rows, 2) where number = 3").await?;
    app.retry_manually(import).await?;
    let job = caller.import_ended(&id).await?;
    assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [50, 50, 50, 0]));
    assert_eq!((app.customers().await?, app.count("import_chunks").await?), (50, 0));
    app.drain().await
}
