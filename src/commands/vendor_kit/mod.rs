//! `vendor-kit`: a minimal vendor client, as a model for a real one.

mod answers;
mod client;
mod order;
mod receive;

use crate::{logging, output, settings::Global, shutdown};
use answers::{Answer, Answers};
use anyhow::Context;
use clap::builder::ArgPredicate;
use client::Client;
use platform::config::parse_duration;
use poem::http::HeaderName;
use receive::{Credentials, Receiver};
use std::{net::SocketAddr, process::ExitCode, time::Duration};
use tokio::{net::TcpListener, sync::mpsc::unbounded_channel};

/// Receive a vendor's orders, print them, and post results
///
/// Receives the deliveries of a vendor contract webhook and prints each order. With a client id and secret it also
/// posts a result for each attempt: `Success`, or the one given by --answer. It does not register the webhook; see
/// docs/vendors.md. The platform must be allowed to call this machine: `switchyard up --sandbox`.
#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// Shared secret of the webhook; without it, deliveries are not verified
    #[arg(long, env = "VENDOR_WEBHOOK_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// Header that carries the shared secret
    #[arg(long, value_name = "NAME", default_value = "pax8ApiTokenV1")]
    header: HeaderName,
    /// URL of the vendor contract
    #[arg(long, default_value = "http://127.0.0.1:3010/vendor")]
    url: String,
    /// Client id for the vendor contract
    #[arg(long, value_name = "ID", env = "VENDOR_CLIENT_ID", requires = "client_secret")]
    client_id: Option<String>,
    /// Client secret for the vendor contract
    #[arg(long, value_name = "SECRET", env = "VENDOR_CLIENT_SECRET", hide_env_values = true)]
    #[arg(requires = "client_id")]
    client_secret: Option<String>,
    /// Result of each attempt [default: success with a client, none without]
    #[arg(long, default_value = "none", hide_default_value = true)]
    #[arg(default_value_if("client_id", ArgPredicate::IsPresent, "success"))]
    #[arg(requires_ifs = [("success", "client_id"), ("fail", "client_id")])]
    answer: Answer,
    /// Reason of the failure, with `--answer fail`
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Delay before each result, such as 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = delay)]
    delay: Duration,
}

fn delay(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a duration such as 500ms, 2s or 5m".into())
}

/// Runs until a signal.
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    logging::start_plain()?;
    let stop = shutdown::on_signal()?;
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen at {}", args.listen))?;
    let client = match args.client_id.zip(args.client_secret) {
        Some((id, secret)) => Some(Client::open(&args.url, id, secret).await?),
        None => None,
    };
    let checked = if args.secret.is_some() { "" } else { ", without verification (no --secret)" };
    output::print(&format!(
        "Listening at http://{}/{checked}; {}; Ctrl-C stops it",
        listener.local_addr()?,
        args.answer.promise()
    ))?;
    let credentials = Credentials { header: args.header, secret: args.secret };
    let answers = Answers::new(client, args.answer, args.message, args.delay);
    let (orders, arriving) = unbounded_channel();
    let serve = async {
        let _stops_both = stop.clone().drop_guard();
        Receiver::new(credentials, orders).run(listener, stop.clone()).await
    };
    let (served, left) = tokio::join!(serve, answers.run(arriving, stop.clone()));
    served.context("cannot continue listening")?;
    if left > 0 {
        output::print(&format!("Orders without an answer: {left}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
