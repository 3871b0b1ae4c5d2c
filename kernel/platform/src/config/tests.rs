//! What the layers make of each other.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod faults;

use std::time::Duration;

use super::*;

/// The loaded settings, or all faults as one text.
fn with(sources: Sources) -> Result<Loaded, String> {
    load(sources).map_err(|error| error.to_string())
}

fn environment(variables: &[(&str, &str)]) -> Sources {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Sources { environment: variables.iter().map(own).collect(), ..Sources::default() }
}

/// Writes a settings file that lives as long as the returned guard.
fn file(name: &str, text: &str) -> (TemporaryFile, Sources) {
    let path = std::env::temp_dir().join(format!("switchyard-config-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    (TemporaryFile(path.clone()), Sources { file: Some(path), ..Sources::default() })
}

struct TemporaryFile(PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // What is left in the system's temporary folder harms nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn origin<'a>(loaded: &'a Loaded, path: &str) -> &'a Origin {
    loaded.origins.iter().find(|origin| origin.path == path).unwrap()
}

#[test]
fn the_defaults_load() {
    let settings = with(Sources::default()).unwrap().settings;
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.data, PathBuf::from("./data"));
    assert_eq!(settings.http.listen.port(), 3010);
    assert_eq!(settings.http.body_limit, 1 << 20);
    assert_eq!(settings.log.format, LogFormat::Text);
    assert_eq!(settings.worker.kinds, Vec::<String>::new());
    assert_eq!(settings.retention.failed, Duration::from_hours(7 * 24));
    let probe = settings.jobs.get("probe").unwrap();
    assert_eq!((probe.concurrency, probe.timeout), (1024, Duration::from_secs(30)));
    assert_eq!(probe.retry, [Duration::from_millis(100), Duration::from_secs(1)]);
    assert!(settings.jobs.get("unheard_of").is_none());
    let kinds: Vec<_> = settings.jobs.iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        [
            "bulk_import",
            "bulk_import_chunk",
            "email",
            "invoice",
            "invoice_mail",
            "invoice_run",
            "network_sync",
            "probe",
            "provision_attempt",
            "provisioning",
            "provisioning_undo",
            "subscription_change",
            "webhook_delivery",
            "webhook_fanout"
        ]
    );
}

#[test]
fn origins_list_every_default_in_the_order_of_the_file() {
    let loaded = with(Sources::default()).unwrap();
    let written: Vec<_> = toml_text::entries(DEFAULTS).ok().unwrap();
    let written: Vec<_> = written.iter().map(|entry| entry.path.as_str()).collect();
    let shown: Vec<_> = loaded.origins.iter().map(|origin| origin.path.as_str()).collect();
    assert_eq!(shown, written);
    assert_eq!(shown[..3], ["data", "database.url", "database.max_connections"]);
    assert_eq!(origin(&loaded, "jobs.probe.retry").value, "100ms, 1s");
    assert_eq!(origin(&loaded, "data").source.to_string(), "default");
}

#[test]
fn every_contract_may_have_a_host_name() {
    let layers = Layers::defaults();
    assert_eq!(layers.names_below("http.hosts"), layers.names_below("plans"));
}

#[test]
fn every_setting_round_trips_through_its_environment_variable() {
    let defaults = with(Sources::default()).unwrap();
    for origin in &defaults.origins {
        let name = source::variable(&origin.path);
        let loaded = with(environment(&[(&name, &origin.value)])).unwrap();
        assert_eq!(loaded.settings, defaults.settings, "{name}");
        let changed: Vec<_> =
            loaded.origins.iter().filter(|origin| origin.source != Source::Default).collect();
        let expected = Origin { source: Source::Environment(name), ..origin.clone() };
        assert_eq!(changed, [&expected]);
    }
}

