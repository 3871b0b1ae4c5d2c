//! Polls an import.

use crate::{
    client::{self, Client},
    progress_bar::ProgressBar,
};
use anyhow::Context;
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The state of an import.
#[derive(Clone, Debug, Deserialize)]
pub struct Job {
    /// `bulk_job_…`
    pub id: String,
    /// PENDING, PROCESSING, then COMPLETED, PARTIAL or FAILED.
    pub status: String,
    /// Its progress.
    pub progress: Progress,
}

/// The progress of an import, in rows.
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
    /// Maximum delay of a poll's response, unless the import ends before.
    wait: Duration,
    /// Minimum time between polls.
    pause: Duration,
    /// Whether the bar stays on the screen afterwards.
    keep: bool,
}

impl Watch {
    /// For a live bar: one poll per second, and the end is seen immediately.
    pub const LIVE: Self =
        Self { wait: Duration::from_secs(1), pause: Duration::from_millis(250), keep: false };
    /// For a very short import.
    pub const QUICK: Self = Self { wait: Duration::ZERO, pause: Duration::from_millis(20), keep: true };

    fn apply(self, request: RequestBuilder) -> RequestBuilder {
        match self.wait {
            Duration::ZERO => request,
            wait => request.header("Prefer", format!("wait={}", wait.as_secs())),
        }
    }
}

/// A finished import.
pub struct Ended {
    /// Its final state.
    pub job: Job,
    /// The response to the last poll.
    pub answer: Value,
    /// The number of polls.
    pub polls: u32,
}

impl Job {
    /// Sends a request whose response has the import as `data`; returns the import and the response.
    pub async fn ask(request: RequestBuilder) -> anyhow::Result<(Self, Value)> {
        let body = client::answer(request).await?.bytes().await?;
        let body: Value = serde_json::from_slice(&body).context("unexpected response: not JSON")?;
        let job = Self::deserialize(&body["data"]).context("unexpected response: not an import")?;
        Ok((job, body))
    }

    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETED" | "PARTIAL" | "FAILED")
    }

    /// Whether it has ended and every row was imported.
    pub fn all_in(&self) -> bool {
        self.status == "COMPLETED" && self.progress.succeeded == self.progress.total
    }

    /// Polls until it has ended, with a progress bar.
    pub async fn watch(&self, client: &Client, what: &'static str, how: Watch) -> anyhow::Result<Ended> {
        let bar = ProgressBar::rows(what, self.progress.total);
        let ended = bar.during(self.poll(client, &bar, how)).await?;
        if how.keep {
            bar.keep();
        }
        Ok(ended)
    }

    async fn poll(&self, client: &Client, bar: &ProgressBar, how: Watch) -> anyhow::Result<Ended> {
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
