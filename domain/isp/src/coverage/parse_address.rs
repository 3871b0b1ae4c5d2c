//! Parses addresses in one line.

/// Country names after the ZIP code.
const COUNTRY: &[&str] = &["us", "usa", "u.s.", "u.s.a.", "united states", "united states of america"];

const EXPECTED: &str = "must have parts, such as 123 Main St, Escondido, CA 92025";

/// The known parts of an address; none is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Number and street.
    pub street: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Two capitals.
    pub state: Option<String>,
    /// `12345` or `12345-6789`.
    pub zip: Option<String>,
}

/// Parses `street, city, state ZIP`. The street may have several parts or none; the ZIP code is optional.
pub(super) fn parse(line: &str) -> Result<Parts, &'static str> {
    let mut segments: Vec<_> = line.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if segments.last().is_some_and(|last| COUNTRY.contains(&last.to_lowercase().as_str())) {
        segments.pop();
    }
    // `CA 92025` and `CA, 92025` are the same.
    let mut end: Vec<_> = segments.pop().ok_or(EXPECTED)?.split_whitespace().collect();
    if let ([zip], Some(before)) = (end.as_slice(), segments.last())
        && is_zip(zip)
        && is_state(before)
    {
        end = vec![before, zip];
        segments.pop();
    }
    let (state, zip) = match end.as_slice() {
        [state, zip] if is_state(state) && is_zip(zip) => (state.to_uppercase(), Some((*zip).to_owned())),
        [state] if is_state(state) => (state.to_uppercase(), None),
        _ => return Err(EXPECTED),
    };
    let city = segments.pop().ok_or(EXPECTED)?;
    let street = (!segments.is_empty()).then(|| segments.join(", "));
    Ok(Parts { street, city: Some(city.to_owned()), state: Some(state), zip })
}

/// Whether the text is a two-letter state.
pub(super) fn is_state(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether the text is a ZIP code, with or without its four extra digits.
fn is_zip(text: &str) -> bool {
    let (five, more) = text.split_once('-').map_or((text, None), |(five, more)| (five, Some(more)));
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(five, 5) && more.is_none_or(|more| digits(more, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_parts() {
        let parts = |street: &str, zip: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let (city, state) = (given("Escondido"), given("CA"));
            Ok(Parts { street: given(street), city, state, zip: given(zip) })
        };
        for (line, expected) in [
            ("123 Main St, Escondido, CA 92025", parts("123 Main St", "92025")),
            (" 123 Main St , Escondido,ca  92025-1234, USA", parts("123 Main St", "92025-1234")),
            ("123 Main St, Apt 4, Escondido, CA, 92025", parts("123 Main St, Apt 4", "92025")),
            ("Escondido, CA", parts("", "")),
            ("Escondido, CA, United States", parts("", "")),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }

    #[test]
    fn what_has_no_parts_is_no_address() {
        for line in [
            "",
            ",,",
            "Escondido",
            "123 Main St Escondido CA 92025",
            "CA 92025",
            "92025",
            "123 Main St, 92025",
            "123 Main St, Escondido, California",
            "123 Main St, Escondido, CA 9202",
            "123 Main St, Escondido, CA 92025-12",
            "USA",
        ] {
            assert_eq!(parse(line), Err(EXPECTED), "{line}");
        }
    }
}
