use super::*;
use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use proptest::{collection::vec, prelude::*, sample::select};

/// The rows of a file: the line and the cells of each, or the message.
fn rows(file: impl Read) -> Vec<(u64, Result<Vec<String>, String>)> {
    let mut reader = CsvReader::open(file).unwrap();
    let mut rows = vec![];
    loop {
        let row = match reader.next_row() {
            Ok(Row::End) => return rows,
            Ok(Row::Valid) => Ok(reader.record().iter().map(str::to_owned).collect()),
            Ok(Row::Invalid(fault)) => Err(fault.message),
            Err(error) => Err(error.to_string()),
        };
        assert_eq!(reader.position().row, rows.len() as u64);
        rows.push((reader.position().line, row));
        if rows.len() > 10_000 {
            return rows;
        }
    }
}

fn refused(file: &[u8]) -> String {
    CsvReader::open(file).map(drop).unwrap_err().to_string()
}

/// A row of these cells.
fn valid(line: u64, cells: &[&str]) -> (u64, Result<Vec<String>, String>) {
    (line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()))
}

#[test]
fn rows_are_known_by_their_lines() {
    for line_break in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "", "1,2", ",", " , ", "", "\"3\",4", "\"5,6\",7", "8,9", "", ""].join(line_break);
        let expected =
            [valid(3, &["1", "2"]), valid(7, &["3", "4"]), valid(8, &["5,6", "7"]), valid(9, &["8", "9"])];
        assert_eq!(rows(text.as_bytes()), expected, "{line_break:?}");
    }
    let text = "sep=;\r\n\r\na;b\r\n\"1\r\n\r\n1\";2\r\n3;4\r\n;;;\r\n5;6";
    let expected = [valid(4, &["1\r\n\r\n1", "2"]), valid(7, &["3", "4"]), valid(9, &["5", "6"])];
    assert_eq!(rows(text.as_bytes()), expected);
}

#[test]
fn a_blank_row_above_the_header_may_have_another_separator() {
    let text = ",,,\r\n \r\nemail;name\r\n1;2\r\n";
    assert_eq!(CsvReader::open(text.as_bytes()).unwrap().header(), ["email", "name"]);
    assert_eq!(rows(text.as_bytes()), [valid(4, &["1", "2"])]);
}

#[test]
fn json_is_refused_by_name() {
    for text in ["{\"a\":1}\n", "\n [{\"a\":1}]", "{\"a\":\"1\",\"b\":\"2\"}\n"] {
        assert_eq!(refused(text.as_bytes()), "the file is JSON; CSV is expected, with a header line");
    }
}

#[test]
fn whitespace_around_cells_is_not_theirs() {
    let text = "\u{feff} a ,\" b\"\n x y ,\"\tz \"\n\u{a0}1\u{a0},\" 2\" \n";
    let reader = CsvReader::open(text.as_bytes()).unwrap();
    assert_eq!(reader.header(), ["a", "b"]);
    assert_eq!(rows(text.as_bytes()), [valid(2, &["x y", "z"]), valid(3, &["1", "2"])]);
    assert_eq!(rows("a\n\u{a0}\u{3000}\n\" \"\nx\n".as_bytes()), [valid(4, &["x"])]);
}

#[test]
fn a_row_of_another_form_is_named_and_the_next_is_read() {
    let text = b"a,b,\n1\n\"A \\\"x\\\" B\",2,\n3,\0,\n4,5,6\n\"7\"7,8,\n\xe9,9,\n\xc3,\xa9,\nx,y,\n\"z,";
    let found = rows(&text[..]);
    let messages: Vec<_> =
        found.iter().map(|(line, row)| (*line, row.as_ref().err().map(String::as_str))).collect();
    let Some((10, Some(last))) = messages.last() else { panic!("{messages:?}") };
    assert_eq!(*last, "a quote is not closed");
    assert_eq!(messages[0], (2, Some("has 1 cells, the header has 3")));
    assert!(messages[1].1.unwrap().starts_with("a backslash does not escape a quote"));
    assert_eq!(messages[2], (4, Some(NUL)));
    assert_eq!(messages[3], (5, Some("cell 3 has a value, but its column has no name")));
    assert!(messages[4].1.unwrap().starts_with("text follows a closing quote"));
    let not_utf8 =
        "is not UTF-8, in cell 1 of the row that begins at byte 41; if the file is Windows-1252, save";
    assert!(messages[5].1.unwrap().starts_with(not_utf8), "{:?}", messages[5]);
    assert!(
        messages[6].1.unwrap().starts_with("is not UTF-8, in cell 1"),
        "halves of a character: {:?}",
        messages[6]
    );
    assert_eq!(found[7], valid(9, &["x", "y", ""]));
}

#[test]
fn a_nul_is_found_wherever_it_is() {
    for cell in ["\0", "a\0", "\"\0\"", "\"a, \0\"\"b\"\"\"", &format!("\"{}\0\"", "x".repeat(99))] {
        let text = format!("a,b\n{cell},1\n2,{cell}\n3,4\n");
        let found = rows(text.as_bytes());
        assert_eq!((found[0].1.clone(), found[1].1.clone()), (Err(NUL.into()), Err(NUL.into())), "{cell:?}");
        assert_eq!(found[2], valid(4, &["3", "4"]), "{cell:?}");
    }
}

