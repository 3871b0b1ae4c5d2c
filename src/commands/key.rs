//! `key`: API keys and OAuth clients.

use crate::{
    context, output,
    settings::{DataLocation, Global},
};
use chrono::{DateTime, Utc};
use clap::builder::PossibleValuesParser;
use entities::{api_key, ids::ApiKeyId};
use kernel::{
    Kernel,
    auth::keys::{self, MadeKey, NewKey},
    contracts::{self, ContractInfo},
};
use platform::{clock, config::parse_duration};
use std::process::ExitCode;

/// Create, list and revoke API keys and OAuth clients
///
/// Uses the configured database, or that of the embedded platform, whether running or not.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    New(New),
    List(List),
    Revoke(Revoke),
}

/// Create a key and show it once
///
/// For the vendor contract this is a client id and secret, to be exchanged for access tokens.
#[derive(clap::Args)]
struct New {
    /// Contract the key is for
    #[arg(long, value_parser = PossibleValuesParser::new(contracts::served().map(|contract| contract.name)))]
    contract: String,
    /// Name of the key, for lists
    #[arg(long)]
    name: String,
    /// Organization (tenant) the key belongs to; created if it does not exist
    #[arg(long, default_value = crate::context::DEFAULT, value_name = "NAME")]
    organization: String,
    /// Contact address of the organization, for mail such as failing webhooks [default: unchanged; initially none]
    #[arg(long, value_name = "ADDRESS")]
    organization_email: Option<String>,
    /// Scope of the key (repeatable) [default: all scopes of the contract]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Network or address the key may be used from, such as 203.0.113.0/24 (repeatable) [default: anywhere]
    #[arg(long = "network", value_name = "CIDR")]
    networks: Vec<String>,
    /// Rate limit plan [default: the first plan of the contract]
    #[arg(long, default_value = "", hide_default_value = true)]
    plan: String,
    /// Expiry: a duration such as 90d, or a time such as 2027-01-31 or 2027-01-31T08:15:00Z (a date is midnight UTC)
    /// [default: never]
    #[arg(long, value_name = "WHEN", value_parser = expiry)]
    expires: Option<Expiry>,
    /// Sandbox key: its orders are provisioned by the simulator, whatever the plan says
    #[arg(long)]
    sandbox: bool,
    /// Print only the key, for scripts; a client as ID:SECRET
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    location: DataLocation,
}

/// The expiry of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    After(chrono::TimeDelta),
    At(DateTime<Utc>),
}

impl Expiry {
    fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::After(time) => now.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC),
            Self::At(at) => at,
        }
    }
}

fn expiry(text: &str) -> Result<Expiry, String> {
    let after = parse_duration(text).and_then(|time| chrono::TimeDelta::from_std(time).ok());
    let at = || clock::moment(text).map(Expiry::At);
    after.map(Expiry::After).or_else(at).ok_or_else(|| {
        "expected a time from now such as 90d or 12h, or a date or time such as 2027-01-31 or 2027-01-31T08:15:00Z".into()
    })
}

/// List all keys, with only the beginning of each secret
#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    location: DataLocation,
}

/// Revoke a key
///
/// Takes effect immediately, except that running processes cache keys for `http.key_cache` (at most 5 seconds). The
/// access tokens of a client are revoked with it.
#[derive(clap::Args)]
struct Revoke {
    /// Key id, from `key list`
    #[arg(value_name = "KEY_ID", value_parser = key_id)]
    id: ApiKeyId,
    #[command(flatten)]
    location: DataLocation,
}

/// Parses an id. The error describes its form, because users tend to pass the key itself.
fn key_id(text: &str) -> Result<ApiKeyId, String> {
    text.parse().map_err(|_| "expected the id that `key list` shows: key_ and 26 letters and digits".into())
}

/// Runs the subcommand.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::New(args) => new(args, &global).await,
        Action::List(args) => list(args, &global).await,
        Action::Revoke(args) => revoke(args, &global).await,
    }?;
    Ok(ExitCode::SUCCESS)
}

