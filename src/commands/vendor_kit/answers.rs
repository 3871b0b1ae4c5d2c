//! What orders are answered with.

use super::{desk::Desk, order::Order};
use crate::output;
use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// What each attempt is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Answer {
    /// Success
    Success,
    /// Failure, with the reason from --message
    Fail,
    /// No result: the platform keeps waiting
    None,
}

impl Answer {
    /// What is said of it before anything has come.
    pub(super) const fn promise(self) -> &'static str {
        match self {
            Self::Success => "each attempt is answered with Success",
            Self::Fail => "each attempt is answered with Fail",
            Self::None => "attempts are not answered",
        }
    }

    /// The contract's word; none where nothing is said.
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Success => Some("Success"),
            Self::Fail => Some("Fail"),
            Self::None => None,
        }
    }
}

/// Posts results of orders, with one configuration for all.
pub(super) struct Answers {
    desk: Option<Desk>,
    answer: Answer,
    message: Option<String>,
    delay: Duration,
}

impl Answers {
    pub(super) const fn new(
        desk: Option<Desk>,
        answer: Answer,
        message: Option<String>,
        delay: Duration,
    ) -> Self {
        Self { desk, answer, message, delay }
    }

    /// Answers orders as they arrive, side by side, until `stop`; how many are still to be answered then.
    pub(super) async fn run(&self, mut arriving: UnboundedReceiver<Order>, stop: CancellationToken) -> usize {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return open.len(),
                Some(order) = arriving.recv() => open.push(self.answer(order)),
                Some(()) = open.next() => {}
            }
        }
    }

    /// Answers an order, and prints what became of it.
    async fn answer(&self, Order { request, attempt, .. }: Order) {
        let (Some(desk), Some(word)) = (&self.desk, self.answer.word()) else { return };
        tokio::time::sleep(self.delay).await;
        print(&match desk.post(request, &self.result(word, &attempt.to_string())).await {
            Ok(result) => format!("  answered: {word}, attempt {attempt}, result {}", text(&result["id"])),
            Err(error) => format!("  NOT ANSWERED: attempt {attempt}: {error:#}"),
        });
    }

    fn result(&self, word: &str, attempt: &str) -> Value {
        let mut result = json!({ "status": word, "provisionAttemptId": attempt });
        if let (Answer::Fail, Some(message)) = (self.answer, &self.message) {
            result["errorMessage"] = message.as_str().into();
        }
        result
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("without an id")
}

/// Prints; that it cannot is no reason to stop.
pub(super) fn print(text: &str) {
    if let Err(error) = output::print(text) {
        tracing::warn!(%error, "cannot print");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_has_a_reason() {
        let told =
            |answer| Answers { desk: None, answer, message: Some("sold".into()), delay: Duration::ZERO };
        let failed = json!({ "status": "Fail", "provisionAttemptId": "a", "errorMessage": "sold" });
        assert_eq!(told(Answer::Fail).result("Fail", "a"), failed);
        let done = json!({ "status": "Success", "provisionAttemptId": "a" });
        assert_eq!(told(Answer::Success).result("Success", "a"), done);
    }
}
