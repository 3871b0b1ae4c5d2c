//! Serviceability queries.

use super::{
    Point,
    parse_address::{self, Parts},
    serving::Place,
};
use platform::error::{Error, Fault, Field, Result, Term};

/// A query; all parts are optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceabilityQuery {
    /// An address in one line: `123 Main St, Escondido, CA 92025`.
    pub line: Option<String>,
    /// Number and street. This and the next three override the line.
    pub street: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Two letters.
    pub state: Option<String>,
    /// `12345` or `12345-6789`.
    pub zip: Option<String>,
    /// In degrees north of the equator.
    pub latitude: Option<f64>,
    /// In degrees east of Greenwich.
    pub longitude: Option<f64>,
}

impl Parts {
    /// The place; `None` without a ZIP code, or a city and its state.
    pub(super) fn place(&self) -> Option<Place<'_>> {
        let Self { city, state, zip, .. } = self;
        let enough = zip.is_some() || city.is_some() && state.is_some();
        enough.then_some(Place { city: city.as_deref(), state: state.as_deref(), zip: zip.as_deref() })
    }
}

/// Parses a query: address parts that identify a place, a point, or both.
pub(super) fn read(query: ServiceabilityQuery) -> Result<(Parts, Option<Point>)> {
    let mut faults = vec![];
    let point = point(query.latitude, query.longitude, &mut faults);
    let given = |text: Option<String>| {
        let text = text?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let of_line = match given(query.line) {
        None => Parts::default(),
        Some(text) => parse_address::parse(&text).unwrap_or_else(|reason| {
            faults.push(Fault::field(Field::Address, reason));
            Parts::default()
        }),
    };
    let parts = Parts {
        street: given(query.street).or(of_line.street),
        city: given(query.city).or(of_line.city),
        state: given(query.state).or(of_line.state).map(|state| state.to_uppercase()),
        zip: given(query.zip).or(of_line.zip),
    };
    if faults.is_empty() && point.is_none() && parts.place().is_none() {
        faults = missing(&parts);
    }
    if faults.is_empty() {
        return Ok((parts, point));
    }
    Err(Error::Invalid { message: "Invalid address parameters".into(), faults })
}

fn point(latitude: Option<f64>, longitude: Option<f64>, faults: &mut Vec<Fault>) -> Option<Point> {
    let fault = match (latitude, longitude) {
        (None, None) => return None,
        (Some(_), None) => Fault::with_terms(Field::Longitude, "is required with {}", &[Term::Latitude]),
        (None, Some(_)) => Fault::with_terms(Field::Latitude, "is required with {}", &[Term::Longitude]),
        (Some(latitude), Some(longitude)) => match Point::new(latitude, longitude) {
            Some(point) => return Some(point),
            None if (-90.0..=90.0).contains(&latitude) => {
                Fault::field(Field::Longitude, "must be from -180 to 180")
            }
            None => Fault::field(Field::Latitude, "must be from -90 to 90"),
        },
    };
    faults.push(fault);
    None
}

/// The missing parts.
fn missing(parts: &Parts) -> Vec<Fault> {
    if *parts == Parts::default() {
        let text = "is required, or zip, or city and state, or {} and {}";
        return vec![Fault::with_terms(Field::Address, text, &[Term::Latitude, Term::Longitude])];
    }
    let lacking = [(Field::City, parts.city.is_none()), (Field::State, parts.state.is_none())];
    let lacking = lacking.into_iter().filter(|(_, lacks)| *lacks);
    lacking.map(|(field, _)| Fault::field(field, "is required without a zip")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::FieldPath;

    fn fields(query: ServiceabilityQuery) -> Vec<FieldPath> {
        match read(query) {
            Err(Error::Invalid { faults, .. }) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_given_apart_counts_for_more_than_the_line() {
        let line = Some("123 Main St, Escondido, CA 92025".into());
        let (parts, point) = read(ServiceabilityQuery {
            line,
            zip: Some(" 92026 ".into()),
            state: Some(" ".into()),
            ..ServiceabilityQuery::default()
        })
        .unwrap();
        assert_eq!(point, None);
        assert_eq!(
            [parts.street, parts.city, parts.state, parts.zip],
            ["123 Main St", "Escondido", "CA", "92026"].map(|part| Some(part.to_owned()))
        );
    }

    #[test]
    fn what_lacks_is_named() {
        let nothing = ServiceabilityQuery::default();
        assert_eq!(fields(nothing.clone()), ["address"]);
        assert_eq!(fields(ServiceabilityQuery { line: Some("  ".into()), ..nothing.clone() }), ["address"]);
        assert_eq!(
            fields(ServiceabilityQuery { line: Some("Escondido".into()), ..nothing.clone() }),
            ["address"]
        );
        assert_eq!(
            fields(ServiceabilityQuery { street: Some("1 A St".into()), ..nothing.clone() }),
            ["city", "state"]
        );
        assert_eq!(
            fields(ServiceabilityQuery { city: Some("Escondido".into()), ..nothing.clone() }),
            ["state"]
        );
        assert_eq!(fields(ServiceabilityQuery { latitude: Some(33.0), ..nothing.clone() }), ["longitude"]);
        assert_eq!(fields(ServiceabilityQuery { longitude: Some(33.0), ..nothing.clone() }), ["latitude"]);
        let point = |latitude, longitude| ServiceabilityQuery {
            latitude: Some(latitude),
            longitude: Some(longitude),
            ..ServiceabilityQuery::default()
        };
        assert_eq!(fields(point(91.0, 0.0)), ["latitude"]);
        assert_eq!(fields(point(f64::NAN, 0.0)), ["latitude"]);
        assert_eq!(fields(point(0.0, 181.0)), ["longitude"]);
        assert!(
            read(ServiceabilityQuery { street: Some("1 A St".into()), ..point(33.0, -117.0) }).is_ok(),
            "the point is enough"
        );
        assert!(read(ServiceabilityQuery { zip: Some("92025".into()), ..nothing }).is_ok());
    }
}
