//! The load generator: starts what it needs, measures one scenario or all, and prints a table and JSON.
//!
//! ```text
//! cargo run --release -p bench -- drain
//! ```
//!
//! Each figure stands beside yardsticks measured in the same run, since machines are shared: what counts
//! is how they relate.

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
    /// What to measure.
    #[arg(value_enum)]
    scenario: Scenario,
    /// How many jobs, requests or rows, where the scenario has such a number.
    #[arg(long, visible_alias = "events")]
    count: Option<usize>,
    /// Of `webhooks`: these parts alone, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// The program to be measured, such as target/dist/switchyard; without it the released one, which is built first.
    #[arg(long)]
    program: Option<std::path::PathBuf>,
    /// Of `webhooks`: a `svix-server` whose throughput is measured beside ours.
    #[arg(long)]
    svix: Option<std::path::PathBuf>,
    /// Where `bare` listens.
    #[arg(long, hide = true)]
    listen: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// No-op jobs through the ledger.
    Drain,
    /// Durable enqueue over HTTP, 64 callers.
    Enqueue,
    /// A route with everything on, against the same one bare.
    Edge,
    /// That bare route: started by `edge`.
    #[value(hide = true)]
    Bare,
    /// From enqueue to start, at 50 jobs a second.
    Latency,
    /// A file of customers, with their events.
    Import,
    /// The embedded platform with nothing to do.
    Idle,
    /// Events to endpoints.
    Webhooks,
    /// Provisioning requests, from the post to the end.
    Provisioning,
    /// A month billed to many customers, and invoices printed.
    Invoices,
    /// Lists and single objects of a million customers.
    Reads,
    /// Redis' memory after a million jobs.
    Growth,
    /// All of them, one after the other.
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
