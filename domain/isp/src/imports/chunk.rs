//! The chunks of a file: the rows processed by one job.

use super::Upload;
use entities::{ids::JobId, import_chunk};
use platform::{
    config::Bulk,
    error::{Error, Result},
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde::de::IgnoredAny;

/// A chunk.
pub(super) struct Chunk {
    /// The number of rows.
    pub rows: u32,
    /// As a JSON array.
    pub text: String,
}

/// The file's next chunk, read on a blocking thread; `None` at the end.
pub(super) async fn read<U: Upload>(mut upload: U, bulk: &Bulk) -> Result<(U, Option<Chunk>)> {
    let most = bulk.rows_per_chunk;
    let bytes = usize::try_from(bulk.chunk_bytes).unwrap_or(usize::MAX);
    let reading = tokio::task::spawn_blocking(move || {
        let chunk = fill(&mut upload, most, bytes)?;
        Ok((upload, chunk))
    });
    reading.await.map_err(Error::internal)?
}

/// Up to this many rows, and none after this many bytes.
fn fill(upload: &mut impl Upload, most: usize, bytes: usize) -> Result<Option<Chunk>> {
    let (mut rows, mut text) = (0, vec![]);
    while rows < most && text.len() < bytes {
        let Some(row) = upload.next()? else { break };
        text.push(if rows == 0 { b'[' } else { b',' });
        serde_json::to_writer(&mut text, &row)?;
        rows += 1;
    }
    if rows == 0 {
        return Ok(None);
    }
    text.push(b']');
    let text = String::from_utf8(text).map_err(Error::internal)?;
    Ok(Some(Chunk { rows: u32::try_from(rows).unwrap_or(u32::MAX), text }))
}

/// Stores a chunk until it is processed.
pub(super) async fn store(
    transaction: &impl ConnectionTrait,
    job_id: JobId,
    number: i32,
    rows: String,
) -> Result<()> {
    let chunk = import_chunk::Model { job_id, number, rows }.into_active_model().reset_all();
    import_chunk::Entity::insert(chunk).exec_without_returning(transaction).await?;
    Ok(())
}

/// The number of rows of a stored chunk; `None` if it does not exist.
pub async fn rows_of(db: &impl ConnectionTrait, import: JobId, number: i32) -> Result<Option<u32>> {
    let chunk = import_chunk::Entity::find_by_id((import, number)).one(db).await?;
    let count = |chunk: import_chunk::Model| {
        let rows = serde_json::from_str::<Vec<IgnoredAny>>(&chunk.rows).ok()?;
        u32::try_from(rows.len()).ok()
    };
    Ok(chunk.and_then(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payloads::{ImportRow, Rejection, RowContent};

    /// Rows with messages of these lengths.
    struct Rows(Vec<usize>);

    impl Upload for Rows {
        fn rows(&self) -> usize {
            self.0.len()
        }

        fn next(&mut self) -> Result<Option<ImportRow>> {
            let message = self.0.pop().map(|length| "x".repeat(length));
            let rejected = |message| RowContent::Rejected { rejected: Rejection { message, details: None } };
            Ok(message.map(|message| ImportRow { line: Some(7), content: rejected(message) }))
        }
    }

    fn chunks(lengths: &[usize], most: usize, bytes: usize) -> Vec<u32> {
        let mut upload = Rows(lengths.iter().rev().copied().collect());
        let mut chunks = vec![];
        while let Some(Chunk { rows, text }) = fill(&mut upload, most, bytes).unwrap() {
            let read: Vec<ImportRow> = serde_json::from_str(&text).unwrap();
            assert_eq!(read.len(), rows as usize, "{text}");
            chunks.push(rows);
        }
        chunks
    }

    #[test]
    fn a_chunk_ends_by_rows_or_by_bytes() {
        assert_eq!(chunks(&[1; 7], 3, 1 << 20), [3, 3, 1]);
        assert_eq!(chunks(&[500; 7], 3, 1000), [2, 2, 2, 1]);
        assert_eq!(chunks(&[1, 1, 2000, 1, 2000, 2000], 10, 1000), [3, 2, 1]);
        assert_eq!(chunks(&[], 10, 1000), [0; 0]);
    }
}
