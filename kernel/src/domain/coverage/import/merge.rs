//! What a file brings, beside what there is.

use super::{record::Record, sheet::At};
use crate::{error::Faults, import_file::Position};
use std::collections::{HashMap, hash_map::Entry};

/// The records of a kind, by what is to become of them.
pub(super) struct Merged<T> {
    /// There is no such one.
    pub added: Vec<T>,
    /// There is one, but it differs: as it is to be.
    pub changed: Vec<T>,
    /// There is one just like it, or the file does not name it.
    pub kept: Vec<T>,
    /// How many of these the file names.
    pub same: u64,
}

impl<T> Merged<T> {
    /// All that there will be.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.added.iter().chain(&self.changed).chain(&self.kept)
    }
}

/// Merges, and notes rows that are of the same record as an earlier one.
pub(super) fn merge<T: Record>(
    known: Vec<T>,
    wanted: impl Iterator<Item = At<T>>,
    faults: &mut Faults,
) -> Merged<T> {
    let mut known: HashMap<_, _> = known.into_iter().map(|record| (record.key(), record)).collect();
    let mut rows: HashMap<String, Position> = HashMap::new();
    let mut merged = Merged { added: vec![], changed: vec![], kept: vec![], same: 0 };
    for At { at, value } in wanted {
        match rows.entry(value.key()) {
            Entry::Occupied(earlier) => {
                let message = format!("{} is in line {} already", earlier.key(), earlier.get().line);
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
