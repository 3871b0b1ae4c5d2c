//! Parses values of cells.

use crate::coverage::parse_address::is_state;
use crate::plans::stored_code;
use entities::{olt::Stage, ont::OntStatus, service_area::PlanCodes};
use sea_orm::ActiveEnum;
use std::collections::BTreeSet;

/// Maximum length of a name, city or reason.
const LONGEST: usize = 200;

/// Maximum length of a code or serial.
const LONGEST_CODE: usize = 64;

/// Maximum number of days to an installation.
const MOST_DAYS: i32 = 365;

/// Text of one line.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(format!("must be one line of at most {LONGEST} characters"));
    }
    Ok(text.to_owned())
}

/// An OLT's or ONT's code, or a serial.
pub(super) fn code(text: &str) -> Result<String, String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    if text.len() > LONGEST_CODE || !text.bytes().all(good) || !text.as_bytes()[0].is_ascii_alphanumeric() {
        return Err(format!(
            "must be at most {LONGEST_CODE} letters, digits and _-.:, beginning with a letter or digit"
        ));
    }
    Ok(text.to_owned())
}

/// Two letters, in capitals.
pub(super) fn state(text: &str) -> Result<String, String> {
    if is_state(text) { Ok(text.to_uppercase()) } else { Err("must be two letters".into()) }
}

/// ZIP codes, separated by spaces.
pub(super) fn zips(text: &str) -> Result<Vec<String>, String> {
    let is_zip = |zip: &str| zip.len() == 5 && zip.bytes().all(|byte| byte.is_ascii_digit());
    let message = |zip| {
        format!(
            "{zip} is not a ZIP code of five digits (spreadsheets drop leading zeros: format the column as text)"
        )
    };
    words(text).map(|zip| if is_zip(zip) { Ok(zip.to_owned()) } else { Err(message(zip)) }).collect()
}

/// Codes of plans, parted by spaces, from the lowest plan.
pub(super) fn plans(known: &[String]) -> impl Fn(&str) -> Result<PlanCodes, String> {
    move |text| {
        let place = |word: &str| {
            let code = stored_code(word);
            let place = known.iter().position(|known| *known == code);
            place.ok_or_else(|| format!("{word} is none of {}", known.join(", ")))
        };
        let places = words(text).map(place).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(PlanCodes(places.into_iter().map(|place| known[place].clone()).collect()))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', ';', '|']).filter(|word| !word.is_empty())
}

/// Whether a place is served: `active`, `planned`, `retired`.
pub(super) fn stage(text: &str) -> Result<Stage, String> {
    Stage::try_from_value(&text.to_uppercase()).map_err(|_| "must be active, planned or retired".into())
}

/// Whether an ONT is usable: `available`, `faulty`. Files do not assign ONTs.
pub(super) fn ont_status(text: &str) -> Result<OntStatus, String> {
    let status = OntStatus::try_from_value(&text.to_uppercase()).ok();
    status.filter(|status| *status != OntStatus::Assigned).ok_or_else(|| "must be available or faulty".into())
}

/// A number within bounds.
pub(super) fn number(least: f64, most: f64) -> impl Fn(&str) -> Result<f64, String> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("must be a number from {least} to {most}"))
    }
}

/// Days to an installation.
pub(super) fn days(text: &str) -> Result<i32, String> {
    let days = text.parse().ok().filter(|days| (0..=MOST_DAYS).contains(days));
    days.ok_or_else(|| format!("must be a whole number from 0 to {MOST_DAYS}"))
}
