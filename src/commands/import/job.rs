//! An import at the server, as polls show it.

use crate::{
    bar::Bar,
    client::{self, Client},
};
use anyhow::Context;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What a poll says of the import.
#[derive(Clone, Debug, Deserialize)]
pub struct Job {
    /// `bulk_job_…`
    pub id: String,
    /// PENDING, PROCESSING, then COMPLETED, PARTIAL or FAILED.
    pub status: String,
    /// How far it is.
    pub progress: Progress,
}

/// How far an import is, in rows.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Progress {
    pub total: u64,
    pub processed: u64,
    pub succeeded: u64,
    pub failed: u64,
}

/// How to watch an import.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// For how long the server may hold a poll back, if the import does not end before.
    wait: Duration,
    /// Polls begin this much apart at least.
    pause: Duration,
    /// Whether the bar stays on the screen.
    keep: bool,
}

impl Watch {
    /// For a person before a bar: a poll a second, and the end is seen at once.
    pub const LIVE: Self =
        Self { wait: Duration::from_secs(1), pause: Duration::from_millis(250), keep: false };
    /// For an import that is over in no time.
    pub const QUICK: Self = Self { wait: Duration::ZERO, pause: Duration::from_millis(20), keep: true };

    fn apply(self, request: RequestBuilder) -> RequestBuilder {
        match self.wait {
            Duration::ZERO => request,
            wait => request.header("Prefer", format!("wait={}", wait.as_secs())),
        }
    }
}

/// An import that has ended.
pub struct Ended {
    /// As the last poll showed it.
    pub job: Job,
    /// The whole answer to the last poll.
    pub answer: Value,
    /// How many polls there were.
    pub polls: u32,
}

impl Job {
    /// Sends a request whose answer has the import as its `data`; returns that and the whole answer.
    pub async fn ask(request: RequestBuilder) -> anyhow::Result<(Self, Value)> {
        let body = client::answer(request).await?.bytes().await?;
        let body: Value = serde_json::from_slice(&body).context("unexpected response: not JSON")?;
        let job = Self::deserialize(&body["data"]).context("unexpected response: not an import")?;
        Ok((job, body))
    }

    /// Whether nothing more will happen.
    pub fn ended(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "PARTIAL" | "FAILED")
    }

    /// Whether it has ended and every row went in.
    pub fn all_in(&self) -> bool {
        self.status == "COMPLETED" && self.progress.succeeded == self.progress.total
    }

    /// Polls until it has ended, with a bar.
    pub async fn watch(&self, client: &Client, what: &'static str, how: Watch) -> anyhow::Result<Ended> {
        let bar = Bar::rows(what, self.progress.total);
        let ended = bar.during(self.poll(client, &bar, how)).await?;
        if how.keep {
            bar.keep();
        }
        Ok(ended)
    }

    async fn poll(&self, client: &Client, bar: &Bar, how: Watch) -> anyhow::Result<Ended> {
        let path = format!("/api/v1/bulk/jobs/{}", self.id);
        let poll = async || Self::ask(how.apply(client.get(&path))).await;
        for polls in 1.. {
            let next = Instant::now() + how.pause;
            let (job, answer) = client::persist(poll, client::always).await?;
            bar.set(job.progress.processed, job.progress.total);
            if job.ended() {
                return Ok(Ended { job, answer, polls });
            }
            sleep_until(next).await;
        }
        unreachable!("the numbers do not end before the import")
    }
}