#[test]
fn a_file_without_a_header_is_refused() {
    assert_eq!(refused(b""), "the file is empty");
    assert_eq!(refused(b"\xef\xbb\xbf\r\n,,\n \n"), "the file is empty");
    assert!(refused(b"a,\xff\n").starts_with("the header is not readable: is not UTF-8, in cell 2"));
    assert!(refused(b"a,\"b\"c\n").starts_with("the header is not readable: text follows a closing quote"));
    assert!(refused(&b"x".repeat(2 << 20)).starts_with("the header is not readable: the row is longer than"));
    assert!(refused(b"\xff\xfea\0,\0b\0").starts_with("the file is UTF-16"));
}

#[test]
fn a_header_of_too_many_columns_is_refused() {
    let header = |columns: usize| vec!["x"; columns].join(",");
    let widest = header(1000);
    assert_eq!(CsvReader::open(widest.as_bytes()).unwrap().header().len(), 1000);
    assert_eq!(refused(header(1001).as_bytes()), "the header has 1001 columns; 1000 at most");
    let unnamed = format!("x{}\n", ",".repeat(1_000_000));
    assert_eq!(refused(unnamed.as_bytes()), "the header has 1000001 columns; 1000 at most");
}

#[test]
fn a_row_of_a_million_cells_is_passed_over_or_refused() {
    let separators = ",".repeat(MAX_ROW_BYTES - 2);
    let text = format!("a,,\n{separators}\n{separators}x\n1,,\n2,,3\n");
    let many = format!("has {} cells, the header has 3", MAX_ROW_BYTES - 1);
    let unnamed = "cell 3 has a value, but its column has no name".to_owned();
    assert_eq!(rows(text.as_bytes()), [(3, Err(many)), valid(4, &["1", "", ""]), (5, Err(unnamed))]);
}

#[test]
fn an_open_quote_does_not_fill_the_memory() {
    let text = format!("a,b\n1,2\n\"3,{}", "x\n".repeat(1 << 20));
    let mut reader = CsvReader::open(text.as_bytes()).unwrap();
    assert_eq!(reader.next_row().unwrap(), Row::Valid);
    let Err(ReadError::Invalid(fault)) = reader.next_row() else { panic!("no error") };
    assert_eq!((fault.row, fault.line), (Some(1), Some(3)));
    assert!(fault.message.starts_with("the row is longer than 1048576 bytes"));
    assert!(reader.splitter.text().len() <= 2 << 20);
    let long = format!("a,b\n1,{}\n", "x".repeat(1 << 19));
    assert!(rows(long.as_bytes())[0].1.is_ok());
}

fn written(table: &[Vec<String>], (separator, quotes, terminator): (u8, QuoteStyle, Terminator)) -> Vec<u8> {
    let mut writer = WriterBuilder::new();
    writer.delimiter(separator).quote_style(quotes).terminator(terminator);
    let mut writer = writer.from_writer(vec![]);
    for row in table {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

/// How files are written: by spreadsheets, by programs.
fn dialect() -> impl Strategy<Value = (u8, QuoteStyle, Terminator)> {
    let quotes = select(vec![QuoteStyle::Necessary, QuoteStyle::Always, QuoteStyle::NonNumeric]);
    let terminators = select(vec![Terminator::CRLF, Terminator::Any(b'\n'), Terminator::Any(b'\r')]);
    (select(vec![b',', b';', b'\t', b'|']), quotes, terminators)
}

#[test]
fn rows_are_read_across_the_ends_of_the_buffer() {
    let cell = |row: usize| format!("{row} \"{}\"\r\n,", "x".repeat(row % 97));
    let table: Vec<_> = (0..5000).map(|row| vec![cell(row), row.to_string()]).collect();
    let file = written(&table, (b',', QuoteStyle::Necessary, Terminator::CRLF));
    assert!(file.len() > 3 * (64 << 10));
    let file = [b"a,b\r\n", &file[..]].concat();
    for (row, (line, cells)) in rows(&file[..]).into_iter().enumerate() {
        assert_eq!((line, cells), (2 + 2 * row as u64, Ok(vec![cell(row), row.to_string()])));
    }
}

proptest! {
    #[test]
    fn what_is_written_comes_back(
        table in vec(vec("[a ,;|\"\t\n\r'=äß€\u{1f600}\\\\]{0,8}", 3), 0..8),
        dialect in dialect(),
        declares in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let header = ["first", "second, third; fourth", "fifth|\tsixth"].map(str::to_owned).to_vec();
        let whole: Vec<_> = std::iter::once(header.clone()).chain(table.iter().cloned()).collect();
        let mut file = if mark { "\u{feff}".as_bytes().to_vec() } else { vec![] };
        if declares || matches!(dialect.1, QuoteStyle::Necessary) {
            file.extend([b"sep=", &[dialect.0][..], b"\r\n"].concat());
        }
        file.extend(written(&whole, dialect));
        let reader = CsvReader::open(&file[..]).unwrap();
        prop_assert_eq!(reader.header(), &header[..]);
        let trimmed = table.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
        let expected: Vec<_> = trimmed.filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
        let found: Result<Vec<_>, _> = rows(&file[..]).into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(found.as_ref(), Ok(&expected));
    }

    #[test]
    fn any_bytes_are_read_to_their_end(file in vec(select(b"a \",;\n\r\\\xc3\xa9\0".to_vec()), 0..64)) {
        if let Ok(mut reader) = CsvReader::open(&file[..]) {
            while !matches!(reader.next_row().unwrap(), Row::End) {}
        }
    }
}