#[test]
fn later_layers_win() {
    let text = "data = 'file'\n[http]\nlisten = '[::1]:1'\n[database]\nmax_connections = 1_1\n[log]\n";
    let (_file, mut sources) = file("layers", text);
    let variables = [("SWITCHYARD_DATABASE_MAX_CONNECTIONS", "22"), ("SWITCHYARD_HTTP_LISTEN", "[::1]:2")];
    sources.environment = environment(&variables).environment;
    sources.overrides = vec![("http.listen", "[::1]:3".to_owned(), "--listen")];
    let path = sources.file.clone().unwrap();
    let loaded = with(sources).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.data, PathBuf::from("file"));
    assert_eq!(settings.database.max_connections, 22);
    assert_eq!(settings.http.listen.port(), 3);
    assert_eq!(settings.redis.prefix, "switchyard");
    assert_eq!(origin(&loaded, "data").source, Source::File(path, 1));
    let last = &origin(&loaded, "http.listen").source;
    assert_eq!(last.to_string(), "command line --listen");
}

#[test]
fn lists_are_comma_separated_and_may_be_emptied() {
    let variables = [
        ("SWITCHYARD_WORKER_KINDS", "probe , bulk_import"),
        ("SWITCHYARD_JOBS_PROBE_RETRY", ""),
        ("SWITCHYARD_JOBS_BULK_IMPORT_CHUNK_RETRY", "1s,2s"),
    ];
    let settings = with(environment(&variables)).unwrap().settings;
    assert_eq!(settings.worker.kinds, ["probe", "bulk_import"]);
    assert!(settings.jobs.get("probe").unwrap().retry.is_empty());
    assert_eq!(settings.jobs.get("bulk_import_chunk").unwrap().retry.len(), 2);
    assert_eq!(settings.jobs.get("bulk_import").unwrap().retry.len(), 5);
}

#[test]
fn a_flag_is_given_in_a_file_as_in_the_environment() {
    let (_file, sources) = file("flag", "[outbound]\nallow_http = true\n");
    assert!(with(sources).unwrap().settings.outbound.allow_http);
    let loaded = with(environment(&[("SWITCHYARD_OUTBOUND_ALLOW_HTTP", "true")])).unwrap();
    assert!(loaded.settings.outbound.allow_http);
    assert_eq!(origin(&loaded, "outbound.allow_http").value, "true");
    assert!(!with(Sources::default()).unwrap().settings.outbound.allow_http);
}

#[test]
fn well_known_variables_stand_behind_our_own() {
    let known = ("DATABASE_URL", "sqlite://known");
    let own = ("SWITCHYARD_DATABASE_URL", "sqlite://own");
    let redis = ("REDIS_URL", "redis://known");
    let first = with(environment(&[known, redis, ("HOME", "/")])).unwrap();
    assert_eq!(first.settings.database.url, "sqlite://known");
    assert_eq!(first.settings.redis.url, "redis://known");
    assert_eq!(origin(&first, "redis.url").source.to_string(), "environment variable REDIS_URL");
    let second = with(environment(&[own, known])).unwrap();
    assert_eq!(second.settings.database.url, "sqlite://own");
}

#[test]
fn the_environment_names_the_file_unless_the_caller_does() {
    let (named, _) = file("named", "data = 'named'");
    let (_given, mut given) = file("given", "data = 'given'");
    let variables = environment(&[("SWITCHYARD_CONFIG", named.0.to_str().unwrap())]);
    given.environment.clone_from(&variables.environment);
    assert_eq!(with(variables).unwrap().settings.data, PathBuf::from("named"));
    assert_eq!(with(given).unwrap().settings.data, PathBuf::from("given"));
    assert!(with(environment(&[("SWITCHYARD_CONFIG", "")])).is_ok());
}

#[test]
fn no_two_settings_share_an_environment_variable() {
    let loaded = with(Sources::default()).unwrap();
    let mut names: Vec<_> = loaded.origins.iter().map(|origin| source::variable(&origin.path)).collect();
    names.push(source::FILE_VARIABLE.to_owned());
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}
