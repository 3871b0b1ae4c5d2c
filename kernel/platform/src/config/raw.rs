//! A value as it was given, before its setting's rule has looked at it.

use std::fmt;

use toml::Spanned;
use toml::de::DeValue;

/// A value as given. Its shape is compared with the default's, so that a file says `10` and not
/// `"10"`, while the environment, which knows text only, is read in the shape of the default.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    /// A TOML string.
    Text(String),
    /// A TOML integer.
    Number(String),
    /// A TOML boolean.
    Flag(String),
    /// A TOML array of strings.
    List(Vec<String>),
    /// A TOML table without entries.
    EmptyTable,
    /// Any other TOML, as it is written in the file. No setting has this shape.
    Other(String),
}

impl Raw {
    /// Takes a value from the TOML document `text`.
    pub(super) fn from_toml(value: &Spanned<DeValue<'_>>, text: &str) -> Self {
        let as_written = || Self::Other(text[value.span()].to_owned());
        match value.get_ref() {
            DeValue::String(value) => Self::Text(value.to_string()),
            DeValue::Integer(value) => Self::Number(value.to_string()),
            DeValue::Boolean(value) => Self::Flag(value.to_string()),
            DeValue::Table(table) if table.is_empty() => Self::EmptyTable,
            DeValue::Array(items) => strings(items).map_or_else(as_written, Self::List),
            _ => as_written(),
        }
    }

    /// Takes a value from the environment or the command line, in the shape of the default.
    pub(super) fn from_text(text: String, default: &Self) -> Self {
        match default {
            Self::Number(_) => Self::Number(text),
            Self::Flag(_) => Self::Flag(text),
            Self::List(_) if text.trim().is_empty() => Self::List(Vec::new()),
            Self::List(_) => Self::List(text.split(',').map(|item| item.trim().into()).collect()),
            _ => Self::Text(text),
        }
    }

    /// Whether both are text, both numbers, or both lists.
    pub(super) fn same_shape(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The one text of a value that is no list.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Flag(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<&[String]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The same value after `change` has been at its texts.
    pub(super) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::Number(text) => Self::Number(change(text)),
            Self::Flag(text) => Self::Flag(change(text)),
            Self::List(items) => Self::List(items.iter().map(|item| change(item)).collect()),
            Self::Other(text) => Self::Other(change(text)),
            Self::EmptyTable => Self::EmptyTable,
        }
    }

    /// The value as it would be written in the environment.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::List(items) => items.join(", "),
            _ => self.scalar().unwrap_or_default().to_owned(),
        }
    }
}

/// The value as it would be written in a file, on one line.
impl fmt::Display for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) if text.parse::<i64>().is_ok() => out.write_str(text),
            Self::Flag(text) if text.parse::<bool>().is_ok() => out.write_str(text),
            Self::Text(text) | Self::Number(text) | Self::Flag(text) => write!(out, "{text:?}"),
            Self::List(items) => write!(out, "{items:?}"),
            Self::EmptyTable => out.write_str("{}"),
            Self::Other(text) => out.write_str(&one_line(text)),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn strings(items: &[Spanned<DeValue<'_>>]) -> Option<Vec<String>> {
    items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}
