//! Client generators in pinned versions, and their output for a document. Cached below `target/`: an unchanged document
//! is not generated again.

use super::super::document::{DOCUMENTS, Document};
use anyhow::{Result, anyhow, ensure};
use harness::{
    cache::{self, run},
    node::Packages,
    python,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

const REQUIREMENTS: &str = include_str!("requirements.txt");
const PACKAGE: &str = include_str!("package.json");
const LOCK: &str = include_str!("package-lock.json");
const SETTINGS: &str = include_str!("openapi-python-client.yml");

/// The generators.
pub struct Tools {
    python: PathBuf,
    node: Packages,
}

impl Tools {
    pub fn install() -> Result<Self> {
        let python = python::venv(&python::requirements(REQUIREMENTS))?;
        Ok(Self { python, node: Packages::install(PACKAGE, LOCK)? })
    }

    /// A command of Python with all dependencies of generated clients.
    pub fn python(&self) -> Command {
        Command::new(&self.python)
    }
}

/// The folders with the clients of a contract.
pub struct Clients {
    opc: PathBuf,
    og: PathBuf,
}

impl Clients {
    pub fn folders(&self) -> [&Path; 2] {
        [&self.opc, &self.og]
    }
}

/// Generates the clients of every contract, in the documents' order, with all generators in parallel.
pub fn all(tools: &Tools) -> Result<Vec<Clients>> {
    thread::scope(|scope| {
        let begun = |document: &'static Document| {
            let go = |name, generator: fn(&Tools, &Path) -> Result<()>| {
                scope.spawn(move || generated(tools, document, name, generator))
            };
            [go("opc", openapi_python_client), go("og", openapi_generator), go("ts", openapi_typescript)]
        };
        let begun: Vec<_> = DOCUMENTS.iter().map(begun).collect();
        let ended = begun.into_iter().map(|generators| {
            let [opc, og, ts] =
                generators.map(|it| it.join().unwrap_or_else(|_| Err(anyhow!("a generator panicked"))));
            ts?;
            Ok(Clients { opc: opc?, og: og? })
        });
        ended.collect()
    })
}

/// Returns the folder with a generator's output for the document, which is in the same folder as `document.json`.
fn generated(
    tools: &Tools,
    document: &Document,
    name: &str,
    generator: fn(&Tools, &Path) -> Result<()>,
) -> Result<PathBuf> {
    let text = document.json.to_string();
    let content = [REQUIREMENTS, PACKAGE, LOCK, SETTINGS, &text];
    cache::folder("clients", &format!("{}-{name}", document.contract), &content, "document.json", |folder| {
        fs::write(folder.join("document.json"), &text)?;
        generator(tools, folder)
    })
}

/// Generates a package `opc`. Warns about what it cannot generate, and omits it.
fn openapi_python_client(tools: &Tools, folder: &Path) -> Result<()> {
    fs::write(folder.join("settings.yml"), SETTINGS)?;
    let mut command = tools.python();
    command.args(["-m", "openapi_python_client", "generate", "--meta", "none", "--config", "settings.yml"]);
    let said = run(command.args(["--path", "document.json", "--output-path", "opc"]).current_dir(folder))?;
    // These bodies can also be sent as `application/octet-stream`.
    let is_known = |line: &&str| line.ends_with("text/csv");
    let unknown: Vec<_> =
        said.lines().filter(|line| line.contains("nsupported") && !is_known(line)).collect();
    ensure!(unknown.is_empty(), "{unknown:?}");
    Ok(())
}

/// Generates a package `og`.
fn openapi_generator(tools: &Tools, folder: &Path) -> Result<()> {
    let parts = "models,apis,supportingFiles,modelDocs=false,apiDocs=false,modelTests=false,apiTests=false";
    let mut command = Command::new(tools.python.with_file_name("openapi-generator-cli"));
    command.args(["generate", "-g", "python", "--package-name", "og", "--global-property", parts]);
    run(command.args(["-i", "document.json", "-o", "."]).current_dir(folder)).map(drop)
}

/// Generates types, and compiles them with TypeScript.
fn openapi_typescript(tools: &Tools, folder: &Path) -> Result<()> {
    let mut command = tools.node.command("openapi-typescript/bin/cli.js");
    run(command.args(["document.json", "-o", "types.d.ts"]).current_dir(folder))?;
    let mut command = tools.node.command("typescript/bin/tsc");
    run(command.args(["--noEmit", "--strict", "types.d.ts"]).current_dir(folder)).map(drop)
}
