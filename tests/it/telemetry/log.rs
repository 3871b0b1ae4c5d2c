//! Every line of the log that a request or its job causes has the request's id.

use super::Ground;
use crate::app::PATIENCE;
use anyhow::{Context, Result};
use engine::{
    jobs::{Fault, Probe},
    ledger::NewJob,
};
use serde_json::Value;

const ID: &str = "logged-request-1";
const LEVEL: &str = "SWITCHYARD_LOG_LEVEL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_text_have_the_request_id() -> Result<()> {
    let ground = Ground::new().await?;
    let up = ground.start("up", &[(LEVEL, "info,edge=debug,worker=debug")]).await?;
    let import = up.import(1, ("x-request-id", ID)).await?;
    up.ended(&import).await?;
    let of_request = |line: &str| line.contains("answered") && line.contains("POST");
    let line = up.process.wait_for_line_where("the answer", PATIENCE, of_request).await?;
    for part in [ID, "contract=\"partner\"", "route=\"/api/v1/bulk/customers\"", "status=202"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let of_job = |line: &str| line.contains("job{") && line.contains(": done");
    let line = up.process.wait_for_line_where("the job's end", PATIENCE, of_job).await?;
    assert!(line.contains(ID) && line.contains("kind=bulk_import"), "{line}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_json_have_the_request_id() -> Result<()> {
    let ground = Ground::new().await?;
    let up = ground.start("up", &[(LEVEL, "debug"), ("SWITCHYARD_LOG_FORMAT", "json")]).await?;
    let import = up.import(1, ("x-request-id", ID)).await?;
    up.ended(&import).await?;
    for (message, name) in [("answered", "request"), ("done", "job")] {
        let wanted = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            let span = &line["span"];
            line["fields"]["message"] == message && span["name"] == name && span["request_id"] == ID
        };
        up.process.wait_for_line_where(message, PATIENCE, wanted).await?;
    }
    Ok(())
}

/// The span is there although nothing but warnings is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warning_has_the_request_id_where_only_warnings_are_logged() -> Result<()> {
    let ground = Ground::new().await?;
    for level in ["warn", "worker=error"] {
        let work = ground.start("work", &[(LEVEL, level)]).await?;
        let probe = Probe { fault: Some(Fault::GiveUp), ..Probe::default() };
        ground.kernel.enqueuer.enqueue(NewJob::new(None, &probe)?.request_id(Some(ID.into()))).await?;
        let line = work.process.wait_for_line("given up", PATIENCE).await?;
        assert!(line.contains(ID), "{line}");
        work.stop().await.context(level)?;
    }
    Ok(())
}
