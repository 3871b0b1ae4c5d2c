//! Which known name somebody may have meant.

/// The candidate nearest to `name`, whole or down to as many levels as `name` has: who writes a
/// section's name is looking for a setting in it.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> String {
    let levels = name.split('.').count();
    let distance = |candidate: &String| {
        let section: Vec<_> = candidate.split('.').take(levels).collect();
        edits(name, candidate).min(edits(name, &section.join(".")))
    };
    candidates.min_by_key(distance).unwrap_or_default()
}

/// How many letters have to be put in, taken out or changed (Levenshtein), row by row.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, other) in to.chars().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn counts_edits() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
    }

    #[test]
    fn a_section_leads_to_its_first_setting() {
        let known = ["data", "database.url"].map(str::to_owned);
        assert_eq!(nearest("database", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("dtabase", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("database_url", known.clone().into_iter()), "database.url");
        assert_eq!(nearest("dta", known.into_iter()), "data");
    }
}
