mod scripts;
mod templates;

use super::{PdfRenderer, TemplateError, draft, paid};
use entities::invoice::InvoiceStatus;
use isp::invoices::{
    InvoiceRenderer,
    document::{Invoice, Line},
};
use platform::config::{Invoices, Settings};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

fn renderer_with(template: &Path) -> Result<PdfRenderer, TemplateError> {
    let settings = Settings::default();
    let invoices = Invoices { template: template.to_owned(), ..settings.invoices };
    PdfRenderer::new(&Settings { invoices, ..settings })
}

fn renderer() -> PdfRenderer {
    renderer_with(Path::new("")).unwrap()
}

/// A folder with a template of that text, and the template's path.
fn template(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ours.typ");
    fs::write(&file, text).unwrap();
    (folder, file)
}

/// What is said of a template of that text.
fn refusal(text: &str) -> String {
    let (_folder, file) = template(text);
    renderer_with(&file).err().expect("it is refused").to_string()
}

/// What a program of poppler says of a PDF.
fn poppler(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let mut command = Command::new(program);
    let command = command.args(arguments).arg(file.path()).stderr(Stdio::null());
    let command = if program == "pdftotext" { command.arg("-") } else { command };
    let output = command.output().expect("the package poppler-utils is installed");
    assert!(output.status.success(), "{program}");
    String::from_utf8(output.stdout).unwrap()
}

