//! The settings of job kinds.

use std::collections::BTreeMap;

use super::{KindSettings, join};
use crate::config::layers::Layers;

/// The settings of every kind of job. A kind exists because `switchyard.toml` has a section for
/// it.
#[derive(Clone, Debug, PartialEq)]
pub struct Jobs(BTreeMap<String, KindSettings>);

impl Jobs {
    /// The settings of one kind; `None` without a section.
    pub fn get(&self, kind: &str) -> Option<&KindSettings> {
        self.0.get(kind)
    }

    /// The settings of one kind, mutable.
    pub fn get_mut(&mut self, kind: &str) -> Option<&mut KindSettings> {
        self.0.get_mut(kind)
    }

    /// Every kind with its settings, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KindSettings)> {
        self.0.iter().map(|(kind, settings)| (kind.as_str(), settings))
    }

    pub(in crate::config) fn read_at(layers: &mut Layers, path: &str) -> Option<Self> {
        let mut all = Vec::new();
        for kind in layers.names_below(path) {
            let settings = KindSettings::read_at(layers, &join(path, &kind));
            all.push(settings.map(|settings| (kind, settings)));
        }
        all.into_iter().collect::<Option<_>>().map(Self)
    }
}
