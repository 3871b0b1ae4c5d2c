//! Writes messages as files, without a mail server.

use super::{Failure, MessageId, Sent};
use crate::files::{self, Partial};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Once,
};
use tokio::task::spawn_blocking;
use tracing::warn;

/// A folder of messages, `<message id>.eml` each.
pub(super) struct FileTransport {
    folder: PathBuf,
    warned: Once,
}

impl FileTransport {
    /// Uses that folder, created when needed.
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder, warned: Once::new() }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a message, replacing one with the same id. The file appears atomically, readable only by the platform's
    /// user.
    pub(super) async fn write(&self, id: &MessageId, message: &[u8]) -> Result<Sent, Failure> {
        let folder = self.folder.display();
        self.warned.call_once(|| warn!(%folder, "mail.url is empty: mail is written to files, not sent"));
        let file = self.folder.join(format!("{id}.eml"));
        let passing = |error: io::Error| Failure::Transient(format!("{}: {error}", file.display()));
        self.replace(&file, message).await.map_err(passing)?;
        Ok(Sent::Written(file))
    }

    async fn replace(&self, file: &Path, message: &[u8]) -> io::Result<()> {
        let (folder, file, message) = (self.folder.clone(), file.to_owned(), message.to_vec());
        let replace = move || {
            files::private_folder(&folder)?;
            Partial::create(&folder)?.replace(&message, &file)
        };
        spawn_blocking(replace).await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_message_is_one_file_however_often_it_is_written() {
        let folder = std::env::temp_dir().join(format!("switchyard-outbox-{}", Uuid::now_v7()));
        let outbox = FileTransport::new(folder.clone());
        let id: MessageId = "a.b@example.com".parse().unwrap();
        for text in ["first, and longer", "second"] {
            let file = folder.join("a.b@example.com.eml");
            assert_eq!(outbox.write(&id, text.as_bytes()).await, Ok(Sent::Written(file.clone())));
            assert_eq!(std::fs::read_to_string(file).unwrap(), text);
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        }
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "in the way").unwrap();
        assert!(matches!(outbox.write(&id, b"third").await, Err(Failure::Transient(_))));
        std::fs::remove_file(folder).unwrap();
    }
}
