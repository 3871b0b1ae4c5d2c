//! Validation of outages and maintenance windows.

use entities::api_key::Texts;
use platform::error::{Error, Fault, Field, Result};

/// The default service, which every customer has.
const USUAL_SERVICE: &str = "internet";

/// Collects faults, so that all are reported at once.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault of the field unless `is` holds.
    pub(super) fn unless(&mut self, is: bool, field: Field, message: &str) {
        if !is {
            self.0.push(Fault::field(field, message));
        }
    }

    /// Validates what outages and windows have in common: title and description, areas, and services, if any.
    pub(super) fn announcement(
        &mut self,
        (title, description): (&str, &str),
        areas: &[String],
        services: &[String],
    ) {
        self.non_empty(Field::Title, title);
        self.non_empty(Field::Description, description);
        self.all_said(Field::Area, areas);
        let services = services.iter().all(|one| !one.trim().is_empty());
        self.unless(services, Field::Service, "must not be empty");
    }

    /// A non-empty text without NUL, which PostgreSQL does not store.
    pub(super) fn non_empty(&mut self, field: Field, text: &str) {
        self.unless(is_said(text), field, "must not be empty");
    }

    /// At least one text, none empty.
    fn all_said(&mut self, field: Field, texts: &[String]) {
        let all = !texts.is_empty() && texts.iter().all(|text| is_said(text));
        self.unless(all, field, "must have at least one entry, and none may be empty");
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

/// The given services, or the default one.
pub(super) fn services(named: Vec<String>) -> Texts {
    Texts(if named.is_empty() { vec![USUAL_SERVICE.into()] } else { named })
}
