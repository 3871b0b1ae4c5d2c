//! What an operator draws invoices by.

use super::{InvoiceRenderer, assert_has, drawn, pages, poppler, refusal, renderer_with, template};
use crate::{draft, paid};
use std::{fs, path::Path};

/// What a template of an operator can always say, to see that it is drawn.
const ALL_WELL: &str = "#let it = json(\"invoice.json\")\n#it.seller.name says hello\n";

/// What an operator reads who replaces the template.
const HANDBOOK: &str = include_str!("../../../docs/invoice-template.md");

#[test]
fn a_template_that_does_not_compile_is_refused_with_the_place() {
    let told = refusal("#let it = json(\"invoice.json\")\n\n  #it.sellar.name\n");
    assert!(told.starts_with("invoices.template: ours.typ:3:7: dictionary does not contain key"), "{told}");
    let told = refusal("= Title\n#let x = (1, 2\n");
    assert!(told.starts_with("invoices.template: ours.typ:2:"), "{told}");
    let told = refusal("#let f() = 1 + \"a\"\n#f()");
    assert!(told.contains("ours.typ:1:12: cannot add integer and string"), "{told}");
    assert!(refusal("#let n = 0\n#while n < 1 { n = 0 }").contains("infinite"));
    assert!(refusal("#datetime.today()").contains("ours.typ:1:2:"), "there is no today");
}

#[test]
fn a_template_that_only_fails_for_some_invoices_is_refused_too() {
    for text in [
        "#(json(\"invoice.json\").number.len())",
        "#(json(\"invoice.json\").paid_on == none or panic(\"paid\"))",
    ] {
        assert!(refusal(text).contains("ours.typ:1:"), "{text}");
    }
}

#[test]
fn a_template_that_is_not_there_is_refused() {
    let told = renderer_with(Path::new("/nowhere/ours.typ")).err().unwrap().to_string();
    assert!(told.starts_with("invoices.template: /nowhere/ours.typ: No such file"), "{told}");
    assert!(renderer_with(Path::new("/")).is_err());
}

#[test]
fn a_template_reads_nothing_outside_of_its_folder() {
    for (text, why) in [
        ("#read(\"/etc/passwd\")", "file not found"),
        ("#read(\"../secret\")", "ours.typ:1:"),
        ("#read(\"link\")", "access denied"),
        ("#read(\"linked/secret\")", "access denied"),
        ("#import \"@preview/cetz:0.3.4\"", "access denied"),
    ] {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        let (folder, file) = template(text);
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("linked")).unwrap();
        let told = renderer_with(&file).err().expect(text).to_string();
        assert!(told.contains(why), "{text}: {told}");
    }
}

#[test]
fn a_template_uses_what_lies_beside_it() {
    let (folder, file) =
        template("#import \"parts/head.typ\": head\n#set text(font: \"OurOwn Sans\")\n#head");
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(folder.path().join("parts/head.typ"), "#let head = json(\"/invoice.json\").seller.name")
        .unwrap();
    fs::write(folder.path().join("own.ttf"), renamed_font()).unwrap();
    let renderer = renderer_with(&file).unwrap();
    // What changes on the disk counts from the next start on.
    fs::remove_dir_all(folder.path()).unwrap();
    let pdf = renderer.render(&paid()).unwrap().pdf;
    assert_eq!(pages(&pdf).concat().trim(), "Northwind Fiber");
    assert_has(&poppler("pdffonts", &[], &pdf), &["+OurOwnSans"]);
}

/// A font that is not compiled in: one that is, by another name.
fn renamed_font() -> Vec<u8> {
    let mut font = include_bytes!("../../fonts/DejaVuSans.ttf").to_vec();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    for (from, to) in [("DejaVu", "OurOwn")] {
        for (from, to) in [(from.into(), to.into()), (wide(from), wide(to))] {
            let (from, to): (Vec<u8>, Vec<u8>) = (from, to);
            for place in 0..font.len() - from.len() {
                if font[place..].starts_with(&from) {
                    font[place..place + to.len()].copy_from_slice(&to);
                }
            }
        }
    }
    font
}

#[test]
fn the_example_of_the_handbook_is_a_template() {
    let example = HANDBOOK.split("```typst\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (_folder, file) = template(example);
    let renderer = renderer_with(&file).unwrap();
    let text = drawn(&renderer, &paid());
    assert_has(&text, &["Northwind Fiber", "INV-2026-000042", "Analytical Engines LLC", "112.07 USD"]);
    assert_has(&drawn(&renderer, &draft()), &["Draft", "86.59 USD"]);
}

#[test]
fn the_handbook_names_every_field() {
    let told = serde_json::to_value(paid()).unwrap();
    let mut names = vec![];
    fields(&told, "", &mut names);
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(HANDBOOK.contains(&format!("`{name}`")), "{name} is not in the handbook");
    }
}

/// The paths of all fields; those of a list's elements with `[]`.
fn fields(value: &serde_json::Value, path: &str, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                fields(value, &format!("{path}{}{name}", if path.is_empty() { "" } else { "." }), names);
            }
        }
        serde_json::Value::Array(list) => fields(&list[0], &format!("{path}[]"), names),
        _ => names.push(path.to_owned()),
    }
}

#[test]
fn a_template_of_an_operator_is_used() {
    let (_folder, file) = template(ALL_WELL);
    assert_eq!(drawn(&renderer_with(&file).unwrap(), &paid()), "Northwind Fiber says hello");
}
