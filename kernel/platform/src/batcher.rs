//! Batches: values submitted by concurrent callers are processed together, in a separate task. A value submitted while
//! the task is idle is processed immediately; those that arrive meanwhile form the next batch.
//!
//! A submitted value is processed even if its caller disconnects.

use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// The options of a [`Batcher`].
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The maximum number of values per batch.
    pub size: usize,
    /// The maximum number of waiting values.
    pub waiting: usize,
    /// Whether a batch waits for more values.
    pub linger: Linger,
}

impl Options {
    /// Batches of up to `size` values, without lingering. Up to 1,024 values may wait.
    pub const fn new(size: usize) -> Self {
        Self { size, waiting: 1024, linger: Linger::Never }
    }
}

/// When a batch waits for more values, which makes fewer and larger batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linger {
    /// Never.
    Never,
    /// Up to this long, until there are as many values as were in the previous batch or arrived during it. Callers that
    /// wait for a reply are likely to return; in two alternating halves they would need two batches.
    ForReturning(Duration),
    /// This long after each batch of at least `size` values, for callers that do not wait for a reply.
    AfterLarge {
        /// The batch size from which more values are expected.
        size: usize,
        /// The pause.
        time: Duration,
    },
}

/// Too many values are waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

struct Item<T, R> {
    value: T,
    reply: Option<oneshot::Sender<R>>,
}

/// Processes values in batches, one batch at a time. Cheap to clone.
pub struct Batcher<T, R> {
    inbox: mpsc::Sender<Item<T, R>>,
}

impl<T, R> Clone for Batcher<T, R> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<T: Send + Sync + 'static, R: Send + 'static> Batcher<T, R> {
    /// Starts the task. It ends when the last clone is dropped and everything is processed. `run` processes a batch and
    /// returns a reply for each value, in order; `None`, or no reply, for values that it has not processed.
    pub fn start<F>(
        options: Options,
        run: impl FnMut(Arc<[T]>) -> F + Send + 'static,
    ) -> (Self, JoinHandle<()>)
    where
        F: Future<Output = Vec<Option<R>>> + Send + 'static,
    {
        let (inbox, items) = mpsc::channel(options.waiting);
        (Self { inbox }, tokio::spawn(run_all(items, options, run)))
    }

    /// Submits a value and waits for its reply; if too many are waiting, first for room. `None` if the batch has not
    /// processed it, or has failed.
    pub async fn submit(&self, value: T) -> Option<R> {
        let (item, reply) = with_reply(value);
        self.inbox.send(item).await.ok()?;
        reply.await.ok()
    }

    /// [`Self::submit`] that does not wait for room: fails if too many are waiting.
    pub async fn try_submit(&self, value: T) -> Result<Option<R>, Full> {
        let (item, reply) = with_reply(value);
        self.inbox.try_send(item).map_err(|_| Full)?;
        Ok(reply.await.ok())
    }

    /// Submits a value that needs no reply. Waits only for room.
    pub async fn push(&self, value: T) {
        // The task ends only after the last batcher.
        let _ = self.inbox.send(Item { value, reply: None }).await;
    }
}

fn with_reply<T, R>(value: T) -> (Item<T, R>, oneshot::Receiver<R>) {
    let (reply, receiver) = oneshot::channel();
    (Item { value, reply: Some(reply) }, receiver)
}

async fn run_all<T, R, F>(
    mut inbox: mpsc::Receiver<Item<T, R>>,
    Options { size, linger, .. }: Options,
    mut run: impl FnMut(Arc<[T]>) -> F,
) where
    F: Future<Output = Vec<Option<R>>>,
{
    let (mut batch, mut expected) = (Vec::with_capacity(size), 0);
    while inbox.recv_many(&mut batch, size).await > 0 {
        if let Linger::ForReturning(time) = linger {
            gather(&mut inbox, &mut batch, (expected, size), time).await;
        }
        let count = batch.len();
        run_one(batch.drain(..), &mut run).await;
        expected = size.min(count + inbox.len());
        match linger {
            Linger::AfterLarge { size, time } if count >= size => sleep(time).await,
            _ => {}
        }
    }
}

/// Waits until the batch has the expected number of values, but not for callers that do not return.
async fn gather<T>(
    inbox: &mut mpsc::Receiver<T>,
    batch: &mut Vec<T>,
    (expected, size): (usize, usize),
    time: Duration,
) {
    let all =
        async { while batch.len() < expected && inbox.recv_many(batch, size - batch.len()).await > 0 {} };
    let _ = timeout(time, all).await;
}

