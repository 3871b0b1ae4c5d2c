//! Arguments and errors of the commands that import a file.

use crate::output;
use platform::{
    Error,
    error::Fault,
    import_file::{ColumnName, check_encoding},
};
use std::{
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// The file, or a template for one.
#[derive(clap::Args)]
pub struct ImportFile {
    /// CSV with a header line, in UTF-8, separated by commas, semicolons, tabs or |
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Read a column of the file by another name, such as "Street=serviceAddress.street1" (repeatable)
    #[arg(long, value_name = "COLUMN=NAME")]
    pub map: Vec<ColumnName>,
    /// Print a template: a header and two rows
    #[arg(long)]
    template: bool,
}

impl ImportFile {
    /// The path of the file; `None` if the template was requested, which is printed.
    pub fn path_or_template(&self, template: &str) -> io::Result<Option<&Path>> {
        match &self.file {
            Some(file) if !self.template => Ok(Some(file)),
            _ => output::print(template.trim_end()).map(|()| None),
        }
    }
}

/// The beginning of the error of every import command.
pub fn cannot_import(file: &Path) -> String {
    format!("cannot import {}", file.display())
}

/// Opens a file, and rejects workbooks, archives and text that is not UTF-8.
pub fn open(file: &Path) -> anyhow::Result<File> {
    anyhow::ensure!(file.metadata()?.is_file(), "not a file");
    check_encoding(File::open(file)?)?;
    Ok(File::open(file)?)
}

/// The error as a command prints it: an invalid file with one fault per line.
pub fn error(error: Error) -> anyhow::Error {
    match error {
        Error::Invalid { message, faults } => Rejected { message, faults }.into(),
        error => error.into(),
    }
}

/// An invalid file.
#[derive(Debug)]
struct Rejected {
    message: String,
    faults: Vec<Fault>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Rejected {}
