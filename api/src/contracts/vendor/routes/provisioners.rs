//! Provisioners, which the operator makes.

use super::{
    PREFIX, Tag, first,
    schema::{PageDTOProvisioner, PathId, Provisioner, Size, Sort, part},
    twenty,
};
use crate::{contracts::vendor::Caller, edge::Result, state::App};
use entities::ids::VendorProvisionerId;
use kernel::domain::vendors::provisioners;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use std::sync::Arc;

/// The resource.
pub struct Provisioners;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Provisioners")]
impl Provisioners {
    /// Get All Provisioners
    #[oai(path = "/provisioners", method = "get", operation_id = "getAllProvisioners")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// Page number, from 0
        #[oai(default = "first", validator(minimum(value = "0"), maximum(value = "2147483647")))]
        page: Query<u64>,
        /// Objects per page; values above 200 count as 200
        #[oai(default = "twenty")]
        size: Query<Size>,
        /// Sort order, by creation time
        #[oai(default)]
        sort: Query<Sort>,
    ) -> Result<Json<PageDTOProvisioner>> {
        let part = part(*page, *size, *sort);
        let found = provisioners::list(&app.kernel, caller.side(), part).await?;
        Ok(Json(PageDTOProvisioner::new(part, found)))
    }

    /// Get One Provisioner by ID
    #[oai(path = "/provisioners/:provisionerId", method = "get", operation_id = "getOneProvisioner")]
    async fn get(
        &self,
        caller: Caller,
        app: Data<&Arc<App>>,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner_id: Path<PathId>,
    ) -> Result<Json<Provisioner>> {
        Ok(Json(provisioners::get(&app.kernel, caller.side(), provisioner(&provisioner_id)?).await?.into()))
    }
}

/// The id of a provisioner in a path.
pub(super) fn provisioner(id: &PathId) -> Result<VendorProvisionerId> {
    Ok(id.read("provisionerId", VendorProvisionerId)?)
}
