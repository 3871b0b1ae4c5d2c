use super::*;
use crate::{
    schema::CreateCustomer,
    upload::{Format, body::Spooled},
};
use isp::imports::Upload as _;
use std::io::Write;

const HEADER: &str = "email,firstName,lastName,serviceAddress.street1,serviceAddress.city,serviceAddress.state,\
                      serviceAddress.zip,billingAddress.street1,metadata.source";

type Checked = Result<Upload<CreateCustomer>, Error>;

fn check(format: Format, text: impl AsRef<[u8]>) -> Checked {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_ref()).unwrap();
    let limits = Limits { text: 1_000, metadata: 100, payload: 100 };
    Upload::check_now(&Spooled { format, file, digest: [0; 32] }, 1000, limits)
}

fn csv(rows: &str) -> Checked {
    check(Format::Csv, format!("{HEADER}\n{rows}"))
}

/// The faults as `row field message`.
fn faults(checked: Checked) -> Vec<String> {
    match checked.map(drop) {
        Err(Error::Invalid { faults, .. }) => {
            let row = |fault: &Fault| fault.row.map_or("-".to_owned(), |row| row.to_string());
            faults.iter().map(|fault| format!("{} {} {}", row(fault), fault.field, fault.message)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn all(upload: &mut Upload<CreateCustomer>) -> Vec<ImportRow> {
    std::iter::from_fn(|| upload.next().unwrap()).collect()
}

/// What became of the rows: an address, or why not.
fn read(checked: Checked) -> Vec<String> {
    let mut upload = checked.unwrap();
    let rows = all(&mut upload);
    assert_eq!(rows.len(), upload.rows());
    assert!(upload.next().unwrap().is_none());
    let told = |row: ImportRow| match row.content {
        RowContent::Customer(customer) => customer.email,
        RowContent::Rejected { rejected } => rejected.message,
    };
    rows.into_iter().map(told).collect()
}

#[test]
fn good_rows_become_customers() {
    let rows = "a@example.com,A,B,1 Main St,Town,CA,92025,,web\r\n\"b@example.com\",\"B, Jr.\",C,2 \"\"x\"\",T,CA,92025-1234,,\n";
    let mut upload = csv(rows).unwrap();
    let contents: Vec<_> = all(&mut upload).into_iter().map(|row| row.content).collect();
    let Ok([RowContent::Customer(first), RowContent::Customer(second)]) =
        <[RowContent; 2]>::try_from(contents)
    else {
        panic!("not two customers")
    };
    assert_eq!((first.email.as_str(), first.service_address.country.as_str()), ("a@example.com", "US"));
    assert_eq!(first.metadata.as_ref().unwrap().0["source"], "web");
    assert!(first.billing_address.is_none() && first.phone.is_none());
    assert_eq!((second.first_name.as_str(), second.metadata.as_ref()), ("B, Jr.", None));
}

#[test]
fn rows_that_break_rules_are_refused_one_by_one() {
    let rows = "a@example.com,A,B,1 Main St,Town,CA,920,,\n\
                A@example.com,A,B,1 Main St,Town,CA,92025,,\n\
                a@Example.com,A,B,1 Main St,Town,CA,92025,,\n\
                c@example.com,,B,1 Main St,Town,CA,92025,1 Other St,\n";
    let expected = [
        r"serviceAddress.zip must be a ZIP code such as 92025 or 92025-1234",
        "A@example.com",
        "An earlier row has the same email",
        "firstName is required; billingAddress.city is required; billingAddress.state is required; \
         billingAddress.zip is required",
    ];
    let mut told = read(csv(rows));
    let mut texts: Vec<_> = told.pop().unwrap().split("; ").map(str::to_owned).collect();
    texts.sort_by_key(|text| expected[3].find(text.as_str()));
    told.push(texts.join("; "));
    assert_eq!(told, expected);
}

#[test]
fn the_header_is_checked() {
    let header = "email,email,firstName,nickname,serviceAddress,metadata.,billingAddress.planet";
    let expected = [
        "- email duplicate column",
        "- nickname unknown column",
        "- serviceAddress unknown column",
        "- metadata. unknown column",
        "- billingAddress.planet unknown column",
        "- lastName this column is missing",
        "- serviceAddress.city this column is missing",
        "- serviceAddress.state this column is missing",
        "- serviceAddress.street1 this column is missing",
        "- serviceAddress.zip this column is missing",
    ];
    let mut found = faults(check(Format::Csv, header));
    found[5..].sort();
    assert_eq!(found, expected);
    assert_eq!(faults(check(Format::Csv, "")), ["-  the file is empty"]);
    assert!(faults(check(Format::Csv, "{\"email\":\"a@example.com\"}\n"))[0].contains("the file is JSON"));
}

#[test]
fn rows_without_the_form_are_named() {
    let found = faults(csv("a@example.com,A\n\n,,,,,,,,\nx\0,,,,,,,,\n"));
    assert_eq!(found, ["0  has 2 cells, the header has 9", "1  must not contain the character NUL"]);
    let mut bytes = format!("{HEADER}\n,,,,,,,,\n").into_bytes();
    bytes.extend(b"a,\xff,,,,,,,\n");
    let at = HEADER.len() + 1 + 9;
    let expected = format!(
        "0  is not UTF-8, in cell 2 of the row that begins at byte {at}; if the file is Windows-1252"
    );
    let found = faults(check(Format::Csv, bytes));
    assert!(found.len() == 1 && found[0].starts_with(&expected), "{found:?}");
}

#[test]
fn an_open_quote_does_not_fill_the_memory() {
    let rows = format!("\"a@example.com,{}", "x,\n".repeat(1 << 20));
    let found = faults(csv(&rows));
    assert_eq!(found, ["0  the row is longer than 1048576 bytes; is a quote not closed?"]);
    let line = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(faults(check(Format::Ndjson, line)), ["0  the line is longer than 1048576 bytes"]);
}

#[test]
fn more_rows_than_allowed_are_too_large() {
    let row = "x,,,,,,,,\n";
    assert!(csv(&row.repeat(1000)).is_ok());
    assert!(matches!(csv(&row.repeat(1001)), Err(Error::TooLarge(_))));
}

#[test]
fn lines_of_json_are_rows() {
    let good = r#"{"email":"a@example.com","firstName":"A","lastName":"B","serviceAddress":
        {"street1":"1 Main St","city":"Town","state":"CA","zip":"92025"}}"#
        .replace('\n', "");
    let text = format!("{good}\n\n{{\"email\":\"b\"}}\r\n{{\"email\":1e999}}");
    let told = read(check(Format::Ndjson, text));
    assert_eq!(told[0], "a@example.com");
    assert!(told[1].contains("email must be an e-mail address") && told[1].contains("firstName is required"));
    assert!(told[2].starts_with("email is a number out of range"), "{}", told[2]);
}

#[test]
fn rows_say_the_lines_that_they_begin_at() {
    let header = HEADER.replace(',', ";").replace("firstName", " FIRSTNAME ");
    let rows = ";;;;;;;;\n a@example.com ; A\t;\"B\n\";1 Main St;Town;CA;92025;;\n\n\n;;;;;;;;web\n";
    let mut upload = check(Format::Csv, format!("\u{feff}sep=;\r\n{header}\r\n{rows}")).unwrap();
    assert_eq!(upload.rows(), 2);
    let [first, second] = <[ImportRow; 2]>::try_from(all(&mut upload)).unwrap();
    assert_eq!((first.line, second.line), (Some(4), Some(8)));
    let RowContent::Customer(customer) = first.content else { panic!("refused") };
    assert_eq!(
        [customer.email, customer.first_name, customer.last_name],
        ["a@example.com", "A", "B"].map(str::to_owned)
    );
    let mut upload = check(Format::Ndjson, "\u{feff}\n\n{}\n").unwrap();
    assert_eq!(all(&mut upload)[0].line, Some(3));
    let refused = check(Format::Csv, format!("{HEADER}\n\n\"a\" b,,,,,,,,\n")).map(drop);
    let Err(Error::Invalid { faults, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((faults[0].row, faults[0].line), (Some(0), Some(3)));
}

#[test]
fn a_file_without_rows_is_an_import_of_none() {
    for (format, text) in [(Format::Csv, format!("\u{feff}{HEADER}\n,,,\n")), (Format::Ndjson, "\n\n".into())]
    {
        assert_eq!(check(format, text).unwrap().rows(), 0);
    }
}

#[test]
fn the_templates_are_two_customers() {
    for (format, template) in [(Format::Csv, crate::CSV_TEMPLATE), (Format::Ndjson, crate::NDJSON_TEMPLATE)] {
        assert_eq!(read(check(format, template)), ["john@example.com", "jane@example.com"]);
    }
}

#[test]
fn other_lines_are_named() {
    let found =
        faults(check(Format::Ndjson, "[]\n{\"a\":\n7\n{\"a\":\"\\u0000\"}\n{\"a\":\"\\ud800\"}\n{}\n\"\n"));
    let rows: Vec<_> = found.iter().map(|fault| &fault[..1]).collect();
    assert_eq!(rows, ["0", "1", "2", "3", "4", "6"]);
    assert_eq!(found[3], "3  must not contain the character NUL");
    let found = faults(check(Format::Ndjson, b"{}\n{\"a\":\"\xff\"}"));
    assert!(found[0].starts_with("1  is not UTF-8, at byte 9; if the file is Windows-1252"), "{found:?}");
}
