//! A file that a command imports: what all such commands have in common.

use crate::output;
use kernel::import_file::ColumnName;
use std::{
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
    /// Where the file is. `None` if the template was asked for, which is printed.
    pub fn path_or_template(&self, template: &str) -> io::Result<Option<&Path>> {
        match &self.file {
            Some(file) if !self.template => Ok(Some(file)),
            _ => output::print(template.trim_end()).map(|()| None),
        }
    }
}
