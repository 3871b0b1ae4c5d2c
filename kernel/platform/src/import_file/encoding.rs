//! Detects encodings: other formats than UTF-8 text are rejected by name.

use super::{BUFFER, ReadError, invalid_file};
use std::io::{BufReader, Chain, Cursor, Read};

/// A file after its byte order mark. Its first 64 KiB are in the buffer.
pub(super) type Text<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Signatures of other formats.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"PK\x03\x04", "an Excel workbook or another ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"\x1f\x8b", "compressed with gzip"),
];

/// Instructions for such files.
pub(super) const SAVE: &str = "save it as UTF-8 (Excel: \"CSV UTF-8\")";

/// Reads the beginning of the file; returns the text and the length of the byte order mark.
pub(super) fn open<R: Read>(mut file: R) -> Result<(Text<R>, usize), ReadError> {
    let mut head = Vec::with_capacity(BUFFER);
    file.by_ref().take(BUFFER as u64).read_to_end(&mut head)?;
    if let Some(name) = foreign(&head) {
        return Err(invalid_file(format!("the file is {name}; {SAVE}")));
    }
    let mark = if head.starts_with(MARK) { MARK.len() } else { 0 };
    let mut head = Cursor::new(head);
    head.set_position(mark as u64);
    Ok((BufReader::with_capacity(BUFFER, head.chain(file)), mark))
}

/// Fails if the file begins like a workbook, an archive or text that is not UTF-8; reads at most 64 KiB.
pub fn check_encoding(file: impl Read) -> Result<(), ReadError> {
    open(file).map(drop)
}

/// The format of a file whose first bytes are not those of UTF-8 text.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let signature = SIGNATURES.iter().find(|(bytes, _)| head.starts_with(bytes)).map(|(_, name)| *name);
    // Without a byte order mark: every other byte of Latin text is zero.
    signature.or(match head {
        [0, first, 0, second, ..] | [first, 0, second, 0, ..] if *first > 0 && *second > 0 => Some("UTF-16"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let (mut text, _) = open(bytes).map_err(|error| error.to_string())?;
        let mut read = String::new();
        text.read_to_string(&mut read).map(|_| read).map_err(|error| error.to_string())
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        for (bytes, text) in [("\u{feff}a,b", "a,b"), ("a\u{feff}", "a\u{feff}"), ("\u{feff}", ""), ("", "")]
        {
            assert_eq!(read(bytes.as_bytes()).as_deref(), Ok(text));
        }
        let long = "x".repeat(3 * BUFFER);
        assert_eq!(read(format!("\u{feff}{long}").as_bytes()), Ok(long));
    }

    #[test]
    fn other_encodings_are_named() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        for text in ["\u{feff}email", "email"] {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let refused = read(&wide(text, order)).unwrap_err();
                assert_eq!(refused, "the file is UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\")");
            }
        }
        assert!(read(b"PK\x03\x04...").unwrap_err().contains("Excel workbook"));
        assert!(read(b"\x1f\x8b...").unwrap_err().contains("gzip"));
    }
}
