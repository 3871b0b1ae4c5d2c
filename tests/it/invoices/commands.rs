//! The commands `tax`, `invoice` and `payment`.

use crate::cli::run;
use anyhow::{Result, ensure};

#[tokio::test]
async fn what_is_asked_is_done_or_refused_in_words() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = ["key", "new", "--contract", "partner", "--name", "x", "--quiet"];
    let nobody = "cust_01JABCDEFGHJKMNPQRSTVWXYZ0";
    let pay =
        ["payment", "add", "--customer", nobody, "--amount", "1.50", "--method", "card", "--reference", "r"];
    for (args, code, text) in [
        (&key[..], 0, "pk_live_"),
        (&["tax", "set", "ca", "8.25"], 0, "The tax rate of CA is 8.25 %"),
        (&["tax", "set", "CA", "8.5"], 0, "The tax rate of CA is 8.5 %"),
        (&["tax", "set", "Texas", "8.25"], 1, "two letters"),
        (&["tax", "set", "TX", "101"], 1, "percentage"),
        (&["tax", "list"], 0, "8.5"),
        (&["invoice", "run", "--month", "2026-13"], 2, "2026-11"),
        (&["invoice", "run", "--month", "9000-01"], 1, "9000-01 has not ended"),
        (&["invoice", "run", "--month", "2020-01"], 0, "No customers to bill"),
        (&["invoice", "run", "--month", "2020-01", "--dry-run"], 0, "0 invoices, 0.00 USD"),
        (&["plan", "set", "residential-100"], 1, "There is nothing to change"),
        (&["plan", "list"], 0, "everybody's"),
        (&["invoice", "list", "--status", "overdue"], 0, "NUMBER"),
        (&pay, 1, "Customer not found"),
    ] {
        let (is, log) = run(folder.path(), args).await?;
        ensure!(is == code && log.contains(text), "{args:?}: {is}: {log}");
        ensure!(log.matches("has not ended").count() < 2, "it is said twice: {log}");
    }
    Ok(())
}
