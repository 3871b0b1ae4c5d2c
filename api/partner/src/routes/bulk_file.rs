//! Bulk imports from files of any size.

use super::{PREFIX, Tag, bulk::Accepted, schema::CreateCustomer};
use crate::{
    Caller,
    upload::{FileBody, Upload},
};
use edge::Result;
use isp::{imports, payloads::Options};
use poem_openapi::{OpenApi, param::Query};

/// The resource.
pub struct BulkFile;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Bulk")]
impl BulkFile {
    /// Bulk create customers from a file
    ///
    /// CSV or NDJSON (one JSON object per line), in UTF-8. CSV has a header line with `email`, `firstName`, `lastName`,
    /// `phone`, `type`, `companyName`, `serviceAddress.street1` (and so on), `billingAddress.…` and `metadata.<key>`;
    /// an empty cell is an absent field; cells are separated by commas, semicolons, tabs or `|`. `application/x-ndjson`
    /// is read as NDJSON, and so is `application/octet-stream` that begins with `{`. A malformed file is rejected as a
    /// whole. A row that fails validation is reported as a row error.
    #[oai(path = "/bulk/customers/file", method = "post", operation_id = "bulkCreateCustomersFromFile")]
    async fn create(
        &self,
        caller: Caller,
        /// Stop processing on first error (default: false)
        #[oai(name = "stopOnError", default)]
        stop_on_error: Query<bool>,
        /// Validate without creating (default: false)
        #[oai(name = "dryRun", default)]
        dry_run: Query<bool>,
        file: FileBody,
    ) -> Result<Accepted> {
        let options = Options { stop_on_error: *stop_on_error, dry_run: *dry_run };
        let spooled = file.spool(&caller.kernel().settings).await?;
        caller.claim(&spooled.digest).await?;
        let upload = Upload::<CreateCustomer>::check(spooled, &caller.kernel().settings).await?;
        Ok(imports::begin_file(caller.work()?, upload, options).await?.into())
    }
}
