//! The two passes over a spooled file: the first checks its format, the second reads its rows.

use super::{body::Spooled, seen::Seen, source::Rows};
use edge::schema::{Limits, Wire};
use isp::{
    customers::{NewCustomer, email_key},
    imports::{self, repeated},
    payloads::{ImportRow, Rejection, RowContent},
};
use platform::{
    Error,
    config::Settings,
    error::{Fault, Faults, MESSAGE, shortened},
    import_file::Row,
};
use serde_json::{Value, json};
use std::marker::PhantomData;

/// The JSON value of a row, to parse as an object of this type.
fn row_value<T: Wire>(rows: &Rows) -> Result<Value, String> {
    let mut value = rows.value()?;
    T::prepare(&mut value);
    Ok(value)
}

/// The rows of an import, from a well-formed file. `T` is the wire object of a row.
pub struct Upload<T> {
    rows: Rows,
    count: usize,
    limits: Limits,
    seen: Seen,
    wire: PhantomData<fn() -> T>,
}

impl<T: Wire + Into<NewCustomer>> Upload<T> {
    /// Checks the file, on a blocking thread. `Invalid` lists up to 100 format errors; `TooLarge` beyond
    /// `http.upload_rows`.
    pub async fn check(spooled: Spooled, settings: &Settings) -> Result<Self, Error> {
        let (most, limits) = (settings.http.upload_rows, Limits::of_settings(settings));
        let checking = tokio::task::spawn_blocking(move || Self::check_now(&spooled, most, limits));
        checking.await.map_err(Error::internal)?
    }

    fn check_now(spooled: &Spooled, most: usize, limits: Limits) -> Result<Self, Error> {
        let mut faults = Faults::default();
        let rows = Rows::open(spooled, T::schema(), &mut faults)?;
        let count = rows.map_or(Ok(0), |mut rows| count(&mut rows, most, &mut faults))?;
        if !faults.is_empty() {
            return Err(faults.into_error("Invalid file"));
        }
        // The header was validated in the first pass.
        let rows = Rows::open(spooled, T::schema(), &mut faults)?.ok_or_else(changed)?;
        Ok(Self { rows, count, limits, seen: Seen::default(), wire: PhantomData })
    }

    /// The current row. It is rejected if a field is invalid, or an earlier row has its e-mail address.
    fn import_row(&mut self) -> ImportRow {
        let content = match self.customer() {
            Ok(customer) if self.seen.insert(&email_key(&customer.email)) => {
                RowContent::Customer(Box::new(customer))
            }
            Ok(_) => RowContent::Rejected { rejected: repeated() },
            Err(faults) => RowContent::Rejected { rejected: rejection(faults) },
        };
        ImportRow { line: Some(self.rows.position().line), content }
    }

    /// The current row as a customer, or its errors.
    fn customer(&self) -> Result<NewCustomer, Faults> {
        let mut faults = Faults::of_row();
        let value = match row_value::<T>(&self.rows) {
            Ok(value) => value,
            Err(message) => {
                faults.push(Fault::at("", message));
                return Err(faults);
            }
        };
        let faults = T::schema().sizes(&value, None, self.limits, faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let parsed = T::parse_from_json(Some(value)).map(Into::into);
        let value = || row_value::<T>(&self.rows).unwrap_or_default();
        parsed.map_err(|_| T::schema().faults(&value(), None, faults))
    }
}

impl<T: Wire + Into<NewCustomer>> imports::Upload for Upload<T> {
    fn rows(&self) -> usize {
        self.count
    }

    fn next(&mut self) -> Result<Option<ImportRow>, Error> {
        match self.rows.next_row(&mut Faults::default())?.ok_or_else(changed)? {
            Row::End => Ok(None),
            Row::Valid => Ok(Some(self.import_row())),
            Row::Invalid(_) => Err(changed()),
        }
    }
}

fn changed() -> Error {
    Error::internal("a checked file has changed")
}

/// Counts the rows, and reports malformed ones.
fn count(rows: &mut Rows, most: usize, faults: &mut Faults) -> Result<usize, Error> {
    let mut count = 0;
    while let Some(Row::Valid | Row::Invalid(_)) = rows.next_row(faults)? {
        count += 1;
        if count > most {
            return Err(Error::TooLarge(format!("The file has more than {most} rows")));
        }
    }
    Ok(count)
}

fn rejection(faults: Faults) -> Rejection {
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
