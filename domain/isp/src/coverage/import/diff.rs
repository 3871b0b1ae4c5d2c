//! Compares a file's records with the existing ones.

use super::{csv_rows::Located, record::Record};
use platform::{error::Faults, import_file::Position};
use std::collections::{HashMap, hash_map::Entry};

/// The records of a kind.
pub(super) struct Diff<T> {
    /// New records.
    pub added: Vec<T>,
    /// Changed records, in their new state.
    pub changed: Vec<T>,
    /// Unchanged records, in the file or not.
    pub kept: Vec<T>,
    /// The number of unchanged records in the file.
    pub same: u64,
}

impl<T> Diff<T> {
    /// All records after the import.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.added.iter().chain(&self.changed).chain(&self.kept)
    }
}

/// Compares the records, and adds faults for duplicate rows.
pub(super) fn diff<T: Record>(
    known: Vec<T>,
    wanted: impl Iterator<Item = Located<T>>,
    faults: &mut Faults,
) -> Diff<T> {
    let mut known: HashMap<_, _> = known.into_iter().map(|record| (record.key(), record)).collect();
    let mut rows: HashMap<String, Position> = HashMap::new();
    let mut merged = Diff { added: vec![], changed: vec![], kept: vec![], same: 0 };
    for Located { at, value } in wanted {
        match rows.entry(value.key()) {
            Entry::Occupied(earlier) => {
                let message = format!("{} is already in line {}", earlier.key(), earlier.get().line);
                faults.push(at.fault(T::key_column(), message));
                continue;
            }
            Entry::Vacant(first) => drop(first.insert(at)),
        }
        match known.remove(&value.key()) {
            None => merged.added.push(value),
            Some(kept) if value.over(&kept) == kept => {
                merged.same += 1;
                merged.kept.push(kept);
            }
            Some(kept) => merged.changed.push(value.over(&kept)),
        }
    }
    merged.kept.extend(known.into_values());
    merged
}
