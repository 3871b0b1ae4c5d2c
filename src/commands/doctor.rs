//! `doctor`: shows the effective settings and tests them.

use crate::{
    context::cause,
    invoice_pdf::{self, Scripts},
    logging, output, platform,
    settings::{self, DataLocation, Global},
};
use ::platform::{
    config::{Origin, Settings},
    db::{self, SqliteFile},
    open_files, vault,
};
use kernel::{Kernel, organizations};
use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

/// Timeout of a check.
const PATIENCE: Duration = Duration::from_secs(10);

/// The transport that is always available.
const IN_PROCESS: &str = "within the process";

/// Show the effective settings with their origin, and test the connections
///
/// Secrets are masked. Changes nothing. Exits with 0 if there are no errors; warnings are not errors.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    location: DataLocation,
}

/// The result of a check, or an error, as text.
type Finding = Result<Good, String>;

/// A finding that is not an error.
enum Good {
    /// No problem.
    Ok(String),
    /// Usable, with a problem.
    Warning(String),
}

impl From<String> for Good {
    fn from(text: String) -> Self {
        Self::Ok(text)
    }
}

impl From<&str> for Good {
    fn from(text: &str) -> Self {
        Self::Ok(text.into())
    }
}

/// Shows the settings and runs the checks.
pub async fn run(args: Args, global: Global) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(&global, args.location.overrides())?;
    logging::start_quiet(&loaded)?;
    output::print(&settings_table(&loaded.origins))?;
    let findings = check(loaded.settings).await;
    output::print(&format!("\n{}", findings_table(&findings)))?;
    let well = findings.iter().all(|(_, finding)| finding.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn settings_table(origins: &[Origin]) -> String {
    let shown = |value: &str| if value.is_empty() { "(empty)".to_owned() } else { value.to_owned() };
    let row = |it: &Origin| [it.path.clone(), shown(&it.value), it.source.to_string()];
    output::table(&origins.iter().map(row).collect::<Vec<_>>())
}

fn findings_table(findings: &[(&'static str, Finding)]) -> String {
    let row = |(what, finding): &(&str, Finding)| {
        let (word, text) = match finding {
            Ok(Good::Ok(text)) => ("ok", text),
            Ok(Good::Warning(text)) => ("warning", text),
            Err(text) => ("FAILED", text),
        };
        [(*what).to_owned(), word.to_owned(), text.clone()]
    };
    output::table(&findings.iter().map(row).collect::<Vec<_>>())
}

async fn check(settings: Settings) -> Vec<(&'static str, Finding)> {
    let folder = ("data folder", writable(&settings.data).map(Good::Ok));
    let [invoices, fonts] = invoice_findings(&settings);
    let files = ("open files", platform::files(open_files::limit()).map(Good::Ok));
    if let Some(finding) = unopened(&settings).await {
        let database = ("database", finding);
        return vec![database, ("transport", Ok(IN_PROCESS.into())), invoices, fonts, folder, files];
    }
    if let Err(error) = ::platform::Db::open(&settings).await {
        return vec![("database", Err(cause(error))), invoices, fonts, folder, files];
    }
    match Kernel::open(settings, ::platform::Clock::system(), &webhooks::DirectPublish).await {
        Ok(kernel) => vec![
            ("database", database(&kernel).await),
            ("schema", up_to_date(&kernel).await),
            ("vault", key(&kernel).await),
            ("transport", transport(&kernel).await),
            ("mail", mail(&kernel).await),
            invoices,
            fonts,
            ("seller", seller(&kernel).await),
            folder,
            files,
        ],
        Err(error) => vec![("settings", Err(cause(error))), invoices, fonts, folder, files],
    }
}

/// The finding about an SQLite file that is not to be opened: it would be created or changed.
async fn unopened(settings: &Settings) -> Option<Finding> {
    match db::inspect(settings).await {
        Ok(SqliteFile::Unused | SqliteFile::Ours) => None,
        Ok(SqliteFile::Missing(file)) => Some(Ok(format!(
            "SQLite: {} does not exist yet; the first `switchyard up` creates it",
            file.display()
        )
        .into())),
        Ok(SqliteFile::Empty(file)) => Some(Ok(Good::Warning(format!(
            "SQLite: {} is empty; the first `switchyard up` creates the database in it",
            file.display()
        )))),
        Ok(SqliteFile::Foreign(why)) => Some(Err(why)),
        Err(error) => Some(Err(cause(error))),
    }
}

async fn database(kernel: &Kernel) -> Finding {
    timed("database", kernel.db.status()).await
}

/// Checks the key without creating one or storing its fingerprint.
async fn key(kernel: &Kernel) -> Finding {
    if kernel.db.pending().await.is_ok_and(|missing| !missing.is_empty()) {
        return Err("not checked: run `switchyard migrate` first".into());
    }
    match tokio::time::timeout(PATIENCE, vault::check(&kernel.vault, &kernel.db)).await {
        Ok(Ok(())) => Ok(match kernel.vault.place().map_err(cause)? {
            Some(location) => format!("{location}: matches the database").into(),
            None => "no key yet; the first start creates one".into(),
        }),
        Ok(Err(refused)) => Err(refused.to_string()),
        Err(_) => Err(format!("no response from the database within {} s", PATIENCE.as_secs())),
    }
}

async fn transport(kernel: &Kernel) -> Finding {
    if kernel.settings.redis.url.is_empty() {
        return Ok(IN_PROCESS.into());
    }
    timed("Redis", kernel.transport.status()).await
}

async fn mail(kernel: &Kernel) -> Finding {
    match kernel.mailer.outbox() {
        Some(folder) => Ok(format!("no server; written to {}", folder.display()).into()),
        None => timed("SMTP", async { kernel.mailer.ping().await.map(|()| "SMTP answers".into()) }).await,
    }
}

fn template(settings: &Settings) -> String {
    match settings.invoices.template.display().to_string() {
        none if none.is_empty() => "built-in template".into(),
        file => format!("template {file}, which compiles"),
    }
}

/// Checks the seller details of all organizations.
async fn seller(kernel: &Kernel) -> Finding {
    const NAMED: usize = 3;
    if kernel.db.pending().await.is_ok_and(|missing| !missing.is_empty()) {
        return Err("not checked: run `switchyard migrate` first".into());
    }
    let gaps = organizations::gaps(kernel.db.reader()).await.map_err(cause)?;
    if gaps.is_empty() {
        return Ok("invoices have all seller details".into());
    }
    let describe =
        |gaps: &organizations::SellerGaps| format!("{} ({})", gaps.organization, gaps.missing.join(", "));
    let named: Vec<_> = gaps.iter().take(NAMED).map(describe).collect();
    let more = if gaps.len() > NAMED { format!(" and {} more", gaps.len() - NAMED) } else { String::new() };
    let who = named.join(", ");
    let text = format!("invoices lack seller details: {who}{more}; see `switchyard organization set`");
    Ok(Good::Warning(text))
}

/// Whether invoices can be printed, and in which scripts.
fn invoice_findings(settings: &Settings) -> [(&'static str, Finding); 2] {
    let (template, fonts) = match invoice_pdf::scripts(settings) {
        Ok(Some(found)) => (Ok(template(settings).into()), scripts(&found)),
        Ok(None) => (Ok(Good::Warning("built without PDFs".into())), "not checked".into()),
        Err(refused) => (Err(refused.to_string()), "not checked".into()),
    };
    [("invoices", template), ("fonts", Ok(fonts.into()))]
}

/// The scripts that there are fonts for.
fn scripts(Scripts { printed, missing }: &Scripts) -> String {
    let there_are = format!("invoices can be printed in {}", printed.join(", "));
    match missing.join(", ") {
        none if none.is_empty() => there_are,
        some => format!("{there_are}; no fonts for {some} (see invoices.fonts)"),
    }
}

/// Describes the server of a connection check.
async fn timed(what: &str, check: impl Future<Output = ::platform::Result<String>>) -> Finding {
    let begun = Instant::now();
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(Ok(who)) => Ok(format!("{who} ({:.1} ms)", begun.elapsed().as_secs_f64() * 1000.0).into()),
        Ok(Err(error)) => Err(cause(error)),
        Err(_) => Err(format!("no response from {what} within {} s", PATIENCE.as_secs())),
    }
}

async fn up_to_date(kernel: &Kernel) -> Finding {
    match kernel.db.pending().await {
        Ok(missing) if missing.is_empty() => Ok("up to date".into()),
        Ok(missing) => Err(format!("run `switchyard migrate`; missing: {}", missing.join(", "))),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks that a file can be created in a folder, or in its nearest existing parent.
fn writable(folder: &Path) -> Result<String, String> {
    let absolute = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let above = absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let verdict = if above == absolute { "can be written" } else { "can be made" };
    match tempfile::tempfile_in(above) {
        Ok(_) => Ok(format!("{} {verdict}", folder.display())),
        Err(error) => Err(format!("{} cannot be written: {error}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::writable;

    #[test]
    fn a_folder_that_is_not_there_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(writable(folder.path()).unwrap().ends_with("can be written"));
        assert!(writable(&folder.path().join("a/b")).unwrap().ends_with("can be made"));
        assert!(!folder.path().join("a").exists());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(writable(file.path()).is_err());
    }
}
