//! What is wrong with the form of a file: the first hundred faults, and how many there are.

use kernel::{
    Error,
    error::{self, Fault},
};

/// Faults of form, counted.
#[derive(Default)]
pub struct Faults(error::Faults);

impl Faults {
    /// Notes a fault of a row, or of the file.
    pub fn note(&mut self, row: Option<usize>, field: &str, message: impl Into<String>) {
        let row = row.map(|row| row as u64);
        self.0.push(Fault { row, field: field.into(), message: message.into() });
    }

    /// Whether nothing has been noted.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal, if there is reason for one.
    pub fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0.into_error("Invalid file")) }
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
