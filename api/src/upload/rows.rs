//! The two passes over a spooled file: the first checks its form, the second yields its rows.

use super::{
    Format,
    body::{Spooled, spool_failed},
    csv::CsvRows,
    faults::Faults,
    ndjson::NdjsonRows,
    seen::Seen,
};
use crate::schema::{Limits, Wire};
use kernel::{
    Error,
    config::Settings,
    domain::{
        customers::{NewCustomer, email_key},
        imports::{self, repeated},
    },
    error::{Fault, Faults as RowFaults, MESSAGE, shortened},
    jobs::{ImportRow, Rejection},
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{BufReader, Seek},
    marker::PhantomData,
};

/// What comes next in a file.
pub enum Row {
    /// A row of good form.
    Next,
    /// A row that has not the form.
    Flawed(Flaw),
    /// Nothing.
    End,
}

/// What is wrong with the form.
pub enum Flaw {
    /// Of this row; the next can be read.
    OfRow(String),
    /// Nothing after it can be read.
    OfFile(String),
}

/// Rows, one after the other.
pub trait Rows: Send {
    /// Goes on to the next row.
    fn advance(&mut self) -> Result<Row, Error>;

    /// The row as the object that it stands for, or why it is none.
    fn value(&self) -> Result<Value, String>;
}

/// The row as an object of this type is read from: see [`Wire::read`].
fn row_value<T: Wire>(rows: &dyn Rows) -> Result<Value, String> {
    let mut value = rows.value()?;
    T::schema().omit_unset(&mut value, T::IS_UPDATE);
    Ok(value)
}

/// A file whose form is good: the rows of an import. `T` is the wire object of a row.
pub struct Upload<T> {
    rows: Box<dyn Rows>,
    count: usize,
    limits: Limits,
    seen: Seen,
    wire: PhantomData<fn() -> T>,
}

impl<T: Wire + Into<NewCustomer>> Upload<T> {
    /// Checks the file whole, away from the threads that serve requests. `Invalid` names up to 100 faults of
    /// form; `TooLarge` beyond `http.upload_rows`.
    pub async fn check(spooled: Spooled, settings: &Settings) -> Result<Self, Error> {
        let (most, limits) = (settings.http.upload_rows, Limits::of_settings(settings));
        let checking = tokio::task::spawn_blocking(move || Self::check_now(&spooled, most, limits));
        checking.await.map_err(Error::internal)?
    }

    fn check_now(spooled: &Spooled, most: usize, limits: Limits) -> Result<Self, Error> {
        let mut faults = Faults::default();
        let mut rows = open::<T>(spooled, &mut faults)?;
        let count = count(&mut *rows, most, &mut faults)?;
        faults.into_result()?;
        // The header is the same as the first time.
        let rows = open::<T>(spooled, &mut Faults::default())?;
        Ok(Self { rows, count, limits, seen: Seen::default(), wire: PhantomData })
    }

    /// The current row. One that breaks the rule of a field, or has an earlier row's address, is refused.
    fn import_row(&mut self) -> ImportRow {
        let rejected = match self.customer() {
            Ok(customer) if self.seen.insert(&email_key(&customer.email)) => {
                return ImportRow::Customer(Box::new(customer));
            }
            Ok(_) => repeated(),
            Err(faults) => rejection(faults),
        };
        ImportRow::Rejected { rejected }
    }

    /// The current row as a customer, or what is wrong with it.
    fn customer(&self) -> Result<NewCustomer, RowFaults> {
        let mut faults = RowFaults::of_row();
        let value = match row_value::<T>(&*self.rows) {
            Ok(value) => value,
            Err(message) => {
                faults.push(Fault::field("", message));
                return Err(faults);
            }
        };
        let faults = T::schema().sizes(&value, None, self.limits, faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let parsed = T::parse_from_json(Some(value)).map(Into::into);
        let value = || row_value::<T>(&*self.rows).unwrap_or_default();
        parsed.map_err(|_| T::schema().faults(&value(), None, faults))
    }
}

impl<T: Wire + Into<NewCustomer>> imports::Upload for Upload<T> {
    fn rows(&self) -> usize {
        self.count
    }

    fn next(&mut self) -> Result<Option<ImportRow>, Error> {
        match self.rows.advance()? {
            Row::End => Ok(None),
            Row::Next => Ok(Some(self.import_row())),
            Row::Flawed(_) => Err(Error::internal("a checked file has changed")),
        }
    }
}

fn open<T: Wire>(spooled: &Spooled, faults: &mut Faults) -> Result<Box<dyn Rows>, Error> {
    let file = rewound(&spooled.file).map_err(|error| spool_failed(&error))?;
    Ok(match spooled.format {
        Format::Csv => Box::new(CsvRows::open(file, T::schema(), faults)?),
        Format::Ndjson => Box::new(NdjsonRows::open(BufReader::with_capacity(64 << 10, file))),
    })
}

fn rewound(file: &File) -> std::io::Result<File> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}

/// Counts the rows and notes those that have not the form.
fn count(rows: &mut dyn Rows, most: usize, faults: &mut Faults) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        match rows.advance()? {
            Row::End => break,
            Row::Next => {}
            Row::Flawed(Flaw::OfRow(message)) => faults.note(Some(count), "", message),
            Row::Flawed(Flaw::OfFile(message)) => {
                faults.note(Some(count), "", message);
                break;
            }
        }
        count += 1;
        if count > most {
            return Err(Error::TooLarge(format!("The file has more than {most} rows")));
        }
    }
    if count == 0 && faults.is_empty() {
        faults.note(None, "", "the file has no rows");
    }
    Ok(count)
}

fn rejection(faults: RowFaults) -> Rejection {
    let more = faults.is_full().then(|| "there are more faults".to_owned());
    let faults = faults.into_listed();
    let texts = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message));
    let texts: Vec<_> = texts.chain(more).collect();
    let message = match texts.join("; ") {
        none if none.is_empty() => "The row does not have the form that is documented".into(),
        text => text.trim_start().to_owned(),
    };
    Rejection { message: shortened(message, MESSAGE), details: Some(json!({ "errors": faults })) }
}

#[cfg(test)]
mod tests;
