//! Formats of files.

use super::{FILE, accepted, progress, small_chunks};
use crate::{
    app::{HEADER, Pairing, TestApp, both, csv},
    contracts::partner::customer,
};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;

both!(
    files_are_taken_as_programs_write_them,
    refused_rows_are_named_by_their_lines,
    files_of_a_wrong_form_are_refused_whole,
);

async fn files_are_taken_as_programs_write_them(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let separated = |separator: &str, name: &str| {
        let cells =
            [name, " John ", "\"Doe, \"\"J\"\"\"", "1 Main ", "Escondido", "CA", "92025"].join(separator);
        let header = HEADER.replace(',', separator);
        format!("{header}\r\n\r\n{}\r\n{cells}\r\n", separator.repeat(6))
    };
    let ndjson = format!("\u{feff}{}\r\n\r\n", customer("ndjson@example.com"));
    let files = [
        ("text/csv", separated(",", "comma@example.com")),
        ("text/csv", format!("\u{feff}{}", separated(";", "semicolon@example.com"))),
        ("text/csv", separated("\t", "tab@example.com")),
        ("text/csv", format!("sep=;\r\n{}", separated(";", "declared@example.com"))),
        ("application/x-ndjson", ndjson),
    ];
    for (kind, file) in files {
        let id = accepted(&caller, "", kind, file.clone()).await?;
        let job = caller.import_ended(&id).await?;
        assert_eq!((&job["status"], progress(&job)), (&json!("COMPLETED"), [1, 1, 1, 0]), "{file}");
    }
    let found = caller.get("/api/v1/customers?limit=10").await?.json();
    let customers = found["data"].as_array().unwrap();
    assert_eq!(customers.len(), 5);
    for customer in customers.iter().filter(|one| one["email"] != "ndjson@example.com") {
        let names = [&customer["firstName"], &customer["lastName"], &customer["serviceAddress"]["street1"]];
        assert_eq!(names, ["John", "Doe, \"J\"", "1 Main"], "{customer}");
    }
    app.drain().await
}

async fn refused_rows_are_named_by_their_lines(pairing: Pairing) -> Result<()> {
    let mut app = small_chunks(pairing).await?;
    let caller = app.serve().await?;
    app.work();
    caller.post("/api/v1/customers", &customer("row30@example.com")).await?;
    // Blank lines, a row of separators, and a cell with a line break: an index is no line.
    let file = csv(35).replacen('\n', "\n\n,,,,,,\n", 1).replacen("0 Main Street", "\"0\nMain Street\"", 1);
    let file = format!("{file}\nnobody,John,Doe,1 Main,X,CA,92025\n");
    let id = accepted(&caller, "", "text/csv", file).await?;
    let job = caller.import_ended(&id).await?;
    let errors = job["errors"].as_array().unwrap();
    let places: Vec<_> = errors.iter().map(|error| (&error["index"], &error["details"]["line"])).collect();
    assert_eq!(places, [(&json!(30), &json!(35)), (&json!(35), &json!(41))], "{job}");
    let csv = caller.get(&format!("/api/v1/bulk/jobs/{id}/errors")).await?.text;
    let lines: Vec<_> =
        csv.lines().map(|line| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(lines, ["line,index,field", "35,30,email", "41,35,email"], "{csv}");
    let broken = format!("{HEADER}\n\n\"A \\\"x\\\" B\",John,Doe,1 Main,X,CA,92025\n");
    let answer = caller.post_text(FILE, "text/csv", broken).await?;
    let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    let fault = &details["errors"][0];
    assert_eq!((&fault["row"], &fault["line"]), (&json!(0), &json!(3)), "{details}");
    assert!(
        fault["message"].as_str().unwrap().starts_with("a backslash does not escape a quote"),
        "{details}"
    );
    app.drain().await
}

async fn files_of_a_wrong_form_are_refused_whole(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| {
        settings.http.upload_rows = 50;
        settings.http.upload_limit = 20_000;
    })
    .await?;
    let caller = app.serve().await?;
    let ragged = format!("{}just,three,cells\n", csv(3));
    let mut not_utf8 = csv(3).into_bytes();
    not_utf8.extend(b"caf\xe9@example.com,John,Doe,1 Main,X,CA,92025\n");
    let refused: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("nothing at all", "text/csv", vec![], ""),
        ("a missing column", "text/csv", csv(3).replace("email", "mail").into(), "email"),
        ("an unknown column", "text/csv", csv(3).replace("email,", "email,shoeSize,").into(), "shoeSize"),
        ("a ragged row", "text/csv", ragged.into(), "\"row\":3"),
        ("bad UTF-8", "text/csv", not_utf8, "\"row\":3"),
        ("a NUL", "text/csv", csv(3).replace("Escondido", "Escon\0dido").into(), "\"row\":0"),
        ("no JSON", "application/x-ndjson", b"{}\nnonsense\n".to_vec(), "\"row\":1"),
        ("no object", "application/x-ndjson", b"{}\n[]\n".to_vec(), "\"row\":1"),
        ("UTF-16", "text/csv", csv(3).encode_utf16().flat_map(u16::to_le_bytes).collect(), "UTF-16"),
        ("Windows-1252", "text/csv", [csv(0).as_bytes(), b"caf\xe9,,,,,,\n"].concat(), "Windows-1252"),
        ("a workbook", "text/csv", b"PK\x03\x04...".to_vec(), "Excel workbook"),
        ("another separator", "text/csv", csv(3).replace(',', "^").into(), "a comma, a semicolon, a tab"),
        ("a declared one", "text/csv", format!("sep=^\n{}", csv(3)).into(), "declares the separator `^`"),
        ("a line", "text/csv", csv(3).replace("row1@example.com", "\"row\"1").into(), "\"line\":3"),
    ];
    for (what, kind, file, place) in refused {
        let answer = caller.post_text(FILE, kind, file).await?;
        let details = answer.refused(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
        assert!(answer.text.contains(place), "{what}: {details}");
    }
    let large = caller.post_text(FILE, "text/csv", csv(1000)).await?;
    large.refused(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
    let long = caller.post_text(FILE, "text/csv", csv(51)).await?;
    long.refused(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
    let other = caller.post_text(FILE, "application/json", "{}").await?;
    other.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!((app.count("jobs").await?, app.count("import_chunks").await?), (0, 0));
    let spool = app.kernel.settings.data.join("spool");
    let left = std::fs::read_dir(&spool).map_or(0, Iterator::count);
    assert_eq!(left, 0, "files left in the spool");
    app.drain().await
}
