//! The benchmark: starts the servers and processes it needs, measures one scenario or all, and prints a table and JSON.
//!
//! ```text
//! cargo run --release -p bench -- drain
//! ```
//!
//! The report also has yardsticks measured in the same run, because machines are shared: compare figures with them.

mod customers;
mod http;
mod platform;
mod report;
mod scenarios;
mod yardsticks;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use report::Report;
use scenarios::webhooks::Part;

/// Measures Switchyard on PostgreSQL and Redis (and, for `idle`, the embedded platform).
#[derive(Parser)]
struct Args {
    /// The scenario.
    #[arg(value_enum)]
    scenario: Scenario,
    /// Number of jobs, requests or rows, if the scenario has such a number.
    #[arg(long, visible_alias = "events")]
    count: Option<usize>,
    /// For `webhooks`: only these parts, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// The program to measure, such as target/dist/switchyard; default: the release build, which is built first.
    #[arg(long)]
    program: Option<std::path::PathBuf>,
    /// For `webhooks`: a `svix-server` to measure for comparison.
    #[arg(long)]
    svix: Option<std::path::PathBuf>,
    /// The address that `bare` listens on.
    #[arg(long, hide = true)]
    listen: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// No-op jobs through the ledger.
    Drain,
    /// Durable enqueue over HTTP, 64 callers.
    Enqueue,
    /// A route with all layers, compared with the same route without them.
    Edge,
    /// The route without layers; started by `edge`.
    #[value(hide = true)]
    Bare,
    /// From enqueue to start, at 50 jobs per second.
    Latency,
    /// A CSV file of customers, with their events.
    Import,
    /// The idle embedded platform.
    Idle,
    /// Events delivered to endpoints.
    Webhooks,
    /// Provisioning requests, from the POST to completion.
    Provisioning,
    /// Invoices of a month for many customers, and their PDFs.
    Invoices,
    /// Lists and single objects, with a million customers.
    Reads,
    /// The memory of Redis after a million jobs.
    Growth,
    /// All scenarios, one after the other.
    All,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    if args.scenario == Scenario::Bare {
        return scenarios::edge::serve_bare(args.listen).await;
    }
    if let Some(program) = args.program {
        platform::measure(program);
    }
    if let Some(program) = args.svix {
        scenarios::webhooks::svix::measure(program);
    }
    let chosen = match args.scenario {
        Scenario::All => vec![
            Scenario::Drain,
            Scenario::Enqueue,
            Scenario::Edge,
            Scenario::Latency,
            Scenario::Import,
            Scenario::Idle,
            Scenario::Webhooks,
            Scenario::Provisioning,
            Scenario::Invoices,
            Scenario::Reads,
            Scenario::Growth,
        ],
        one => vec![one],
    };
    let mut report = Report::new(yardsticks::measure().await?);
    for scenario in chosen {
        eprintln!("measuring {scenario:?} …");
        let figures = match scenario {
            Scenario::Drain => scenarios::drain::run(args.count.unwrap_or(200_000)).await?,
            Scenario::Enqueue => scenarios::enqueue::run(args.count.unwrap_or(50_000)).await?,
            Scenario::Edge => scenarios::edge::run(args.count.unwrap_or(40_000)).await?,
            Scenario::Latency => scenarios::latency::run(args.count.unwrap_or(1_000)).await?,
            Scenario::Import => scenarios::import::run(args.count.unwrap_or(100_000)).await?,
            Scenario::Idle => scenarios::idle::run().await?,
            Scenario::Webhooks => scenarios::webhooks::run(&args.only, args.count).await?,
            Scenario::Provisioning => scenarios::provisioning::run(args.count.unwrap_or(10_000)).await?,
            Scenario::Invoices => scenarios::invoices::run(args.count.unwrap_or(100_000)).await?,
            Scenario::Reads => scenarios::reads::run(args.count.unwrap_or(1_000_000)).await?,
            Scenario::Growth => scenarios::growth::run(args.count.unwrap_or(1_000_000)).await?,
            Scenario::All | Scenario::Bare => unreachable!("replaced by its parts, or served, above"),
        };
        report.add(figures);
    }
    report.print()
}
