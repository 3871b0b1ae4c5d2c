//! `listen`: receives webhooks on this machine.

mod forward;
mod line;

use crate::{
    client::Client,
    logging, output,
    receiver::{Delivery, Receiver, Webhook},
    settings::Global,
    shutdown,
};
use chrono::Utc;
use clap::builder::PossibleValuesParser;
use forward::Forward;
use reqwest::{StatusCode, Url};
use std::{process::ExitCode, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Receive webhooks on this machine, and print deliveries as they arrive
///
/// Registers a webhook on a free loopback port, verifies and prints each delivery, and deletes the webhook on Ctrl-C or
/// SIGTERM. With --forward, each verified delivery is passed unchanged to your own receiver, and its status is
/// returned: the platform retries rejected deliveries. The platform must run on this machine and be allowed to call it:
/// `switchyard up --sandbox`.
#[derive(clap::Args)]
pub struct Args {
    /// URL to forward deliveries to, with headers and body
    #[arg(long, value_name = "URL")]
    forward: Option<Url>,
    /// Event types, comma-separated [default: all]
    #[arg(long, value_name = "TYPES", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(api::event_types()))]
    events: Vec<String>,
    /// URL of the partner contract
    #[arg(long, default_value = "http://127.0.0.1:3010/partner")]
    url: String,
    /// API key for the partner contract
    #[arg(long, env = "PARTNER_API_KEY", hide_env_values = true)]
    key: String,
}

/// Runs until a signal.
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    logging::start_plain()?;
    // First, so that Ctrl-C leaves no webhook behind.
    let stop = shutdown::on_signal_tidily()?;
    let client = Client::new(&args.url, args.key)?;
    let forward = args.forward.map(Forward::new).transpose()?;
    let receiver = Receiver::bind().await?;
    let all: Vec<_> = api::event_types().collect();
    let events = if args.events.is_empty() { all } else { args.events.iter().map(String::as_str).collect() };
    let webhook = receiver.register(&client, &events, "switchyard listen").await?;
    output::print(&greeting(&webhook, &receiver.url()?, forward.as_ref()))?;
    let forward = Arc::new(forward);
    let answer = move |delivery| answer(delivery, forward.clone());
    let ended = CancellationToken::new();
    let serve = async {
        let _stops_both = stop.clone().drop_guard();
        receiver.run(answer, ended.clone()).await
    };
    // It keeps responding until nothing more is sent.
    let remove = async {
        stop.cancelled().await;
        let removed = webhook.remove(&client).await;
        ended.cancel();
        removed
    };
    let (served, removed) = tokio::join!(serve, remove);
    removed?;
    output::print(&format!("{} is deleted", webhook.id))?;
    Ok(served.map(|()| ExitCode::SUCCESS)?)
}

fn greeting(webhook: &Webhook, url: &str, forward: Option<&Forward>) -> String {
    let to = forward.map_or_else(String::new, |forward| format!(", forwarding to {}", forward.url));
    format!("Listening at {url} as {}{to}; Ctrl-C stops it and deletes the webhook", webhook.id)
}

/// Forwards a delivery, prints its line, and returns the status for the platform.
async fn answer(delivery: Delivery, forward: Arc<Option<Forward>>) -> StatusCode {
    let at = Utc::now();
    let outcome = match (&delivery.verified, forward.as_ref()) {
        (Err(reason), _) => line::Outcome::Refused(reason.clone()),
        (Ok(()), None) => line::Outcome::Taken,
        (Ok(()), Some(forward)) => forward.send(&delivery).await,
    };
    if let Err(error) = output::print(&line::line(at, &delivery, &outcome)) {
        tracing::warn!(%error, "cannot print");
    }
    outcome.status()
}
