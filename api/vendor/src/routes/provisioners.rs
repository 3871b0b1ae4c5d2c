//! Provisioners, which the operator makes.

use super::{
    PREFIX, Tag,
    schema::{PageDTOProvisioner, PageQuery, Path, Provisioner},
};
use crate::{Caller, auth::side};
use edge::{QueryParams, Result};
use entities::ids::VendorProvisionerId;
use isp::vendors::provisioners;
use poem_openapi::{OpenApi, payload::Json};

/// The resource.
pub struct Provisioners;

#[OpenApi(prefix_path = PREFIX, tag = "Tag::Provisioners")]
impl Provisioners {
    /// Get All Provisioners
    #[oai(path = "/provisioners", method = "get", operation_id = "getAllProvisioners")]
    async fn list(&self, caller: Caller, page: QueryParams<PageQuery>) -> Result<Json<PageDTOProvisioner>> {
        let found = provisioners::list(caller.kernel(), side(&caller), page.part()).await?;
        Ok(Json(PageDTOProvisioner::new(&page, found)))
    }

    /// Get One Provisioner by ID
    #[oai(path = "/provisioners/:provisionerId", method = "get", operation_id = "getOneProvisioner")]
    async fn get(
        &self,
        caller: Caller,
        /// The provisioner
        #[oai(name = "provisionerId")]
        provisioner: Path<VendorProvisionerId>,
    ) -> Result<Json<Provisioner>> {
        Ok(Json(provisioners::get(caller.kernel(), side(&caller), *provisioner).await?.into()))
    }
}