/// Its text, a page an element, lines as they stand.
fn pages(pdf: &[u8]) -> Vec<String> {
    let text = poppler("pdftotext", &["-layout"], pdf);
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

/// The text of an invoice in the order in which it is drawn, however far apart its words stand.
fn drawn(renderer: &PdfRenderer, invoice: &Invoice) -> String {
    let text = poppler("pdftotext", &["-raw"], &renderer.render(invoice).unwrap().pdf);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn an_invoice_shows_all_that_it_has() {
    let text = drawn(&renderer(), &paid());
    assert_has(
        &text,
        &[
            "Northwind Fiber 500 Congress Avenue Austin, TX 78701 billing@northwind.example +1 512 555 0100 Tax number \
             74-1234567 Invoice INV-2026-000042",
            "Analytical Engines LLC",
            "Ada Lovelace",
            "12 Difference Street",
            "Floor 3",
            "Austin, TX 78701",
            "ada@analytical.example",
            "Issued 1 December 2026",
            "Due 31 December 2026",
            "1 November 2026 –",
            "30 November 2026",
            "Paid 12 December 2026",
            "PAID IN FULL",
            "Activation of Fiber 500 1 $49.00 $49.00",
            "Fiber 100, 1–12 November 2026 until 20:00 11 days 20 h of 30 days 0.39444444 $49.99 $19.72",
            "Promotion WELCOME, 20 % off for 3 months 1 −$13.63 −$13.63",
            "Subtotal $103.53 Tax (8.25 %) $8.54 Total $112.07 Paid −$112.07 Amount due $0.00",
            "Page 1 of 1",
        ],
    );
    let images = poppler("pdfimages", &["-list"], &renderer().render(&paid()).unwrap().pdf);
    assert!(images.contains("image"), "the logo is not in {images}");
}

#[test]
fn an_invoice_that_is_not_paid_says_where_to_pay() {
    let open = Invoice { status: InvoiceStatus::Pending, ..paid() };
    let pay = "PAY TO First Example Bank Routing 111000025, account 000123456789 Reference: INV-2026-000042";
    assert_has(&drawn(&renderer(), &open), &[pay]);
    assert!(!drawn(&renderer(), &paid()).contains("PAY TO"), "it is paid");
}

#[test]
fn a_draft_says_so_and_leaves_out_what_there_is_not() {
    let text = drawn(&renderer(), &draft());
    assert_has(&text, &["Draft invoice", "AMOUNT DUE", "$86.59", "by 31 December 2026"]);
    for absent in ["INV-", "Paid", "none", "Analytical"] {
        assert!(!text.contains(absent), "{absent:?} is in {text}");
    }
}

#[test]
fn sums_are_written_as_people_write_them() {
    let money = |text: &str| text.parse().unwrap();
    let mut invoice = Invoice { total: money("1234567.5"), balance_due: money("-1000"), ..paid() };
    assert_has(&drawn(&renderer(), &invoice), &["Total $1,234,567.50", "Amount due −$1,000.00"]);
    invoice.currency = "EUR".into();
    invoice.lines[0].unit_price = money("0.0125");
    assert_has(&drawn(&renderer(), &invoice), &["Total EUR 1,234,567.50", "1 EUR 0.0125"]);
}

#[test]
fn what_is_typed_by_customers_is_no_markup() {
    for name in [
        r#"#panic("x") *b* _i_ $x$ "q" 'q' \u{41} @ref <a> `c` ~ -- --- ... // d /* e */"#,
        "= #import \"/etc/passwd\" [#sys] {1} ]",
        "Łukasz Ğöñü Ελένη Дмитрий Հայկ ნინო",
        "Ada 😀 🚀 🎉",
    ] {
        let mut invoice = paid();
        invoice.buyer.name = name.into();
        invoice.lines[0].description = name.into();
        let text = drawn(&renderer(), &invoice);
        assert_eq!(text.matches(name).count(), 2, "{name} in {text}");
    }
}

#[test]
fn letters_that_run_from_right_to_left_do() {
    for name in ["مرحبا بالعالم", "שלום עולם"] {
        let mut invoice = paid();
        invoice.buyer.name = name.into();
        let boxes = poppler("pdftotext", &["-bbox"], &renderer().render(&invoice).unwrap().pdf);
        // Poppler tells a word's letters as they stand on the page, from left to right.
        let left = |word: &str| {
            let shown = format!(">{}<", word.chars().rev().collect::<String>());
            let line = boxes.lines().find(|line| line.contains(&shown)).expect(&boxes);
            line.split('"').nth(1).unwrap().parse::<f64>().unwrap()
        };
        let (first, second) = name.split_once(' ').unwrap();
        assert!(left(first) > left(second), "{boxes}");
    }
}

#[test]
fn words_that_are_too_long_stay_on_the_page() {
    let mut invoice = paid();
    invoice.buyer.name = "A".repeat(200);
    invoice.buyer.email = format!("{}@example.com", "a".repeat(200));
    invoice.lines[0].description = "W".repeat(300);
    let pdf = renderer().render(&invoice).unwrap().pdf;
    let boxes = poppler("pdftotext", &["-bbox"], &pdf);
    let right = boxes.split("xMax=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0);
    let furthest = right.map(|text| text.parse::<f64>().unwrap()).fold(0.0, f64::max);
    // Two centimetres from the right of a page of eight and a half inches.
    assert!(furthest < 612.0 - 56.0, "{furthest}");
}

#[test]
fn many_lines_go_on_on_further_pages() {
    let line =
        |number: usize| Line { description: format!("Line number {number}."), ..paid().lines[0].clone() };
    let invoice = Invoice { lines: (1..=200).map(line).collect(), ..paid() };
    let pages = pages(&renderer().render(&invoice).unwrap().pdf);
    assert!(pages.len() > 3, "{pages:?}");
    for (place, page) in pages.iter().enumerate() {
        assert_has(
            page,
            &["DESCRIPTION", "INV-2026-000042", &format!("Page {} of {}", place + 1, pages.len())],
        );
    }
    for number in 1..=200 {
        let said = format!("Line number {number}. ");
        assert_eq!(pages.iter().filter(|page| page.contains(&said)).count(), 1, "{said}");
    }
    let holding = |part: &str| pages.iter().position(|page| page.contains(part));
    assert_eq!(holding("Subtotal"), Some(pages.len() - 1), "the sums stand together");
}

#[test]
fn the_same_invoice_is_the_same_bytes_whatever_is_drawn_beside_it() {
    let expected = renderer().render(&paid()).unwrap().pdf;
    let renderer = renderer();
    let others = (0..8).map(|number| {
        let (renderer, mut invoice) = (renderer.clone(), if number % 2 == 0 { paid() } else { draft() });
        std::thread::spawn(move || {
            invoice.buyer.name = format!("Customer {}", number / 2);
            (renderer.render(&invoice).unwrap().pdf, renderer.render(&paid()).unwrap().pdf)
        })
    });
    let mut seen = std::collections::HashSet::new();
    for drawing in others.collect::<Vec<_>>() {
        let (other, same) = drawing.join().unwrap();
        assert!(same == expected);
        assert!(seen.insert(other), "two invoices gave the same bytes");
    }
    let information = poppler("pdfinfo", &["-isodates"], &expected);
    assert_has(&information, &["2026-12-01T00:00:00", "Invoice INV-2026-000042", "Northwind Fiber"]);
}
