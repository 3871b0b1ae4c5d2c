//! Finds the server programs, and the user that they run as.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use nix::unistd::{Gid, Uid, User, geteuid};

/// Finds a program in PATH; the error says what to install.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    in_path(name).ok_or_else(|| missing(name))
}

/// Finds the folder of one PostgreSQL's `initdb`, `postgres` and `psql`: that in PATH, or else the newest of Debian's
/// folders outside of PATH.
pub(crate) fn postgres_folder() -> Result<PathBuf> {
    in_path("postgres")
        .and_then(|program| Some(program.canonicalize().ok()?.parent()?.to_owned()))
        .filter(|folder| is_complete(folder))
        .or_else(newest_debian_postgres)
        .ok_or_else(|| missing("initdb, postgres and psql"))
}

/// Finds the library that gives a process a different clock (`LD_PRELOAD`).
pub fn faketime() -> Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib")?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
    libraries
        .find(|library| library.is_file())
        .context("the tests need libfaketime: run `apt-get install libfaketime`")
}

fn missing(what: &str) -> anyhow::Error {
    anyhow!("the tests need {what}: run `apt-get install redis-server postgresql`, or ./test.sh")
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn newest_debian_postgres() -> Option<PathBuf> {
    let version = |folder: &Path| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| is_complete(&folder.join("bin")))
        .max_by_key(|folder| version(folder))
        .map(|folder| folder.join("bin"))
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// The user to run PostgreSQL as if this process is root, because PostgreSQL refuses to run as root.
pub(crate) fn unprivileged_user() -> Result<Option<(Uid, Gid)>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let by_name = |name| User::from_name(name).ok().flatten();
    let user = by_name("postgres")
        .or_else(|| by_name("nobody"))
        .context("Postgres does not run as root, and there is no user postgres or nobody")?;
    Ok(Some((user.uid, user.gid)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_what_to_install() {
        let error = find("no-such-server").expect_err("not there").to_string();
        assert!(error.contains("no-such-server"), "{error}");
        assert!(error.contains("apt-get install redis-server postgresql"), "{error}");
    }
}
