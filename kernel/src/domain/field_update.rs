//! What an update does to a field that may be empty.

use sea_orm::ActiveValue::{self, Set};

/// What becomes of a field that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FieldUpdate<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is emptied.
    Clear,
    /// It gets this value.
    Set(T),
}

impl<T> FieldUpdate<T> {
    /// The same, of the value as another type.
    pub fn map<U>(self, into: impl FnOnce(T) -> U) -> FieldUpdate<U> {
        match self {
            Self::Keep => FieldUpdate::Keep,
            Self::Clear => FieldUpdate::Clear,
            Self::Set(value) => FieldUpdate::Set(into(value)),
        }
    }

    /// Writes it to the column.
    pub(crate) fn apply(self, column: &mut ActiveValue<Option<T>>)
    where
        Option<T>: Into<sea_orm::Value>,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *column = Set(None),
            Self::Set(value) => *column = Set(Some(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::ActiveValue::Unchanged;

    #[test]
    fn only_what_is_named_changes() {
        let after = |update: FieldUpdate<String>| {
            let mut column = Unchanged(Some("old".to_owned()));
            update.apply(&mut column);
            column.unwrap()
        };
        assert_eq!(after(FieldUpdate::Keep), Some("old".into()));
        assert_eq!(after(FieldUpdate::Clear), None);
        assert_eq!(after(FieldUpdate::Set("new").map(str::to_owned)), Some("new".into()));
    }
}
