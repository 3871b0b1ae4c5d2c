//! What texts of outages and windows have to be.

use crate::error::{Error, Fault, Field, Result};
use entities::api_key::Texts;

/// What is affected where nothing is said: what every customer has.
const USUAL_SERVICE: &str = "internet";

/// Faults, gathered so that all are told at once.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// A fault of the field, unless `is` holds.
    pub(super) fn unless(&mut self, is: bool, field: Field, message: &str) {
        if !is {
            self.0.push(Fault::field(field, message));
        }
    }

    /// What outages and maintenance windows have in common: title and description, areas, and services, if any.
    pub(super) fn announcement(
        &mut self,
        (title, description): (&str, &str),
        areas: &[String],
        services: &[String],
    ) {
        self.said(Field::Title, title);
        self.said(Field::Description, description);
        self.all_said(Field::Area, areas);
        let services = services.iter().all(|one| !one.trim().is_empty());
        self.unless(services, Field::Service, "must not be empty");
    }

    /// A text that says something, without the character that PostgreSQL does not store.
    pub(super) fn said(&mut self, field: Field, text: &str) {
        self.unless(is_said(text), field, "must say something");
    }

    /// At least one text, and each says something.
    fn all_said(&mut self, field: Field, texts: &[String]) {
        let all = !texts.is_empty() && texts.iter().all(|text| is_said(text));
        self.unless(all, field, "must name at least one, and none may be empty");
    }

    /// `Invalid` if there are any.
    pub(super) fn end(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid { message: "Invalid request data".into(), faults: self.0 })
    }
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\0')
}

/// Five digits.
pub(super) fn is_zip(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The services named, or the usual one.
pub(super) fn services(named: Vec<String>) -> Texts {
    Texts(if named.is_empty() { vec![USUAL_SERVICE.into()] } else { named })
}
