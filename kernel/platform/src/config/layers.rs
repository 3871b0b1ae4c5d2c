//! Collects the values of each layer, and all faults.

use std::path::Path;

use super::nearest::nearest;
use super::raw::Raw;
use super::source::{FILE_VARIABLE, PREFIX, Source, WELL_KNOWN, variable};
use super::toml_text::{Entry, entries};
use super::{DEFAULTS, Origin};

/// All settings with their values per layer.
pub(super) struct Layers {
    leaves: Vec<Leaf>,
    faults: Vec<String>,
}

/// One setting.
pub(super) struct Leaf {
    path: String,
    /// The values, from the default up; the last wins.
    pub(super) given: Vec<(Raw, Source)>,
    /// The displayed effective value; `None` until its rule has read it.
    pub(super) shown: Option<String>,
}

impl Layers {
    /// The bottom layer, which also decides what settings exist and in which shape.
    pub(super) fn defaults() -> Self {
        let entries = entries(DEFAULTS).expect("the compiled-in switchyard.toml is tested");
        let leaves = entries.into_iter().map(Leaf::from).collect();
        Self { leaves, faults: Vec::new() }
    }

    /// Adds the settings of a file.
    pub(super) fn add_file(&mut self, path: &Path) {
        let source = |line| Source::File(path.to_owned(), line);
        match std::fs::read_to_string(path).map(|text| entries(&text)) {
            Ok(Ok(entries)) => self.add_entries(entries, source),
            Ok(Err(faults)) => {
                self.add_faults(faults.into_iter().map(|(line, fault)| format!("{}: {fault}", source(line))));
            }
            Err(error) => self.add_faults([format!("file {}: {error}", path.display())]),
        }
    }

    fn add_entries(&mut self, entries: Vec<Entry>, source: impl Fn(usize) -> Source) {
        for Entry { path, line, raw } in entries {
            if let Some(leaf) = self.leaf(&path) {
                leaf.given.push((raw, source(line)));
            } else if raw != Raw::EmptyTable || !self.is_section(&path) {
                self.unknown(&path, &source(line));
            }
        }
    }

    /// Adds the settings in the environment. Our own names come last and so win over well-known
    /// ones.
    pub(super) fn add_environment(&mut self, variables: Vec<(String, String)>) {
        let (ours, others): (Vec<_>, Vec<_>) =
            variables.into_iter().partition(|(name, _)| name.starts_with(PREFIX));
        for (name, value) in others.into_iter().chain(ours) {
            match self.path_of(&name) {
                Some(path) => self.add_text(&path, value, Source::Environment(name)),
                None if name.starts_with(PREFIX) && name != FILE_VARIABLE => self.unknown_variable(&name),
                None => {}
            }
        }
    }

    /// The setting that an environment variable stands for.
    fn path_of(&self, name: &str) -> Option<String> {
        let known = WELL_KNOWN.iter().find(|(known, _)| *known == name).map(|(_, path)| *path);
        let own = || self.leaves.iter().map(|leaf| leaf.path.as_str()).find(|path| variable(path) == name);
        known.or_else(own).map(str::to_owned)
    }

    /// Adds command line overrides.
    pub(super) fn add_overrides(&mut self, overrides: Vec<(&str, String, &'static str)>) {
        for (path, value, flag) in overrides {
            self.add_text(path, value, Source::CommandLine(flag));
        }
    }

    fn add_text(&mut self, path: &str, value: String, source: Source) {
        match self.leaf(path) {
            Some(leaf) => leaf.given.push((Raw::from_text(value, &leaf.given[0].0), source)),
            None => self.unknown(path, &source),
        }
    }

    /// The setting at a path.
    pub(super) fn leaf(&mut self, path: &str) -> Option<&mut Leaf> {
        self.leaves.iter_mut().find(|leaf| leaf.path == path)
    }

    /// The names one level below a path, in the order of the defaults.
    pub(super) fn names_below(&self, path: &str) -> Vec<String> {
        let below = |leaf: &Leaf| {
            let rest = leaf.path.strip_prefix(path)?.strip_prefix('.')?;
            rest.split('.').next().map(str::to_owned)
        };
        let mut names: Vec<_> = self.leaves.iter().filter_map(below).collect();
        names.dedup();
        names
    }

    fn is_section(&self, path: &str) -> bool {
        !self.names_below(path).is_empty()
    }

    fn unknown(&mut self, path: &str, source: &Source) {
        let near = nearest(path, self.leaves.iter().map(|leaf| leaf.path.clone()));
        self.faults.push(format!("{path}: unknown setting ({source}); did you mean {near}?"));
    }

    fn unknown_variable(&mut self, name: &str) {
        let near = nearest(name, self.leaves.iter().map(|leaf| variable(&leaf.path)));
        self.faults.push(format!("{name}: unknown environment variable; did you mean {near}?"));
    }

    /// Adds a fault of one line.
    pub(super) fn add_faults(&mut self, faults: impl IntoIterator<Item = String>) {
        self.faults.extend(faults);
    }

    /// The settings that rules have read, and all faults.
    pub(super) fn finish(self) -> (Vec<Origin>, Vec<String>) {
        (self.leaves.into_iter().filter_map(Leaf::into_origin).collect(), self.faults)
    }
}

impl Leaf {
    /// Whether a given value has the shape of the default.
    pub(super) fn fits(&self, raw: &Raw) -> bool {
        raw.same_shape(&self.given[0].0)
    }

    /// The layer of the effective value.
    pub(super) fn source(&self) -> Option<&Source> {
        self.given.last().map(|(_, source)| source)
    }

    fn into_origin(mut self) -> Option<Origin> {
        let (_, source) = self.given.pop()?;
        Some(Origin { path: self.path, value: self.shown?, source })
    }
}

impl From<Entry> for Leaf {
    fn from(entry: Entry) -> Self {
        Self { path: entry.path, given: vec![(entry.raw, Source::Default)], shown: None }
    }
}
