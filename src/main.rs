//! The command line. Each command is a file in `commands/`, or a folder if it is long.

// Use `output`, which escapes untrusted text.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod client;
mod commands;
mod context;
mod enum_arg;
mod fake_customers;
mod import_file;
mod invoice_pdf;
mod logging;
mod migrations;
mod output;
mod platform;
mod progress_bar;
mod receiver;
mod settings;
mod shutdown;
mod tracing_export;

use clap::{Parser, Subcommand};
use commands::{
    coverage, demo, doctor, explain, import, invoice, jobs, key, listen, maintenance, migrate, openapi,
    organization, outage, payment, plan, pool, promotion, provisioner, sandbox, serve, signing_key, tax, up,
    usage, vault, vendor_kit, work,
};
use settings::{Global, Refused};
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// The provisioning back office of a service provider: HTTP contracts in front of one durable job engine.
///
/// `switchyard demo` shows what it does; `switchyard up` runs it on this machine without further software. For several
/// machines, use `migrate`, `serve` and `work` with PostgreSQL and Redis.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    all is well
  1    something failed; for `import`: not every row went in; for `doctor`: something is not well
  2    wrong usage, or wrong settings
  130  stopped by a signal before the work was done (143: by a second SIGTERM)";

#[derive(Subcommand)]
enum Command {
    Up(up::Args),
    Serve(serve::Args),
    Work(work::Args),
    Migrate(migrate::Args),
    Demo(demo::Args),
    Key(key::Args),
    SigningKey(signing_key::Args),
    Vault(vault::Args),
    Organization(organization::Args),
    Plan(plan::Args),
    Promotion(promotion::Args),
    Pool(pool::Args),
    Provisioner(provisioner::Args),
    Coverage(coverage::Args),
    Usage(usage::Args),
    Invoice(invoice::Args),
    Payment(payment::Args),
    Tax(tax::Args),
    Sandbox(sandbox::Args),
    Import(import::Args),
    Jobs(jobs::Args),
    Outage(outage::Args),
    Maintenance(maintenance::Args),
    Listen(listen::Args),
    VendorKit(vendor_kit::Args),
    Explain(explain::Args),
    Openapi(openapi::Args),
    Doctor(doctor::Args),
}

async fn run(Cli { global, command }: Cli) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(args) => Box::pin(up::run(args, global)).await,
        Command::Serve(args) => serve::run(args, global).await,
        Command::Work(args) => work::run(args, global).await,
        Command::Migrate(args) => migrate::run(args, global).await,
        Command::Demo(args) => demo::run(args, global).await,
        Command::Key(args) => key::run(args, global).await,
        Command::SigningKey(args) => signing_key::run(args, global).await,
        Command::Vault(args) => vault::run(args, global).await,
        Command::Organization(args) => organization::run(args, global).await,
        Command::Plan(args) => plan::run(args, global).await,
        Command::Promotion(args) => promotion::run(args, global).await,
        Command::Pool(args) => pool::run(args, global).await,
        Command::Provisioner(args) => provisioner::run(args, global).await,
        Command::Coverage(args) => coverage::run(args, global).await,
        Command::Usage(args) => usage::run(args, global).await,
        Command::Invoice(args) => invoice::run(args, global).await,
        Command::Payment(args) => payment::run(args, global).await,
        Command::Sandbox(args) => sandbox::run(args, global).await,
        Command::Tax(args) => tax::run(args, global).await,
        Command::Import(args) => import::run(args, global).await,
        Command::Jobs(args) => jobs::run(args, global).await,
        Command::Outage(args) => outage::run(args, global).await,
        Command::Maintenance(args) => maintenance::run(args, global).await,
        Command::Listen(args) => listen::run(args, global).await,
        Command::VendorKit(args) => vendor_kit::run(args, global).await,
        Command::Explain(args) => explain::run(args, global).await,
        Command::Openapi(args) => openapi::run(args, global).await,
        Command::Doctor(args) => doctor::run(args, global).await,
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    ::platform::open_files::raise_limit();
    let runtime = Runtime::new().expect("the system gives the process its threads");
    let outcome = runtime.block_on(Box::pin(run(cli)));
    tracing_export::stop();
    // Threads still blocked have had enough time.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| fail(&error))
}

/// Prints the error; for invalid settings one line per fault.
fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(Refused(faults)) = error.downcast_ref() {
        faults.lines().for_each(|fault| output::print_error(&format!("switchyard: {fault}")));
        return ExitCode::from(2);
    }
    output::print_error(&format!("switchyard: {error:#}"));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
