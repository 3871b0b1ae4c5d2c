//! Folders below `target/` that are filled once, with installed programs or their output.

use anyhow::{Context, Result, ensure};
use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

/// Returns the folder of this name below `target/KIND/`, filled for exactly this content and containing `proof`. Blocks
/// while another thread or process fills it.
pub fn folder(
    kind: &str,
    name: &str,
    content: &[&str],
    proof: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let (folder, wanted) = (path(kind, name, content)?, content.join("\n"));
    // Written last: a folder with an interrupted installation must not pass for a complete one.
    let filled = folder.join("installed");
    let lock = File::create(folder.with_extension("lock")).context("cannot make a lock file")?;
    lock.lock().context("cannot wait for another installation")?;
    if fs::read_to_string(&filled).is_ok_and(|done| done == wanted) && folder.join(proof).exists() {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fill(&folder)?;
    fs::write(filled, wanted)?;
    Ok(folder)
}

/// A path below the `target/` folder that has the running program: `target/debug/deps/it-…`.
fn path(kind: &str, name: &str, content: &[&str]) -> Result<PathBuf> {
    let program = env::current_exe()?;
    let deps = program.ancestors().find(|folder| folder.ends_with("deps"));
    let target = deps.and_then(Path::parent).and_then(Path::parent).context("not a test of cargo")?;
    let parent = target.join(kind);
    fs::create_dir_all(&parent)?;
    // A hash, because the content is too long for a file name.
    let mut all = DefaultHasher::new();
    content.hash(&mut all);
    let name = name.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    Ok(parent.join(format!("{name}-{:016x}", all.finish())))
}

/// Runs a command to its end and returns its output. If it fails, the error has both output streams.
pub fn run(command: &mut Command) -> Result<String> {
    let what = format!("{command:?}");
    let output = command.output().with_context(|| format!("cannot run {what}"))?;
    let [said, complaint] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    ensure!(output.status.success(), "{what}: {}: {}\n{}", output.status, complaint.trim(), said.trim());
    Ok(said.into_owned())
}