/// A batch that panics leaves its callers without a reply; the next is processed as usual.
async fn run_one<T, R, F>(batch: impl Iterator<Item = Item<T, R>>, run: &mut impl FnMut(Arc<[T]>) -> F)
where
    F: Future<Output = Vec<Option<R>>>,
{
    let (values, replies): (Vec<_>, Vec<_>) = batch.map(|item| (item.value, item.reply)).unzip();
    let done = AssertUnwindSafe(async { run(values.into()).await }).catch_unwind().await;
    let done = done.unwrap_or_else(|_| {
        tracing::error!("a batch has panicked");
        vec![]
    });
    for (reply, done) in replies.into_iter().zip(done) {
        if let (Some(reply), Some(done)) = (reply, done) {
            // The caller may have disconnected.
            let _ = reply.send(done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::Mutex;

    /// A batcher that doubles numbers, except for multiples of ten, and the sizes of its batches.
    fn doubling(options: Options) -> (Batcher<i32, i32>, Arc<Mutex<Vec<usize>>>) {
        let sizes = Arc::<Mutex<Vec<usize>>>::default();
        let counted = sizes.clone();
        let run = move |all: Arc<[i32]>| {
            counted.lock().unwrap().push(all.len());
            async move {
                tokio::task::yield_now().await;
                all.iter().map(|number| (number % 10 != 0).then_some(number * 2)).collect()
            }
        };
        (Batcher::start(options, run).0, sizes)
    }

    #[tokio::test]
    async fn values_submitted_during_a_batch_go_together() {
        let (batcher, sizes) = doubling(Options::new(50));
        let replies = join_all((0..100).map(|number| batcher.submit(number))).await;
        for (number, reply) in (0..).zip(replies) {
            assert_eq!(reply, (number % 10 != 0).then_some(number * 2));
        }
        let sizes = sizes.lock().unwrap();
        assert!(sizes.len() < 10 && sizes.iter().all(|size| *size <= 50), "{sizes:?}");
    }

    #[tokio::test]
    async fn a_batch_that_panics_is_not_the_last() {
        let run = |all: Arc<[i32]>| async move {
            assert_ne!(all[0], 7, "an unlucky one");
            all.iter().copied().map(Some).collect()
        };
        let (batcher, _) = Batcher::start(Options::new(10), run);
        assert_eq!(batcher.submit(7).await, None);
        assert_eq!(batcher.submit(8).await, Some(8));
    }

    #[tokio::test]
    async fn everything_is_processed_before_the_task_ends() {
        let seen = Arc::<Mutex<Vec<i32>>>::default();
        let noted = seen.clone();
        let run = move |all: Arc<[i32]>| {
            noted.lock().unwrap().extend_from_slice(&all);
            async { Vec::<Option<()>>::new() }
        };
        let (batcher, task) = Batcher::start(Options::new(2), run);
        // Submitted, and not waited for.
        assert!(batcher.submit(1).now_or_never().is_none());
        for number in 2..6 {
            batcher.push(number).await;
        }
        drop(batcher);
        task.await.unwrap();
        assert_eq!(*seen.lock().unwrap(), [1, 2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn no_more_than_may_wait_do() {
        let (batcher, _) = doubling(Options { waiting: 2, ..Options::new(1) });
        let mut waiting: Vec<_> = (1..=3).map(|number| Box::pin(batcher.try_submit(number))).collect();
        let first: Vec<_> = waiting.iter_mut().map(futures::FutureExt::now_or_never).collect();
        assert_eq!(first, [None, None, Some(Err(Full))]);
        assert_eq!(waiting.remove(0).await, Ok(Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn returning_callers_are_waited_for() {
        let linger = Linger::ForReturning(Duration::from_millis(1));
        let (batcher, sizes) = doubling(Options { linger, ..Options::new(50) });
        let call = async |late: u64| {
            batcher.submit(1).await;
            sleep(Duration::from_micros(late)).await;
            batcher.submit(2).await;
        };
        tokio::join!(call(0), call(900), call(5000));
        assert_eq!(*sizes.lock().unwrap(), [3, 2, 1], "who stays away is not");
    }

    #[tokio::test(start_paused = true)]
    async fn large_batches_are_followed_by_a_pause() {
        let linger = Linger::AfterLarge { size: 3, time: Duration::from_millis(5) };
        let (batcher, sizes) = doubling(Options { linger, ..Options::new(50) });
        for number in 0..3 {
            batcher.push(number).await;
        }
        batcher.submit(3).await;
        // The pause of the batch before.
        let late = async {
            sleep(Duration::from_millis(4)).await;
            batcher.submit(5).await;
        };
        tokio::join!(batcher.submit(4), late);
        batcher.submit(6).await;
        batcher.submit(7).await;
        assert_eq!(*sizes.lock().unwrap(), [4, 2, 1, 1]);
    }
}
