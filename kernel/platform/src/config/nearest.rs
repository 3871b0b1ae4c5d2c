//! Suggests a known name for a typo.

use strsim::levenshtein;

/// The candidate nearest to `name`, compared completely or by as many levels as `name` has: a section's name suggests
/// one of its settings.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> String {
    let levels = name.split('.').count();
    let distance = |candidate: &String| {
        let section: Vec<_> = candidate.split('.').take(levels).collect();
        levenshtein(name, candidate).min(levenshtein(name, &section.join(".")))
    };
    candidates.min_by_key(distance).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_section_leads_to_its_first_setting() {
        let known = ["data", "database.url"].map(str::to_owned);
        assert_eq!(nearest("database", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("dtabase", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("database_url", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("dta", known.into_iter()), "data");
    }
}
