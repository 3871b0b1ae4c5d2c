//! Letters that the fonts of the program do not have.

use super::{InvoiceRenderer, Invoices, PdfRenderer, Settings, drawn, paid, poppler};
use crate::{
    compiler::Compiler,
    fonts::{self, Fallback},
};
use std::{fs, path::Path};

/// One that has no other fonts, or those of this folder.
fn without_system_fonts(fonts: &Path) -> PdfRenderer {
    let settings = Settings::default();
    let invoices = Invoices { fonts: fonts.to_owned(), system_fonts: false, ..settings.invoices };
    PdfRenderer::new(&Settings { invoices, ..settings }).unwrap()
}

fn named(name: &str) -> isp::invoices::document::Invoice {
    let mut invoice = paid();
    invoice.buyer.name = name.into();
    invoice
}

#[test]
fn letters_that_no_font_has_are_named() {
    let renderer = without_system_fonts(Path::new(""));
    let missing = renderer.render(&named("王小明 नम ก 王")).unwrap().missing;
    assert_eq!(missing, "नमก小明王", "each once, in the order of Unicode");
    for name in
        ["Ada Lovelace", "Łukasz Ğöñü Ελένη Дмитрий Հայկ ნინო", "مرحبا בעולם", "Ada 😀 👩‍🚀 e\u{301} a\u{ad}b"]
    {
        assert_eq!(renderer.render(&named(name)).unwrap().missing, "", "{name}");
    }
    let scripts = renderer.scripts();
    assert!(scripts.printed.contains(&"Arabic") && scripts.missing.contains(&"Chinese"), "{scripts:?}");
}

/// The part of the fonts of a program that had Inter alone is played by those of this program.
#[test]
fn letters_are_found_in_a_folder_of_fonts() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("below")).unwrap();
    let font = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/DejaVuSans.ttf");
    fs::copy(font, folder.path().join("below/a.ttf")).unwrap();
    let inter = || fonts::built_in().into_iter().filter(|font| font.info().family == "Inter").collect();
    let fallback = Fallback { folder: Some(folder.path().to_owned()), system: false };
    let compiler = Compiler::with_fonts(inter(), fallback);
    let printed = compiler.render(&named("Հայկ ნინო")).unwrap();
    assert_eq!(printed.missing, "");
    assert!(poppler("pdffonts", &[], &printed.pdf).contains("DejaVu"));
    let alone = Compiler::with_fonts(inter(), Fallback::default());
    assert!(alone.render(&named("Հայկ")).unwrap().missing.contains('Հ'));
    // What does without them is the same bytes.
    assert!(compiler.render(&paid()).unwrap() == alone.render(&paid()).unwrap());
    assert!(
        compiler.scripts().printed.contains(&"Armenian") && !alone.scripts().printed.contains(&"Armenian")
    );
}

#[test]
fn the_fonts_of_the_system_change_nothing_that_does_without_them() {
    let settings = Settings::default();
    assert!(settings.invoices.system_fonts);
    let with = PdfRenderer::new(&settings).unwrap();
    let without = without_system_fonts(Path::new(""));
    let invoice = named("Łukasz مرحبا 😀");
    assert!(with.render(&invoice).unwrap() == without.render(&invoice).unwrap());
    assert!(drawn(&with, &named("Ada")).contains("Ada"));
}
