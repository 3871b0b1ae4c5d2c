//! One trace from a request through its jobs, across processes.

use super::{
    Ground, Running,
    collector::{Collector, Received},
};
use crate::app::{PATIENCE, Pairing, TestApp, both};
use anyhow::{Context, Result};
use engine::{jobs::Probe, ledger::NewJob};
use opentelemetry_proto::tonic::trace::v1::{Status, span::SpanKind, status::StatusCode};
use std::{collections::HashSet, time::Duration};
use tokio::net::TcpListener;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const ENDPOINT: &str = "SWITCHYARD_TRACES_ENDPOINT";
const PLAIN: (&str, &str) = ("accept", "*/*");

both!(without_a_collector_nothing_is_traced);

async fn without_a_collector_nothing_is_traced(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let post = caller.request(reqwest::Method::POST, "/api/v1/bulk/customers/file");
    let post = post.header("content-type", "text/csv").body(crate::app::csv(3));
    let answer = caller.send(post.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))).await?;
    caller.import_ended(answer.json()["data"]["id"].as_str().context("no id")?).await?;
    let probe = app.enqueue(NewJob::new(None, &Probe::default())?).await?;
    assert_eq!(app.ended(probe).await?.traceparent, None);
    assert!(traceparents(&app.kernel).await?.iter().all(Option::is_none));
    app.drain().await
}

async fn traceparents(kernel: &kernel::Kernel) -> Result<Vec<Option<String>>> {
    use sea_orm::EntityTrait;
    let jobs = entities::job::Entity::find().all(kernel.db.reader()).await?;
    Ok(jobs.into_iter().map(|job| job.traceparent).collect())
}

