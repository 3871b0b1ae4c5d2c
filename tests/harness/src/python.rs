//! Python with packages, to hold what we do against programs that others wrote.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The `python` of an environment that has exactly these packages, as in `&["standardwebhooks==1.1.0"]`.
///
/// Each is named with its version, and what it needs in its turn is named, too: pip looks for nothing else,
/// so that two runs have the same. Environments are kept below `target/`; only the first call for its packages
/// needs the network, or whatever else pip is told to ask (`PIP_INDEX_URL`, `PIP_FIND_LINKS`). Blocks
/// meanwhile, also while another process installs the same.
pub fn venv(packages: &[&str]) -> Result<PathBuf> {
    let (folder, wanted) = (folder(packages)?, packages.join("\n"));
    let python = folder.join("bin/python");
    // The other way round, an installation that was broken off would pass for one.
    let installed = folder.join("installed");
    let lock = File::create(folder.with_extension("lock")).context("cannot make a lock file")?;
    lock.lock().context("cannot wait for another installation")?;
    if fs::read_to_string(&installed).is_ok_and(|done| done == wanted) && python.is_file() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .context("the tests need python3 and its venv: run `apt-get install python3-venv`, or ./test.sh")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).args(packages))?;
    fs::write(installed, wanted)?;
    Ok(python)
}

/// Below `target/`, where cargo has put the program that runs: `target/debug/deps/it-…`.
fn folder(packages: &[&str]) -> Result<PathBuf> {
    let program = env::current_exe()?;
    let deps = program.ancestors().find(|folder| folder.ends_with("deps"));
    let target = deps.and_then(Path::parent).and_then(Path::parent).context("not a test of cargo")?;
    let parent = target.join("python");
    fs::create_dir_all(&parent)?;
    // All of them by name would be more than a file system takes.
    let mut all = DefaultHasher::new();
    packages.hash(&mut all);
    let first = packages.first().context("no packages")?.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    Ok(parent.join(format!("{first}-{:016x}", all.finish())))
}

fn run(command: &mut Command) -> Result<()> {
    let what = format!("{command:?}");
    let output = command.output().with_context(|| format!("cannot run {what}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{what}: {}: {}", output.status, complaint.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_packages_and_is_made_once() {
        let packages = ["standardwebhooks==1.1.0"];
        let python = venv(&packages).expect("an environment");
        run(Command::new(&python).args(["-c", "import standardwebhooks"])).expect("the package");
        let made =
            |python: &Path| fs::metadata(python.with_file_name("activate")).and_then(|it| it.modified());
        let before = made(&python).expect("a time");
        assert_eq!(venv(&packages).expect("the same"), python);
        assert_eq!(made(&python).expect("a time"), before);
    }
}
