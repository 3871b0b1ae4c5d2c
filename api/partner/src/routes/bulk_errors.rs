//! The row errors of a bulk job as a CSV file, streamed page by page.

use bytes::Bytes;
use edge::Result;
use entities::{ids::JobId, job_error};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use isp::imports;
use kernel::Kernel;
use platform::Error;
use poem::{Body, IntoResponse, Response};
use poem_openapi::{ApiResponse, payload::Payload, registry};
use serde_json::Value;
use std::io;

/// Rows of a page: what is held in memory at once.
const PAGE: u64 = 10_000;

/// A CSV file to be saved.
#[derive(ApiResponse)]
pub enum ErrorFile {
    /// The row errors
    #[oai(status = 200)]
    Csv(
        Csv,
        /// `attachment` with a file name
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

/// A stream of CSV.
pub struct Csv(Body);

impl Payload for Csv {
    const CONTENT_TYPE: &'static str = "text/csv; charset=utf-8";

    fn schema_ref() -> registry::MetaSchemaRef {
        <String as poem_openapi::types::Type>::schema_ref()
    }
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        Response::builder().content_type(Self::CONTENT_TYPE).body(self.0)
    }
}

/// The job's row errors. The first page is there before the answer begins, so that an outage is still told
/// as one; a later one breaks the download off.
pub async fn download(kernel: Kernel, import: JobId) -> Result<ErrorFile> {
    let first = imports::error_pages(&kernel, import, -1, PAGE).await?;
    let name = format!("attachment; filename=\"bulk_{import}-errors.csv\"");
    let body = Body::from_bytes_stream(pages(kernel, import, first).map_err(io::Error::other));
    Ok(ErrorFile::Csv(Csv(body), name))
}

fn pages(
    kernel: Kernel,
    import: JobId,
    first: Vec<job_error::Model>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    let head = stream::iter([Ok(Bytes::from_static(b"line,index,field,message\r\n"))]);
    let pages = stream::try_unfold(first, move |page| {
        let kernel = kernel.clone();
        async move {
            let Some(last) = page.last().map(|error| error.row_index) else { return Ok(None) };
            let next = match page.len() as u64 {
                PAGE.. => imports::error_pages(&kernel, import, last, PAGE).await?,
                _ => vec![],
            };
            Ok(Some((lines(&page)?, next)))
        }
    });
    head.chain(pages)
}

fn lines(page: &[job_error::Model]) -> Result<Bytes, Error> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    for error in page {
        let line = error.details.as_ref().and_then(|details| details["line"].as_u64());
        let place = [line.map_or_else(String::new, |line| line.to_string()), error.row_index.to_string()];
        for (field, message) in faults(error) {
            let record = [&*place[0], &*place[1], &*safe(field), &*safe(message)];
            csv.write_record(record).map_err(Error::internal)?;
        }
    }
    Ok(csv.into_inner().map_err(Error::internal)?.into())
}

/// The faults of a row; a row without a list of them is one fault.
fn faults(error: &job_error::Model) -> Vec<(&str, &str)> {
    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap_or_default()
    }
    let details = error.details.as_ref().unwrap_or(&Value::Null);
    match details["errors"].as_array().filter(|all| !all.is_empty()) {
        Some(all) => all.iter().map(|fault| (text(fault, "field"), text(fault, "message"))).collect(),
        None => vec![(text(details, "field"), &error.message)],
    }
}

/// A cell that a spreadsheet would take for a formula is marked as text.
fn safe(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(row_index: i64, message: &str, details: Option<Value>) -> job_error::Model {
        job_error::Model { job_id: JobId::new(), row_index, message: message.into(), details }
    }

    #[test]
    fn a_line_a_fault_and_no_formulas() {
        let faults = json!({ "errors": [
            { "field": "email", "message": "is required" },
            { "field": "metadata.=cmd()", "message": "=2+2, \"quoted\"" },
        ] });
        let page = [
            error(0, "taken", Some(json!({ "field": "email", "line": 3 }))),
            error(7, "two faults", Some(faults)),
            error(9, "@broken", None),
        ];
        let expected = "3,0,email,taken\r\n,7,email,is required\r\n\
                        ,7,metadata.=cmd(),\"'=2+2, \"\"quoted\"\"\"\r\n,9,,'@broken\r\n";
        assert_eq!(lines(&page).unwrap(), expected);
    }
}
