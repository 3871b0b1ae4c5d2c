//! Python with packages, to hold what we do against programs that others wrote.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::cache::{self, run};

/// The `python` of an environment that has exactly these packages, as in `&["standardwebhooks==1.1.0"]`.
///
/// Each is named with its version, and what it needs in its turn is named, too: pip looks for nothing else,
/// so that two runs have the same. Environments are kept below `target/`; only the first call for its packages
/// needs the network, or whatever else pip is told to ask (`PIP_INDEX_URL`, `PIP_FIND_LINKS`). Blocks
/// meanwhile, also while another process installs the same.
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

/// The packages that a file of requirements names.
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
