//! Renames columns: `Street=serviceAddress.street1` renames one. The header is rewritten, and rows stay the same, on
//! the same lines.

use super::{CsvReader, ReadError, invalid_file};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use std::{
    io::{self, Cursor, Read, Seek, SeekFrom},
    str::FromStr,
};

/// A column's name in a file, and its canonical name: `Street=serviceAddress.street1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    /// In the header of the file.
    pub from: String,
    /// The importer's name.
    pub to: String,
}

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.rsplit_once('=').map(|(from, to)| (from.trim(), to.trim())).unwrap_or_default();
        if from.is_empty() || to.is_empty() || to.contains(['\n', '\r']) {
            return Err("must be the file's column, =, and the column to read it as: Street=city".into());
        }
        Ok(Self { from: from.into(), to: to.into() })
    }
}

/// The replacement of the beginning of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct RenamedHeader {
    /// All lines up to the end of the header.
    pub head: Vec<u8>,
    /// The offset of the rest of the file, in bytes.
    pub rest: u64,
}

/// Reads the header of a CSV file and renames its columns. Unknown names are errors.
pub fn rename_header(file: impl Read, names: &[ColumnName]) -> Result<RenamedHeader, ReadError> {
    let reader = CsvReader::open(file)?;
    let same = |name: &ColumnName, column: &str| name.from.eq_ignore_ascii_case(column);
    if let Some(unknown) = names.iter().find(|name| !reader.header().iter().any(|column| same(name, column)))
    {
        return Err(invalid_file(format!("the file has no column `{}` to map", unknown.from)));
    }
    let is_twice =
        |(place, name): &(usize, &ColumnName)| names[..*place].iter().any(|other| same(other, &name.from));
    if let Some((_, twice)) = names.iter().enumerate().find(is_twice) {
        return Err(invalid_file(format!("the column `{}` is mapped twice", twice.from)));
    }
    let renamed = |column: &String| {
        let name = names.iter().find(|name| same(name, column));
        name.map_or_else(|| column.clone(), |name| name.to.clone())
    };
    let header: Vec<_> = reader.header().iter().map(renamed).collect();
    Ok(RenamedHeader { head: head(&reader, &header)?, rest: reader.bytes() })
}

/// The file with its columns renamed.
pub fn renamed<R: Read + Seek>(mut file: R, names: &[ColumnName]) -> Result<impl Read + use<R>, ReadError> {
    let RenamedHeader { head, rest } = match names {
        [] => RenamedHeader { head: vec![], rest: 0 },
        names => rename_header(&mut file, names)?,
    };
    file.seek(SeekFrom::Start(rest))?;
    Ok(Cursor::new(head).chain(file))
}

/// The lines up to the end of the header, as many as before, so that line numbers in messages are right.
fn head<R: Read>(reader: &CsvReader<R>, header: &[String]) -> io::Result<Vec<u8>> {
    let (separator, is_declared) = reader.separator();
    let (line, next) = reader.lines();
    let mut head = vec![];
    if is_declared {
        head.extend([b"sep=", &[separator][..], b"\n"].concat());
    }
    let blank = line.saturating_sub(1 + u64::from(is_declared));
    head.extend((0..blank).map(|_| b'\n'));
    let mut writer = WriterBuilder::new();
    writer.delimiter(separator).quote_style(QuoteStyle::Always).terminator(Terminator::Any(b'\n'));
    let mut writer = writer.from_writer(head);
    writer.write_record(header)?;
    let mut head = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    if reader.is_half_break() {
        // The rest of the file begins with the line feed.
        head.pop();
        head.push(b'\r');
    }
    let written = 1 + header.iter().map(|name| name.matches('\n').count() as u64).sum::<u64>();
    let before = next + u64::from(reader.is_half_break()) - line;
    head.extend((written..before).map(|_| b'\n'));
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::{super::Row, *};

    fn names(texts: &[&str]) -> Vec<ColumnName> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// The header and the first row of the file, and the line of that row.
    fn read(file: impl Read) -> (Vec<String>, Vec<String>, u64) {
        let mut reader = CsvReader::open(file).unwrap();
        assert_eq!(reader.next_row().unwrap(), Row::Valid);
        let row = reader.record().iter().map(str::to_owned).collect();
        (reader.header().to_vec(), row, reader.position().line)
    }

    #[test]
    fn a_name_is_two_names() {
        let name = |from: &str, to: &str| ColumnName { from: from.into(), to: to.into() };
        assert_eq!("a=b".parse(), Ok(name("a", "b")));
        assert_eq!(" a=b = c ".parse(), Ok(name("a=b", "c")));
        for bad in ["", "a", "a=", "=b", "a=b\nc"] {
            assert!(bad.parse::<ColumnName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn columns_are_renamed_and_rows_keep_their_lines() {
        for text in [
            "E-mail,Street,zip\na,b,c\n",
            "\u{feff}E-mail;Street;zip\r\na;b;c\r\n",
            "\r\n\r\n E-mail ,\"Street\",zip\r\n\r\na,b,c",
            "sep=\t\r\nE-mail\tstreet\tzip\r\na\tb\tc\r\n",
            "sep=;\n\nE-mail;Street;\"zi\np\"\n\n\na;b;c",
            "E-mail,Street,zip\ra,b,c\r",
        ] {
            let (_, row, line) = read(text.as_bytes());
            let (header, renamed_row, renamed_line) = read(
                renamed(Cursor::new(text), &names(&["E-MAIL=email", "street=serviceAddress.street1"]))
                    .unwrap(),
            );
            assert_eq!(header[..2], ["email", "serviceAddress.street1"], "{text:?}");
            assert_eq!((renamed_row, renamed_line), (row, line), "{text:?}");
        }
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let refused = rename_header(&b"a,b\n"[..], &names(&["a=x", "c=y"])).unwrap_err();
        assert_eq!(refused.to_string(), "the file has no column `c` to map");
        let refused = rename_header(&b"a,b\n"[..], &names(&["a=x", "A=y"])).unwrap_err();
        assert_eq!(refused.to_string(), "the column `A` is mapped twice");
    }
}
