//! Commands about imports, jobs and requests.

use super::{PATIENCE, new_key, run, up};
use crate::app::csv;
use anyhow::{Context, Result, ensure};
use harness::until;
use sea_orm::ConnectionTrait;
use serde_json::Value;

#[tokio::test]
async fn import_exits_with_0_only_if_every_row_went_in() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let (url, key) = (format!("http://{address}/partner"), new_key(folder.path()).await?);
    std::fs::write(folder.path().join("good.csv"), csv(1500))?;
    let import = |file: &'static str| {
        let (folder, url, key) = (folder.path(), url.clone(), key.clone());
        async move { run(folder, &["import", file, "--url", &url, "--key", &key]).await }
    };
    let (code, log) = import("good.csv").await?;
    ensure!(code == 0 && log.contains("1,500"), "{code}: {log}");
    ensure!(!folder.path().join("good.csv.errors.csv").exists());
    let (code, log) = import("good.csv").await?;
    ensure!(code == 1, "{code}: {log}");
    let errors = std::fs::read_to_string(folder.path().join("good.csv.errors.csv"))?;
    assert_eq!(errors.lines().count(), 1501, "all rows are there already");
    std::fs::write(folder.path().join("bad.csv"), csv(2).replace("lastName", "surname"))?;
    let (code, log) = import("bad.csv").await?;
    ensure!(code == 1 && log.contains("lastName"), "{code}: {log}");
    let (code, log) = import("missing.csv").await?;
    ensure!(code == 1 && log.contains("missing.csv"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn every_importer_rejects_a_workbook_in_the_same_words() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (code, log) =
        run(folder.path(), &["key", "new", "--contract", "partner", "--name", "x", "--quiet"]).await?;
    ensure!(code == 0, "{log}");
    std::fs::write(folder.path().join("book.xlsx"), b"PK\x03\x04\x14\0")?;
    let rejected =
        "cannot import book.xlsx: the file is an Excel workbook or another ZIP archive; save it as UTF-8";
    let import = ["import", "book.xlsx", "--url", "http://127.0.0.1:9/partner", "--key", "pk_live_x"];
    for args in [
        &import[..],
        &[&import[..], &["--format", "csv"]].concat(),
        &["usage", "import", "book.xlsx"],
        &["coverage", "import", "book.xlsx"],
    ] {
        let (code, log) = run(folder.path(), args).await?;
        ensure!(code == 1 && log.contains(rejected), "{args:?}: {code}: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn import_begins_with_a_template_and_takes_columns_of_other_names() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let (url, key) = (format!("http://{address}/partner"), new_key(folder.path()).await?);
    let import = |file: &'static str, args: &'static [&'static str]| {
        let (folder, url, key) = (folder.path(), url.clone(), key.clone());
        async move { run(folder, &[&["import", file, "--url", &url, "--key", &key], args].concat()).await }
    };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    let (code, template) = run(folder.path(), &["import", "--template"]).await?;
    ensure!(code == 0 && template.trim().lines().count() == 3, "{code}: {template}");
    write("template.csv", &template)?;
    let (code, log) = import("template.csv", &[]).await?;
    ensure!(code == 0 && log.contains("2 created"), "{code}: {log}");
    let (_, usage) = run(folder.path(), &["usage", "import", "--template"]).await?;
    write("usage.csv", &usage)?;
    let (code, log) = run(folder.path(), &["usage", "import", "usage.csv"]).await?;
    ensure!(
        code == 0 && log.contains("Imported 2 customer days"),
        "its rows are of the template's customers: {code}: {log}"
    );
    let (code, lines) = run(folder.path(), &["import", "--template", "--format", "ndjson"]).await?;
    ensure!(code == 0 && lines.trim().lines().all(|line| line.starts_with('{')), "{code}: {lines}");
    let mapped = csv(3).replacen("email", "E-Mail", 1).replacen("serviceAddress.street1", "Street", 1);
    write("mapped.csv", &format!("\u{feff}{mapped}\nrow9@example.com,A,B,1 Main,X,California,9\n"))?;
    let (code, log) =
        import("mapped.csv", &["--map", "e-mail=email", "--map", "Street=serviceAddress.street1"]).await?;
    ensure!(code == 1 && log.contains("3 created") && log.contains("1 rejected"), "{code}: {log}");
    let errors = std::fs::read_to_string(folder.path().join("mapped.csv.errors.csv"))?;
    ensure!(
        errors.lines().skip(1).all(|line| line.starts_with("6,3,")) && errors.lines().count() == 3,
        "{errors}"
    );
    let (code, log) = import("mapped.csv", &["--map", "Strasse=serviceAddress.street1"]).await?;
    ensure!(code == 1 && log.contains("has no column `Strasse`"), "{code}: {log}");
    write("rows.ndjson", &lines)?;
    let (code, log) = import("rows.ndjson", &["--map", "a=b"]).await?;
    ensure!(code == 1 && log.contains("--map is for CSV"), "{code}: {log}");
    write("broken.csv", &csv(2).replacen("John", "\"John\"x", 1))?;
    let (code, log) = import("broken.csv", &[]).await?;
    ensure!(code == 1 && log.contains("line 2: text follows a closing quote"), "{code}: {log}");
    Ok(())
}

#[tokio::test]
async fn jobs_are_listed_shown_and_cancelled() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let key = new_key(folder.path()).await?;
    let upload = reqwest::Client::new().post(format!("http://{address}/partner/api/v1/bulk/customers/file"));
    let upload = upload.header("x-api-key", key).header("content-type", "text/csv");
    let answer: Value = upload.body(csv(10)).send().await?.json().await?;
    let id = answer["data"]["id"].as_str().context("no id")?.to_owned();
    until("the job has ended", PATIENCE, async || {
        let (_, shown) = run(folder.path(), &["jobs", "show", &id]).await?;
        Ok(shown.contains("succeeded").then_some(()))
    })
    .await?;
    let (code, list) = run(folder.path(), &["jobs", "list", "--kind", "bulk_import"]).await?;
    ensure!(code == 0 && list.contains(id.trim_start_matches("bulk_")), "{code}: {list}");
    let (code, log) = run(folder.path(), &["jobs", "cancel", &id]).await?;
    ensure!(log.contains("succeeded"), "{code}: an ended job cannot be cancelled: {log}");
    let (code, log) = run(folder.path(), &["jobs", "retry", &id]).await?;
    ensure!(code == 1 && log.contains("succeeded"), "{code}: {log}");
    Ok(())
}

/// An error may hold what a vendor or a customer has written.
#[tokio::test]
async fn what_others_wrote_does_not_control_the_terminal() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (process, address) = up(folder.path()).await?;
    let key = new_key(folder.path()).await?;
    let upload = reqwest::Client::new().post(format!("http://{address}/partner/api/v1/bulk/customers/file"));
    let upload = upload.header("x-api-key", key).header("content-type", "text/csv");
    let upload = upload.header("x-request-id", "the-upload").body(csv(1));
    let answer: Value = upload.send().await?.json().await?;
    let id = answer["data"]["id"].as_str().context("no id")?.to_owned();
    process.sigterm()?;
    process.wait_exit(PATIENCE).await?;
    let file = folder.path().join("data/switchyard.db");
    let db = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await?;
    let errors = "update jobs set last_error = 'no cable' || char(27) || '[2J' || char(10) || 'forged  line'";
    db.execute_unprepared(errors).await?;
    db.close().await?;
    for command in [&["jobs", "list"][..], &["jobs", "show", &id], &["explain", "the-upload"]] {
        let (code, log) = run(folder.path(), command).await?;
        ensure!(code == 0 && log.contains(r"no cable\u{1b}[2J"), "{command:?}: {code}: {log}");
        ensure!(!log.contains('\u{1b}') && !log.contains("\nforged"), "{command:?}: {log}");
    }
    // What the operator mistyped is another's, too, if it was copied from there.
    let (_, log) = run(folder.path(), &["explain", "\u{1b}[2J"]).await?;
    ensure!(log.contains(r"\u{1b}[2J") && !log.contains('\u{1b}'), "{log}");
    Ok(())
}

#[tokio::test]
async fn explain_shows_what_a_request_did() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_process, address) = up(folder.path()).await?;
    let (url, key) = (format!("http://{address}/partner/api/v1"), new_key(folder.path()).await?);
    let client = reqwest::Client::new();
    let upload = client.post(format!("{url}/bulk/customers/file")).header("x-api-key", &key);
    let upload = upload.header("content-type", "text/csv").header("x-request-id", "the-upload").body(csv(60));
    let job: Value = upload.send().await?.json().await?;
    let id = job["data"]["id"].as_str().context("no id")?;
    until("the import has ended", PATIENCE, async || {
        let poll = client.get(format!("{url}/bulk/jobs/{id}")).header("x-api-key", &key).send().await?;
        Ok((!poll.json::<Value>().await?["data"]["completedAt"].is_null()).then_some(()))
    })
    .await?;
    let (code, tree) = run(folder.path(), &["explain", "the-upload"]).await?;
    assert_eq!(code, 0, "{tree}");
    for part in [
        "request the-upload",
        "partner POST /api/v1/bulk/customers/file of default, by key_",
        "customer.created  cust_",
        "and 11 more",
        "bulk_import  succeeded, attempt 1",
        "child job_",
    ] {
        assert!(tree.contains(part), "{part} in {tree}");
    }
    let list = client.get(format!("{url}/customers?limit=1")).header("x-api-key", &key).send().await?;
    let customer = list.json::<Value>().await?["data"][0]["id"].as_str().context("no id")?.to_owned();
    for other in [id, &customer] {
        assert_eq!(run(folder.path(), &["explain", other]).await?.1, tree, "by {other}");
    }
    let (code, said) = run(folder.path(), &["explain", "another-request"]).await?;
    assert!(code == 1 && said.contains("nothing found for another-request"), "{code}: {said}");
    Ok(())
}
