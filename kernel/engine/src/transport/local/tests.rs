//! What a command says is heard in the platform's process.

#![cfg(unix)]

use super::{Client, listen};
use crate::transport::{Memory, Priority, QueueEntry, Transport, Wakeup};
use entities::ids::{JobId, OrganizationId};
use platform::config::Settings;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(more: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("switchyard-{}{more}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn settings(folder: &Path) -> Arc<Settings> {
    Arc::new(Settings { data: folder.to_owned(), ..Settings::default() })
}

fn queue_entry() -> QueueEntry {
    let tenant = Some(OrganizationId::new());
    QueueEntry { queue: "probe".into(), id: JobId::new(), tenant, priority: Priority::High, due: None }
}

/// Waits until it holds, half a minute at most.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect(what);
}

/// Waits until the platform listens.
async fn bound(socket: &Path) {
    until("it listens", async || socket.exists()).await;
}

/// Pushes queue entries until this platform has one.
async fn reached(client: &Client, platform: &Memory) {
    until("a ticket comes", async || {
        client.push("probe", &[queue_entry()]).await.unwrap();
        platform.depth("probe").await.unwrap().ready > 0
    })
    .await;
}

#[tokio::test]
async fn entries_cancellations_and_wakeups_come_through() {
    // Longer than the path of a socket may be.
    let folder = Folder::new(&"d".repeat(120));
    let (settings, platform) = (settings(&folder.0), Arc::new(Memory::default()));
    let socket = super::socket(&settings).unwrap();
    let listening = tokio::spawn(listen(settings.clone(), platform.clone()));
    bound(&socket).await;
    let (mut cancels, mut wakeups) = (platform.signals().cancels(), platform.signals().wakeups());
    let client = Client::new(socket.clone());
    let entries: Vec<_> = (0..1200).map(|_| queue_entry()).collect();
    client.push("probe", &entries).await.unwrap();
    let mut popped = platform.pop("probe", 2000).await.unwrap().ids;
    let mut pushed: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    popped.sort();
    pushed.sort();
    assert_eq!(popped, pushed);
    let (id, wakeup) = (JobId::new(), Wakeup { topic: "queued".into(), about: "somebody".into() });
    client.announce_cancel(id).await.unwrap();
    client.announce_wakeup(&wakeup).await.unwrap();
    assert_eq!((cancels.recv().await.unwrap(), wakeups.recv().await.unwrap()), (id, wakeup));
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    listening.abort();
    let _ = listening.await;
    assert!(!socket.exists(), "it goes with the platform");
}

#[tokio::test]
async fn the_first_platform_has_the_socket_and_the_next_takes_it_over() {
    let folder = Folder::new("");
    let settings = settings(&folder.0);
    let socket = super::socket(&settings).unwrap();
    // What a killed platform leaves behind.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let client = Client::new(socket.clone());
    client.push("probe", &[queue_entry()]).await.unwrap();
    let (old, new) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    let first = tokio::spawn(listen(settings.clone(), old.clone()));
    reached(&client, &old).await;
    let second = tokio::spawn(listen(settings.clone(), new.clone()));
    client.push("probe", &[queue_entry()]).await.unwrap();
    assert_eq!(new.depth("probe").await.unwrap().ready, 0, "it is the first one's");
    first.abort();
    let _ = first.await;
    reached(&client, &new).await;
    second.abort();
}

#[test]
fn there_is_none_beside_redis_and_in_memory() {
    let mut settings = Settings { data: "/data".into(), ..Settings::default() };
    assert_eq!(super::socket(&settings), Some("/data/switchyard.db-socket".into()));
    settings.database.url = "sqlite:///var/lib/own.db?mode=rwc".into();
    assert_eq!(super::socket(&settings), Some("/var/lib/own.db-socket".into()));
    settings.database.url = "sqlite::memory:".into();
    assert_eq!(super::socket(&settings), None);
    settings.database.url = "postgres://localhost/a".into();
    assert_eq!(super::socket(&settings), None);
    let mut settings = Settings { data: "/data".into(), ..Settings::default() };
    settings.redis.url = "redis://localhost".into();
    assert_eq!(super::socket(&settings), None);
}