fn is_of(trace: &str) -> impl Fn(&Received) -> bool {
    move |span| span.trace() == trace
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_one_trace_across_processes() -> Result<()> {
    let (ground, collector) = (Ground::new().await?, Collector::start().await?);
    let to = [(ENDPOINT, collector.url.as_str())];
    let (serve, work) = (ground.start("serve", &to).await?, ground.start("work", &to).await?);
    let import = serve.import(3, ("x-request-id", "traced-request-1")).await?;
    serve.ended(&import).await?;
    let is_ours = |span: &Received| span.attribute("request_id") == "traced-request-1";
    let spans = collector.spans_where(2, is_ours).await?;
    let by_name = |name: &str| spans.iter().find(|it| it.span.name == name).with_context(|| name.to_owned());
    let request = by_name("POST /api/v1/bulk/customers")?;
    let job = by_name("job bulk_import")?;
    assert_eq!((request.trace(), request.id(), String::new()), (job.trace(), job.parent(), request.parent()));
    assert_eq!((request.span.kind(), job.span.kind()), (SpanKind::Server, SpanKind::Consumer));
    let of_request = ["contract", "route", "method", "status"].map(|key| request.attribute(key));
    assert_eq!(of_request, ["partner", "/api/v1/bulk/customers", "POST", "202"]);
    let of_job = ["kind", "attempt", "outcome"].map(|key| job.attribute(key));
    assert_eq!(of_job, ["bulk_import", "1", "done"]);
    assert!(!job.attribute("id").is_empty());
    let process = ["service.name", "service.version"].map(|key| request.of_process(key));
    assert_eq!(process, ["switchyard", env!("CARGO_PKG_VERSION")]);
    let instances = [request, job].map(|span| span.of_process("service.instance.id"));
    assert!(instances[0] != instances[1] && instances.iter().all(|id| !id.is_empty()), "{instances:?}");
    let sent = format!("{:?}", collector.spans());
    assert!(!sent.contains(&ground.key) && !sent.contains("@example.com"), "{sent}");
    for process in [serve, work] {
        assert!(process.stop().await? < Duration::from_secs(10));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_and_following_jobs_are_of_the_trace() -> Result<()> {
    let (ground, collector) = (Ground::new().await?, Collector::start().await?);
    let up =
        ground.start("up", &[(ENDPOINT, &collector.url), ("SWITCHYARD_BULK_ROWS_PER_CHUNK", "10")]).await?;
    let import = up.import_file(30, "stopOnError=true").await?;
    up.ended(&import).await?;
    let jobs = collector.spans_where(4, |it| it.span.name.starts_with("job ")).await?;
    let posts = collector.spans_where(1, |it| it.span.name.starts_with("POST ")).await?;
    assert!(jobs.iter().all(|job| job.trace() == posts[0].trace()), "{jobs:?}");
    let requests: HashSet<_> = jobs.iter().map(|job| job.attribute("request_id")).collect();
    assert_eq!(requests, HashSet::from([posts[0].attribute("request_id")]));
    // Each chunk has enqueued the next.
    let chunks: Vec<_> = jobs.iter().filter(|job| job.attribute("kind") == "bulk_import_chunk").collect();
    let ids: Vec<_> = std::iter::once(posts[0].id()).chain(chunks.iter().map(|chunk| chunk.id())).collect();
    let parents: Vec<_> = chunks.iter().map(|chunk| chunk.parent()).collect();
    assert_eq!(parents, ids[..3]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_trace_and_decision_are_kept() -> Result<()> {
    let (ground, collector) = (Ground::new().await?, Collector::start().await?);
    // None of our own.
    let up =
        ground.start("up", &[(ENDPOINT, &collector.url), ("SWITCHYARD_TRACES_SAMPLE_PERCENT", "0")]).await?;
    let unwanted = "1af7651916cd43dd8448eb211c80319c";
    for traceparent in [format!("00-{unwanted}-b7ad6b7169203331-00"), "nonsense".into(), "00-0-0-01".into()] {
        up.ended(&up.import(1, ("traceparent", &traceparent)).await?).await?;
    }
    let wanted = up.import(1, ("traceparent", &format!("00-{TRACE}-b7ad6b7169203331-01"))).await?;
    up.ended(&wanted).await?;
    let spans = collector.spans_where(2, is_of(TRACE)).await?;
    let request = spans.iter().find(|it| it.span.name.starts_with("POST ")).context("no request")?;
    assert_eq!(request.parent(), "b7ad6b7169203331");
    let stored: Vec<_> = traceparents(&ground.kernel).await?.into_iter().flatten().collect();
    assert_eq!(stored.len(), 4);
    assert!(stored.contains(&format!("00-{TRACE}-{}-01", request.id())), "{stored:?}");
    assert!(stored.iter().any(|it| it.starts_with(&format!("00-{unwanted}-")) && it.ends_with("-00")));
    // What is sent at the end is sent before the process has ended.
    up.stop().await?;
    assert!(collector.spans().iter().all(is_of(TRACE)), "{:?}", collector.spans());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_spans_are_sent_before_the_end_and_failures_are_marked() -> Result<()> {
    let (ground, collector) = (Ground::new().await?, Collector::start().await?);
    let up = ground.start("up", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)]).await?;
    let fatal = Probe { fault: Some(engine::jobs::Fault::GiveUp), ..Probe::default() };
    let fatal = NewJob::new(None, &fatal)?;
    let id = fatal.id;
    ground.kernel.enqueuer.enqueue(fatal).await?;
    up.process.wait_for_line("given up", PATIENCE).await?;
    up.stop().await?;
    let spans = collector.spans();
    let failed = spans.iter().find(|it| it.attribute("id") == id.to_string()).context("no span")?;
    assert_eq!((failed.attribute("outcome").as_str(), failed.span.name.as_str()), ("given up", "job probe"));
    assert_eq!(failed.span.status.as_ref().map(Status::code), Some(StatusCode::Error));
    Ok(())
}

/// Starts it, uses it, stops it: all as if nothing were wrong.
async fn works_all_the_same(collector: &str) -> Result<Running> {
    let ground = Ground::new().await?;
    let up = ground.start("up", &[(ENDPOINT, collector), ("OTEL_BSP_SCHEDULE_DELAY", "100")]).await?;
    up.ended(&up.import(2, PLAIN).await?).await?;
    Ok(up)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_is_told_once_and_delays_nothing() -> Result<()> {
    let up = works_all_the_same(&format!("http://{}", super::platform::address())).await?;
    up.process.wait_for_line("the collector does not accept traces", PATIENCE).await?;
    up.ended(&up.import(2, PLAIN).await?).await?;
    let took = up.stop().await?;
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(
        up.process.log().matches("the collector does not accept traces").count(),
        1,
        "{}",
        up.process.log()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_never_answers_delays_the_end_by_two_seconds() -> Result<()> {
    let deaf = TcpListener::bind("127.0.0.1:0").await?;
    let up = works_all_the_same(&format!("http://{}", deaf.local_addr()?)).await?;
    let took = up.stop().await?;
    assert!(took < Duration::from_secs(6), "{took:?}");
    Ok(())
}
