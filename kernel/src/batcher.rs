//! Rounds: what many callers ask for at about the same time is done together. Nobody waits for others to come: who
//! asks while nothing is under way begins a round, and who asks meanwhile goes with the next.

use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Callers at most that wait; further ones wait for a place among them.
const WAITING: usize = 1024;

struct Asked<T, A> {
    what: T,
    reply: oneshot::Sender<A>,
}

/// Does what is asked for, in rounds of a task of its own. Cheap to clone.
pub struct Batcher<T, A> {
    inbox: mpsc::Sender<Asked<T, A>>,
}

impl<T, A> Clone for Batcher<T, A> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<T: Send + 'static, A: Send + 'static> Batcher<T, A> {
    /// Starts the task; it ends when the last clone is dropped. `round` is given at most `size` at a time and answers
    /// each in its place; none: this one it has not done.
    pub fn start<F>(size: usize, round: impl Fn(Arc<[T]>) -> F + Send + 'static) -> Self
    where
        T: Sync,
        F: Future<Output = Vec<Option<A>>> + Send + 'static,
    {
        let (inbox, asked) = mpsc::channel(WAITING);
        tokio::spawn(go(asked, size, round));
        Self { inbox }
    }

    /// Asks for something and waits for the answer; none where the round has not done it. A caller that goes away
    /// does not take back what it has asked for once its round has begun.
    pub async fn ask(&self, what: T) -> Option<A> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(Asked { what, reply }).await.ok()?;
        answer.await.ok()
    }
}

async fn go<T, A, F>(mut inbox: mpsc::Receiver<Asked<T, A>>, size: usize, round: impl Fn(Arc<[T]>) -> F)
where
    T: Send + Sync + 'static,
    A: Send + 'static,
    F: Future<Output = Vec<Option<A>>> + Send + 'static,
{
    let mut waiting = Vec::with_capacity(size);
    while inbox.recv_many(&mut waiting, size).await > 0 {
        let still_there = waiting.drain(..).filter(|asked| !asked.reply.is_closed());
        let (all, replies): (Vec<_>, Vec<_>) = still_there.map(|asked| (asked.what, asked.reply)).unzip();
        if all.is_empty() {
            continue;
        }
        // A task of its own, so that one that panics is not the last: its callers are left without an answer.
        let answers = tokio::spawn(round(all.into())).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a round has not come to its end");
            vec![]
        });
        for (reply, answer) in replies.into_iter().zip(answers) {
            if let Some(answer) = answer {
                // The caller may have gone; what it asked for is done all the same.
                let _ = reply.send(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[tokio::test]
    async fn those_who_come_during_a_round_go_together() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let rounds = Batcher::start(50, move |all: Arc<[i32]>| {
            counted.fetch_add(1, Relaxed);
            async move {
                tokio::task::yield_now().await;
                all.iter().map(|number| (number % 10 != 0).then_some(number * 2)).collect()
            }
        });
        let answers = join_all((0..100).map(|number| rounds.ask(number))).await;
        for (number, answer) in (0..).zip(answers) {
            assert_eq!(answer, (number % 10 != 0).then_some(number * 2));
        }
        assert!(count.load(Relaxed) < 10, "{count:?}");
    }

    #[tokio::test]
    async fn a_round_that_panics_is_not_the_last() {
        let rounds = Batcher::start(10, |all: Arc<[i32]>| async move {
            assert_ne!(all[0], 7, "an unlucky one");
            all.iter().copied().map(Some).collect()
        });
        assert_eq!(rounds.ask(7).await, None);
        assert_eq!(rounds.ask(8).await, Some(8));
    }
}
