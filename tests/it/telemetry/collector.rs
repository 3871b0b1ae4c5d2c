//! A collector of traces: the part of OTLP over HTTP that an exporter needs.

use super::platform::address;
use crate::app::PATIENCE;
use anyhow::{Context, Result, ensure};
use harness::until;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A span with the process that sent it.
#[derive(Debug, Clone)]
pub struct Received {
    pub span: Span,
    pub resource: Vec<KeyValue>,
}

impl Received {
    /// An attribute of the span, as text; empty when it is missing.
    pub fn attribute(&self, key: &str) -> String {
        text(&self.span.attributes, key)
    }

    /// An attribute of the process, likewise.
    pub fn of_process(&self, key: &str) -> String {
        text(&self.resource, key)
    }

    /// The trace's id in hexadecimal digits.
    pub fn trace(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// The span's own id.
    pub fn id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// The id of the span that it is below; empty for the first.
    pub fn parent(&self) -> String {
        hex(&self.span.parent_span_id)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let attribute = attributes.iter().find(|attribute| attribute.key == key);
    match attribute.and_then(|attribute| attribute.value.clone()) {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => text,
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => number.to_string(),
        _ => String::new(),
    }
}

/// See the module.
pub struct Collector {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    serving: JoinHandle<()>,
}

impl Collector {
    pub async fn start() -> Result<Self> {
        let address = address();
        let listener = TcpListener::bind(&address).await?;
        let received = Arc::<Mutex<Vec<_>>>::default();
        let into = received.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, into.clone()));
            }
        });
        Ok(Self { url: format!("http://{address}/"), received, serving })
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// All spans, once there are so many that fit.
    pub async fn spans_where(&self, count: usize, fits: impl Fn(&Received) -> bool) -> Result<Vec<Received>> {
        let found = until("the spans are here", PATIENCE, async || {
            let found: Vec<_> = self.spans().into_iter().filter(&fits).collect();
            Ok((found.len() >= count).then_some(found))
        });
        found.await.with_context(|| format!("{:#?}", self.spans()))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A connection; whatever is wrong ends it, and the test finds its spans missing.
async fn serve(stream: TcpStream, received: Arc<Mutex<Vec<Received>>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let body = read(&mut stream).await?;
        let request = ExportTraceServiceRequest::decode(&*body)?;
        received.lock().unwrap().extend(unfold(request));
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        stream.get_mut().write_all(answer.as_bytes()).await?;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let (mut line, mut head) = (String::new(), String::new());
    while line != "\r\n" {
        line.clear();
        ensure!(stream.read_line(&mut line).await? > 0, "closed");
        head.push_str(&line.to_ascii_lowercase());
    }
    ensure!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    ensure!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.context("no length")?.parse()?];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

fn unfold(request: ExportTraceServiceRequest) -> impl Iterator<Item = Received> {
    request.resource_spans.into_iter().flat_map(|process| {
        let resource = process.resource.unwrap_or_default().attributes;
        let spans = process.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.map(move |span| Received { span, resource: resource.clone() })
    })
}
