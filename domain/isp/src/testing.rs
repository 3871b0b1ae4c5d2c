//! Settings for unit tests.

use platform::config::Settings;

/// An empty database in memory, and a fixed key, so that no test writes a key file to the source tree.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.database.url = "sqlite::memory:".into();
    settings.secrets.key = "5".repeat(64);
    settings
}
