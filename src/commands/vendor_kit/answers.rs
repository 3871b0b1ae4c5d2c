//! Posts results for orders.

use super::{client::Client, order::Order};
use crate::output;
use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// The result of each attempt.
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
    /// Its description at the start.
    pub(super) const fn promise(self) -> &'static str {
        match self {
            Self::Success => "each attempt is answered with Success",
            Self::Fail => "each attempt is answered with Fail",
            Self::None => "attempts are not answered",
        }
    }

    /// The contract's status; `None` if no result is posted.
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
    client: Option<Client>,
    answer: Answer,
    message: Option<String>,
    delay: Duration,
}

impl Answers {
    pub(super) const fn new(
        client: Option<Client>,
        answer: Answer,
        message: Option<String>,
        delay: Duration,
    ) -> Self {
        Self { client, answer, message, delay }
    }

    /// Answers orders concurrently until `stop`; returns how many are still unanswered.
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

    /// Answers an order and prints the outcome.
    async fn answer(&self, Order { request, attempt, .. }: Order) {
        let (Some(client), Some(word)) = (&self.client, self.answer.word()) else { return };
        tokio::time::sleep(self.delay).await;
        print(&match client.post(request, &self.result(word, &attempt.to_string())).await {
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

/// Prints, ignoring errors.
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
        let answers =
            |answer| Answers { client: None, answer, message: Some("sold".into()), delay: Duration::ZERO };
        let failed = json!({ "status": "Fail", "provisionAttemptId": "a", "errorMessage": "sold" });
        assert_eq!(answers(Answer::Fail).result("Fail", "a"), failed);
        let done = json!({ "status": "Success", "provisionAttemptId": "a" });
        assert_eq!(answers(Answer::Success).result("Success", "a"), done);
    }
}
