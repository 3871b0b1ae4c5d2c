//! The two passes over a spooled file: the first checks its form, the second yields its rows.

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

/// The row as the value that an object of this type is parsed from.
fn row_value<T: Wire>(rows: &Rows) -> Result<Value, String> {
    let mut value = rows.value()?;
    T::prepare(&mut value);
    Ok(value)
}

/// A file whose form is good: the rows of an import. `T` is the wire object of a row.
pub struct Upload<T> {
    rows: Rows,
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
        let rows = Rows::open(spooled, T::schema(), &mut faults)?;
        let count = rows.map_or(Ok(0), |mut rows| count(&mut rows, most, &mut faults))?;
        if !faults.is_empty() {
            return Err(faults.into_error("Invalid file"));
        }
        // The header is the same as the first time.
        let rows = Rows::open(spooled, T::schema(), &mut faults)?.ok_or_else(changed)?;
        Ok(Self { rows, count, limits, seen: Seen::default(), wire: PhantomData })
    }

    /// The current row. One that breaks the rule of a field, or has an earlier row's address, is refused.
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

    /// The current row as a customer, or what is wrong with it.
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

/// Counts the rows and notes those that have not the form.
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
