//! The streams of an HTTP/2 connection, each a task. One whose client takes nothing of its answer (with a window
//! of 0, say) is reset, and the others go on: a proxy has the requests of many clients in one connection.

use hyper::rt::Executor;
use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

tokio::task_local! {
    static TAKING: Arc<Taking>;
}

/// How the answer of one stream is taken.
#[derive(Debug, Default)]
pub struct Taking(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the piece was offered that is not taken yet.
    offered: Option<Instant>,
    given_up: bool,
}

impl Taking {
    /// Of the stream whose task asks; none in HTTP/1.
    pub fn current() -> Option<Arc<Self>> {
        TAKING.try_with(Arc::clone).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a piece for the client.
    pub fn offered(&self) {
        self.state().offered = Some(Instant::now());
    }

    /// The client has taken it.
    pub fn taken(&self) {
        self.state().offered = None;
    }

    /// Since when the client had taken nothing, of a stream that was reset for that.
    pub fn given_up(&self) -> Option<Instant> {
        let state = self.state();
        state.offered.filter(|_| state.given_up)
    }

    /// Waits until a piece has not been taken for so long.
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

/// Runs streams; each may wait for so long until its client takes something of its answer.
#[derive(Debug, Clone, Copy)]
pub struct Streams(pub Duration);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let (taking, limit) = (Arc::<Taking>::default(), self.0);
        let watched = {
            let taking = taking.clone();
            async move {
                let mut stream = pin!(stream);
                tokio::select! {
                    biased;
                    () = stream.as_mut() => {}
                    // Dropped, it is reset.
                    () = taking.overdue(limit) => tracing::debug!("giving up an answer that is not taken"),
                }
            }
        };
        tokio::spawn(TAKING.scope(taking, watched));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    const LIMIT: Duration = Duration::from_secs(75);

    /// Runs a stream; how many seconds it lasts.
    async fn lasts<F: Future<Output = ()> + Send + 'static>(
        stream: impl FnOnce(Arc<Taking>) -> F + Send + 'static,
    ) -> u64 {
        let (ended, end) = oneshot::channel::<()>();
        let began = Instant::now();
        Streams(LIMIT).execute(async move {
            // Dropped with the stream.
            let _ended = ended;
            stream(Taking::current().unwrap()).await;
        });
        end.await.unwrap_err();
        began.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_lasts_as_long_as_its_answer_is_taken() {
        let never = lasts(async |taking: Arc<Taking>| {
            taking.offered();
            std::future::pending::<()>().await;
        });
        assert_eq!(never.await, 75);
        let slowly = lasts(async |taking: Arc<Taking>| {
            for _ in 0..3 {
                taking.offered();
                tokio::time::sleep(Duration::from_mins(1)).await;
                taking.taken();
            }
            // Nothing to take: the request is worked on.
            tokio::time::sleep(Duration::from_hours(1)).await;
            taking.offered();
            std::future::pending::<()>().await;
        });
        let lasted = slowly.await;
        assert!((3 * 60 + 3600 + 75..=3 * 60 + 3600 + 150).contains(&lasted), "{lasted}");
        assert!(Taking::current().is_none());
    }
}
