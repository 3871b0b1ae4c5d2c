//! Detects the separator of a CSV file: Excel writes a semicolon where the comma is the decimal separator, and tabs in
//! "Unicode text".

use super::{ReadError, invalid_file};

/// The separators, most likely first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The names of the separators.
pub(super) const NAMES: &str = "a comma, a semicolon, a tab or |";

/// The beginning of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub separator: u8,
    /// Length of the line that declares the separator; 0 without one.
    pub declaration: usize,
}

/// The separator declared by a first line `sep=;`, as in Excel, or the most frequent one in the header, outside of
/// quotes.
pub(super) fn detect(head: &[u8]) -> Result<Dialect, ReadError> {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let Some(declared) = declared(line) else {
        return Ok(Dialect { separator: most_frequent(head), declaration: 0 });
    };
    let [separator] = *declared else { return Err(unsupported(declared)) };
    if !SEPARATORS.contains(&separator) {
        return Err(unsupported(declared));
    }
    let line_break = if head[line.len()..].starts_with(b"\r\n") { 2 } else { 1 };
    Ok(Dialect { separator, declaration: head.len().min(line.len() + line_break) })
}

/// The text after `sep=`, with or without quotes around the line.
fn declared(line: &[u8]) -> Option<&[u8]> {
    let inner = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (key, declared) = inner.split_at_checked(4)?;
    key.eq_ignore_ascii_case(b"sep=").then_some(declared)
}

fn unsupported(separator: &[u8]) -> ReadError {
    let separator = String::from_utf8_lossy(separator);
    invalid_file(format!("the first line declares the separator `{separator}`; it must be {NAMES}"))
}

fn most_frequent(head: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([0_u32; SEPARATORS.len()], false);
    for byte in &head[before_text(head)..] {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(found) = SEPARATORS.iter().position(|separator| separator == byte) {
                    counts[found] += 1;
                }
            }
        }
    }
    let likeliest = (0..SEPARATORS.len()).rev().max_by_key(|separator| counts[*separator]);
    SEPARATORS[likeliest.unwrap_or(0)]
}

/// The start of the first line with text.
fn before_text(head: &[u8]) -> usize {
    let text = head.iter().position(|byte| !is_blank(*byte)).unwrap_or(head.len());
    let line_break = head[..text].iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    line_break.map_or(0, |line_break| line_break + 1)
}

/// Whether it is whitespace or one of the separators.
pub(super) fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || SEPARATORS.contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_separator() {
        let separator = |head: &str| char::from(detect(head.as_bytes()).unwrap().separator);
        assert_eq!(separator("email,name\na;b;c;d"), ',');
        assert_eq!(separator("email;name\r\na,b,c,d"), ';');
        assert_eq!(separator("\n\nemail\tname"), '\t');
        assert_eq!(separator("email|name"), '|');
        assert_eq!(separator("\"last, first, middle\";email\n"), ';');
        assert_eq!(separator("email"), ',');
        assert_eq!(separator(""), ',');
        assert_eq!(separator(",,,,\r\n \nemail;name"), ';', "a blank row is not the header");
        assert_eq!(separator("\t\n;;\nemail,name\n"), ',');
        assert_eq!(separator(",email,name;x\n"), ',');
    }

    #[test]
    fn a_first_line_may_declare_it() {
        let dialect = |head: &str| detect(head.as_bytes()).unwrap();
        for (head, declaration) in
            [("sep=;\na,b", 6), ("SEP=;\r\na,b", 7), ("\"sep=;\"\ra,b", 8), ("sep=;", 5)]
        {
            assert_eq!(dialect(head), Dialect { separator: b';', declaration }, "{head}");
        }
        assert_eq!(dialect("sep=\t\na,b").separator, b'\t');
        for head in ["sep=x\n", "sep=\n", "sep=;;\n", "sep=§\n", "sep=\"\n"] {
            let refused = detect(head.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains("it must be a comma, a semicolon"), "{refused}");
        }
        assert!(detect("sep=^\n".as_bytes()).unwrap_err().to_string().contains("separator `^`"));
    }
}
