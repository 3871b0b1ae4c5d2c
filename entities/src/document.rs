//! JSON that is kept as it was written.

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON value as text: written once, and not taken apart by those who only pass it on.
#[derive(Clone, Debug, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Document(Box<RawValue>);

impl Document {
    /// What is given, as JSON. An error where it has no form in JSON, as a map whose keys are no texts.
    pub fn new<T: Serialize + ?Sized>(what: &T) -> serde_json::Result<Self> {
        to_raw_value(what).map(Self)
    }

    /// What it says. An error where that is something else.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.0.get())
    }
}

/// Whether they are the same text.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}
