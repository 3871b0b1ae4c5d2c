//! Runs the streams of an HTTP/2 connection, each as a task. A stream whose client does not read its response (for
//! example a window of 0) is reset; the others continue, since a proxy sends requests of many clients over one
//! connection.

use hyper::rt::Executor;
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

tokio::task_local! {
    static PROGRESS: Arc<SendProgress>;
}

/// How far the client has read the response of a stream.
#[derive(Debug, Default)]
pub struct SendProgress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the unread piece was offered.
    offered: Option<Instant>,
    given_up: bool,
}

impl SendProgress {
    /// The progress of the current task; `None` in HTTP/1.
    pub fn current() -> Option<Arc<Self>> {
        PROGRESS.try_with(Arc::clone).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a piece for the client.
    pub fn offered(&self) {
        self.state().offered = Some(Instant::now());
    }

    /// The client has read it.
    pub fn taken(&self) {
        self.state().offered = None;
    }

    /// If the stream was reset for lack of progress: since when the client had read nothing.
    pub fn given_up(&self) -> Option<Instant> {
        let state = self.state();
        state.offered.filter(|_| state.given_up)
    }

    /// Waits until a piece was not read for `limit`.
    async fn overdue(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let due = self.state().offered.unwrap_or(now) + limit;
            if due <= now {
                self.state().given_up = true;
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

/// Resets a stream whose client does not read its response for this long.
#[derive(Debug, Clone, Copy)]
pub struct StreamExecutor(pub Duration);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        let (progress, limit) = (Arc::<SendProgress>::default(), self.0);
        let watched = {
            let progress = progress.clone();
            async move {
                let mut stream = pin!(stream);
                tokio::select! {
                    biased;
                    () = stream.as_mut() => {}
                    // Dropping it resets the stream.
                    () = progress.overdue(limit) => tracing::debug!("giving up an answer that is not taken"),
                }
            }
        };
        tokio::spawn(PROGRESS.scope(progress, watched));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const LIMIT: Duration = Duration::from_secs(75);

    /// Runs a stream; returns its duration in seconds.
    async fn lasts<F: Future<Output = ()> + Send + 'static>(
        stream: impl FnOnce(Arc<SendProgress>) -> F + Send + 'static,
    ) -> u64 {
        let (ended, end) = oneshot::channel::<()>();
        let began = Instant::now();
        StreamExecutor(LIMIT).execute(async move {
            // Dropped with the stream.
            let _ended = ended;
            stream(SendProgress::current().unwrap()).await;
        });
        end.await.unwrap_err();
        began.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_lasts_as_long_as_its_answer_is_taken() {
        let never = lasts(async |progress: Arc<SendProgress>| {
            progress.offered();
            std::future::pending::<()>().await;
        });
        assert_eq!(never.await, 75);
        let slowly = lasts(async |progress: Arc<SendProgress>| {
            for _ in 0..3 {
                progress.offered();
                tokio::time::sleep(Duration::from_mins(1)).await;
                progress.taken();
            }
            // Nothing to read: the request is in progress.
            tokio::time::sleep(Duration::from_hours(1)).await;
            progress.offered();
            std::future::pending::<()>().await;
        });
        let lasted = slowly.await;
        assert!((3 * 60 + 3600 + 75..=3 * 60 + 3600 + 150).contains(&lasted), "{lasted}");
        assert!(SendProgress::current().is_none());
    }
}
