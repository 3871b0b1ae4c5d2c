//! What is wrong with the form of a file: the first hundred faults, and how many there are.

use kernel::{Error, error::Fault};

/// Faults that are listed.
const LISTED: usize = 100;

/// Faults of form, counted.
#[derive(Default)]
pub struct Faults {
    listed: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// Notes a fault of a row, or of the file.
    pub fn note(&mut self, row: Option<usize>, field: &str, message: impl Into<String>) {
        self.count += 1;
        if self.listed.len() < LISTED {
            let row = row.map(|row| row as u64);
            self.listed.push(Fault { row, field: field.into(), message: message.into() });
        }
    }

    /// Whether nothing has been noted.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The refusal, if there is reason for one.
    pub fn into_result(self) -> Result<(), Error> {
        let more = self.count - self.listed.len();
        let message = match (self.count, more) {
            (0, _) => return Ok(()),
            (_, 0) => "Invalid file".to_owned(),
            (_, more) => format!("Invalid file: the first {LISTED} faults, and {more} more"),
        };
        Err(Error::Invalid { message, faults: self.listed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_are_listed_and_all_are_counted() {
        let mut faults = Faults::default();
        (0..103).for_each(|row| faults.note(Some(row), "", "bad"));
        let Err(Error::Invalid { message, faults }) = faults.into_result() else { panic!("no refusal") };
        assert_eq!(faults.len(), 100);
        assert!(message.ends_with("and 3 more"), "{message}");
        assert!(Faults::default().into_result().is_ok());
    }
}
