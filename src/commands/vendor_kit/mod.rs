//! `vendor-kit`: a minimal vendor client, for whoever writes a real one.

mod answers;
mod desk;
mod order;
mod receive;

use crate::{logging, output, settings::Global, shutdown};
use answers::{Answer, Answers};
use anyhow::Context;
use clap::builder::ArgPredicate;
use desk::Desk;
use kernel::config::parse_duration;
use poem::http::HeaderName;
use receive::{Gate, Receiver};
use std::{net::SocketAddr, process::ExitCode, time::Duration};
use tokio::{net::TcpListener, sync::mpsc::unbounded_channel};

/// Receive a vendor's orders, print them, and answer them as told
///
/// Listens for what a webhook of the vendor contract is sent, and prints each order. With a client's id and secret it
/// posts a result for each attempt, too: `Success`, or what --answer says. It registers no webhook; docs/vendors.md
/// shows how to. The platform has to be allowed to call this machine: `switchyard up --sandbox`.
#[derive(clap::Args)]
pub struct Args {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8099")]
    listen: SocketAddr,
    /// The webhook's shared secret; without it, whoever sends is believed
    #[arg(long, env = "VENDOR_WEBHOOK_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// The header that has the shared secret
    #[arg(long, value_name = "NAME", default_value = "pax8ApiTokenV1")]
    header: HeaderName,
    /// Where the vendor contract is served
    #[arg(long, default_value = "http://127.0.0.1:3010/vendor")]
    url: String,
    /// A client of the vendor contract: its id
    #[arg(long, value_name = "ID", env = "VENDOR_CLIENT_ID", requires = "client_secret")]
    client_id: Option<String>,
    /// A client of the vendor contract: its secret
    #[arg(long, value_name = "SECRET", env = "VENDOR_CLIENT_SECRET", hide_env_values = true)]
    #[arg(requires = "client_id")]
    client_secret: Option<String>,
    /// What each attempt is answered with [default: success with a client, none without]
    #[arg(long, default_value = "none", hide_default_value = true)]
    #[arg(default_value_if("client_id", ArgPredicate::IsPresent, "success"))]
    #[arg(requires_ifs = [("success", "client_id"), ("fail", "client_id")])]
    answer: Answer,
    /// Why it has failed, with `--answer fail`
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// How long an attempt waits for its answer, as in 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = delay)]
    delay: Duration,
}

fn delay(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a time such as 500ms, 2s or 5m".into())
}

/// Runs until a signal.
pub async fn run(args: Args, _: Global) -> anyhow::Result<ExitCode> {
    logging::start_plain()?;
    let stop = shutdown::on_signal()?;
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen at {}", args.listen))?;
    let desk = match args.client_id.zip(args.client_secret) {
        Some((id, secret)) => Some(Desk::open(&args.url, id, secret).await?),
        None => None,
    };
    let checked = if args.secret.is_some() { "" } else { ", whoever sends (no --secret)" };
    output::print(&format!(
        "Listening at http://{}/{checked}; {}; ctrl-c ends it",
        listener.local_addr()?,
        args.answer.promise()
    ))?;
    let gate = Gate { header: args.header, secret: args.secret };
    let answers = Answers::new(desk, args.answer, args.message, args.delay);
    let (orders, arriving) = unbounded_channel();
    let serve = async {
        let _stops_both = stop.clone().drop_guard();
        Receiver::new(gate, orders).run(listener, stop.clone()).await
    };
    let (served, left) = tokio::join!(serve, answers.run(arriving, stop.clone()));
    served.context("cannot go on listening")?;
    if left > 0 {
        output::print(&format!("Orders without an answer: {left}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
