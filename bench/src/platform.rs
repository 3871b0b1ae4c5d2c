//! The platform under test: handles in this process, or real processes of the program.

use anyhow::{Context, Result, ensure};
use harness::Process;
use kernel::{
    Kernel,
    auth::keys::{self, NewKey},
};
use platform::{
    Clock,
    config::{Sources, load},
};
use std::{path::PathBuf, process::Command, sync::OnceLock, time::Duration};

/// A database and a key prefix, as environment variables for all processes.
pub struct Ground {
    environment: Vec<(String, String)>,
    _folder: Option<tempfile::TempDir>,
}

impl Ground {
    /// Scaled: PostgreSQL and Redis, migrated.
    pub async fn scaled() -> Result<Self> {
        let servers = harness::shared();
        let folder = tempfile::tempdir()?;
        let environment = vec![
            ("DATABASE_URL".into(), servers.postgres.create_database()?),
            ("REDIS_URL".into(), servers.redis.url()),
            ("SWITCHYARD_REDIS_PREFIX".into(), format!("bench{}", harness::free_port())),
            ("SWITCHYARD_DATA".into(), folder.path().display().to_string()),
            ("SWITCHYARD_SECRETS_KEY".into(), "5".repeat(64)),
            ("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE".into(), "1000000000".into()),
            ("SWITCHYARD_PLANS_PARTNER_STARTER_DAY".into(), "1000000000".into()),
            // Webhook receivers are on this machine.
            ("SWITCHYARD_OUTBOUND_ALLOW_HTTP".into(), "true".into()),
            ("SWITCHYARD_OUTBOUND_ALLOWED_NETWORKS".into(), "127.0.0.0/8".into()),
        ];
        let ground = Self { environment, _folder: Some(folder) };
        ground.kernel().await?.db.migrate().await?;
        Ok(ground)
    }

    /// Embedded: SQLite and the in-process transport.
    pub fn embedded() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let environment = vec![("SWITCHYARD_DATA".into(), folder.path().display().to_string())];
        Ok(Self { environment, _folder: Some(folder) })
    }

    /// The same database without Redis, for a single process.
    pub fn without_redis(&self) -> Self {
        let mut environment = self.environment.clone();
        environment.retain(|(name, _)| name != "REDIS_URL");
        Self { environment, _folder: None }
    }

    /// The environment of all processes.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Opens handles in this process.
    pub async fn kernel(&self) -> Result<Kernel> {
        let environment = self.environment.clone();
        let settings = load(Sources { environment, ..Sources::default() })?.settings;
        Ok(Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?)
    }

    /// Starts a process of the program; returns when it prints a line with `ready`.
    pub async fn process(&self, args: &[&str], ready: &str) -> Result<Process> {
        let builder = Process::builder(program()?).args(args).envs(self.environment.clone());
        let builder = builder.env("GLIBC_TUNABLES", ALLOCATOR);
        let process = builder.start()?;
        process.wait_for_line(ready, Duration::from_secs(30)).await?;
        Ok(process)
    }

    /// Creates a key for the partner contract.
    pub async fn key(&self) -> Result<String> {
        self.key_of("bench").await
    }

    /// Creates a key of an organization for the partner contract.
    pub async fn key_of(&self, organization: &str) -> Result<String> {
        let key = NewKey::plain(organization, "partner", "bench");
        Ok(keys::create(&self.kernel().await?, key).await?.secret)
    }
}

/// As in the image (`Dockerfile`).
const ALLOCATOR: &str = "glibc.malloc.mxfast=0:glibc.malloc.trim_threshold=8388608";

/// The program to measure, once it is set.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Sets the program to measure, which is used as is.
pub fn measure(program: PathBuf) {
    PROGRAM.get_or_init(|| program);
}

/// The program to measure: the one that was set, otherwise the release build, built if needed.
fn program() -> Result<PathBuf> {
    if let Some(program) = PROGRAM.get() {
        return Ok(program.clone());
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let built = Command::new(cargo).args(["build", "--release", "--bin", "switchyard"]).status()?;
    ensure!(built.success(), "`cargo build --release --bin switchyard` failed");
    let released = std::env::current_exe()?.parent().context("no folder")?.join("switchyard");
    Ok(PROGRAM.get_or_init(|| released).clone())
}

/// The resident memory of a process, in MB.
pub fn resident_mb(pid: u32) -> Result<f64> {
    memory_mb(pid, "VmRSS:")
}

/// The peak resident memory of a process, in MB.
pub fn peak_mb(pid: u32) -> Result<f64> {
    memory_mb(pid, "VmHWM:")
}

/// The part of a process's resident memory that counts for other processes, in MB: half of a page shared by two.
pub fn others_mb(pid: u32) -> Result<f64> {
    Ok(number_mb(pid, "smaps_rollup", "Rss:")? - number_mb(pid, "smaps_rollup", "Pss:")?)
}

fn memory_mb(pid: u32, field: &'static str) -> Result<f64> {
    number_mb(pid, "status", field)
}

fn number_mb(pid: u32, file: &str, field: &'static str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/{file}"))?;
    let line = status.lines().find(|line| line.starts_with(field)).context(field)?;
    let kb: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kb / 1024.0)
}

/// The CPU time of a process, in seconds.
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    // utime and stime.
    times(&format!("/proc/{pid}/stat"), 11)
}

/// The CPU time of a process's children that have exited, in seconds.
pub fn cpu_seconds_of_ended(pid: u32) -> Result<f64> {
    // cutime and cstime.
    times(&format!("/proc/{pid}/stat"), 13)
}

/// The CPU time of this process's threads with this name, in seconds.
pub fn cpu_seconds_of_threads(name: &str) -> Result<f64> {
    let mut sum = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let folder = task?.path().display().to_string();
        if std::fs::read_to_string(format!("{folder}/comm"))?.trim() == name {
            sum += times(&format!("{folder}/stat"), 11)?;
        }
    }
    Ok(sum)
}

/// The sum of a field, counted after the name, and the next field, in seconds.
fn times(path: &str, first: usize) -> Result<f64> {
    let stat = std::fs::read_to_string(path)?;
    let fields: Vec<_> = stat.rsplit(") ").next().context("no fields")?.split_whitespace().collect();
    let ticks = |place: usize| -> Result<f64> { Ok(fields.get(place).context("too short")?.parse()?) };
    // Linux counts hundredths of a second.
    Ok((ticks(first)? + ticks(first + 1)?) / 100.0)
}
