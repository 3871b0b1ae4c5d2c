//! Updates of optional fields.

use sea_orm::ActiveValue::{self, Set};

/// An update of an optional field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FieldUpdate<T> {
    /// Unchanged.
    #[default]
    Keep,
    /// Cleared.
    Clear,
    /// Set to this value.
    Set(T),
}

impl<T> FieldUpdate<T> {
    /// Maps the value.
    pub fn map<U>(self, into: impl FnOnce(T) -> U) -> FieldUpdate<U> {
        match self {
            Self::Keep => FieldUpdate::Keep,
            Self::Clear => FieldUpdate::Clear,
            Self::Set(value) => FieldUpdate::Set(into(value)),
        }
    }

    /// Maps the value, unless that fails.
    pub fn try_map<U, E>(self, into: impl FnOnce(T) -> Result<U, E>) -> Result<FieldUpdate<U>, E> {
        Ok(match self {
            Self::Keep => FieldUpdate::Keep,
            Self::Clear => FieldUpdate::Clear,
            Self::Set(value) => FieldUpdate::Set(into(value)?),
        })
    }

    /// Applies it to the column.
    pub fn apply(self, column: &mut ActiveValue<Option<T>>)
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
