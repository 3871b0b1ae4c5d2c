//! Ctrl-c and SIGTERM: the first asks to stop, the second stops.

use std::{io, process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled by the first signal. A second one ends the process at once.
pub fn on_signal() -> io::Result<CancellationToken> {
    watch(|number| process::exit(128 + number))
}

/// Cancelled by the first signal. For what ends soon and has to tidy up: a second one changes nothing.
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

    /// The number of the next one.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}
