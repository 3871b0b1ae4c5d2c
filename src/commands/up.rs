//! `up`: the whole platform in one process.

use super::{billing, sandbox};
use crate::{
    context, fake_customers, invoice_pdf, logging, output, platform,
    settings::{self, DataLocation, Global, Override},
    shutdown,
};
use ::platform::Db;
use isp::sandbox::NAME;
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
    contracts::partner,
};
use serde_json::json;
use std::{net::SocketAddr, process::ExitCode};

/// Run the whole platform in this process
///
/// Needs no server: without `DATABASE_URL` everything is stored in SQLite in the data folder. The first start creates
/// an API key and shows it once, with an example request. In a new embedded database it also creates a sandbox
/// organization and its key (see `switchyard sandbox seed`). Ctrl-C or SIGTERM stops it after open requests and running
/// jobs have finished; a second one stops it immediately.
#[derive(clap::Args)]
pub struct Args {
    /// Address and port to listen on [default: `http.listen`, 127.0.0.1:3010]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// For development: allow webhooks to this machine and over http; the first key is a sandbox key
    #[arg(long)]
    sandbox: bool,
    /// Do not create the sandbox organization [default: `sandbox.seed`, which creates it]
    #[arg(long)]
    no_seed: bool,
    /// Name of the organization that the first start creates [default: default]
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    #[command(flatten)]
    location: DataLocation,
}

/// The settings of `--sandbox`.
const SANDBOX: [(&str, &str); 2] =
    [("outbound.allow_http", "true"), ("outbound.allowed_networks", "127.0.0.0/8, ::1/128")];

/// The message at the start.
const SANDBOX_TOLD: &str =
    "Sandbox: webhooks to loopback addresses of this machine are allowed, also over http";

impl Args {
    fn overrides(self) -> Vec<Override> {
        let listen = self.listen.map(|address| ("http.listen", address, "--listen"));
        let sandbox = self.sandbox.then_some(SANDBOX).into_iter().flatten();
        let sandbox = sandbox.map(|(path, value)| (path, value.to_owned(), "--sandbox"));
        let seed = self.no_seed.then(|| ("sandbox.seed", "false".to_owned(), "--no-seed"));
        listen.into_iter().chain(sandbox).chain(seed).chain(self.location.overrides()).collect()
    }
}

/// Runs until a signal.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let sandbox = args.sandbox;
    let organization = args.organization.clone().unwrap_or_else(|| context::DEFAULT.to_owned());
    let loaded = settings::load(&global, args.overrides())?;
    logging::start(&loaded)?;
    if sandbox {
        tracing::warn!("{SANDBOX_TOLD}");
        output::print(SANDBOX_TOLD)?;
    }
    let shutdown = shutdown::on_signal()?;
    let renderer = invoice_pdf::renderer(&loaded.settings)?;
    let listener = platform::bind(&loaded.settings).await?;
    let Some(kernel) = shutdown.run_until_cancelled(Box::pin(platform::prepare(loaded.settings))).await
    else {
        return Ok(ExitCode::SUCCESS);
    };
    let kernel = kernel?;
    platform::monitor(&kernel, &shutdown).await?;
    let key = first_key(&kernel, &organization, sandbox).await?;
    let trial = if key.is_some() { trial_key(&kernel).await? } else { None };
    output::print(&greeting(platform::scheme(&kernel.settings), listener.local_addr()?, key.as_deref()))?;
    if let Some(key) = trial {
        output::print(&format!("{}\n", sandbox::made(NAME, &key)))?;
    }
    match billing::summary(&kernel).await {
        Ok(summary) => output::print(&summary)?,
        Err(error) => tracing::warn!("cannot say when the next billing run is: {error:#}"),
    }
    platform::run(kernel, renderer, listener, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// Creates a key if there has never been one.
async fn first_key(kernel: &Kernel, organization: &str, sandbox: bool) -> ::platform::Result<Option<String>> {
    if !keys::list(kernel).await?.is_empty() {
        return Ok(None);
    }
    let key = NewKey { sandbox, ..NewKey::plain(organization, partner::CONTRACT.name, "first key") };
    Ok(Some(keys::create(kernel, key).await?.secret))
}

/// Creates the sandbox organization and its key, unless it exists. Never in a database shared with other processes:
/// there, use `switchyard sandbox seed`.
async fn trial_key(kernel: &Kernel) -> ::platform::Result<Option<String>> {
    if !kernel.settings.sandbox.seed || Db::file(&kernel.settings).is_none() {
        return Ok(None);
    }
    match sandbox::seeded(kernel, NAME).await {
        // An organization of that name has customers of its own.
        Err(::platform::Error::Conflict { .. }) => Ok(None),
        made => made,
    }
}

fn greeting(scheme: &str, bound: SocketAddr, key: Option<&str>) -> String {
    let url = format!("{scheme}://{}", platform::reachable(bound));
    let ready = format!("Switchyard is listening on {scheme}://{bound}");
    let Some(key) = key else { return ready };
    let body = json!({ "customers": fake_customers::customers(1) });
    format!(
        "{ready}

This first start created a key for the partner contract. It is shown only once; save it:

  {key}

Try it:

  curl -s {url}/partner/api/v1/bulk/customers -H 'X-API-Key: {key}' -H 'Content-Type: application/json' -d '{body}'
  curl -s {url}/partner/api/v1/customers -H 'X-API-Key: {key}'

Or in a browser: {url}/partner/docs
"
    )
}

#[cfg(test)]
mod tests {
    use super::greeting;

    #[test]
    fn the_greeting_has_a_request_that_can_be_pasted() {
        let text = greeting("http", "0.0.0.0:3010".parse().unwrap(), Some("pk_live_x"));
        let curl = text.lines().find(|line| line.trim().starts_with("curl")).unwrap();
        assert!(curl.contains("http://127.0.0.1:3010/partner/"));
        assert!(curl.contains("'X-API-Key: pk_live_x'"));
        let body = curl.split_once("-d '").unwrap().1.strip_suffix('\'').unwrap();
        assert!(!body.contains('\''));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["customers"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn later_starts_show_the_address_alone() {
        assert_eq!(greeting("https", "[::]:80".parse().unwrap(), None).lines().count(), 1);
    }
}
