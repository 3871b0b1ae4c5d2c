//! What is said when something is wrong.

use super::*;

fn faults_of_file(name: &str, text: &str) -> String {
    let (file, sources) = file(name, text);
    let faults = with(sources).unwrap_err();
    faults.replace(file.0.to_str().unwrap(), "x.toml")
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault() {
    let sources = Sources { file: Some("no/such/file".into()), ..Sources::default() };
    let faults = with(sources).unwrap_err();
    assert!(faults.starts_with("file no/such/file: "), "{faults}");
    assert_eq!(faults.lines().count(), 1);
}

#[test]
fn a_syntax_fault_names_its_line_and_shows_nothing_of_it() {
    let faults = faults_of_file("syntax", "data = 'x'\n\n[database]\nurl = postgres://me:pw@host\n");
    assert!(faults.starts_with("file x.toml, line 4: "), "{faults}");
    assert!(!faults.contains("pw"), "{faults}");
    let twice = faults_of_file("twice", "data = 'x'\ndata = 'y'\n");
    assert_eq!(twice, "file x.toml, line 2: duplicate key");
}

#[test]
fn all_faults_are_reported_at_once_one_a_line() {
    let text = "dta = 'x'\n[database]\nmax_connections = 0\nacquire_timeout = 5\n[wroker]\n";
    let (file, mut sources) = file("all", text);
    sources.environment = environment(&[
        ("SWITCHYARD_DATABASE_MAXCONNECTIONS", "7"),
        ("SWITCHYARD_DATABASE_ACQUIRE_TIMEOUT", "1s"),
        ("SWITCHYARD_LOG_FORMAT", "xml\nyaml"),
    ])
    .environment;
    sources.overrides = vec![("http.listen", "3010".to_owned(), "--listen")];
    let faults = with(sources).unwrap_err().replace(file.0.to_str().unwrap(), "x.toml");
    let expected = [
        "dta: unknown setting (file x.toml, line 1); did you mean data?",
        "wroker: unknown setting (file x.toml, line 5); did you mean worker.kinds?",
        "SWITCHYARD_DATABASE_MAXCONNECTIONS: unknown environment variable; did you mean \
         SWITCHYARD_DATABASE_MAX_CONNECTIONS?",
        "database.max_connections: 0 is not allowed (file x.toml, line 3); expected a whole number from 2 \
         to 500",
        "database.acquire_timeout: 5 is not allowed (file x.toml, line 4); expected a duration such as 15s, \
         5m, 24h, from 1ms to 10m",
        "http.listen: \"3010\" is not allowed (command line --listen); expected an address and port such as \
         127.0.0.1:3010 or [::]:3010",
        "log.format: \"xml\\nyaml\" is not allowed (environment variable SWITCHYARD_LOG_FORMAT); expected one \
         of text, json",
    ];
    assert_eq!(faults.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn each_rule_says_what_it_expects() {
    for (name, value, fault) in [
        ("DATA", "", "data: \"\" is not allowed (…); expected the path of a folder"),
        (
            "HTTP_BODY_LIMIT",
            "1MB",
            "http.body_limit: \"1MB\" is not allowed (…); expected a size such as 64KiB, 1MiB, 2GiB, from 1B \
             to 1GiB",
        ),
        (
            "HTTP_KEY_CACHE",
            "6s",
            "http.key_cache: \"6s\" is not allowed (…); expected a duration such as 15s, 5m, 24h, from 0ms to \
             5s",
        ),
        (
            "REDIS_PREFIX",
            "{a}",
            "redis.prefix: \"{a}\" is not allowed (…); expected 1 to 64 letters, digits, - _ or :",
        ),
        (
            "DATABASE_URL",
            "postgres://me:pw@host/db?sslmode=verify",
            "database.url: \"postgres://me:***@host/db?sslmode=verify\" is not allowed (…); expected nothing, or a \
             URL that begins with postgres://, postgresql://, sqlite://; sslmode, if given, is one of disable, \
             prefer, require, verify-ca, verify-full",
        ),
        (
            "HTTP_PUBLIC_URL",
            "example.org",
            "http.public_url: \"example.org\" is not allowed (…); expected nothing, or a URL that begins with \
             http://, https://",
        ),
        (
            "MAIL_URL",
            "smtp://me:pw@mail?tls=perhaps",
            "mail.url: \"smtp://me:***@mail?tls=perhaps\" is not allowed (…); expected nothing, or a URL such \
             as smtps://user:password@mail.example.com, smtp://mail.example.com:587?tls=required or \
             smtp://127.0.0.1:25",
        ),
        (
            "MAIL_FROM",
            "ä@example.com",
            "mail.from: \"ä@example.com\" is not allowed (…); expected an e-mail address such as Switchyard \
             <noreply@example.com>, before the @ of ASCII alone, and its domain of letters, digits, - and .",
        ),
        (
            "LOG_LEVEL",
            " ",
            "log.level: \" \" is not allowed (…); expected a level such as info, or directives such as \
             info,kernel=debug",
        ),
        (
            "WORKER_KINDS",
            "probe,prob",
            "worker.kinds: [\"probe\", \"prob\"] is not allowed (…); expected a list, each item one of \
             bulk_import, bulk_import_chunk, email, invoice, invoice_mail, invoice_run, network_sync, probe, \
             provision_attempt, provisioning, provisioning_undo, subscription_change, webhook_fanout, \
             webhook_delivery",
        ),
        (
            "JOBS_PROBE_RETRY",
            "1s,,2s",
            "jobs.probe.retry: [\"1s\", \"\", \"2s\"] is not allowed (…); expected a list, each item a \
             duration such as 15s, 5m, 24h, from 0ms to 30d",
        ),
        (
            "DATABASE_MAX_CONNECTIONS",
            "",
            "database.max_connections: \"\" is not allowed (…); expected a whole number from 2 to 500",
        ),
        (
            "OUTBOUND_ALLOW_HTTP",
            "yes",
            "outbound.allow_http: \"yes\" is not allowed (…); expected true or false",
        ),
        (
            "WORKER_LOST_LEASES",
            "-1",
            "worker.lost_leases: -1 is not allowed (…); expected a whole number from 1 to 100",
        ),
    ] {
        let name = format!("SWITCHYARD_{name}");
        let faults = with(environment(&[(&name, value)])).unwrap_err();
        assert_eq!(faults.replace(&format!("environment variable {name}"), "…"), fault);
    }
}

#[test]
fn a_mail_server_is_named_whole() {
    for good in [
        "",
        "smtp://mail",
        "smtp://127.0.0.1:25",
        "smtps://me:p%40ss@mail:465/my.name",
        "smtp://me:pw@mail:587?tls=required",
    ] {
        assert_eq!(with(environment(&[("SWITCHYARD_MAIL_URL", good)])).unwrap().settings.mail.url, good);
    }
    for bad in
        ["mail", "http://mail", "smtp://", "smtp://mail:port", "smtp://mail?tls=opportunistic", "smtps://?"]
    {
        assert!(with(environment(&[("SWITCHYARD_MAIL_URL", bad)])).is_err(), "{bad}");
    }
}

#[test]
fn a_contract_has_a_host_name_of_its_own() {
    let (_file, sources) =
        file("hosts", "[http.hosts]\npartner = 'Partner.Example.com'\nvendor = 'v.example.com'\n");
    let hosts = with(sources).unwrap().settings.http.hosts;
    let named = ["partner", "vendor", "operator", "nobody"].map(|contract| hosts.get(contract));
    assert_eq!(named, [Some("partner.example.com"), Some("v.example.com"), None, None]);
    for bad in [
        "https://a.example.com",
        "a.example.com:443",
        "a.example.com/x",
        "a..b",
        ".a",
        "a.",
        "-a.b",
        "a-.b",
        "a b",
        "*.a",
        "exämple.com",
        "[::1]",
    ] {
        let faults = with(environment(&[("SWITCHYARD_HTTP_HOSTS_PARTNER", bad)])).unwrap_err();
        assert!(faults.contains("expected nothing, or a host name such as partner.example.com"), "{faults}");
    }
    let faults =
        faults_of_file("same", "[http.hosts]\npartner = 'a.example.com'\nvendor = 'A.example.COM'\n");
    let expected =
        "http.hosts.vendor: \"a.example.com\" is that of http.hosts.partner already (file x.toml, line 3)";
    assert_eq!(faults, expected);
}

#[test]
fn a_file_has_to_use_the_shape_of_the_default() {
    for (name, text, fault) in [
        ("number", "[bulk]\nrows_per_step = '5'", "bulk.rows_per_step: \"5\" is not allowed"),
        ("float", "[bulk]\nrows_per_step = 5.0", "bulk.rows_per_step: 5.0 is not allowed"),
        ("flag", "[outbound]\nallow_http = 'true'", "outbound.allow_http: \"true\" is not allowed"),
        ("number for flag", "[outbound]\nallow_http = 1", "outbound.allow_http: 1 is not allowed"),
        ("text", "data = 5", "data: 5 is not allowed"),
        ("hex", "[bulk]\nrows_per_step = 0x5", "bulk.rows_per_step: \"0x5\" is not allowed"),
        ("list", "[worker]\nkinds = 'probe'", "worker.kinds: \"probe\" is not allowed"),
        ("items", "[worker]\nkinds = [\n'probe',\n1]", "worker.kinds: [ 'probe', 1] is not allowed"),
        ("table", "data = {}", "data: {} is not allowed"),
        (
            "section",
            "database = 5",
            "database: unknown setting (file x.toml, line 1); did you mean database.url?",
        ),
        ("deeper", "[data]\nx = 5", "data.x: unknown setting (file x.toml, line 2); did you mean data?"),
        (
            "kind",
            "[jobs.probes]\ntimeout = '1s'",
            "jobs.probes.timeout: unknown setting (file x.toml, line 2); did you mean jobs.probe.timeout?",
        ),
    ] {
        let faults = faults_of_file(name, text);
        assert!(faults.starts_with(fault), "{faults}");
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
}

#[test]
fn an_unknown_override_is_a_fault() {
    let sources =
        Sources { overrides: vec![("http.lisen", "x".to_owned(), "--listen")], ..Sources::default() };
    let expected = "http.lisen: unknown setting (command line --listen); did you mean http.listen?";
    assert_eq!(with(sources).unwrap_err(), expected);
}

#[test]
fn secrets_are_masked_wherever_they_are_shown() {
    let given =
        environment(&[("DATABASE_URL", "postgres://me:pw@host/db"), ("REDIS_URL", "redis://:pw@host")]);
    let loaded = with(given).unwrap();
    assert_eq!(loaded.settings.database.url, "postgres://me:pw@host/db");
    assert_eq!(origin(&loaded, "database.url").value, "postgres://me:***@host/db");
    assert!(!format!("{loaded:?}").contains("pw"));
    let wrong = [("DATABASE_URL", "mysql://me:pw@host/db"), ("REDIS_URL", "hunter2")];
    let expected = [
        "database.url: \"mysql://me:***@host/db\" is not allowed (environment variable DATABASE_URL); \
         expected nothing, or a URL that begins with postgres://, postgresql://, sqlite://; sslmode, if given, is \
         one of disable, prefer, require, verify-ca, verify-full",
        "redis.url: \"***\" is not allowed (environment variable REDIS_URL); expected nothing, or a URL such as \
         redis://:password@host:6379/0, rediss://host (TLS), unix:///run/redis.sock, \
         redis+sentinel://host1:26379,host2:26379/mymaster/0 or redis+cluster://host1:6379,host2:6379 \
         (rediss+…:// with TLS)",
    ];
    assert_eq!(with(environment(&wrong)).unwrap_err().lines().collect::<Vec<_>>(), expected);
    let shape = faults_of_file("shape", "[database]\nurl = ['postgres://me:pw@host', 1]");
    assert!(shape.starts_with("database.url: ['postgres://me:***@host', 1] is not allowed"), "{shape}");
}
