//! The scope of a caller: its own objects, in simulation or production.

use super::MISSING;
use entities::{
    ids::{OrganizationId, VendorProvisionerId, VendorRequestId},
    vendor_provisioner, vendor_request,
};
use kernel::events::Actor;
use platform::error::{Error, Result};
use sea_orm::{ConnectionTrait, EntityTrait};

/// A vendor with one of its two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VendorScope {
    /// The vendor.
    pub vendor: OrganizationId,
    /// Whether it is the simulation side.
    pub sandbox: bool,
}

impl From<&Actor> for VendorScope {
    fn from(actor: &Actor) -> Self {
        Self { vendor: actor.organization, sandbox: actor.sandbox }
    }
}

impl VendorScope {
    /// `missing` for another vendor's object, `Forbidden` for the vendor's own object of the other side.
    fn check(self, vendor: OrganizationId, sandbox: bool, missing: Error) -> Result<()> {
        match (vendor == self.vendor, self.sandbox, sandbox) {
            (false, ..) => Err(missing),
            (true, true, false) => Err(Error::Forbidden(
                "The object belongs to production; it needs production credentials".into(),
            )),
            (true, false, true) => Err(Error::Forbidden(
                "The object belongs to simulation; it needs simulation credentials".into(),
            )),
            _ => Ok(()),
        }
    }

    /// Like it, for an optional request.
    pub(super) fn admit(self, found: Option<vendor_request::Model>) -> Result<vendor_request::Model> {
        let request = found.ok_or(MISSING)?;
        self.check(request.organization_id, request.sandbox, MISSING)?;
        Ok(request)
    }

    /// A request of this side.
    pub(super) async fn request(
        self,
        db: &impl ConnectionTrait,
        id: VendorRequestId,
    ) -> Result<vendor_request::Model> {
        self.admit(vendor_request::Entity::find_by_id(id).one(db).await?)
    }

    /// A provisioner of this side.
    pub(super) async fn provisioner(
        self,
        db: &impl ConnectionTrait,
        id: VendorProvisionerId,
    ) -> Result<vendor_provisioner::Model> {
        const MISSING: Error = Error::NotFound("Provisioner");
        let found = vendor_provisioner::Entity::find_by_id(id).one(db).await?.ok_or(MISSING)?;
        self.check(found.organization_id, found.sandbox, MISSING)?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_another_vendors_is_not_there_and_the_other_side_is_forbidden() {
        let (own, other) = (OrganizationId::new(), OrganizationId::new());
        for sandbox in [false, true] {
            let check = |vendor, side| VendorScope { vendor: own, sandbox }.check(vendor, side, MISSING);
            assert!(check(own, sandbox).is_ok());
            assert!(matches!(check(own, !sandbox), Err(Error::Forbidden(_))));
            for side in [false, true] {
                assert!(matches!(check(other, side), Err(Error::NotFound(_))));
            }
        }
    }
}
