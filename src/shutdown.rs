//! Ctrl-C and SIGTERM: the first requests a shutdown, the second stops the process.

use std::{io, process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled by the first signal. A second one stops the process immediately.
pub fn on_signal() -> io::Result<CancellationToken> {
    watch(|number| process::exit(128 + number))
}

/// Cancelled by the first signal. For short commands that clean up: a second signal has no effect.
pub fn on_signal_tidily() -> io::Result<CancellationToken> {
    watch(|_| ())
}

fn watch(second: impl FnOnce(i32) + Send + 'static) -> io::Result<CancellationToken> {
    let mut signals = Signals::listen()?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping");
        stop.cancel();
        second(signals.next().await);
    });
    Ok(token)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}
