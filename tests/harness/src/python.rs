//! Python with packages, for tests against third-party programs.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache::{self, run};

/// Returns the `python` of an environment with exactly these packages, such as `&["standardwebhooks==1.1.0"]`.
///
/// Each has a version, and all dependencies must be listed: pip resolves none, so that two runs have the same packages.
/// Environments are stored below `target/`; only the first call for a list of packages needs the network, or another
/// source that pip is configured for (`PIP_INDEX_URL`, `PIP_FIND_LINKS`). Blocks during the installation, also by
/// another process.
pub fn venv(packages: &[&str]) -> Result<PathBuf> {
    const PYTHON: &str = "bin/python";
    let first = packages.first().context("no packages")?;
    let folder = cache::folder("python", first, packages, PYTHON, |folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder)).context(
            "the tests need python3 and its venv: run `apt-get install python3-venv`, or ./test.sh",
        )?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
        run(Command::new(folder.join(PYTHON)).args(pip).args(packages)).map(drop)
    })?;
    Ok(folder.join(PYTHON))
}

/// Returns the packages listed in a requirements file.
pub fn requirements(file: &str) -> Vec<&str> {
    file.lines().filter(|line| !line.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

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
