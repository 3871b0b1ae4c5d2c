//! Bulk imports of customers: started by a request or a file, processed by jobs, observed by polling.

mod begin;
mod chunk;
mod status;
mod step;

pub use begin::{StartedImport, Upload, begin, begin_file, chunk_job};
pub use chunk::rows_of;
pub use status::{ERRORS_SHOWN, Import, Status, cancel, error_pages, get};
pub use step::{Step, record_errors, repeated, step};