async fn new(args: New, global: &Global) -> anyhow::Result<()> {
    let kernel = context::or_create(global, args.location).await?;
    let new = NewKey {
        organization_email: args.organization_email,
        scopes: if args.scopes.is_empty() { vec!["*".into()] } else { args.scopes },
        networks: args.networks,
        plan: args.plan,
        expires_at: args.expires.map(|expiry| expiry.from(kernel.clock.now())),
        sandbox: args.sandbox,
        ..NewKey::plain(&args.organization, &args.contract, &args.name)
    };
    let MadeKey { record, secret } = keys::create(&kernel, new).await?;
    let is_client = contracts::find(&record.contract).is_some_and(ContractInfo::has_tokens);
    Ok(output::print(&match (args.quiet, is_client) {
        (true, false) => secret,
        (true, true) => format!("{}:{secret}", record.id),
        (false, false) => made(&record, &args.organization, &format!("  {secret}"), "key"),
        (false, true) => {
            let pair = format!("  client_id      {}\n  client_secret  {secret}", record.id);
            made(&record, &args.organization, &pair, "secret")
        }
    })?)
}

fn made(record: &api_key::Model, organization: &str, shown: &str, what: &str) -> String {
    let api_key::Model { id, contract, .. } = record;
    format!(
        "Created {id} for the {contract} contract of {organization}. The {what} is shown only once; save it:\n\n{shown}\n"
    )
}

async fn list(args: List, global: &Global) -> anyhow::Result<()> {
    let kernel = context::existing(global, args.location).await?;
    let keys = keys::list(&kernel).await?;
    let head = ["ID", "CONTRACT", "ORGANIZATION", "NAME", "BEGINS WITH"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(keys.iter().map(row)).collect();
    let table = output::table(&rows);
    let more = keys.iter().map(|(key, _)| format!("\n  {}", about(&kernel, key)));
    let lines = table.lines().zip(std::iter::once(String::new()).chain(more));
    let lines: Vec<_> = lines.map(|(line, more)| format!("{line}{more}")).collect();
    Ok(output::print(&lines.join("\n"))?)
}

fn row((key, organization): &(api_key::Model, String)) -> [String; 5] {
    let api_key::Model { id, contract, name, prefix, .. } = key;
    [id.to_string(), contract.clone(), organization.clone(), name.clone(), prefix.clone()]
}

/// Scopes, expiry, last use and so on, as text: columns would make the table too wide.
fn about(kernel: &Kernel, key: &api_key::Model) -> String {
    let first = || kernel.settings.plans.names(&key.contract).first().copied().unwrap_or_default();
    let plan = if key.plan.is_empty() { first() } else { &key.plan };
    let scopes = key.scopes.0.join(" ");
    let scopes = if scopes == "*" { "all scopes".to_owned() } else { scopes };
    let from = (!key.networks.0.is_empty()).then(|| format!("from {}", key.networks.0.join(" ")));
    let expires = key.expires_at.map(|at| {
        let word = if at <= kernel.clock.now() { "expired" } else { "expires" };
        format!("{word} {}", output::time(at))
    });
    let used = key.last_used_at.map_or_else(
        || "never used".to_owned(),
        |at| {
            let from = key.last_used_from.as_deref().unwrap_or("?");
            format!("used {} from {from}", output::time(at))
        },
    );
    let revoked = key.revoked_at.map(|at| format!("revoked {}", output::time(at)));
    let kind = key.sandbox.then(|| "sandbox".to_owned());
    let parts = [revoked, kind, Some(plan.to_owned()), Some(scopes), from, expires, Some(used)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn revoke(args: Revoke, global: &Global) -> anyhow::Result<()> {
    let kernel = context::existing(global, args.location).await?;
    let id = args.id;
    let now = keys::revoke(&kernel, id).await?;
    let report = if now { format!("{id} is revoked") } else { format!("{id} was already revoked") };
    Ok(output::print(&report)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_time_from_now_or_a_moment() {
        let now: DateTime<Utc> = "2026-11-21T00:00:00Z".parse().unwrap();
        let at = |text| expiry(text).map(|expiry| expiry.from(now).to_rfc3339());
        assert_eq!(at("90d").as_deref(), Ok("2027-02-19T00:00:00+00:00"));
        assert_eq!(at("2027-01-31T01:00:00+01:00").as_deref(), Ok("2027-01-31T00:00:00+00:00"));
        assert_eq!(at("2027-01-31").as_deref(), Ok("2027-01-31T00:00:00+00:00"));
        for bad in ["", "90", "soon", "2027-02-29", "-1d"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
