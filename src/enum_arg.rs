//! Parses command line values: enum values and times.

use chrono::{DateTime, Utc};
use platform::clock;
use sea_orm::ActiveEnum;

/// The command line form of a stored value: `ROUTINE_MAINTENANCE` is `routine-maintenance`.
pub fn shown<E: ActiveEnum<Value = String>>(word: &E) -> String {
    word.to_value().to_lowercase().replace('_', "-")
}

/// Parses a value in either form.
pub fn parse<E: ActiveEnum<Value = String>>(text: &str) -> Result<E, String> {
    let wanted = text.to_lowercase().replace('_', "-");
    E::iter().find(|word| shown(word) == wanted).ok_or_else(|| {
        let words: Vec<_> = E::iter().map(|word| shown(&word)).collect();
        format!("expected one of {}", words.join(", "))
    })
}

/// Parses a time; see [`clock::moment`].
pub fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    clock::moment(text).ok_or_else(|| format!("expected {}", clock::MOMENT))
}

#[cfg(test)]
mod tests {
    use super::{moment, parse};
    use entities::{maintenance::MaintenanceType, plan::Provisioner};

    #[test]
    fn times_have_bounds() {
        assert!(moment("2026-11-21T08:15:00Z").is_ok());
        let refused = moment("-262143-01-01T00:00:00Z").unwrap_err();
        assert!(refused.contains("0001 to 9999"), "{refused}");
    }

    #[test]
    fn words_are_read_in_either_form() {
        for text in ["network-expansion", "NETWORK_EXPANSION"] {
            assert_eq!(parse(text), Ok(MaintenanceType::NetworkExpansion));
        }
        assert_eq!(parse("RADIUS"), Ok(Provisioner::Radius), "stored in small letters");
        let refused = parse::<MaintenanceType>("digging").unwrap_err();
        assert!(refused.contains("firmware-upgrade, hardware-replacement"), "{refused}");
    }
}
