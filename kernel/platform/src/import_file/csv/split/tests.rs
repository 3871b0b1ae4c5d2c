use super::*;
use csv::ReaderBuilder;
use proptest::prelude::*;

/// The cells of the first row, and its error. It is the same however the text comes in pieces.
fn split(text: &[u8], separator: u8) -> (Vec<Vec<u8>>, Option<&'static str>) {
    let split = |pieces: [&[u8]; 2]| {
        let mut splitter = Splitter::new(separator);
        let is_end = pieces.iter().any(|piece| splitter.take(piece).1);
        let _ = is_end || splitter.finish();
        let begins = std::iter::once(0).chain(splitter.ends.iter().copied());
        let cells = begins.zip(&splitter.ends).map(|(begin, end)| splitter.text[begin..*end].to_vec());
        (cells.collect::<Vec<_>>(), splitter.error)
    };
    let whole = split([text, b""]);
    for cut in 0..=text.len() {
        let (first, second) = text.split_at(cut);
        assert_eq!(split([first, second]), whole, "{text:?} cut at {cut}");
    }
    whole
}

fn error(row: &str, separator: u8) -> Option<&'static str> {
    split(row.as_bytes(), separator).1
}

#[test]
fn what_a_quote_means_is_certain() {
    for good in [
        "",
        "\"\"",
        "\"a\"",
        "a,\"b, c\",d\r\n",
        "\"a \"\"b\"\"\",c\n",
        "\"a\" ,\"b\"\t\n",
        "5\" pipe,a\"b\"\n",
        "\"a\nb\",\"c\"",
        "\"\\\\\",\"a\"",
        ",,\"\",\n",
    ] {
        assert_eq!(error(good, b','), None, "{good}");
    }
    for (bad, why) in [
        ("\"A \\\"x\\\" B\",c\n", ESCAPED),
        ("\"a\"b,c\n", AFTER),
        ("\"a\" b,c\n", AFTER),
        ("\"a\" \"b\",c\n", AFTER),
        ("a, \"b, c\"\n", BEFORE),
        (" \"a\",b\n", BEFORE),
        ("a,\"b", OPEN),
        ("a,\"b\"\"", OPEN),
    ] {
        assert_eq!(error(bad, b','), Some(why), "{bad}");
    }
    assert_eq!(error("a\t\"b\"\tc\n", b'\t'), None);
    assert_eq!(error("a; \"b\"\n", b';'), Some(BEFORE));
}

proptest! {
    #[test]
    fn rows_are_split_as_others_split_them(row in r#"[a ,"\\\n\r\t]{0,24}"#, separator in 0..2_usize) {
        let separator = [b',', b'\t'][separator];
        let row = row.trim_start_matches(['\n', '\r']);
        let (cells, error) = split(row.as_bytes(), separator);
        let mut reader = ReaderBuilder::new();
        let mut reader = reader.delimiter(separator).has_headers(false).flexible(true).from_reader(row.as_bytes());
        let expected = reader.byte_records().next().transpose().unwrap().unwrap_or_default();
        if error.is_none() {
            let trimmed = |cell: &[u8]| cell.trim_ascii().to_vec();
            let cells: Vec<_> = cells.iter().map(|cell| trimmed(cell)).collect();
            prop_assert_eq!(cells, expected.iter().map(trimmed).collect::<Vec<_>>());
        }
    }
}
