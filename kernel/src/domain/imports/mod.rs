//! Bulk imports of customers: begun by a request or a file, worked off by jobs, looked at by polls.

mod begin;
mod chunk;
mod status;
mod step;

pub use begin::{Begun, Upload, begin, begin_file, chunk_job};
pub use chunk::rows_of;
pub use status::{ERRORS_SHOWN, Import, Status, cancel, error_pages, get};
pub use step::{Step, record_errors, repeated, step};
