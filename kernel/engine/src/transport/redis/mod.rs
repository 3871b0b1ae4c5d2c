//! The Redis transport: a few sorted sets a queue, changed by two scripts.
//!
//! Keys of a queue share a hash tag (`{switchyard:bulk_import}:ready:1`) and are all passed in KEYS, so
//! the scripts run on Redis Cluster and Valkey too. Members are `priority:tenant:id`. Nothing is left
//! behind when a queue is empty.

mod listener;
mod status;

use super::{Depth, PopResult, QueueEntry, Signals, Transport, Wakeup, messages::Message};
use async_trait::async_trait;
use chrono::Utc;
use entities::ids::JobId;
use platform::{
    config,
    error::Result,
    redis_servers::{Connection, Servers},
};
use redis::Script;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use uuid::Uuid;

static PUSH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("push.lua")));
static POP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("pop.lua")));

/// Maximum number of queue entries per script call: keeps a call below a few milliseconds, and below the number of
/// arguments that Lua can unpack.
const PUSH_BATCH: usize = 500;

/// Queues in Redis.
pub struct Redis {
    servers: Arc<Servers>,
    connection: Connection,
    prefix: String,
    signals: Arc<Signals>,
}

impl Redis {
    /// Prepares the way to Redis, which does not have to be up yet, and listens for wake-ups.
    pub fn open(settings: &config::Redis) -> Result<Self> {
        let servers = Arc::new(Servers::open(settings)?);
        let signals = Arc::new(Signals::default());
        let channel = format!("{}:signals", settings.prefix);
        tokio::spawn(listener::listen(servers.clone(), channel, Arc::downgrade(&signals)));
        let connection = Connection::new(servers.clone());
        Ok(Self { servers, connection, prefix: settings.prefix.clone(), signals })
    }

    fn keys(&self, queue: &str) -> [String; 5] {
        let prefix = &self.prefix;
        ["ready:0", "ready:1", "ready:2", "delayed", "turns"]
            .map(|part| format!("{{{prefix}:{queue}}}:{part}"))
    }

    async fn ping_once(&self) -> Result<()> {
        self.connection.run(async |mut redis| redis::cmd("PING").query_async(&mut redis).await).await
    }

    fn channel(&self) -> String {
        format!("{}:signals", self.prefix)
    }
}

/// `priority:tenant:id`: all that a script needs to know of a queue entry.
fn member(queue_entry: &QueueEntry) -> String {
    let tenant = queue_entry.tenant.map(|tenant| tenant.0.simple().to_string()).unwrap_or_default();
    format!("{}:{tenant}:{}", queue_entry.priority.number(), queue_entry.id.0.simple())
}

fn id_of(member: &str) -> Option<JobId> {
    let id = member.rsplit(':').next()?;
    Uuid::try_parse(id).ok().map(JobId)
}

#[async_trait]
impl Transport for Redis {
    async fn push(&self, queue: &str, pushes: &[QueueEntry]) -> Result<u64> {
        let now = Utc::now();
        let mut new = 0;
        for batch in pushes.chunks(PUSH_BATCH) {
            let mut call = PUSH.prepare_invoke();
            call.key(&self.keys(queue)[..]).arg(self.channel()).arg(Message::Wake(queue.to_owned()).text());
            for queue_entry in batch {
                let tenant =
                    queue_entry.tenant.map(|tenant| tenant.0.simple().to_string()).unwrap_or_default();
                // Rounded up, so that it does not come a moment early.
                let delay = queue_entry
                    .due
                    .filter(|due| *due > now)
                    .map_or(0, |due| (due - now).num_milliseconds() + 1);
                call.arg(member(queue_entry)).arg(queue_entry.priority.number()).arg(tenant).arg(delay);
            }
            new += self.connection.run(async |mut redis| call.invoke_async::<u64>(&mut redis).await).await?;
        }
        Ok(new)
    }

    async fn pop(&self, queue: &str, max: usize) -> Result<PopResult> {
        let mut call = POP.prepare_invoke();
        call.key(&self.keys(queue)[..]).arg(max);
        let (members, wait): (Vec<String>, i64) =
            self.connection.run(async |mut redis| call.invoke_async(&mut redis).await).await?;
        let ids = members.iter().filter_map(|member| id_of(member)).collect();
        Ok(PopResult { ids, next_due: u64::try_from(wait).ok().map(Duration::from_millis) })
    }

    async fn depth(&self, queue: &str) -> Result<Depth> {
        let mut pipe = redis::pipe();
        for key in &self.keys(queue)[..4] {
            pipe.zcard(key);
        }
        let [high, normal, low, delayed]: [u64; 4] =
            self.connection.run(async |mut redis| pipe.query_async(&mut redis).await).await?;
        Ok(Depth { ready: high + normal + low, delayed })
    }

    async fn announce_cancel(&self, id: JobId) -> Result<()> {
        let mut call = redis::cmd("PUBLISH");
        call.arg(self.channel()).arg(Message::Cancel(id).text());
        self.connection.run(async |mut redis| call.query_async(&mut redis).await).await
    }

    async fn announce_wakeup(&self, wakeup: &Wakeup) -> Result<()> {
        let mut call = redis::cmd("PUBLISH");
        call.arg(self.channel()).arg(Message::Wakeup(wakeup.clone()).text());
        self.connection.run(async |mut redis| call.query_async(&mut redis).await).await
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn status(&self) -> Result<String> {
        self.ping().await?;
        status::of(&self.servers).await
    }

    /// Twice: the first may only find out that its connection was lost in an outage which is over.
    async fn ping(&self) -> Result<()> {
        match self.ping_once().await {
            Ok(()) => Ok(()),
            // The second may only say that it is too early for another connection.
            Err(first) => self.ping_once().await.map_err(|_| first),
        }
    }
}
