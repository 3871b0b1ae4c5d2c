//! Letters that the fonts of the program do not have.

use super::{Invoices, Printer, Settings, drawn, paid, poppler};
use crate::printing::{
    fonts::{self, Fallback},
    world::Press,
};
use std::{fs, path::Path};

/// One that has no other fonts, or those of this folder.
fn without_system_fonts(fonts: &Path) -> Printer {
    let settings = Settings::default();
    let invoices = Invoices { fonts: fonts.to_owned(), system_fonts: false, ..settings.invoices };
    Printer::new(&Settings { invoices, ..settings }).unwrap()
}

fn named(name: &str) -> kernel::domain::invoices::document::Invoice {
    let mut invoice = paid();
    invoice.buyer.name = name.into();
    invoice
}

#[tokio::test]
async fn letters_that_no_font_has_are_named() {
    let printer = without_system_fonts(Path::new(""));
    let missing = printer.print(&named("王小明 नम ก 王")).await.unwrap().missing;
    assert_eq!(missing, "नमก小明王", "each once, in the order of Unicode");
    for name in
        ["Ada Lovelace", "Łukasz Ğöñü Ελένη Дмитрий Հայկ ნინო", "مرحبا בעולם", "Ada 😀 👩‍🚀 e\u{301} a\u{ad}b"]
    {
        assert_eq!(printer.print(&named(name)).await.unwrap().missing, "", "{name}");
    }
    let scripts = printer.scripts();
    assert!(scripts.printed.contains(&"Arabic") && scripts.missing.contains(&"Chinese"), "{scripts:?}");
}

/// The part of the fonts of a program that had Inter alone is played by those of this program.
#[tokio::test]
async fn letters_are_found_in_a_folder_of_fonts() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/DejaVuSans.ttf");
    fs::copy(font, folder.path().join("below/a.ttf")).unwrap();
    let inter = || fonts::built_in().into_iter().filter(|font| font.info().family == "Inter").collect();
    let fallback = Fallback { folder: Some(folder.path().to_owned()), system: false };
    let press = Press::with_fonts(inter(), fallback);
    let printed = press.print(&named("Հայկ ნინო")).unwrap();
    assert_eq!(printed.missing, "");
    assert!(poppler("pdffonts", &[], &printed.pdf).contains("DejaVu"));
    let alone = Press::with_fonts(inter(), Fallback::default());
    assert!(alone.print(&named("Հայկ")).unwrap().missing.contains('Հ'));
    // What does without them is the same bytes.
    assert!(press.print(&paid()).unwrap() == alone.print(&paid()).unwrap());
    assert!(press.scripts().printed.contains(&"Armenian") && !alone.scripts().printed.contains(&"Armenian"));
}

#[tokio::test]
async fn the_fonts_of_the_system_change_nothing_that_does_without_them() {
    let settings = Settings::default();
    assert!(settings.invoices.system_fonts);
    let with = Printer::new(&settings).unwrap();
    let without = without_system_fonts(Path::new(""));
    let invoice = named("Łukasz مرحبا 😀");
    assert!(with.render(&invoice).await.unwrap() == without.render(&invoice).await.unwrap());
    assert!(drawn(&with, &named("Ada")).await.contains("Ada"));
}
