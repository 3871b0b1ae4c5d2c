//! Files of rows, of which no row may be endless: an unclosed quote makes the rest of a CSV file one row.

use std::io::{self, Read};

/// A file that is read no further than a row may reach, so that one endless row does not fill the memory. Beyond that:
/// an error of the kind `FileTooLarge`.
pub struct Bounded<R> {
    inner: R,
    read: u64,
    most: u64,
    row: u64,
}

impl<R> Bounded<R> {
    /// `row`: bytes of a row at most, with what its reader reads ahead.
    pub const fn new(inner: R, row: u64) -> Self {
        Self { inner, read: 0, most: row, row }
    }

    /// A row begins at this byte of the file.
    pub const fn row_begins(&mut self, byte: u64) {
        self.most = byte + self.row;
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_ends_somewhere() {
        let mut file = Bounded::new(io::repeat(b'x'), 10);
        let mut buffer = [0; 6];
        assert_eq!((file.read(&mut buffer).unwrap(), file.read(&mut buffer).unwrap()), (6, 6));
        assert_eq!(file.read(&mut buffer).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        file.row_begins(5);
        assert_eq!(file.read(&mut buffer).unwrap(), 6);
    }
}
