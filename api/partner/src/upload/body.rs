//! Spools an upload to disk, in pieces.

use super::Format;
use edge::{ApiError, Result, declared_length, discard, media_type};
use futures::StreamExt;
use platform::{
    Error,
    config::Settings,
    error::{Dependency, Fault},
    open_files,
};
use poem::{Body, Request, RequestBody, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef},
};
use sha2::{Digest, Sha256};
use std::{fs::File, io, path::Path, time::Duration};
use tokio::{
    io::{AsyncWriteExt, BufWriter},
    time::{Instant, timeout_at},
};

/// A request body that is a file of rows. Other media types are rejected.
pub struct FileBody {
    /// `None`: by the first character.
    format: Option<Format>,
    declared: Option<u64>,
    waits_to_be_asked: bool,
    body: Body,
}

/// A temporary file, removed with its last handle, also if the process is killed.
pub struct Spooled {
    /// The format.
    pub format: Format,
    /// Positioned at the start.
    pub file: File,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";
/// A file of either format, as generated clients send it.
const BINARY: &str = "application/octet-stream";
const MEDIA_TYPES: &str = "text/csv, application/x-ndjson or application/octet-stream";

/// An example file: a header and two rows.
pub const CSV_TEMPLATE: &str = "\
email,firstName,lastName,serviceAddress.street1,serviceAddress.city,serviceAddress.state,serviceAddress.zip
john@example.com,John,Doe,123 Main Street,Escondido,CA,92025
jane@example.com,Jane,\"Roe, Dr.\",124 Main Street,Escondido,CA,92025
";

/// The example as NDJSON.
pub const NDJSON_TEMPLATE: &str = concat!(
    r#"{"email":"john@example.com","firstName":"John","lastName":"Doe","serviceAddress":{"street1":"123 Main Street","city":"Escondido","state":"CA","zip":"92025"}}"#,
    "\n",
    r#"{"email":"jane@example.com","firstName":"Jane","lastName":"Roe, Dr.","serviceAddress":{"street1":"124 Main Street","city":"Escondido","state":"CA","zip":"92025"}}"#,
    "\n",
);

impl<'a> ApiExtractor<'a> for FileBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let media = |content_type| {
            let file = MetaSchema::new_with_format("string", "binary");
            let schema =
                MetaSchemaRef::Inline(Box::new(MetaSchema { example: Some(CSV_TEMPLATE.into()), ..file }));
            MetaMediaType { content_type, schema }
        };
        // NDJSON is not documented: generators take it for JSON, and encode any file as that.
        let content = vec![media(BINARY), media(CSV)];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let format = match media_type(request).as_str() {
            CSV => Some(Format::Csv),
            NDJSON => Some(Format::Ndjson),
            BINARY => None,
            _ => return Err(ApiError::UnsupportedMediaType(MEDIA_TYPES).into()),
        };
        let waits_to_be_asked = request.headers().contains_key(header::EXPECT);
        Ok(Self { format, declared: declared_length(request), waits_to_be_asked, body: body.take()? })
    }
}

impl FileBody {
    /// Writes the body to an unnamed file in the spool folder. `TooLarge` beyond `http.upload_limit`, `TooSlow` if the
    /// client is too slow.
    pub async fn spool(self, settings: &Settings) -> Result<Spooled> {
        let limit = settings.http.upload_limit;
        if self.declared.is_some_and(|length| length > limit) {
            if !self.waits_to_be_asked {
                discard(self.body).await;
            }
            return Err(too_large(limit).into());
        }
        let folder = settings.data.join("spool");
        let file = tokio::task::spawn_blocking(move || create(&folder)).await.map_err(Error::internal)?;
        let pace = Pace::begin(settings.http.read_timeout);
        let written = write(self.body, file.map_err(|error| spool_failed(&error))?, limit, &pace).await?;
        let format = self.format.unwrap_or_else(|| Format::of_first_byte(written.first));
        Ok(Spooled { format, file: written.file, digest: written.digest })
    }
}

fn too_large(limit: u64) -> Error {
    Error::TooLarge(format!("The file is larger than {limit} bytes"))
}

fn create(folder: &Path) -> io::Result<File> {
    platform::files::private_folder(folder)?;
    // Private to its owner, and unnamed if the file system supports it.
    tempfile::tempfile_in(folder)
}

/// An error of the spooled file. A full disk, or no file handle, is transient; others are errors of the installation.
pub fn spool_failed(error: &io::Error) -> Error {
    if open_files::is_shortage(error) {
        return Error::unavailable(Dependency::Host, format!("spool: {error}"));
    }
    Error::internal(format!("spool: {error}"))
}

/// The minimum speed of an upload.
struct Pace {
    began: Instant,
    grace: Duration,
}

impl Pace {
    /// Bytes per second, on average.
    const SPEED: u64 = 1024;
    /// Maximum pause of the sender.
    const SILENCE: Duration = Duration::from_mins(1);

    fn begin(grace: Duration) -> Self {
        Self { began: Instant::now(), grace }
    }

    /// The deadline of the next byte after this many.
    fn deadline(&self, bytes: u64) -> Instant {
        let average = self.began + self.grace + Duration::from_secs(bytes / Self::SPEED);
        average.min(Instant::now() + self.grace.max(Self::SILENCE))
    }

    /// The next piece after this many bytes, if it arrives in time.
    async fn keep<T>(&self, bytes: u64, next: impl Future<Output = T>) -> Result<T> {
        timeout_at(self.deadline(bytes), next).await.map_err(|_| ApiError::TooSlow)
    }
}

/// The data received.
struct Written {
    file: File,
    digest: [u8; 32],
    /// The first byte that is neither white space nor part of a byte order mark.
    first: Option<u8>,
}

async fn write(body: Body, file: File, limit: u64, pace: &Pace) -> Result<Written> {
    let says_nothing = |byte: &u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
    let mut first = None;
    let mut writer = BufWriter::with_capacity(256 << 10, tokio::fs::File::from_std(file));
    let (mut stream, mut length, mut hash) = (Box::pin(body.into_bytes_stream()), 0, Sha256::new());
    while let Some(piece) = pace.keep(length, stream.next()).await? {
        let piece =
            piece.map_err(|error| Error::invalid(Fault::at("", format!("The upload broke off: {error}"))))?;
        length += piece.len() as u64;
        if length > limit {
            return Err(too_large(limit).into());
        }
        first = first.or_else(|| piece.iter().copied().find(|byte| !says_nothing(byte)));
        hash.update(&piece);
        writer.write_all(&piece).await.map_err(|error| spool_failed(&error))?;
    }
    writer.flush().await.map_err(|error| spool_failed(&error))?;
    Ok(Written { file: writer.into_inner().into_std().await, digest: hash.finalize().into(), first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_sender_has_to_keep_up() {
        let pace = Pace::begin(Duration::from_secs(10));
        let left = |bytes| pace.deadline(bytes).saturating_duration_since(Instant::now()).as_secs();
        assert_eq!((left(0), left(1023), left(20 << 10)), (10, 10, 30));
        assert_eq!(left(1 << 30), 60, "silence");
        tokio::time::advance(Duration::from_secs(25)).await;
        assert_eq!((left(0), left(20 << 10)), (0, 5));
    }
}
